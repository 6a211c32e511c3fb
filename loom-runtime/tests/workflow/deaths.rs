//! Hosts that die at each commit of a run.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use loom_core::{ActorId, Kernel, Record, Seq};
use loom_ports::{JournalStore, Stores};
use loom_runtime::workflow::{RunId, StartRun};
use loom_testkit::faults::{Fault, FaultPlan, FaultyJournal};
use loom_workflow::Definition;
use loom_workflow::run::Run;

use crate::kit::{Kit, actions, definition};

/// A call that is made after another; what it calls says in which branch, and which one it is.
fn call(name: &str, uri: &str, after: &str) -> String {
    format!(
        r#""{name}": {{"type": "Http", "runAfter": {after},
            "inputs": {{"method": "POST", "uri": "{uri}"}}}}"#
    )
}

fn after(name: &str, status: &str) -> String {
    if name.is_empty() { "{}".to_owned() } else { format!(r#"{{"{name}": ["{status}"]}}"#) }
}

/// Calls one after the other, the first after `before`.
fn chain(branch: &str, count: u32, before: &str) -> String {
    let mut text = String::new();
    let mut last = before.to_owned();
    for n in 1..=count {
        let name = format!("{branch}{n}");
        let comma = if n == 1 { "" } else { "," };
        let uri = format!("{branch}:{n}");
        write!(text, "{comma}{}", call(&name, &uri, &after(&last, "Succeeded"))).unwrap();
        last = name;
    }
    text
}

/// Forty actions: branches, loops, retries, a scope whose failure is caught.
fn forty_actions() -> String {
    let (left, right, within) = (chain("L", 6, ""), chain("R", 5, ""), chain("S", 3, ""));
    let (ends, chosen) = (chain("E", 4, "Choose"), chain("T", 2, ""));
    definition(&format!(
        r#"{{
        "Count": {{"type": "InitializeVariable",
            "inputs": {{"variables": [{{"name": "count", "type": "integer", "value": 0}}]}}}},
        "Left": {{"type": "Scope", "runAfter": {{"Count": ["Succeeded"]}}, "actions": {{{left}}}}},
        "Right": {{"type": "Scope", "runAfter": {{"Count": ["Succeeded"]}}, "actions": {{{right}}}}},
        "Flaky": {{"type": "Http", "runAfter": {{"Left": ["Succeeded"], "Right": ["Succeeded"]}},
            "inputs": {{"method": "POST", "uri": "fails"}}}},
        "Each": {{"type": "Foreach", "runAfter": {{"Flaky": ["Succeeded"]}},
            "foreach": "@range(0, 3)", "operationOptions": "Sequential", "actions": {{
                "More": {{"type": "IncrementVariable", "inputs": {{"name": "count"}}}},
                "Tell": {{"type": "Http", "runAfter": {{"More": ["Succeeded"]}},
                    "inputs": {{"method": "POST", "uri": "@concat('I:', variables('count'))"}}}}
        }}}},
        "Wide": {{"type": "Foreach", "runAfter": {{"Each": ["Succeeded"]}},
            "foreach": "@range(0, 4)", "actions": {{
                "One": {{"type": "Http",
                    "inputs": {{"method": "POST", "uri": "@concat('W', item(), ':1')"}}}},
                "Two": {{"type": "Http", "runAfter": {{"One": ["Succeeded"]}},
                    "inputs": {{"method": "POST", "uri": "@concat('W', item(), ':2')"}}}}
        }}}},
        "Again": {{"type": "Until", "runAfter": {{"Wide": ["Succeeded"]}},
            "expression": "@equals(variables('count'), 5)", "actions": {{
                "Up": {{"type": "IncrementVariable", "inputs": {{"name": "count"}}}},
                "Ask": {{"type": "Http", "runAfter": {{"Up": ["Succeeded"]}},
                    "inputs": {{"method": "POST", "uri": "@concat('U:', variables('count'))"}}}}
        }}}},
        "Try": {{"type": "Scope", "runAfter": {{"Again": ["Succeeded"]}}, "actions": {{{within},
            "Gone": {{"type": "Http", "runAfter": {{"S3": ["Succeeded"]}},
                "inputs": {{"method": "POST", "uri": "gone"}}}}
        }}}},
        "Catch": {{"type": "Http", "runAfter": {{"Try": ["Failed"]}},
            "inputs": {{"method": "POST", "uri": "C:1"}}}},
        "Pause": {{"type": "Wait", "runAfter": {{"Catch": ["Succeeded"]}},
            "inputs": {{"interval": {{"count": 30, "unit": "Second"}}}}}},
        "Choose": {{"type": "If", "runAfter": {{"Pause": ["Succeeded"]}},
            "expression": "@equals(variables('count'), 5)", "actions": {{{chosen}}},
            "else": {{"actions": {{"No": {{"type": "Compose", "inputs": "no"}}}}}}}},
        {ends},
        "Sum": {{"type": "Compose", "runAfter": {{"E4": ["Succeeded"]}},
            "inputs": "@concat(variables('count'), body('E4'), length(result('Wide')))"}}
    }}"#
    ))
}

