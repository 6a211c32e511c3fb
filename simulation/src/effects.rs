//! Effects and activities: each is asked for under one key, and its value is kept.

use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::time::Duration;

use futures::future::join_all;
use loom_core::{Backoff, BreakerPolicy, JitterPercent, RateLimit, RetryPolicy};
use loom_runtime::{
    ActivityError, ActivityOptions, Attempt, CallError, Context, Ended, HostBuilder, actor,
};
use loom_testkit::sim::Scene;
use serde::{Deserialize, Serialize};

use crate::outside;
use crate::scenario::{Check, Scenario};

pub(crate) const SCENARIO: Scenario =
    Scenario { name: "effects", deploy, play: |scene| Box::pin(play(scene)) };

const PARCELS: u64 = 3;

/// What a parcel was given: label, payment, stamp.
type Receipts = (u64, Option<u64>, u64);

#[derive(Debug, Default, Deserialize, Serialize)]
struct Parcel {
    shipped: BTreeMap<u64, Receipts>,
    /// Every outcome that came, of what nothing waited for.
    insured: BTreeMap<u64, Vec<Option<u64>>>,
}

#[actor(kind = "parcel", crate = loom_runtime)]
impl Parcel {
    async fn ship(&mut self, cx: &mut Context<'_>, number: u64) -> Result<Receipts, String> {
        let what = |step: &str| format!("{step} of {number} of {}", cx.key());
        let (to_label, to_pay, to_stamp) = (what("label"), what("payment"), what("stamp"));
        let to_insure = what("insurance");
        let label = cx.effect("label", async |key| insist(key.as_str(), &to_label).await).await?;
        let paid: Result<u64, CallError> = cx.activity("pay", &(&to_pay, number)).await;
        let paid = match paid {
            Ok(receipt) => Some(receipt),
            Err(CallError::Rejected(_) | CallError::Failed(_)) => None,
            Err(error) => return Err(error.to_string()),
        };
        if number.is_multiple_of(3) {
            cx.sleep(Duration::from_millis(400)).await;
        }
        let stamp = cx.effect("stamp", async |key| insist(key.as_str(), &to_stamp).await).await?;
        self.shipped.insert(number, (label, paid, stamp));
        cx.start("insure", &(&to_insure, number), "insured", &number)?;
        Ok((label, paid, stamp))
    }

    async fn insured(&mut self, cx: &mut Context<'_>, ended: Ended<u64, u64>) {
        if ended.tag.is_multiple_of(2) {
            cx.passivate();
        }
        self.insured.entry(ended.tag).or_default().push(ended.outcome.value().ok());
    }
}

/// Asks until there is an answer.
async fn insist(key: &str, what: &str) -> u64 {
    loop {
        if let Ok(receipt) = outside::ask(key, what).await {
            return receipt;
        }
    }
}

fn deploy(host: HostBuilder, _version: u32) -> HostBuilder {
    let some = |number: u32| NonZeroU32::new(number).unwrap_or(NonZeroU32::MIN);
    let options = ActivityOptions {
        retry: RetryPolicy {
            attempts_max: some(4),
            backoff: Backoff::Fixed(Duration::from_millis(300)),
            jitter_percent: JitterPercent::default(),
        },
        timeout: Duration::from_secs(3),
        breaker: Some(BreakerPolicy {
            failures_max: some(3),
            successes_min: some(1),
            open_for: Duration::from_secs(2),
            probes_max: some(1),
        }),
        rate: Some(RateLimit { capacity: some(2), refill_per_second: some(2) }),
    };
    host.actor::<Parcel>().activity("pay", options, buy).activity(
        "insure",
        ActivityOptions::default(),
        buy,
    )
}

async fn buy(attempt: Attempt, (what, number): (String, u64)) -> Result<u64, ActivityError> {
    if number % 5 == 4 {
        return Err(ActivityError::reject(&"it is worth nothing"));
    }
    let asked = outside::ask(attempt.key.as_str(), &what).await;
    asked.map_err(|error| ActivityError::retry(format_args!("{error:?}")))
}

async fn play(scene: Scene) -> Check {
    let callers = (0..PARCELS).map(|parcel| {
        let its = scene.clone();
        scene.beside(async move {
            let id = format!("parcel/{parcel}");
            let mut shipped = BTreeMap::new();
            for number in 0..its.rounds(6) {
                let receipts: Receipts = its.call(&id, "ship", &number).await.expect("it ships");
                shipped.insert(number, receipts);
            }
            shipped
        })
    });
    let shipped = join_all(callers.collect::<Vec<_>>()).await;
    Box::pin(check(scene, shipped))
}

async fn check(scene: Scene, shipped: Vec<BTreeMap<u64, Receipts>>) {
    for (key, told) in shipped.into_iter().enumerate() {
        let id = format!("parcel/{key}");
        let parcel: Parcel = scene.state(&id).await.unwrap_or_default();
        assert_eq!(parcel.shipped, told, "what {id} has, and what its caller was told");
        assert!(parcel.insured.keys().eq(told.keys()), "{id}: {:?} {told:?}", parcel.insured);
        for (number, outcomes) in parcel.insured {
            let [outcome] = *outcomes else { panic!("{id} {number} has outcomes {outcomes:?}") };
            let given = outside::receipt(&format!("insurance of {number} of {key}"));
            assert!(outcome.is_none() || outcome == given, "{id} {number}: {outcome:?}");
        }
        for (number, (label, paid, stamp)) in told {
            let given = |step: &str| outside::receipt(&format!("{step} of {number} of {key}"));
            assert_eq!(
                (given("label"), given("stamp")),
                (Some(label), Some(stamp)),
                "{id} {number}"
            );
            // What was given up may have been paid.
            assert!(paid.is_none() || paid == given("payment"), "{id} paid {paid:?} for {number}");
        }
    }
}
