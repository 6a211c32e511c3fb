use super::Schema;
use crate::Value;

fn errors(schema: &str, value: &str) -> Vec<String> {
    let schema = Schema::new(&Value::from_json_text(schema).unwrap());
    let errors = schema.check(&Value::from_json_text(value).unwrap());
    errors.iter().map(|it| format!("{} {} {}", it.path, it.schema_id, it.message)).collect()
}

#[test]
fn what_a_value_is_not_is_told_as_the_service_tells_it() {
    let rows: &[(&str, &str, &[&str])] = &[
        ("{}", "{a: 1}", &[]),
        (
            "{type: 'object', properties: {a: {type: 'string'}}}",
            "{a: 1}",
            &["a #/properties/a Invalid type. Expected String but got Integer."],
        ),
        (
            "{properties: {a: {type: ['null', 'integer', 'string']}}}",
            "{a: true}",
            &["a #/properties/a Invalid type. Expected String, Integer, Null but got Boolean."],
        ),
        ("{type: 'integer'}", "1.5", &[" # Invalid type. Expected Integer but got Number."]),
        ("{type: 'integer'}", "1.0", &[]),
        (
            "{properties: {r: {items: {required: ['n']}}}}",
            "{r: [{n: 1}, {}]}",
            &["r[1] #/properties/r/items Required properties are missing from object: n."],
        ),
        (
            "{additionalProperties: false}",
            "{'a b': 1}",
            &[
                "['a b'] # Property 'a b' has not been defined and the schema does not allow additional properties.",
            ],
        ),
        ("{minimum: 2}", "1", &[" # Integer 1 is less than minimum value of 2."]),
        (
            "{maximum: 5, exclusiveMaximum: true}",
            "5",
            &[" # Integer 5 equals maximum value of 5 and exclusive maximum is true."],
        ),
        ("{multipleOf: 0.1}", "0.3", &[]),
        ("{enum: [1.0, 'a']}", "1", &[]),
        ("{enum: ['a']}", "'b'", &[" # Value \"b\" is not defined in enum."]),
        (
            "{minLength: 3, maxLength: 4}",
            "'ab'",
            &[" # String 'ab' is less than minimum length of 3."],
        ),
        ("{uniqueItems: true}", "[1, 1]", &["[1] # Non-unique array item at index 1."]),
        (
            "{oneOf: [{type: 'integer'}, {type: 'number'}]}",
            "5",
            &[
                " # JSON is valid against more than one schema from 'oneOf'. Valid schema indexes: 0, 1.",
            ],
        ),
        ("{not: {type: 'string'}}", "'x'", &[" # JSON is valid against schema from 'not'."]),
        (
            "{definitions: {n: {type: 'null'}}, properties: {a: {$ref: '#/definitions/n'}}}",
            "{a: 1}",
            &["a #/definitions/n Invalid type. Expected Null but got Integer."],
        ),
        (
            "{format: 'date-time'}",
            "'2026-03-05'",
            &[" # String '2026-03-05' does not validate against format 'date-time'."],
        ),
        ("{format: 'date-time'}", "'2026-03-05T14:07:09.123+02:00'", &[]),
        (
            "{format: 'ipv4'}",
            "'10.0.0.256'",
            &[" # String '10.0.0.256' does not validate against format 'ipv4'."],
        ),
        ("{required: ['a'], maxLength: 0}", "[1]", &[]),
    ];
    for (schema, value, expected) in rows {
        assert_eq!(errors(schema, value), *expected, "{schema} {value}");
    }
}

#[test]
fn a_schema_that_refers_to_itself_and_one_that_multiplies_come_to_an_end() {
    assert_eq!(errors("{$ref: '#'}", "1"), [""; 0]);
    let mut schema = "{type: 'null'}".to_owned();
    for _ in 0..40 {
        schema = format!(
            "{{definitions: {{x: {schema}}}, anyOf: [{{$ref: '#'}}, {{$ref: '#'}}, {schema}]}}"
        );
        if schema.len() > 2_000 {
            break;
        }
    }
    assert!(!errors(&schema, "1").is_empty());
}
