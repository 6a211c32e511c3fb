use super::*;

#[test]
fn the_cases_of_a_suite_are_those_that_it_lists() {
    let suite = "use a::b;\n    ($then:ident) => {\n        saving::a_case\n        finding::another\n    }\n crate::Case;\n";
    assert_eq!(cases(suite), ["a_case", "another"]);
}

#[test]
fn what_is_promised_stands_above_the_trait() {
    let source = "/// Of another.\npub trait B {}\n\n/// Keeps [`A`]s. All\n/// of them.\n///\n/// And more. And so on.\n#[async_trait]\npub trait A: Debug {}\n";
    let documentation = documentation(source, "pub trait A");
    assert_eq!(documentation, "Keeps `A`s. All of them. And more. And so on.");
    assert_eq!(sentences(&documentation, 2), "Keeps `A`s. All of them.");
}

#[test]
fn every_port_has_a_suite_and_a_promise() {
    std::env::set_current_dir("..").expect("the workspace is there");
    for port in &PORTS {
        assert!(port.cases().expect("it has a suite").len() > 3, "{}", port.name);
        assert!(port.promise().expect("it has a trait").len() > 20, "{}", port.name);
    }
}
