//! Random histories of a group of children.

use std::time::Duration;

use proptest::prelude::{Just, any, prop, prop_oneof};
use proptest::strategy::Strategy as _;
use proptest::test_runner::{Config, TestRng, TestRunner};

use super::super::super::super::stop::StopReason;
use super::super::super::policy::{Intensity, Strategy};
use super::super::{Action, Event, Plan, Rules, State};
use super::{RULES, terms};

/// What children do in a made-up world, each picked from those that can.
#[derive(Clone, Copy, Debug)]
enum Happening {
    Up(prop::sample::Index),
    Exit(prop::sample::Index, bool),
    Wait(u64),
}

fn happening() -> impl proptest::strategy::Strategy<Value = Happening> {
    prop_oneof![
        any::<prop::sample::Index>().prop_map(Happening::Up),
        (any::<prop::sample::Index>(), any::<bool>()).prop_map(|(i, ok)| Happening::Exit(i, ok)),
        (1..2000_u64).prop_map(Happening::Wait),
    ]
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Real {
    Down,
    Starting,
    Up,
    Over,
}

/// Does at once what the plan says, and objects to what makes no sense.
struct World {
    plan: Plan,
    now: Duration,
    children: Vec<Real>,
    asked: Vec<bool>,
    ended: bool,
}

impl World {
    fn happens(&mut self, event: Event) {
        for action in self.plan.step(event, self.now) {
            assert!(!self.ended, "nothing follows the end");
            match action {
                Action::Start(child) => {
                    assert_eq!(self.children[child], Real::Down);
                    assert!(self.asked.iter().all(|asked| !asked), "somebody still stops");
                    assert!(!self.children.contains(&Real::Starting), "one at a time");
                    self.children[child] = Real::Starting;
                }
                Action::Stop(child) | Action::Pause(child) => {
                    assert!(matches!(self.children[child], Real::Starting | Real::Up));
                    assert!(self.asked.iter().all(|asked| !asked), "one at a time");
                    self.asked[child] = true;
                }
                Action::Kill(child) => {
                    assert!(matches!(self.children[child], Real::Starting | Real::Up));
                    self.asked[child] = true;
                }
                Action::Ready => assert!(!self.children.contains(&Real::Starting)),
                Action::Release(child, _) => {
                    assert_eq!(self.children[child], Real::Down);
                    self.children[child] = Real::Over;
                }
                Action::End(_) => {
                    let gone = |child: &Real| matches!(child, Real::Down | Real::Over);
                    assert!(self.children.iter().all(gone));
                    self.ended = true;
                }
            }
        }
    }

    fn those(&self, wanted: &[Real]) -> Vec<usize> {
        (0..self.children.len()).filter(|child| wanted.contains(&self.children[*child])).collect()
    }

    fn exits(&mut self, child: usize, reason: StopReason) {
        self.children[child] = Real::Down;
        self.asked[child] = false;
        self.happens(Event::Exited(child, reason));
    }

    fn up(&mut self, child: usize) {
        self.children[child] = Real::Up;
        self.happens(Event::Started(child));
    }

    fn step(&mut self, happening: Happening) {
        match happening {
            Happening::Up(index) => {
                let starting = self.those(&[Real::Starting]);
                if !starting.is_empty() {
                    self.up(*index.get(&starting));
                }
            }
            Happening::Exit(index, ok) => {
                let here = self.those(&[Real::Starting, Real::Up]);
                if !here.is_empty() {
                    let reason = if ok { StopReason::Stopped } else { StopReason::Killed };
                    self.exits(*index.get(&here), reason);
                }
            }
            Happening::Wait(millis) => {
                self.now += Duration::from_millis(millis);
                self.happens(Event::Elapsed);
            }
        }
    }

    /// Everyone does what is asked, until nothing is asked any more.
    fn settle(&mut self) {
        for _ in 0..1000 {
            if let Some(child) = self.asked.iter().position(|asked| *asked) {
                self.exits(child, StopReason::Stopped);
            } else if let [child, ..] = self.those(&[Real::Starting])[..] {
                self.up(child);
            } else if let Some(due) = self.plan.wake_at() {
                self.now = self.now.max(due);
                self.happens(Event::Elapsed);
            } else {
                return;
            }
        }
        panic!("the plan does not come to rest");
    }
}

#[test]
fn whatever_children_do_the_plan_comes_to_rest_with_everyone_up_and_stops_them_all() {
    let config = Config { cases: 2000, failure_persistence: None, ..Config::default() };
    let rng = TestRng::deterministic_rng(config.rng_algorithm);
    let strategies = prop_oneof![
        Just(Strategy::OneForOne),
        Just(Strategy::OneForAll),
        Just(Strategy::RestForOne)
    ];
    let happenings = proptest::collection::vec(happening(), 0..60);
    let worlds = (strategies, "[PTX]{1,5}", 1..8_u32, happenings);
    TestRunner::new_with_rng(config, rng)
        .run(&worlds, |(strategy, children, restarts_max, happenings)| {
            let intensity = Intensity { restarts_max, ..RULES.intensity };
            let rules = Rules { strategy, intensity, ..RULES };
            let plan = Plan::new(rules, terms(&children));
            let (count, now) = (children.len(), Duration::ZERO);
            let (reals, asked) = (vec![Real::Down; count], vec![false; count]);
            let mut world = World { plan, now, children: reals, asked, ended: false };
            world.happens(Event::Begun);
            for happening in happenings {
                world.step(happening);
            }
            world.settle();
            if !world.ended {
                assert!(world.those(&[Real::Down, Real::Starting]).is_empty());
                assert!(
                    world.plan.children.iter().all(|c| matches!(c.state, State::Up | State::Over))
                );
                world.happens(Event::Stop);
                world.settle();
            }
            assert!(world.ended);
            Ok(())
        })
        .unwrap();
}
