use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::super::deadline;
use super::super::{
    Address, AskError, Backoff, Child, Context, Failure, Intensity, Reply, Restart, Shutdown,
    Spawn, SpawnError, StopReason, Strategy, Supervisor, TellError, Topic, Volatile,
    VolatileSystem,
};

const SECOND: Duration = Duration::from_secs(1);

/// What happened, in the order in which it did.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<String>>>);

impl Log {
    fn write(&self, line: String) {
        self.0.lock().unwrap().push(line);
    }

    fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().unwrap())
    }
}

struct Part {
    name: &'static str,
    log: Log,
    handled: u32,
}

#[derive(Clone, Debug)]
enum Order {
    Count,
    Panic,
    Fail,
    Hang,
    Slow(Duration),
}

enum Message {
    Do(Order),
    Handled(Reply<u32>),
}

impl Volatile for Part {
    type Message = Message;

    async fn started(&mut self, _: &mut Context<Message>) -> Result<(), Failure> {
        self.log.write(format!("{} started", self.name));
        Ok(())
    }

    async fn handle(&mut self, message: Message, _: &mut Context<Message>) -> Result<(), Failure> {
        match message {
            Message::Do(Order::Count) => self.handled += 1,
            Message::Do(Order::Panic) => panic!("broken"),
            Message::Do(Order::Fail) => return Err(Failure::new("broken")),
            Message::Do(Order::Hang) => std::future::pending().await,
            Message::Do(Order::Slow(time)) => {
                deadline::reached(Some(deadline::now() + time)).await;
            }
            Message::Handled(reply) => reply.send(self.handled),
        }
        Ok(())
    }

    async fn stopped(&mut self, reason: &StopReason) {
        self.log.write(format!("{} {reason}", self.name));
    }
}

type To = Address<Message>;

fn part(supervisor: &mut Supervisor, log: &Log, name: &'static str, restart: Restart) -> To {
    let log = log.clone();
    let child = Child::new(name, restart).stop_within(SECOND);
    supervisor.child(child, move || Part { name, log: log.clone(), handled: 0 })
}

fn quick(strategy: Strategy) -> Supervisor {
    Supervisor::new(strategy).backoff(Backoff::NONE)
}

async fn tell(address: &To, order: Order) {
    address.tell(Message::Do(order)).await.unwrap();
}

async fn handled(address: &To) -> Result<u32, AskError> {
    address.ask(Message::Handled, 60 * SECOND).await
}

#[tokio::test]
async fn every_start_makes_the_actor_anew() {
    let (system, log) = (VolatileSystem::new(), Log::default());
    let made = Arc::new(AtomicU32::new(0));
    let mut supervisor = quick(Strategy::OneForOne);
    let address = supervisor.child(Child::new("part", Restart::Permanent), {
        let (made, log) = (Arc::clone(&made), log.clone());
        move || {
            made.fetch_add(1, Ordering::SeqCst);
            Part { name: "part", log: log.clone(), handled: 0 }
        }
    });
    let _supervised = system.supervise("top", supervisor).unwrap();
    tell(&address, Order::Count).await;
    assert_eq!(handled(&address).await, Ok(1));
    tell(&address, Order::Panic).await;
    assert_eq!(handled(&address).await, Ok(0));
    tell(&address, Order::Fail).await;
    assert_eq!(handled(&address).await, Ok(0));
    assert_eq!(made.load(Ordering::SeqCst), 3);
    assert_eq!(log.take(), ["part started", "part started", "part failed: broken", "part started"]);
}

#[tokio::test]
async fn the_message_that_failed_is_not_repeated_and_the_others_are_not_lost() {
    let (system, log) = (VolatileSystem::new(), Log::default());
    let mut supervisor = quick(Strategy::OneForOne);
    let address = part(&mut supervisor, &log, "part", Restart::Permanent);
    for order in [Order::Count, Order::Panic, Order::Count, Order::Count] {
        tell(&address, order).await;
    }
    let _supervised = system.supervise("top", supervisor).unwrap();
    assert_eq!(handled(&address).await, Ok(2));
    assert_eq!(system.lookup("part"), Some(address));
}

#[tokio::test(start_paused = true)]
async fn a_child_that_keeps_failing_waits_longer_each_time() {
    let (system, log) = (VolatileSystem::new(), Log::default());
    let mut supervisor = Supervisor::new(Strategy::OneForOne)
        .backoff(Backoff { first: 100 * SECOND / 1000, max: 300 * SECOND / 1000 });
    let address = part(&mut supervisor, &log, "part", Restart::Permanent);
    let _supervised = system.supervise("top", supervisor).unwrap();
    for expected_millis in [100, 200, 300, 300] {
        let begun = deadline::now();
        tell(&address, Order::Panic).await;
        assert_eq!(handled(&address).await, Ok(0));
        let waited = begun.elapsed();
        // The virtual clock rounds up to its own tick of a millisecond.
        assert!(
            (expected_millis..=expected_millis + 1).contains(&waited.as_millis()),
            "{waited:?}"
        );
    }
}

