use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Notify, mpsc};

use super::super::deadline;
use super::super::{
    Address, AskError, Context, Failure, Reply, Shutdown, Spawn, SpawnError, StopReason, TellError,
    TryTellError, Volatile, VolatileSystem,
};

const SECOND: Duration = Duration::from_secs(1);

/// Writes down what happens to it.
struct Diary {
    lines: mpsc::UnboundedSender<String>,
    gate: Arc<Notify>,
}

#[derive(Debug, Eq, PartialEq)]
enum Say {
    Write(u32),
    /// Waits until the test opens the gate.
    Wait,
    Sleep(Duration),
    Panic(&'static str),
    Fail,
    StopYourself,
    /// Sends itself this again, so many times.
    Spin(u32),
}

#[derive(Debug)]
enum Message {
    Say(Say),
    Ask(Reply<u32>),
    Ignore(Reply<u32>),
}

impl Volatile for Diary {
    type Message = Message;

    async fn started(&mut self, _: &mut Context<Message>) -> Result<(), Failure> {
        self.write("started".into());
        Ok(())
    }

    async fn handle(&mut self, message: Message, cx: &mut Context<Message>) -> Result<(), Failure> {
        match message {
            Message::Say(Say::Write(number)) => self.write(number.to_string()),
            Message::Say(Say::Wait) => self.gate.notified().await,
            Message::Say(Say::Sleep(time)) => {
                deadline::reached(Some(deadline::now() + time)).await;
            }
            Message::Say(Say::Panic(text)) => panic!("{text}"),
            Message::Say(Say::Fail) => "x".parse::<u8>().map(drop)?,
            Message::Say(Say::StopYourself) => cx.stop(),
            Message::Say(Say::Spin(0)) => self.write("dizzy".into()),
            Message::Say(Say::Spin(left)) => {
                drop(cx.address().try_tell(Message::Say(Say::Spin(left - 1))));
            }
            Message::Ask(reply) => reply.send(7),
            Message::Ignore(reply) => drop(reply),
        }
        Ok(())
    }

    async fn stopped(&mut self, reason: &StopReason) {
        self.write(reason.to_string());
    }
}

impl Diary {
    fn write(&self, line: String) {
        drop(self.lines.send(line));
    }
}

struct Bench {
    system: VolatileSystem,
    address: Address<Message>,
    lines: mpsc::UnboundedReceiver<String>,
    gate: Arc<Notify>,
}

impl Bench {
    fn new(spawn: Spawn) -> Self {
        let system = VolatileSystem::new();
        let (sender, lines) = mpsc::unbounded_channel();
        let gate = Arc::new(Notify::new());
        let diary = Diary { lines: sender, gate: Arc::clone(&gate) };
        let address = system.spawn_with(spawn, diary).unwrap();
        Self { system, address, lines, gate }
    }

    async fn say(&self, say: Say) {
        self.address.tell(Message::Say(say)).await.unwrap();
    }

