//! Events and answers, and the invocations that wait for them.

use std::fmt::Write;

use expect_test::expect;

use super::scene::{Acts, Came, Scene};
use super::script::{actor, check, json};
use crate::kernel::*;
use crate::*;

#[test]
fn an_event_is_kept_until_a_handler_takes_it() {
    check(
        "
        10 event paid 1 from=3:1.1
        20 event paid 2 from=3:1.2
        25 event sent 3
        30 invoke | take paid 1 => 1
        40 invoke | take paid 2 => !2
        50 invoke | take paid 2, sleep 90, suspend
        ",
        &expect![[r#"
            10 event paid 1 from=3:1.1
              #1 event paid "m1" of m1
                kept paid 1
            20 event paid 2 from=3:1.2
              #2 event paid "m2" of m2
                kept paid 2
            25 event sent 3
              #3 event sent "m3" of m3
                kept sent 3
            30 invoke | take paid 1 => 1
              #4 run "m4" of m4
                took paid
                finished: returned 1
            40 invoke | take paid 2 => !2
              #5 run "m5" of m5
                finished: rejected 2
            50 invoke | take paid 2, sleep 90, suspend
              #6 run "m6" of m6
                began run null
                took paid
                step wait for paid: returned 2
                set step 6.1 @90
                step sleep: awaited
                + step 6.1 @90
        "#]],
    );
}

#[test]
fn an_event_answers_the_first_wait_for_it_and_no_other() {
    check(
        "
        10 invoke | wait sent, wait paid, wait paid, suspend
        20 event paid 1
        30 event paid 2
        40 event paid 3
        50 event other 4
        60 event sent 5
        70 go | take paid 3 => 5
        ",
        &expect![[r#"
            10 invoke | wait sent, wait paid, wait paid, suspend
              #1 run "m1" of m1
                began run null
                step wait for sent: awaited
                step wait for paid: awaited
                step wait for paid: awaited
            20 event paid 1
              #2 event paid "m2" of m2
                answered 1: returned 1 @20
            30 event paid 2
              #3 event paid "m3" of m3
                answered 2: returned 2 @30
            40 event paid 3
              #4 event paid "m4" of m4
                kept paid 3
            50 event other 4
              #5 event other "m5" of m5
                kept other 4
            60 event sent 5
              #6 event sent "m6" of m6
                answered 0: returned 5 @60
                set drive 1 @60
                + drive 1 @60
            70 go | take paid 3 => 5
              #7 -
                took paid
                cleared drive 1
                finished: returned 5
                - drive 1 @60
        "#]],
    );
}

#[test]
fn only_the_awaited_step_of_the_open_invocation_can_be_answered() {
    check(
        "
        10 invoke | send bank/1, activity mail, call bank/1, suspend
        20 answer 1.0 7
        30 answer 1.3 7
        40 answer 2.1 7
        50 answer 0.1 7
        60 answer 1.4294967295 7
        70 answer 1.2 !7
        80 answer 1.2 8
        90 answer 1.1 8
        91 answer 1.1 9
        92 go | => 8
        93 answer 1.1 9
        94 answer 1.2 9
        ",
        &expect![[r#"
            10 invoke | send bank/1, activity mail, call bank/1, suspend
              #1 run "m1" of m1
                began run null
                sent shop/1@0.1.0 to bank/1 of m1: post 1
                step send bank/1 post: returned null
                sent shop/1@0.1.1: activity mail 4 for 1.1
                step activity mail: awaited
                sent shop/1@0.1.2 to bank/1 of m1: pay 1 for shop/1 1.2
                step call bank/1 pay: awaited
            20 answer 1.0 7
              Stale
            30 answer 1.3 7
              Stale
            40 answer 2.1 7
              Stale
            50 answer 0.1 7
              Stale
            60 answer 1.4294967295 7
              Stale
            70 answer 1.2 !7
              #2 answer 1.2 "m7" of m7
                answered 2: rejected 7 @70
            80 answer 1.2 8
              Stale
            90 answer 1.1 8
              #3 answer 1.1 "m9" of m9
                answered 1: returned 8 @90
                set drive 1 @90
                + drive 1 @90
            91 answer 1.1 9
              Stale
            92 go | => 8
              #4 -
                cleared drive 1
                finished: returned 8
                - drive 1 @90
            93 answer 1.1 9
              Stale
            94 answer 1.2 9
              Stale
        "#]],
    );
}

#[test]
fn a_second_activity_follows_the_first() {
    check(
        r#"
        10 invoke args=5 | activity mail, state {"n":1}, suspend
        20 answer 1.0 7
        30 go | activity mail, state {"n":1}, suspend
        40 answer 1.0 9
        50 answer 1.1 8
        60 go | state {"n":1} => 15
        "#,
        &expect![[r#"
            10 invoke args=5 | activity mail, state {"n":1}, suspend
              #1 run "m1" of m1
                began run 5
                sent shop/1@0.1.0: activity mail 4 for 1.0
                step activity mail: awaited
                state {"n":1}
            20 answer 1.0 7
              #2 answer 1.0 "m2" of m2
                answered 0: returned 7 @20
                set drive 1 @20
                + drive 1 @20
            30 go | activity mail, state {"n":1}, suspend
              #3 -
                sent shop/1@0.1.1: activity mail 4 for 1.1
                step activity mail: awaited
                cleared drive 1
                - drive 1 @20
            40 answer 1.0 9
              Stale
            50 answer 1.1 8
              #4 answer 1.1 "m5" of m5
                answered 1: returned 8 @50
                set drive 1 @50
                + drive 1 @50
            60 go | state {"n":1} => 15
              #5 -
                cleared drive 1
                finished: returned 15
                - drive 1 @50
        "#]],
    );
}

#[test]
fn a_wait_ends_at_its_limit() {
    check(
        "
        10 invoke | wait paid until 90, call bank/1 until 80, sleep 70, suspend
        70 fire step:1.2@70
        80 fire step:1.1@80
        85 answer 1.1 7
        90 fire step:1.0@90
        91 fire step:1.0@90
        92 event paid 7
        93 go | => 1
        ",
        &expect![[r#"
            10 invoke | wait paid until 90, call bank/1 until 80, sleep 70, suspend
              #1 run "m1" of m1
                began run null
                set step 1.0 @90
                step wait for paid: awaited
                sent shop/1@0.1.1 to bank/1 of m1: pay 1 for shop/1 1.1
                set step 1.1 @80
                step call bank/1 pay: awaited
                set step 1.2 @70
                step sleep: awaited
                + step 1.0 @90
                + step 1.1 @80
                + step 1.2 @70
            70 fire step:1.2@70
              #2 timer step 1.2 "m2" of m2
                answered 2: returned null @70
                cleared step 1.2
                - step 1.2 @70
            80 fire step:1.1@80
              #3 timer step 1.1 "m3" of m3
                answered 1: failed timed out: no answer to call bank/1 pay in time @80
                cleared step 1.1
                - step 1.1 @80
            85 answer 1.1 7
              Stale
            90 fire step:1.0@90
              #4 timer step 1.0 "m5" of m5
                answered 0: failed timed out: no answer to wait for paid in time @90
                cleared step 1.0
                set drive 1 @90
                - step 1.0 @90
                + drive 1 @90
            91 fire step:1.0@90
              Stale
            92 event paid 7
              #5 event paid "m7" of m7
                kept paid 7
            93 go | => 1
              #6 -
                cleared drive 1
                finished: returned 1
                - drive 1 @90
        "#]],
    );
}

#[test]
fn an_answer_in_time_clears_the_limit() {
    check(
        "
        10 invoke | wait paid until 90, call bank/1 until 80, suspend
        20 event paid 7
        30 answer 1.1 8
        80 fire step:1.1@80
        90 fire step:1.0@90
        91 go | => 1
        ",
        &expect![[r#"
            10 invoke | wait paid until 90, call bank/1 until 80, suspend
              #1 run "m1" of m1
                began run null
                set step 1.0 @90
                step wait for paid: awaited
                sent shop/1@0.1.1 to bank/1 of m1: pay 1 for shop/1 1.1
                set step 1.1 @80
                step call bank/1 pay: awaited
                + step 1.0 @90
                + step 1.1 @80
            20 event paid 7
              #2 event paid "m2" of m2
                answered 0: returned 7 @20
                cleared step 1.0
                - step 1.0 @90
            30 answer 1.1 8
              #3 answer 1.1 "m3" of m3
                answered 1: returned 8 @30
                cleared step 1.1
                set drive 1 @30
                - step 1.1 @80
                + drive 1 @30
            80 fire step:1.1@80
              Stale
            90 fire step:1.0@90
              Stale
            91 go | => 1
              #4 -
                cleared drive 1
                finished: returned 1
                - drive 1 @30
        "#]],
    );
}

#[test]
fn an_actor_keeps_so_many_events_and_refuses_more() {
    let end = End::Finished(Outcome::Returned(Payload::NULL));
    let acts = Acts { ops: vec![], state: None, repaired: vec![], migrated_to: None, end };
    let event = |n: usize, name: &str| {
        let name = EventName::parse(name).unwrap();
        let body = Body::Event { name, payload: json(&n.to_string()) };
        let id = MessageId::parse(&format!("m{n}")).unwrap();
        let to = actor("shop/1");
        let message = Message { id, to, body, key: None, cause: None, sent_at: Timestamp::EPOCH };
        Delivery { message, stamp: None }
    };
    let mut scene = Scene::new(1);
    for n in 0..EVENTS_KEPT_MAX {
        let name = if n % 2 == 0 { "paid" } else { "sent" };
        assert!(matches!(scene.deliver(event(n, name), acts.clone(), 10), Came::Turn { .. }));
    }
    let refused = scene.deliver(event(999, "paid"), acts.clone(), 10);
    let Came::Nothing(Admission::Refuse(failure)) = refused else { panic!("{refused:?}") };
    assert_eq!(failure.code, FailureCode::EventsFull);
    assert_eq!(scene.live.kept_events().count(), EVENTS_KEPT_MAX);

    // Taken oldest first, and then there is room again.
    let name = EventName::parse("sent").unwrap();
    assert_eq!(scene.live.kept_event(&name), Some(&json("1")));
    let take = Op::Take { name: name.clone(), payload: json("1") };
    let mut invoke = event(0, "paid");
    invoke.message.body =
        Body::Invoke { method: super::script::method("run"), args: Payload::NULL, reply_to: None };
    scene.deliver(invoke, Acts { ops: vec![take], ..acts.clone() }, 20);
    assert_eq!(scene.live.kept_event(&name), Some(&json("3")));
    assert!(matches!(scene.deliver(event(999, "paid"), acts, 30), Came::Turn { .. }));
    scene.check_journal();
}

#[test]
fn an_event_that_is_waited_for_is_taken_by_a_full_actor() {
    let mut script = "1 invoke | wait paid, suspend\n".to_owned();
    for n in 0..EVENTS_KEPT_MAX {
        writeln!(script, "2 event other {n}").unwrap();
    }
    script.push_str("3 event other 999\n4 event paid 7");
    let (_, log) = super::script::play(&script);
    let (_, end) = log.split_at(log.find("3 event other 999").unwrap());
    expect![[r#"
        3 event other 999
          refused: too many unread events: 256 events are kept already, none waited for
        4 event paid 7
          #258 event paid "m259" of m259
            answered 0: returned 7 @4
            set drive 1 @4
            + drive 1 @4
    "#]]
    .assert_eq(end);
}
