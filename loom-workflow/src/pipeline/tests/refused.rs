//! What is refused, and in which words.

use serde_json::{Value as Json, json};

use super::{findings, pipeline};

/// Each row: one stage, and the beginnings of what is found after the position.
#[expect(clippy::too_many_lines, reason = "one row for each member")]
fn rows() -> Vec<(Json, &'static str)> {
    let stage = |more: Json| {
        let mut stage = json!({"name": "s", "actor": "A"});
        for (name, value) in more.as_object().cloned().unwrap_or_default() {
            stage[name] = value;
        }
        stage
    };
    let scatter = |more: Json| {
        let mut scatter = json!({"input": "trigger"});
        for (name, value) in more.as_object().cloned().unwrap_or_default() {
            scatter[name] = value;
        }
        stage(json!({"scatter": scatter}))
    };
    let approval = |more: Json| json!({"name": "s", "humanApproval": more});
    vec![
        (stage(json!({"input": "trigger.["})), "Syntax: 'trigger.[' is not a selector: "),
        (
            stage(json!({"input": "triger.x"})),
            "Syntax: 'triger.x' begins with 'triger', which means nothing here; there are trigger, stages. Did you mean 'trigger'?",
        ),
        (
            stage(json!({"input": "stages.nobody"})),
            "UnknownAction: 'stages.nobody' asks for 'nobody', and there is no such stage.",
        ),
        (
            stage(json!({"input": "stages.s"})),
            "NotBefore: 'stages.s' asks for 's', which is not waited for here.",
        ),
        (
            stage(json!({"input": "lenght(trigger)"})),
            "Syntax: 'lenght(trigger)' is not a selector: There is no function 'lenght' in JMESPath. (at character",
        ),
        (stage(json!({"when": "item"})), "Syntax: 'item' begins with 'item'"),
        (stage(json!({"when": 5})), "WrongKind: This must be a selector, and is a number."),
        (
            stage(json!({"mode": "map-reduce"})),
            "WrongValue: 'map-reduce' is not a mode; there are single, scatter,",
        ),
        (
            stage(json!({"mode": "brodcast"})),
            "WrongValue: 'brodcast' is not a mode; there are single, scatter, gather, broadcast, fork-join, human-approval. Did you mean 'broadcast'?",
        ),
        (
            stage(json!({"retri": 3})),
            "IgnoredProperty: 'retri' is not taken: It means nothing here. Did you mean 'retry'?",
        ),
        (
            stage(json!({"scatter": {"input": "trigger"}, "mode": "single"})),
            "IgnoredProperty: 'scatter' is not taken",
        ),
        (
            stage(json!({"config": {"leaseTtlMs": 5}})),
            "IgnoredProperty: 'leaseTtlMs' is not taken: A task is leased by the host that runs it",
        ),
        (
            stage(json!({"config": {"deadLetterQueue": "q"}})),
            "IgnoredProperty: 'deadLetterQueue' is not taken: The records of the run",
        ),
        (
            stage(json!({"config": {"timeout": "soon"}})),
            "BadDuration: 'timeout' is a number of milliseconds",
        ),
        (stage(json!({"config": {"concurrency": 51}})), "OutOfRange: 51 is not from 1 to 50."),
        (
            stage(json!({"config": {"initialDelayMs": 1500}})),
            "OutOfRange: A stage waits for whole seconds",
        ),
        (
            stage(json!({"retry": {"backoff": "quadratic"}})),
            "WrongValue: 'quadratic' is not one of fixed, exponential, linear.",
        ),
        (
            stage(json!({"retry": {}, "config": {"retryPolicy": {}}})),
            "Contradiction: 'retry' and 'retryPolicy' are the same.",
        ),
        (
            stage(json!({"circuitBreaker": {"threshold": 3}})),
            "IgnoredProperty: 'threshold' is not taken",
        ),
        (
            stage(json!({"activity": "a"})),
            "Contradiction: 'actor' and 'activity' do not go together.",
        ),
        (
            stage(json!({"actor": {"when": []  , "strategy": "x"}})),
            "Contradiction: 'strategy' and 'when' do not go together.",
        ),
        (stage(json!({"compensation": {"input": "trigger"}})), "Missing: 'actor' is missing."),
        (
            scatter(json!({"maxParallel": 3})),
            "IgnoredProperty: 'maxParallel' is not taken: 'config.concurrency' says",
        ),
        (scatter(json!({"batchSize": 3})), "IgnoredProperty: 'batchSize' is not taken"),
        (
            scatter(json!({"input": [1]})),
            "WrongKind: This must be a selector that finds an array, and is an array.",
        ),
        (
            json!({"name": "s", "gather": {"stage": "x", "condition": "most"}}),
            "UnknownRunAfter: There is no stage 'x'.",
        ),
        (
            json!({"name": "s", "mode": "broadcast", "executorConfig": {"actors": ["A"], "waitForAll": false}}),
            "IgnoredProperty: 'waitForAll': false is not taken",
        ),
        (
            json!({"name": "s", "mode": "broadcast", "executorConfig": {"actors": []}}),
            "WrongKind: This must be an array with something in it",
        ),
        (
            approval(json!({"assignTo": "a", "webhookUrl": "http://x"})),
            "IgnoredProperty: 'webhookUrl' is not taken",
        ),
        (approval(json!({"timeout": 5})), "Missing: 'assignTo' is missing."),
        (
            approval(json!({"assignTo": "a", "fallback": "auto-reject"})),
            "Contradiction: A fallback needs a 'timeout'.",
        ),
        (
            approval(json!({"assignTo": "a", "timeout": 1, "fallback": "maybe"})),
            "WrongValue: 'maybe' is not one of",
        ),
        (
            approval(json!({"assignTo": "a", "timeout": 1, "fallback": "escalate"})),
            "Missing: 'escalateTo' is missing.",
        ),
        (json!({"name": "a.b", "actor": "A"}), "WrongValue: 'a.b' is no name of a stage"),
        (stage(json!({"dependsOn": ["s"]})), "RunAfterCycle: A stage cannot wait for itself."),
    ]
}