    /// What the actor wrote until it was gone.
    async fn written(mut self) -> Vec<String> {
        drop(self.address);
        drop(self.system);
        let mut lines = Vec::new();
        while let Some(line) = self.lines.recv().await {
            lines.push(line);
        }
        lines
    }
}

fn capacity(messages: usize) -> NonZeroUsize {
    NonZeroUsize::new(messages).unwrap()
}

#[tokio::test]
async fn messages_are_handled_in_order_between_the_hooks() {
    let bench = Bench::new(Spawn::anonymous());
    for number in 0..3 {
        bench.say(Say::Write(number)).await;
    }
    bench.address.stop();
    assert_eq!(bench.address.watch().await, StopReason::Stopped);
    assert_eq!(bench.written().await, ["started", "0", "1", "2", "stopped"]);
}

#[tokio::test]
async fn a_stop_handles_what_was_accepted_before_and_nothing_after() {
    let bench = Bench::new(Spawn::anonymous());
    bench.say(Say::Wait).await;
    for number in 0..500 {
        bench.say(Say::Write(number)).await;
    }
    bench.address.stop();
    let late = Message::Say(Say::Write(500));
    assert!(matches!(bench.address.tell(late).await, Err(TellError::Stopped(Message::Say(_)))));
    bench.gate.notify_one();
    assert_eq!(bench.written().await.len(), 502);
}

#[tokio::test]
async fn an_actor_can_stop_itself() {
    let bench = Bench::new(Spawn::anonymous());
    bench.say(Say::StopYourself).await;
    bench.say(Say::Write(1)).await;
    assert_eq!(bench.address.watch().await, StopReason::Stopped);
    assert_eq!(bench.written().await, ["started", "1", "stopped"]);
}

#[tokio::test]
async fn a_panic_ends_the_actor_and_nothing_else() {
    let bench = Bench::new(Spawn::named("diary"));
    let other = Bench::new(Spawn::anonymous());
    bench.say(Say::Panic("ink spilled")).await;
    bench.say(Say::Write(1)).await;
    assert_eq!(bench.address.watch().await, StopReason::Panicked("ink spilled".into()));
    assert!(bench.system.lookup::<Message>("diary").is_none());
    assert_eq!(other.address.ask(Message::Ask, SECOND).await, Ok(7));
    assert_eq!(bench.written().await, ["started"]);
}

#[tokio::test]
async fn an_error_in_a_handler_ends_the_actor_with_its_text() {
    let bench = Bench::new(Spawn::anonymous());
    bench.say(Say::Fail).await;
    let reason = StopReason::Failed("invalid digit found in string".into());
    assert_eq!(bench.address.watch().await, reason);
    assert_eq!(bench.written().await, ["started", "failed: invalid digit found in string"]);
}

#[tokio::test]
async fn a_kill_drops_the_actor_in_the_middle_of_a_message() {
    let bench = Bench::new(Spawn::named("diary"));
    bench.say(Say::Wait).await;
    bench.say(Say::Write(1)).await;
    tokio::task::yield_now().await;
    bench.address.kill();
    assert_eq!(bench.address.watch().await, StopReason::Killed);
    assert_eq!(bench.written().await, ["started"]);
}

#[tokio::test]
async fn an_actor_killed_before_it_began_is_gone_too() {
    let bench = Bench::new(Spawn::named("diary"));
    bench.address.kill();
    assert_eq!(bench.address.watch().await, StopReason::Killed);
    assert_eq!(bench.system.lookup::<Message>("diary"), None);
    assert_eq!(bench.system.shutdown(Duration::from_secs(1)).await, Shutdown::Clean);
}

#[tokio::test]
async fn a_watch_on_an_actor_that_is_gone_answers_at_once() {
    let bench = Bench::new(Spawn::anonymous());
    bench.address.stop();
    assert_eq!(bench.address.watch().await, StopReason::Stopped);
    assert_eq!(bench.address.watch().await, StopReason::Stopped);
}

#[tokio::test]
async fn the_capacity_that_was_configured_is_the_one_that_counts() {
    let bench = Bench::new(Spawn::anonymous().capacity(capacity(2)));
    bench.say(Say::Wait).await;
    tokio::task::yield_now().await;
    bench.say(Say::Write(1)).await;
    bench.say(Say::Write(2)).await;
    let third = bench.address.try_tell(Message::Say(Say::Write(3)));
    assert!(matches!(third, Err(TryTellError::Overloaded(Message::Say(Say::Write(3))))));
    assert_eq!(bench.address.ask(Message::Ask, SECOND).await, Err(AskError::Overloaded));
    assert_eq!(bench.address.waiting_messages(), 2);
}

#[tokio::test]
async fn a_tell_waits_for_room() {
    let bench = Bench::new(Spawn::anonymous().capacity(capacity(1)));
    bench.say(Say::Wait).await;
    let address = bench.address.clone();
    let teller = tokio::spawn(async move {
        for number in 0..100 {
            address.tell(Message::Say(Say::Write(number))).await.unwrap();
        }
        address.stop();
    });
    tokio::task::yield_now().await;
    assert!(!teller.is_finished());
    bench.gate.notify_one();
    teller.await.unwrap();
    let expected = (0..100).map(|number: u32| number.to_string());
    let expected: Vec<_> =
        ["started".into()].into_iter().chain(expected).chain(["stopped".into()]).collect();
    assert_eq!(bench.written().await, expected);
}

#[tokio::test(start_paused = true)]
async fn a_question_is_answered_dropped_or_late() {
    let bench = Bench::new(Spawn::anonymous());
    let ask = |message: fn(Reply<u32>) -> Message| bench.address.ask(message, SECOND);
    assert_eq!(ask(Message::Ask).await, Ok(7));
    assert_eq!(ask(Message::Ignore).await, Err(AskError::NoReply));
    bench.say(Say::Sleep(3 * SECOND / 2)).await;
    assert_eq!(ask(Message::Ask).await, Err(AskError::Timeout));
    assert_eq!(ask(Message::Ask).await, Ok(7));
    bench.say(Say::Panic("before the question")).await;
    assert_eq!(ask(Message::Ask).await, Err(AskError::NoReply));
    assert_eq!(ask(Message::Ask).await, Err(AskError::Stopped));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_answer_comes_too_early_to_be_received() {
    let bench = Bench::new(Spawn::anonymous());
    for _ in 0..20_000 {
        assert_eq!(bench.address.ask(Message::Ask, 60 * SECOND).await, Ok(7));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_name_is_unique_and_free_again_when_its_actor_is_gone() {
    let bench = Bench::new(Spawn::named("diary"));
    let spawn = || {
        let diary = Diary { lines: mpsc::unbounded_channel().0, gate: Arc::default() };
        bench.system.spawn_with(Spawn::named("diary"), diary)
    };
    assert_eq!(spawn(), Err(SpawnError::NameTaken("diary".into())));
    assert_eq!(bench.system.lookup("diary"), Some(bench.address.clone()));

    for _ in 0..100 {
        let old: Address<Message> = bench.system.lookup("diary").unwrap();
        old.stop();
        assert_eq!(old.watch().await, StopReason::Stopped);
        let new = spawn().unwrap();
        assert_eq!(bench.system.lookup("diary"), Some(new));
    }
}

#[tokio::test]
async fn an_actor_that_always_has_a_message_lets_others_run() {
    let busy = Bench::new(Spawn::anonymous());
    busy.say(Say::Spin(100_000)).await;
    let other = Bench::new(Spawn::anonymous());
    assert_eq!(other.address.ask(Message::Ask, 60 * SECOND).await, Ok(7));
    busy.address.kill();
    assert_eq!(busy.address.watch().await, StopReason::Killed);
    assert_eq!(busy.written().await, ["started"]);
}

#[tokio::test(start_paused = true)]
async fn a_shutdown_signals_everyone_and_waits_for_them() {
    let bench = Bench::new(Spawn::named("diary"));
    let addresses: Vec<_> = (0..100)
        .map(|_| {
            let diary = Diary { lines: mpsc::unbounded_channel().0, gate: Arc::default() };
            bench.system.spawn(diary).unwrap()
        })
        .collect();
    bench.say(Say::Sleep(SECOND)).await;
    bench.say(Say::Write(1)).await;
    assert_eq!(bench.system.shutdown(2 * SECOND).await, Shutdown::Clean);
    assert!(addresses.iter().all(Address::is_stopped));
    assert_eq!(bench.system.roots(), 0);
    assert_eq!(bench.written().await, ["started", "1", "stopped"]);
}

#[tokio::test(start_paused = true)]
async fn a_shutdown_names_those_who_did_not_stop_and_kills_them() {
    let bench = Bench::new(Spawn::named("diary"));
    bench.say(Say::Wait).await;
    let overdue = Shutdown::Overdue(vec!["diary".into()]);
    assert_eq!(bench.system.shutdown(SECOND).await, overdue);
    assert_eq!(bench.address.watch().await, StopReason::Killed);
}

#[tokio::test]
async fn nobody_is_spawned_during_or_after_a_shutdown() {
    let bench = Bench::new(Spawn::anonymous());
    let shutdown = bench.system.shutdown(SECOND);
    assert_eq!(shutdown.await, Shutdown::Clean);
    let diary = Diary { lines: mpsc::unbounded_channel().0, gate: Arc::default() };
    let spawned = bench.system.spawn_with(Spawn::named("late"), diary);
    assert_eq!(spawned, Err(SpawnError::ShuttingDown));
    assert!(bench.system.lookup::<Message>("late").is_none());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_senders_lose_nothing_and_keep_their_own_order() {
    struct Checker {
        next: [u32; 8],
        total: u32,
    }
    enum Check {
        Number { sender: usize, number: u32 },
        Total(Reply<u32>),
    }
    impl Volatile for Checker {
        type Message = Check;
        async fn handle(&mut self, message: Check, _: &mut Context<Check>) -> Result<(), Failure> {
            match message {
                Check::Number { sender, number } => {
                    assert_eq!(number, self.next[sender]);
                    self.next[sender] += 1;
                    self.total += 1;
                }
                Check::Total(reply) => reply.send(self.total),
            }
            Ok(())
        }
    }
    for messages in [1, 3, 1024] {
        let system = VolatileSystem::new();
        let spawn = Spawn::anonymous().capacity(capacity(messages));
        let address = system.spawn_with(spawn, Checker { next: [0; 8], total: 0 }).unwrap();
        let senders = (0..8).map(|sender| {
            let address = address.clone();
            tokio::spawn(async move {
                for number in 0..5000 {
                    address.tell(Check::Number { sender, number }).await.unwrap();
                }
            })
        });
        for sender in senders.collect::<Vec<_>>() {
            sender.await.unwrap();
        }
        let total = loop {
            match address.ask(Check::Total, 60 * SECOND).await {
                Err(AskError::Overloaded) => tokio::task::yield_now().await,
                answer => break answer,
            }
        };
        assert_eq!(total, Ok(40_000));
    }
}
