//! actix, where the sender and its actors share one thread. `do_send` ignores the bounds of the
//! mailbox, so the sender yields as often as the others have to wait.

use actix::{Actor, Addr, Context, Handler, Message, System};

use super::receipts::{IN_FLIGHT, Receipts};
use super::{CAPACITY, CROWD};
use crate::cost::{Cost, Stopwatch};

struct Counter {
    count: u32,
    receipts: Receipts,
}

#[derive(Message)]
#[rtype(result = "()")]
struct Add(u32);

#[derive(Message)]
#[rtype(result = "u32")]
struct Get;

#[derive(Message)]
#[rtype(result = "()")]
struct Receipt;

impl Actor for Counter {
    type Context = Context<Self>;
}

impl Handler<Add> for Counter {
    type Result = ();

    fn handle(&mut self, Add(amount): Add, _: &mut Context<Self>) {
        self.count += amount;
    }
}

impl Handler<Get> for Counter {
    type Result = u32;

    fn handle(&mut self, _: Get, _: &mut Context<Self>) -> u32 {
        self.count
    }
}

impl Handler<Receipt> for Counter {
    type Result = ();

    fn handle(&mut self, _: Receipt, _: &mut Context<Self>) {
        self.receipts.add();
    }
}

fn start(receipts: &Receipts) -> Addr<Counter> {
    Counter { count: 0, receipts: receipts.clone() }.start()
}

pub(super) fn tell(tells: u32) -> Cost {
    System::new().block_on(async {
        let actor = start(&Receipts::default());
        let watch = Stopwatch::start();
        for tell in 0..tells as usize {
            actor.do_send(Add(1));
            if tell % CAPACITY == CAPACITY - 1 {
                tokio::task::yield_now().await;
            }
        }
        let handled = actor.send(Get).await.expect("the actor answers");
        let cost = watch.stop(tells);
        assert_eq!(handled, tells);
        cost
    })
}

pub(super) fn ask(asks: u32) -> Cost {
    System::new().block_on(async {
        let actor = start(&Receipts::default());
        let watch = Stopwatch::start();
        for _ in 0..asks {
            assert_eq!(actor.send(Get).await.expect("the actor answers"), 0);
        }
        watch.stop(asks)
    })
}

pub(super) fn spawn(spawns: u32) -> Cost {
    System::new().block_on(async {
        let receipts = Receipts::default();
        let mut actors = Vec::new();
        let watch = Stopwatch::start();
        for _ in 0..spawns {
            let actor = start(&receipts);
            actor.do_send(Receipt);
            actors.push(actor);
        }
        receipts.reach(actors.len()).await;
        watch.stop(spawns)
    })
}

pub(super) fn publish(publishes: u32) -> Cost {
    System::new().block_on(async {
        let receipts = Receipts::default();
        let crowd: Vec<_> = (0..CROWD).map(|_| start(&receipts)).collect();
        let watch = Stopwatch::start();
        for published in 1..=publishes {
            for actor in &crowd {
                actor.do_send(Receipt);
            }
            if published.is_multiple_of(IN_FLIGHT) || published == publishes {
                receipts.reach(published as usize * CROWD).await;
            }
        }
        watch.stop(publishes)
    })
}

/// Gives what keeps the actors alive, once each has handled a message.
pub(super) async fn populate(actors: u32) -> Box<dyn std::any::Any> {
    let receipts = Receipts::default();
    let actors: Vec<_> = (0..actors).map(|_| start(&receipts)).collect();
    for actor in &actors {
        actor.do_send(Receipt);
    }
    receipts.reach(actors.len()).await;
    Box::new(actors)
}