#[tokio::test]
async fn a_supervisor_that_gives_up_says_why_and_leaves_nothing_behind() {
    let (system, log) = (VolatileSystem::new(), Log::default());
    let mut supervisor =
        quick(Strategy::OneForOne).intensity(Intensity { restarts_max: 2, window: 60 * SECOND });
    let other = part(&mut supervisor, &log, "other", Restart::Permanent);
    let address = part(&mut supervisor, &log, "part", Restart::Permanent);
    let supervised = system.supervise("top", supervisor).unwrap();
    for _ in 0..3 {
        tell(&address, Order::Panic).await;
    }
    let reason = "`top` gave up after 2 restarts within 60s: `part` panicked: broken";
    assert_eq!(supervised.watch().await, StopReason::Failed(reason.into()));
    assert_eq!(other.watch().await, StopReason::Failed(reason.into()));
    assert_eq!(handled(&address).await, Err(AskError::Stopped));
    assert_eq!(system.lookup::<Message>("part"), None);
    assert_eq!(system.roots(), 0);
}

#[tokio::test]
async fn a_nested_supervisor_that_gives_up_is_restarted_by_its_own() {
    let (system, log) = (VolatileSystem::new(), Log::default());
    let mut inner =
        quick(Strategy::OneForOne).intensity(Intensity { restarts_max: 1, window: 60 * SECOND });
    let steady = part(&mut inner, &log, "steady", Restart::Permanent);
    let shaky = part(&mut inner, &log, "shaky", Restart::Permanent);
    let mut outer =
        quick(Strategy::OneForOne).intensity(Intensity { restarts_max: 1, window: 60 * SECOND });
    let first = part(&mut outer, &log, "first", Restart::Permanent);
    outer.supervisor(Child::new("inner", Restart::Permanent), inner);
    let last = part(&mut outer, &log, "last", Restart::Permanent);
    let supervised = system.supervise("outer", outer).unwrap();
    assert_eq!(handled(&last).await, Ok(0));
    assert_eq!(log.take(), ["first started", "steady started", "shaky started", "last started"]);

    tell(&shaky, Order::Panic).await;
    assert_eq!(handled(&shaky).await, Ok(0));
    assert_eq!(log.take(), ["shaky started"]);
    tell(&shaky, Order::Panic).await;
    tell(&shaky, Order::Count).await;
    assert_eq!(handled(&shaky).await, Ok(1));
    assert_eq!(log.take(), ["steady stopped", "steady started", "shaky started"]);
    assert_eq!(handled(&first).await, Ok(0));

    for _ in 0..2 {
        tell(&shaky, Order::Panic).await;
    }
    let reason = supervised.watch().await.to_string();
    let expected = "failed: `outer` gave up after 1 restarts within 60s: `inner` failed: \
                    `inner` gave up after 1 restarts within 60s: `shaky` panicked: broken";
    assert_eq!(reason, expected);
    assert!(steady.is_stopped() && first.is_stopped());
}

#[tokio::test]
async fn one_for_all_restarts_the_others_with_their_mailboxes() {
    let (system, log) = (VolatileSystem::new(), Log::default());
    let mut supervisor = quick(Strategy::OneForAll);
    let a = part(&mut supervisor, &log, "a", Restart::Permanent);
    let b = part(&mut supervisor, &log, "b", Restart::Permanent);
    let c = part(&mut supervisor, &log, "c", Restart::Permanent);
    let _supervised = system.supervise("top", supervisor).unwrap();
    tell(&a, Order::Count).await;
    assert_eq!((handled(&a).await, handled(&c).await), (Ok(1), Ok(0)));
    log.take();

    tell(&b, Order::Panic).await;
    assert_eq!(handled(&b).await, Ok(0));
    assert_eq!(handled(&a).await, Ok(0));
    assert_eq!(handled(&c).await, Ok(0));
    let expected = ["c stopped", "a stopped", "a started", "b started", "c started"];
    assert_eq!(log.take(), expected);
}

#[tokio::test(start_paused = true)]
async fn what_waits_for_a_child_that_is_restarted_with_others_is_handled_after_the_restart() {
    let (system, log) = (VolatileSystem::new(), Log::default());
    let mut supervisor = quick(Strategy::OneForAll);
    let a = part(&mut supervisor, &log, "a", Restart::Permanent);
    let b = part(&mut supervisor, &log, "b", Restart::Permanent);
    let _supervised = system.supervise("top", supervisor).unwrap();
    tell(&a, Order::Slow(SECOND / 2)).await;
    tell(&a, Order::Count).await;
    tell(&b, Order::Panic).await;
    tell(&a, Order::Count).await;
    assert_eq!(handled(&b).await, Ok(0));
    assert_eq!(handled(&a).await, Ok(2));
    assert_eq!(log.take(), ["a started", "b started", "a stopped", "a started", "b started"]);
}