#[test]
fn every_member_does_what_it_says_or_is_refused_by_its_name() {
    for (stage, expected) in rows() {
        let found = findings(&pipeline(&json!([stage])));
        let has = found.iter().any(|it| it.contains(&format!(": {expected}")));
        assert!(has, "{stage}: {found:#?}");
    }
}

#[test]
fn gathers_are_looked_at_with_their_sources() {
    let rows = [
        (
            json!({"stage": "a", "condition": "most"}),
            "WrongValue: 'most' is not one of all, any, count.",
        ),
        (json!({"stage": "a", "condition": "count"}), "Missing: 'count' is missing."),
        (
            json!({"stage": "a", "condition": "any", "count": 2}),
            "Contradiction: 'count' belongs to",
        ),
        (
            json!({"stage": "a", "combine": "zip"}),
            "WrongValue: 'zip' is not one of concat, object.",
        ),
        (
            json!({"stage": "a", "combine": "object", "groupBy": "k"}),
            "Contradiction: 'groupBy' and",
        ),
        (json!({"stage": "a", "groupBy": "k["}), "Syntax: 'k[' is not a selector"),
        (
            json!({"stage": "a", "timeout": 5}),
            "IgnoredProperty: 'timeout' is not taken: A gather begins",
        ),
        (json!({"stage": "a", "minResults": 5}), "IgnoredProperty: 'minResults' is not taken"),
    ];
    for (gather, expected) in rows {
        let stages = json!([{"name": "a", "actor": "A"}, {"name": "g", "gather": gather}]);
        let found = findings(&pipeline(&stages));
        assert!(found.iter().any(|it| it.contains(expected)), "{gather}: {found:#?}");
    }
}

#[test]
fn stages_have_names_of_their_own_and_no_circles() {
    let twice = json!([{"name": "a", "actor": "A"}, {"name": "a", "actor": "A"}]);
    assert!(findings(&pipeline(&twice))[0].contains("There are two stages 'a'."));
    let circle = json!([
        {"name": "a", "actor": "A", "dependsOn": ["b"]},
        {"name": "b", "actor": "A", "dependsOn": ["a"]},
    ]);
    assert!(findings(&pipeline(&circle))[0].contains("wait for each other in a circle"));
    let late = json!([
        {"name": "a", "actor": "A"},
        {"name": "g", "gather": {"stage": "a"}, "dependsOn": []},
    ]);
    assert!(findings(&pipeline(&late))[0].contains("does not wait for it"));
}

#[test]
fn a_finding_says_where_it_is_and_all_are_found_at_once() {
    let text = "{\"name\": \"p\",\n \"stages\": [\n  {\"name\": \"s\", \"actor\": \"A\",\n   \"input\": \"triger\", \"when\": \"[\"}]}";
    let findings = crate::pipeline::to_workflow(text).unwrap_err();
    let found: Vec<_> = findings
        .iter()
        .map(|it| (it.position.line, it.position.column, it.pointer.as_str(), it.action.as_deref()))
        .collect();
    assert_eq!(
        found,
        [(4, 13, "/stages/0/input", Some("s")), (4, 31, "/stages/0/when", Some("s")),]
    );
    let validated = crate::validation::validate(text, &crate::validation::Scrutiny::default());
    assert_eq!(validated.findings, findings);
}

#[test]
fn a_pipeline_has_a_name_a_stage_and_members_that_are_known() {
    let rows = [
        (json!({"stages": [{"name": "s", "actor": "A"}]}), "'name' is missing."),
        (json!({"name": "p", "stages": []}), "A pipeline has at least one stage."),
        (json!({"name": "p", "stages": {}}), "This must be an array, and is an object."),
        (json!({"name": "p", "stages": [], "triger": {}}), "Did you mean 'trigger'?"),
        (
            json!({"name": "p", "stages": [], "config": {"concurrency": 3}}),
            "'concurrency' is not taken",
        ),
        (
            json!({"name": "p", "stages": [], "trigger": {"schedule": "0 0 * * *"}}),
            "This must be a recurrence",
        ),
        (
            json!({"name": "p", "stages": [], "trigger": {"event": "e", "manual": true}}),
            "A trigger is one of",
        ),
    ];
    for (whole, expected) in rows {
        let found = findings(&whole);
        assert!(found.iter().any(|it| it.contains(expected)), "{whole}: {found:#?}");
    }
}