/// What became of a run: its actions, and what it did in each branch, in order.
#[derive(Debug, PartialEq)]
struct Came {
    status: String,
    actions: Vec<String>,
    branches: BTreeMap<String, Vec<String>>,
}

async fn play(kit: &Kit, id: &RunId, workflows: &loom_runtime::workflow::Workflows) -> Came {
    let view = workflows.ended(id).await.unwrap();
    let mut seen = BTreeSet::new();
    let mut branches: BTreeMap<String, Vec<String>> = BTreeMap::new();
    // The same effect under the same key happens once, to whoever knows duplicates.
    for (name, key) in kit.effects() {
        if seen.insert(key) {
            let branch = name.split(':').next().unwrap_or_default().to_owned();
            branches.entry(branch).or_default().push(name);
        }
    }
    let mut actions = actions(workflows, id).await;
    actions.sort();
    Came { status: view.summary.status, actions, branches }
}

/// The URIs of the calls whose results are committed.
async fn committed(kit: &Kit, id: &RunId, text: &str) -> BTreeSet<String> {
    let actor = ActorId::parse(&format!("workflow/{id}")).unwrap();
    let page = kit.stores.journal.read(&actor, Seq::EMPTY, 10_000).await.unwrap();
    let records = page.items.iter().map(|stored| Record::decode(&stored.bytes).unwrap());
    let records: Vec<_> = records.collect();
    let Some(head) = records.last().map(|record| record.head) else { return BTreeSet::new() };
    let from = records.iter().rposition(|record| record.snapshot.is_some()).unwrap_or(0);
    let kernel = Kernel::replay(head, &records[from..]).unwrap();
    let state: serde_json::Value = serde_json::from_slice(kernel.state()).unwrap();
    let run: Run = serde_json::from_value(state["run"].clone()).unwrap();
    let seen = run.records(&Definition::parse(text).unwrap());
    let ended = seen.into_iter().filter(|it| it.record.status.has_ended());
    let inputs = ended.filter_map(|it| it.record.inputs);
    inputs.map(|inputs| inputs.property("uri").to_text().to_string()).collect()
}

/// Starts a run on a host that loses a commit in this way and dies, and ends it on another.
async fn dies_at(commit: u32, fault: Fault, text: &str) -> (Came, bool) {
    let kit = Kit::new();
    let stores: Stores = kit.stores.clone().into();
    let (commits, counted) = (Arc::new(AtomicU32::new(0)), Arc::new(AtomicU32::new(0)));
    let (asked, armed) = (Arc::clone(&commits), Arc::clone(&counted));
    let plan = FaultPlan::chosen(move |operation| {
        if operation == "commit" && armed.load(Ordering::Relaxed) == 1 {
            asked.fetch_add(1, Ordering::Relaxed);
        }
        (asked.load(Ordering::Relaxed) >= commit).then_some(fault)
    });
    let journal = Arc::new(FaultyJournal::new(Arc::clone(&stores.journal), plan));
    let doomed = kit.builder_on(Stores { journal, ..stores }).start().await.unwrap();
    let workflows = doomed.workflows().unwrap();
    workflows.publish("forty", "1.0.0", text).await.unwrap();
    counted.store(1, Ordering::Relaxed);
    let key = loom_core::IdempotencyKey::parse("once").ok();
    let start = || StartRun { key: key.clone(), ..StartRun::default() };
    let mut begins = Box::pin(async {
        let id = workflows.start("forty", start()).await.ok()?.id;
        workflows.ended(&id).await.ok()
    });
    let is_over = loop {
        tokio::select! {
            biased;
            ended = &mut begins => break ended.is_some(),
            () = kit.pass(500) => {
                if commits.load(Ordering::Relaxed) >= commit {
                    break false;
                }
            }
        }
    };
    drop(begins);
    drop(workflows);
    kit.kill(doomed).await;

    let id =
        RunId::parse(&format!("forty/key-{:016x}", loom_core::fingerprint(&[b"once"]))).unwrap();
    let (committed, before) = (committed(&kit, &id, text).await, kit.happened());
    let (_host, workflows) = kit.host().await;
    workflows.start("forty", start()).await.unwrap();
    let came = play(&kit, &id, &workflows).await;
    for name in &kit.happened()[before.len()..] {
        assert!(!committed.contains(name), "{name} is done again after commit {commit} {fault:?}");
    }
    (came, is_over)
}

async fn dies_at_every_commit(fault: Fault) {
    let text = forty_actions();
    let (whole, is_over) = dies_at(u32::MAX, fault, &text).await;
    assert!(is_over);
    assert_eq!(whole.status, "Succeeded", "{whole:#?}");
    assert_eq!(Definition::parse(&text).unwrap().actions().len(), 40);
    for commit in 1.. {
        let (came, is_over) = dies_at(commit, fault, &text).await;
        assert_eq!(came, whole, "dies at commit {commit}: {fault:?}");
        if is_over {
            assert!(commit > 30, "{commit}");
            return;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_run_whose_host_dies_before_any_of_its_commits_ends_as_any_other() {
    dies_at_every_commit(Fault::Refused).await;
}

#[tokio::test(start_paused = true)]
async fn a_run_whose_host_dies_after_any_of_its_commits_ends_as_any_other() {
    dies_at_every_commit(Fault::ReplyLost).await;
}