#[tokio::test]
async fn rest_for_one_restarts_those_after_the_one_that_failed() {
    let (system, log) = (VolatileSystem::new(), Log::default());
    let mut supervisor = quick(Strategy::RestForOne);
    let a = part(&mut supervisor, &log, "a", Restart::Permanent);
    let b = part(&mut supervisor, &log, "b", Restart::Permanent);
    let c = part(&mut supervisor, &log, "c", Restart::Permanent);
    let _supervised = system.supervise("top", supervisor).unwrap();
    tell(&a, Order::Count).await;
    assert_eq!(handled(&c).await, Ok(0));
    log.take();

    tell(&b, Order::Panic).await;
    assert_eq!((handled(&b).await, handled(&c).await), (Ok(0), Ok(0)));
    assert_eq!(handled(&a).await, Ok(1));
    assert_eq!(log.take(), ["c stopped", "b started", "c started"]);
}

#[tokio::test]
async fn a_child_that_is_done_comes_back_only_if_it_is_permanent() {
    let (system, log) = (VolatileSystem::new(), Log::default());
    let mut supervisor = quick(Strategy::OneForOne);
    let permanent = part(&mut supervisor, &log, "permanent", Restart::Permanent);
    let transient = part(&mut supervisor, &log, "transient", Restart::Transient);
    let temporary = part(&mut supervisor, &log, "temporary", Restart::Temporary);
    let supervised = system.supervise("top", supervisor).unwrap();
    assert_eq!(handled(&temporary).await, Ok(0));

    transient.stop();
    assert_eq!(transient.watch().await, StopReason::Stopped);
    assert_eq!(system.lookup::<Message>("transient"), None);
    tell(&temporary, Order::Panic).await;
    assert_eq!(temporary.watch().await, StopReason::Panicked("broken".into()));

    permanent.stop();
    while handled(&permanent).await == Err(AskError::Stopped) {
        tokio::task::yield_now().await;
    }
    supervised.stop();
    assert_eq!(supervised.watch().await, StopReason::Stopped);
    assert_eq!(permanent.watch().await, StopReason::Stopped);
}

#[tokio::test]
async fn a_killed_transient_child_comes_back() {
    let (system, log) = (VolatileSystem::new(), Log::default());
    let mut supervisor = quick(Strategy::OneForOne);
    let address = part(&mut supervisor, &log, "part", Restart::Transient);
    let _supervised = system.supervise("top", supervisor).unwrap();
    tell(&address, Order::Hang).await;
    tell(&address, Order::Count).await;
    while address.waiting_messages() > 0 {
        address.kill();
        tokio::task::yield_now().await;
    }
    assert_eq!(handled(&address).await, Ok(1));
}

#[tokio::test(start_paused = true)]
async fn children_stop_in_reverse_order_after_what_they_accepted() {
    let (system, log) = (VolatileSystem::new(), Log::default());
    let mut supervisor = quick(Strategy::OneForOne);
    let a = part(&mut supervisor, &log, "a", Restart::Permanent);
    let b = part(&mut supervisor, &log, "b", Restart::Permanent);
    let c = part(&mut supervisor, &log, "c", Restart::Permanent);
    let supervised = system.supervise("top", supervisor).unwrap();
    assert_eq!(handled(&c).await, Ok(0));
    log.take();

    tell(&c, Order::Slow(SECOND / 2)).await;
    tell(&b, Order::Hang).await;
    tell(&a, Order::Count).await;
    supervised.stop();
    assert_eq!(supervised.watch().await, StopReason::Stopped);
    assert_eq!(log.take(), ["c stopped", "a stopped"]);
    let late = a.tell(Message::Do(Order::Count)).await;
    assert!(matches!(late, Err(TellError::Stopped(Message::Do(Order::Count)))));
}

#[tokio::test(start_paused = true)]
async fn a_shutdown_of_the_system_reaches_supervised_children() {
    let (system, log) = (VolatileSystem::new(), Log::default());
    let mut inner = quick(Strategy::OneForOne);
    let address = part(&mut inner, &log, "part", Restart::Permanent);
    let mut outer = quick(Strategy::OneForOne);
    outer.supervisor(Child::new("inner", Restart::Permanent), inner);
    let _supervised = system.supervise("outer", outer).unwrap();
    tell(&address, Order::Slow(SECOND / 2)).await;
    assert_eq!(system.shutdown(SECOND).await, Shutdown::Clean);
    assert_eq!(address.watch().await, StopReason::Stopped);
    assert_eq!(log.take(), ["part started", "part stopped"]);
}

