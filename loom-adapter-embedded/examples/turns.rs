//! Commits turns from many callers at once, and prints what that costs.
//!
//! ```text
//! cargo run --release -p loom-adapter-embedded --example turns -- DIR [CALLERS] [TURNS] [fsync|os]
//! ```

use std::time::{Duration, Instant};

use loom_adapter_embedded::{Durability, EmbeddedStores, Options};
use loom_core::{ActorId, CommitId, Head, HostId, PartitionId, Seq, Timestamp};
use loom_ports::{CommitOutcome, TenureClaim, Turn};

type Failure = Box<dyn std::error::Error + Send + Sync>;

const RECORD_BYTES: usize = 200;
/// Every so many turns of an actor, its journal begins anew.
const SNAPSHOT_EVERY: u64 = 100;

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let mut args = std::env::args().skip(1);
    let dir = args.next().ok_or("name a directory")?;
    let callers: u64 = args.next().map_or(Ok(64), |arg| arg.parse())?;
    let turns: u64 = args.next().map_or(Ok(200_000), |arg| arg.parse())?;
    let durability = match args.next().as_deref() {
        Some("os") => Durability::Os,
        _ => Durability::Fsync,
    };
    let stores = EmbeddedStores::open(dir, Options { durability, ..Options::default() })?;

    let (began, cpu) = (Instant::now(), cpu_time());
    let work =
        (0..callers).map(|caller| tokio::spawn(run(stores.clone(), caller, turns / callers)));
    for caller in work.collect::<Vec<_>>() {
        caller.await??;
    }
    let (took, cpu) = (began.elapsed(), cpu_time().saturating_sub(cpu));

    let stats = stores.stats();
    let done = f64::from(u32::try_from(turns)?);
    println!("{callers} callers, durability {}", durability.name());
    println!("{:>10.0} turns/s", done / took.as_secs_f64());
    println!("{:>10.1} us CPU per turn, all threads", cpu.as_secs_f64() * 1e6 / done);
    println!("{:>10.1} turns per sync", done / f64::from(u32::try_from(stats.syncs.max(1))?));
    println!("{:>10} KiB resident at most", peak_kib());
    Ok(())
}

async fn run(stores: EmbeddedStores, caller: u64, turns: u64) -> Result<(), Failure> {
    let journal = stores.journal();
    let host = HostId::parse("bench")?;
    let partition = PartitionId(u16::try_from(caller)?);
    let lease = Duration::from_mins(1);
    let claim = journal.claim(partition, &host, lease, Timestamp::EPOCH).await?;
    let TenureClaim::Granted(tenure) = claim else { return Err("somebody else is here".into()) };
    let actor = ActorId::parse(&format!("bench/{caller}"))?;
    let mut head = Head::default();
    if let loom_ports::Load::Loaded(loaded) = journal.load(&tenure, &actor, None).await? {
        head = loaded.head;
    }
    let record = bytes::Bytes::from(vec![7; RECORD_BYTES]);
    for n in 0..turns {
        let snapshot = n % SNAPSHOT_EVERY == 0;
        let turn = Turn {
            actor: actor.clone(),
            expected: head,
            commit: CommitId(u128::from(head.seq.0) << 64 | u128::from(caller)),
            record: record.clone(),
            snapshot,
            trim_before: snapshot.then_some(Seq(head.seq.0 + 1)),
            outbox: Vec::new(),
            timers: Vec::new(),
            handled: None,
        };
        let outcomes = journal.commit(&tenure, &[turn], &[]).await?;
        if outcomes != [CommitOutcome::Committed] {
            return Err(format!("{outcomes:?}").into());
        }
        head = head.next();
    }
    Ok(())
}

/// User and system time of this process, from `/proc/self/stat` (proc(5)).
fn cpu_time() -> Duration {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields = stat.rsplit(')').next().unwrap_or_default();
    let ticks: u64 = fields.split_whitespace().skip(11).take(2).flat_map(str::parse::<u64>).sum();
    Duration::from_millis(ticks * 10)
}

fn peak_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    peak.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or_default()
}
