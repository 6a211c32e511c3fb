use std::sync::Arc;

use super::*;
use crate::calendar::Moment;
use crate::expression::Reading;
use crate::value::Object;

/// A scope with two parameters, one of which must not be shown, and one variable.
struct Around {
    variable: Value,
}

impl Default for Around {
    fn default() -> Self {
        Self { variable: Value::from(vec![Value::from(1), Value::from(2)]) }
    }
}

impl Scope for Around {
    fn parameter(&self, name: &str) -> Option<Reading> {
        match name {
            "open" => Some(Value::from("seen").into()),
            "hidden" => Some(Reading::secure("hunter2".into())),
            _ => None,
        }
    }
    fn variable(&self, _: &str) -> Option<Reading> {
        Some(self.variable.clone().into())
    }
    fn secret(&self, name: &str) -> Option<Reading> {
        (name == "key").then(|| Value::from("hunter2").into())
    }
    fn now(&self) -> Moment {
        Moment::UNIX_EPOCH
    }
    fn random(&self, _: u64) -> u64 {
        0
    }
    fn guid(&self) -> u128 {
        0
    }
}

fn json(text: &str) -> Value {
    Value::from_json_text(text).unwrap()
}

fn template(text: &str) -> Template {
    Template::compile(&json(text)).unwrap()
}

fn evaluated(text: &str) -> Evaluated {
    template(text).evaluate_within(&Around::default(), &Budget::DEFAULT).unwrap()
}