#[tokio::test(start_paused = true)]
async fn a_shutdown_kills_supervised_children_at_the_deadline() {
    let (system, log) = (VolatileSystem::new(), Log::default());
    let mut inner = quick(Strategy::OneForOne);
    let address = part(&mut inner, &log, "part", Restart::Permanent);
    let mut outer = quick(Strategy::OneForOne);
    outer.supervisor(Child::new("inner", Restart::Permanent), inner);
    let _supervised = system.supervise("outer", outer).unwrap();
    tell(&address, Order::Hang).await;
    let overdue = Shutdown::Overdue(vec!["outer".into()]);
    assert_eq!(system.shutdown(SECOND / 2).await, overdue);
    assert_eq!(address.watch().await, StopReason::Killed);
}

#[tokio::test]
async fn a_taken_name_starts_nobody() {
    let (system, log) = (VolatileSystem::new(), Log::default());
    let taken = Part { name: "taken", log: Log::default(), handled: 0 };
    let owner = system.spawn_with(Spawn::named("taken"), taken).unwrap();
    let mut supervisor = quick(Strategy::OneForOne);
    let free = part(&mut supervisor, &log, "free", Restart::Permanent);
    let twin = part(&mut supervisor, &log, "taken", Restart::Permanent);
    let refused = system.supervise("top", supervisor).map(drop);
    assert_eq!(refused, Err(SpawnError::NameTaken("taken".into())));
    assert_eq!(system.lookup::<Message>("free"), None);
    assert_eq!(system.lookup("taken"), Some(owner));
    assert!(free.is_stopped() && twin.is_stopped());
    assert_eq!(log.take(), [""; 0]);
}

#[tokio::test]
async fn a_factory_that_panics_is_a_failure_of_its_child() {
    let (system, log) = (VolatileSystem::new(), Log::default());
    let made = AtomicU32::new(0);
    let mut supervisor = quick(Strategy::OneForOne);
    let address = supervisor.child(Child::new("part", Restart::Permanent), {
        let log = log.clone();
        move || {
            assert!(made.fetch_add(1, Ordering::SeqCst) > 1, "not yet");
            Part { name: "part", log: log.clone(), handled: 0 }
        }
    });
    let _supervised = system.supervise("top", supervisor).unwrap();
    assert_eq!(handled(&address).await, Ok(0));
    assert_eq!(log.take(), ["part started"]);
}

#[tokio::test]
async fn a_subscription_survives_a_restart() {
    let (system, log) = (VolatileSystem::new(), Log::default());
    let mut supervisor = quick(Strategy::OneForOne);
    let address = part(&mut supervisor, &log, "part", Restart::Permanent);
    let _supervised = system.supervise("top", supervisor).unwrap();
    let topic = Topic::new();
    topic.subscribe_as(address.clone(), Message::Do);
    assert_eq!(topic.publish(&Order::Panic).accepted, 1);
    assert_eq!(topic.publish(&Order::Count).accepted, 1);
    assert_eq!(handled(&address).await, Ok(1));
    assert_eq!(topic.publish(&Order::Count).accepted, 1);
    assert_eq!(handled(&address).await, Ok(2));
}

/// Adds up, and fails at round numbers.
struct Adder(Arc<AtomicU32>);

impl Volatile for Adder {
    type Message = u32;

    async fn handle(&mut self, message: u32, _: &mut Context<u32>) -> Result<(), Failure> {
        if message.is_multiple_of(100) {
            return Err(Failure::new("a round number"));
        }
        self.0.fetch_add(1, Ordering::SeqCst);
        Ok(())
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_child_that_fails_all_the_time_loses_only_the_messages_that_failed() {
    let (system, log) = (VolatileSystem::new(), Log::default());
    let total = Arc::new(AtomicU32::new(0));
    let intensity = Intensity { restarts_max: 1000, window: 60 * SECOND };
    let mut supervisor = quick(Strategy::OneForAll).intensity(intensity);
    let _other = part(&mut supervisor, &log, "other", Restart::Permanent);
    let child = Child::new("adder", Restart::Permanent).capacity(NonZeroUsize::new(50).unwrap());
    let adder = supervisor.child(child, {
        let total = Arc::clone(&total);
        move || Adder(Arc::clone(&total))
    });
    let supervised = system.supervise("top", supervisor).unwrap();
    for message in 0..20_000 {
        adder.tell(message).await.unwrap();
    }
    supervised.stop();
    assert_eq!(supervised.watch().await, StopReason::Stopped);
    assert_eq!(total.load(Ordering::SeqCst), 20_000 - 200);
}
