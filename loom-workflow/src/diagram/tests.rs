use super::{mermaid, svg};
use crate::Definition;

const ORDER: &str = r#"{
  "triggers": {"manual": {"type": "Request", "kind": "Http"}},
  "actions": {
    "Check": {"type": "Compose", "inputs": 1, "runAfter": {}},
    "Pay \"it\" <now>": {"type": "Compose", "inputs": 1, "runAfter": {"Check": ["Succeeded"]}},
    "Tell": {"type": "Compose", "inputs": 1, "runAfter": {"Check": ["Failed", "TimedOut"]}},
    "Large": {
      "type": "If", "expression": {"equals": [1, 1]}, "runAfter": {"Check": ["Succeeded"]},
      "actions": {"Yes": {"type": "Compose", "inputs": 1, "runAfter": {}}},
      "else": {"actions": {"No": {"type": "Compose", "inputs": 1, "runAfter": {}}}}
    },
    "All": {
      "type": "Scope", "runAfter": {"Large": ["Succeeded"]},
      "actions": {"Part": {"type": "Compose", "inputs": 1, "runAfter": {}}}
    }
  }
}"#;

#[test]
fn a_flowchart_has_actions_in_their_containers_and_what_is_followed_when() {
    let expected = r#"flowchart TD
  t0(["manual<br/><small>Request</small>"])
  t0 --> a0
  a0["Check<br/><small>Compose</small>"]
  a1["Pay #34;it#34; #60;now#62;<br/><small>Compose</small>"]
  a2["Tell<br/><small>Compose</small>"]
  subgraph a3["Large<br/><small>If</small>"]
    subgraph a3b0["true"]
      a4["Yes<br/><small>Compose</small>"]
    end
    subgraph a3b1["false"]
      a5["No<br/><small>Compose</small>"]
    end
  end
  subgraph a6["All<br/><small>Scope</small>"]
    a7["Part<br/><small>Compose</small>"]
  end
  a0 --> a1
  a0 -. "Failed, TimedOut" .-> a2
  a0 --> a3
  a3 --> a6
"#;
    assert_eq!(mermaid(&Definition::parse(ORDER).unwrap()), expected);
}

#[test]
fn a_picture_is_xml_in_which_every_action_lies_in_its_container() {
    let text = svg(&Definition::parse(ORDER).unwrap());
    let mut reader = quick_xml::Reader::from_str(&text);
    let mut areas = Vec::new();
    loop {
        match reader.read_event().unwrap() {
            quick_xml::events::Event::Eof => break,
            quick_xml::events::Event::Empty(tag) if tag.name().as_ref() == b"rect" => {
                let number = |name: &str| -> f64 {
                    let found = tag.try_get_attribute(name).unwrap().unwrap();
                    std::str::from_utf8(&found.value).unwrap().parse().unwrap()
                };
                areas.push(["x", "y", "width", "height"].map(number));
            }
            _ => {}
        }
    }
    assert_eq!(areas.len(), 11, "one trigger, eight actions, two branches");
    let apart = |a: &[f64; 4], b: &[f64; 4]| {
        a[0] + a[2] <= b[0] || b[0] + b[2] <= a[0] || a[1] + a[3] <= b[1] || b[1] + b[3] <= a[1]
    };
    let within = |a: &[f64; 4], b: &[f64; 4]| {
        a[0] >= b[0] && a[1] >= b[1] && a[0] + a[2] <= b[0] + b[2] && a[1] + a[3] <= b[1] + b[3]
    };
    for (at, one) in areas.iter().enumerate() {
        for other in &areas[..at] {
            assert!(
                apart(one, other) || within(one, other) || within(other, one),
                "{one:?} {other:?}"
            );
        }
    }
    assert!(text.contains("Pay &quot;it&quot; &lt;now&gt;"));
}