#[test]
fn strings_and_names_of_any_json_are_expressions() {
    let rows = [
        (r#"{"a":["@add(1,1)",{"b":"x@{'y'}"}],"c":5}"#, r#"{"a":[2,{"b":"xy"}],"c":5}"#),
        (r#"{"@{parameters('open')}":1,"@@odata.type":2}"#, r#"{"seen":1,"@odata.type":2}"#),
        (r#"{"@parameters('open')":{"x":"@null"}}"#, r#"{"seen":{"x":null}}"#),
        ("\"@variables('v')\"", "[1,2]"),
    ];
    for (text, expected) in rows {
        assert_eq!(evaluated(text).value.to_json_text(), expected, "{text}");
    }
}

#[test]
fn a_template_without_expressions_is_its_value() {
    let template = template(r#"{"a":["@@x",{"b":"me@x.org"}]}"#);
    let Some(Value::Object(constant)) = template.constant() else { panic!("it has no expression") };
    let Value::Object(value) = template.evaluate(&Around::default()).unwrap() else {
        panic!("it is an object")
    };
    assert!(Arc::ptr_eq(constant, &value));
    assert_eq!(value.find("a"), Some(&json(r#"["@x",{"b":"me@x.org"}]"#)));
}

#[test]
fn all_that_is_wrong_is_found_with_its_place() {
    let json = json(r#"{"a/b":["@nope","fine"],"c":{"@{":"@concat('é' 1)"}}"#);
    let errors = Template::compile(&json).unwrap_err();
    let places: Vec<_> =
        errors.iter().map(|error| (error.pointer.as_str(), error.position)).collect();
    assert_eq!(places, [("/a~1b/0", 1), ("/c/@{", 2), ("/c/@{", 12)]);
}

#[test]
fn what_was_secure_is_never_shown() {
    let rows = [
        (
            r#"{"a":"@parameters('hidden')","b":"@parameters('open')","c":["x","k=@{secret('key')}"]}"#,
            r#"{"a":"hunter2","b":"seen","c":["x","k=hunter2"]}"#,
            r#"{"a":"*sanitized*","b":"seen","c":["x","*sanitized*"]}"#,
        ),
        (
            r#"{"@{parameters('hidden')}":1,"n":"@length(secret('key'))"}"#,
            r#"{"hunter2":1,"n":7}"#,
            r#"{"*sanitized*":1,"n":"*sanitized*"}"#,
        ),
        (r#""@if(true, 1, secret('key'))""#, "1", "1"),
    ];
    for (text, value, shown) in rows {
        let evaluated = evaluated(text);
        assert_eq!(evaluated.value.to_json_text(), value);
        assert_eq!(evaluated.shown.to_json_text(), shown);
        assert_eq!(evaluated.secure, value != shown);
    }
}

#[test]
fn errors_never_tell_what_is_secure() {
    let rows = [
        "\"@int(secret('key'))\"",
        "\"@json(parameters('hidden'))\"",
        "\"@createArray(1)[parameters('hidden')]\"",
        "\"@addDays(concat('x', secret('key')), 1)\"",
    ];
    for text in rows {
        let error = template(text).evaluate(&Around::default()).unwrap_err();
        assert!(!error.message.contains("hunter2"), "{error}");
        assert!(error.message.contains("hidden"), "{error}");
    }
    let condition = Condition::compile(&json("\"@parameters('hidden')\"")).unwrap();
    let error = condition.evaluate(&Around::default()).unwrap_err();
    assert!(!error.message.contains("hunter2"), "{error}");
}

#[test]
fn errors_are_those_of_the_service() {
    let rows = [
        (
            "\"@json('{\\\"a\\\":1,\\\"b\\\":2}').x\"",
            1,
            "The template language expression 'json('{\"a\":1,\"b\":2}').x' cannot be evaluated \
             because property 'x' doesn't exist, available properties are 'a, b'.",
        ),
        (
            "\"12 @{createArray(1, 2, 3)[5]}\"",
            5,
            "because array index '5' is outside bounds (0, 2) of array.",
        ),
        (
            "\"@concat('é', variables('v').x.y)\"",
            13,
            "because property 'x' cannot be selected. Array elements can only be selected using \
             an integer index.",
        ),
        ("\"@noSuch()\"", 1, "The template function 'noSuch' is not defined or not valid."),
        (
            "\"@div(1, 0)\"",
            1,
            "Attempt to divide an integral or decimal value by zero in function 'div'.",
        ),
        (
            "\"@toLower(5)\"",
            1,
            "The template language function 'toLower' expects its parameter to be a string. The \
             provided value is of type 'Integer'.",
        ),
        ("\"@parameters('p')\"", 1, "The workflow parameter 'p' is not found."),
    ];
    for (text, position, message) in rows {
        let error = template(text).evaluate(&Around::default()).unwrap_err();
        assert!(error.message.contains(message), "{error}");
        assert_eq!(error.expression, json(text).as_str().unwrap());
        assert_eq!(error.position, position, "{text}");
    }
}

#[test]
fn conditions_are_strings_or_trees() {
    let rows = [
        ("\"@equals(1, 1)\"", Some(true)),
        ("true", Some(true)),
        (
            r#"{"and":[{"greater":["@add(1,2)",2]},{"not":{"equals":["@parameters('open')","x"]}}]}"#,
            Some(true),
        ),
        (r#"{"OR":[{"contains":["@variables('v')",3]},false]}"#, Some(false)),
        (r#"{"not":{"equals":["a@{1}","a1"]}}"#, Some(false)),
        (r#"{"equals":[null,"@null"]}"#, Some(true)),
        ("\"@@true\"", None),
        ("\"true\"", None),
        ("1", None),
        (r#"{"and":["@1"]}"#, None),
        (r#"{"nope":[true]}"#, None),
        (r#"{"equals":[1]}"#, None),
    ];
    for (text, expected) in rows {
        let condition = Condition::compile(&json(text)).unwrap();
        assert_eq!(condition.evaluate(&Around::default()).ok(), expected, "{text}");
    }
}

#[test]
fn conditions_of_a_wrong_shape_are_refused() {
    let rows = [
        ("[]", ""),
        ("{}", ""),
        (r#"{"and":[true],"or":[true]}"#, ""),
        (r#"{"and":[[true],"@x"]}"#, "/and/0 /and/1"),
        (r#"{"not":{"a/b":["@x("]}}"#, "/not/a~1b/0"),
    ];
    for (text, pointers) in rows {
        let errors = Condition::compile(&json(text)).unwrap_err();
        let found: Vec<_> = errors.iter().map(|error| error.pointer.as_str()).collect();
        assert_eq!(found.join(" "), pointers, "{text}");
    }
    let mut nested = Value::Bool(true);
    for _ in 0..1_000 {
        nested = Object::from([("not", nested)]).into();
    }
    assert!(Condition::compile(&nested).is_err());
}

#[test]
fn references_say_what_is_named() {
    let template = template(
        r#"{"u":"@body('Get')?[items('Loop')]","t":["x@{variables('n')}","@noSuch(1, result(concat('S')), body(1), parameters())"]}"#,
    );
    let shown: Vec<_> =
        template
            .references()
            .into_iter()
            .map(|it| {
                let Reference {
                    function,
                    arguments,
                    subject,
                    name,
                    pointer,
                    span,
                    arity,
                    is_nameless,
                } = it;
                let known =
                    if arity.is_some_and(|arity| arity.takes(arguments)) { "" } else { "?" };
                let name = if is_nameless { "!".to_owned() } else { name.unwrap_or_default() };
                format!("{pointer} {function}{known} {subject:?} {name} {span:?}")
            })
            .collect();
    assert_eq!(
        shown,
        [
            "/u body Action Get 1..28",
            "/u items Loop Loop 14..27",
            "/t/0 variables Variable n 3..17",
            "/t/1 noSuch? Nothing  1..54",
            "/t/1 result Container  11..30",
            "/t/1 concat Nothing  18..29",
            "/t/1 body Action ! 32..39",
            "/t/1 parameters? Parameter ! 41..53",
        ]
    );
}

#[test]
fn bombs_are_errors() {
    let long = Value::from("x".repeat(60_000_000));
    let mut shared = Value::from(1);
    for _ in 0..90 {
        shared = Value::from(vec![shared.clone(), shared]);
    }
    let mut deep = Value::from(1);
    for _ in 0..100 {
        deep = Value::from(vec![deep]);
    }
    let many = Value::from((0..100_000).map(Value::from).collect::<Vec<_>>());
    let rows = [
        ("@concat(variables('v'), variables('v'))", &long),
        ("@{variables('v')}@{variables('v')}", &long),
        ("@replace(variables('v'), 'x', 'yy')", &long),
        ("@join(createArray(1, 2, 3), variables('v'))", &long),
        ("@uriComponent(variables('v'), '%')", &long),
        ("@string(variables('v'))", &shared),
        ("@createArray(variables('v'))", &shared),
        ("@equals(variables('v'), variables('v'))", &shared),
        ("@createArray(variables('v'))", &deep),
        (
            "@concat(union(variables('v'), variables('v')), range(0, 100000), range(0, 100000), \
             sort(sort(sort(sort(sort(sort(variables('v'))))))))",
            &many,
        ),
    ];
    for (text, variable) in rows {
        let template = Template::compile(&text.into()).unwrap();
        let around = Around { variable: variable.clone() };
        let budget = Budget { steps_max: 3_000_000, ..Budget::DEFAULT };
        let error = template.evaluate_within(&around, &budget).unwrap_err();
        let known = ["exceeds the limit", "too many steps", "too deep"];
        assert!(known.iter().any(|it| error.message.contains(it)), "{text}: {error}");
    }
}

#[test]
fn the_deepest_expression_needs_a_small_stack() {
    let work = || {
        let text = format!("@{}true{}", "not(".repeat(128), ")".repeat(128));
        let template = Template::compile(&text.as_str().into()).unwrap();
        assert_eq!(template.evaluate(&Around::default()), Ok(Value::Bool(true)));
        let text = format!("@{}1{}", "createArray(".repeat(101), ")".repeat(101));
        let template = Template::compile(&text.as_str().into()).unwrap();
        assert!(template.evaluate(&Around::default()).is_err());
    };
    let thread = std::thread::Builder::new().stack_size(512 * 1024).spawn(work);
    thread.unwrap().join().unwrap();
}

#[test]
fn a_template_of_many_levels_is_refused() {
    let mut json = Value::from("@concat('x')");
    for _ in 0..200 {
        json = Value::from(vec![json]);
    }
    assert_eq!(Template::compile(&json).unwrap_err().len(), 1);
}
