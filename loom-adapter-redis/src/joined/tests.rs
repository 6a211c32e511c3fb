use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use async_trait::async_trait;
use loom_core::QueueName;
use tokio::sync::{Semaphore, mpsc};
use tokio::task::JoinHandle;

use super::{Carrier, ITEMS_MAX, Joined, Size};
use crate::error::Failure;

/// Tells what is carried, and waits to be let go on. Doubles numbers; nothing may be odd.
struct Slow {
    began: mpsc::UnboundedSender<Vec<u32>>,
    may_end: Arc<Semaphore>,
}

#[async_trait]
impl Carrier for Slow {
    type Lane = QueueName;
    type Item = u32;
    type Answer = u32;

    fn size(_item: &u32) -> Size {
        Size { items: 1, bytes: 0 }
    }

    async fn carry(&self, _queue: &QueueName, items: &[u32]) -> Result<Vec<u32>, Failure> {
        let _ = self.began.send(items.to_vec());
        self.may_end.acquire().await.expect("it is never closed").forget();
        if items.iter().any(|item| item % 2 == 1) {
            return Err(Failure::Invalid("odd"));
        }
        Ok(items.iter().map(|item| 2 * item).collect())
    }
}

struct Scene {
    joined: Arc<Joined<Slow>>,
    began: mpsc::UnboundedReceiver<Vec<u32>>,
    may_end: Arc<Semaphore>,
}

impl Scene {
    fn new() -> Self {
        let (told, began) = mpsc::unbounded_channel();
        let may_end = Arc::new(Semaphore::new(0));
        let slow = Slow { began: told, may_end: Arc::clone(&may_end) };
        Self { joined: Arc::new(Joined::new(slow)), began, may_end }
    }

    /// Asks on a task of its own, which has asked when this returns.
    async fn ask(&self, queue: &str, items: Vec<u32>) -> JoinHandle<Option<Vec<u32>>> {
        let (joined, queue) = (Arc::clone(&self.joined), QueueName::parse(queue).unwrap());
        let asked = tokio::spawn(async move { joined.carry(&queue, items).await.ok() });
        tokio::task::yield_now().await;
        asked
    }

    async fn carried(&mut self) -> Vec<u32> {
        self.began.recv().await.unwrap()
    }
}

#[tokio::test]
async fn who_finds_nothing_on_its_way_goes_alone_and_the_others_together() {
    let mut scene = Scene::new();
    let first = scene.ask("q", vec![2]).await;
    let others = [scene.ask("q", vec![4, 6]).await, scene.ask("q", vec![8]).await];
    let elsewhere = scene.ask("another", vec![10]).await;
    assert_eq!([scene.carried().await, scene.carried().await], [vec![2], vec![10]]);
    scene.may_end.add_permits(3);
    assert_eq!(scene.carried().await, [4, 6, 8]);
    assert_eq!(first.await.unwrap(), Some(vec![4]));
    for (other, expected) in others.into_iter().zip([vec![8, 12], vec![16]]) {
        assert_eq!(other.await.unwrap(), Some(expected));
    }
    assert_eq!(elsewhere.await.unwrap(), Some(vec![20]));
    scene.may_end.add_permits(1);
    assert_eq!(scene.ask("q", vec![12]).await.await.unwrap(), Some(vec![24]));
}

#[tokio::test]
async fn those_who_wait_go_on_when_the_first_goes_away() {
    let mut scene = Scene::new();
    let first = scene.ask("q", vec![2]).await;
    assert_eq!(scene.carried().await, [2]);
    let other = scene.ask("q", vec![4]).await;
    first.abort();
    assert_eq!(scene.carried().await, [4]);
    scene.may_end.add_permits(1);
    assert_eq!(other.await.unwrap(), Some(vec![8]));
}

#[tokio::test]
async fn a_failure_is_one_of_all_that_went_together() {
    let mut scene = Scene::new();
    let first = scene.ask("q", vec![2]).await;
    let others = [scene.ask("q", vec![4]).await, scene.ask("q", vec![5]).await];
    scene.may_end.add_permits(2);
    assert_eq!([scene.carried().await, scene.carried().await], [vec![2], vec![4, 5]]);
    assert_eq!(first.await.unwrap(), Some(vec![4]));
    for other in others {
        assert_eq!(other.await.unwrap(), None);
    }
}

#[tokio::test]
async fn no_more_goes_together_than_a_request_may_hold() {
    let mut scene = Scene::new();
    let first = scene.ask("q", vec![2]).await;
    let most = vec![2; ITEMS_MAX - 1];
    let others =
        [scene.ask("q", most).await, scene.ask("q", vec![4]).await, scene.ask("q", vec![6]).await];
    scene.may_end.add_permits(3);
    let counts = [scene.carried().await, scene.carried().await, scene.carried().await];
    assert_eq!(counts.map(|items| items.len()), [1, ITEMS_MAX, 1]);
    assert!(first.await.unwrap().is_some());
    for other in others {
        assert!(other.await.unwrap().is_some());
    }
}

#[test]
fn who_waits_hears_that_the_runtime_ended() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let mut scene = Scene::new();
    runtime.block_on(async {
        drop(scene.ask("q", vec![2]).await);
        assert_eq!(scene.carried().await, [2]);
    });
    let joined = Arc::clone(&scene.joined);
    let queue = QueueName::parse("q").unwrap();
    let mut waits = Box::pin(joined.carry(&queue, vec![4]));
    let mut context = Context::from_waker(Waker::noop());
    assert!(waits.as_mut().poll(&mut context).is_pending());
    drop(runtime);
    let unheard = waits.as_mut().poll(&mut context);
    assert!(matches!(unheard, Poll::Ready(Err(Failure::Unheard))), "{unheard:?}");

    // Whoever comes with another runtime finds nothing on its way.
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    scene.may_end.add_permits(1);
    assert_eq!(runtime.block_on(scene.joined.carry(&queue, vec![6])).unwrap(), [12]);
}
