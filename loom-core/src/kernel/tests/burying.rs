//! Messages that are given up.

use expect_test::expect;

use super::script::check;

#[test]
fn a_buried_request_is_a_dead_letter_and_its_caller_is_told() {
    check(
        r#"
        10 invoke | state {"n":1} => 1
        20 bury invoke for=bank/1:4.0 from=3:1.1 of=order-9
        30 invoke from=3:1.1 | => 2
        40 bury invoke key=a
        50 invoke key=a | => 2
        "#,
        &expect![[r#"
            10 invoke | state {"n":1} => 1
              #1 run "m1" of m1
                state {"n":1}
                finished: returned 1
            20 bury invoke for=bank/1:4.0 from=3:1.1 of=order-9
              #2 run "m2" of order-9
                buried after 3: broke
                dead m2 after 3, replay @20: run null for bank/1 4.0
                sent shop/1@0.2.4294967295 to bank/1 of order-9: answer 4.0: failed dead letter: m2 after 3 attempts: broke
                finished: failed dead letter: m2 after 3 attempts: broke
            30 invoke from=3:1.1 | => 2
              Duplicate
            40 bury invoke key=a
              #3 run "m4" of m4
                buried after 3: broke
                dead m4 after 3, replay @40: run null
                finished: failed dead letter: m4 after 3 attempts: broke
                mark a since 3: failed dead letter: m4 after 3 attempts: broke
            50 invoke key=a | => 2
              known: failed dead letter: m4 after 3 attempts: broke
        "#]],
    );
}

#[test]
fn an_invocation_that_is_given_up_reverts_and_ends() {
    check(
        r#"
        10 invoke | state {"n":1} => 1
        20 invoke key=a for=bank/1:4.0 | timer tea 99, wait paid until 90, state {"n":2}, suspend
        30 event paid 1
        40 stall 2 80
        50 give-up
        60 invoke key=a
        80 fire drive:2@80
        90 fire step:2.0@90
        "#,
        &expect![[r#"
            10 invoke | state {"n":1} => 1
              #1 run "m1" of m1
                state {"n":1}
                finished: returned 1
            20 invoke key=a for=bank/1:4.0 | timer tea 99, wait paid until 90, state {"n":2}, suspend
              #2 run "m2" of m2
                began run null for bank/1 4.0
                set tea @99
                step set timer tea: returned null
                set step 2.1 @90
                step wait for paid: awaited
                state {"n":2}
                + tea @99
                + step 2.1 @90
                mark a since 2: in progress
            30 event paid 1
              #3 event paid "m3" of m3
                answered 1: returned 1 @30
                cleared step 2.1
                set drive 2 @30
                - step 2.1 @90
                + drive 2 @30
            40 stall 2 80
              #4 -
                stalled 2 times: broke
                set drive 2 @80
                - drive 2 @30
                + drive 2 @80
            50 give-up
              #5 -
                buried after 3: broke
                dead m2 after 3, replay @50: run null for bank/1 4.0
                state {"n":1}
                sent shop/1@0.2.4294967295 to bank/1 of m2: answer 4.0: failed dead letter: m2 after 3 attempts: broke
                cleared drive 2
                finished: failed dead letter: m2 after 3 attempts: broke
                - drive 2 @80
                mark a since 2: failed dead letter: m2 after 3 attempts: broke
            60 invoke key=a
              known: failed dead letter: m2 after 3 attempts: broke
            80 fire drive:2@80
              Stale
            90 fire step:2.0@90
              Stale
        "#]],
    );
}

#[test]
fn nothing_open_is_nothing_to_give_up() {
    let me = super::script::actor("shop/1");
    let kernel = crate::Kernel::default();
    let draft = crate::bury(&kernel, &me, None, "broke", 3, crate::Timestamp::EPOCH);
    assert!(draft.is_empty());
}

#[test]
fn a_message_buried_beside_an_invocation_leaves_it_open() {
    check(
        r#"
        10 invoke key=a for=bank/1:4.0 | wait paid until 90, activity mail, state {"n":1}, suspend
        20 bury event paid 1 from=3:1.1 key=b
        30 bury event other 1 key=c
        40 event other 1 key=c
        50 bury answer 1.0 7
        60 bury answer 1.1 7
        70 answer 1.1 7
        80 go | => 1
        "#,
        &expect![[r#"
            10 invoke key=a for=bank/1:4.0 | wait paid until 90, activity mail, state {"n":1}, suspend
              #1 run "m1" of m1
                began run null for bank/1 4.0
                set step 1.0 @90
                step wait for paid: awaited
                sent shop/1@0.1.1: activity mail 4 for 1.1
                step activity mail: awaited
                state {"n":1}
                + step 1.0 @90
                mark a since 1: in progress
            20 bury event paid 1 from=3:1.1 key=b
              #2 event paid "m2" of m2
                buried after 3: broke
                dead m2 after 3, replay @20: event paid 1
                mark b since 2: failed dead letter: broke
            30 bury event other 1 key=c
              #3 event other "m3" of m3
                buried after 3: broke
                dead m3 after 3, replay @30: event other 1
                mark c since 3: failed dead letter: broke
            40 event other 1 key=c
              known: failed dead letter: broke
            50 bury answer 1.0 7
              #4 answer 1.0 "m5" of m5
                buried after 3: broke
                dead m5 after 3, replay @50: answer 1.0: returned 7
                answered 0: failed dead letter: m5 after 3 attempts: broke @50
                cleared step 1.0
                - step 1.0 @90
            60 bury answer 1.1 7
              #5 answer 1.1 "m6" of m6
                buried after 3: broke
                dead m6 after 3, replay @60: answer 1.1: returned 7
                answered 1: failed dead letter: m6 after 3 attempts: broke @60
                set drive 1 @60
                + drive 1 @60
            70 answer 1.1 7
              Stale
            80 go | => 1
              #6 -
                sent shop/1@0.1.4294967295 to bank/1 of m1: answer 4.0: returned 1
                cleared drive 1
                finished: returned 1
                - drive 1 @60
                mark a since 1: returned 1
        "#]],
    );
}

#[test]
fn a_buried_timer_goes_on_and_its_letter_runs_without_it() {
    check(
        r#"
        10 invoke | timer tea 50 every 100 once, timer shot 60 => 1
        50 bury fire tea@50
        60 bury fire shot@60
        70 replay 2 | state {"n":1} => 1
        71 replay 2 | state {"n":2} => 2
        80 replay 3 | sleep 90, suspend
        81 replay 3
        90 fire step:5.0@90
        91 go | => 1
        92 replay 3
        "#,
        &expect![[r#"
            10 invoke | timer tea 50 every 100 once, timer shot 60 => 1
              #1 run "m1" of m1
                set tea @50 every 100
                set shot @60
                finished: returned 1
                + tea @50
                + shot @60
            50 bury fire tea@50
              #2 timer tea "m2" of m2
                set tea @150 every 100
                buried after 3: broke
                dead m2 after 3, replay @50: fire tea @50 runs ring
                finished: failed dead letter: m2 after 3 attempts: broke
                - tea @50
                + tea @150
            60 bury fire shot@60
              #3 timer shot "m3" of m3
                cleared shot
                buried after 3: broke
                dead m3 after 3, replay @60: fire shot @60 runs ring
                finished: failed dead letter: m3 after 3 attempts: broke
                - shot @60
            70 replay 2 | state {"n":1} => 1
              #4 timer tea "m2" of m2
                state {"n":1}
                finished: returned 1
                mark replay:fcdeb7b3f49bd9ba:50 since 4: returned 1
            71 replay 2 | state {"n":2} => 2
              known: returned 1
            80 replay 3 | sleep 90, suspend
              #5 timer shot "m3" of m3
                began fire shot @60 runs ring
                set step 5.0 @90
                step sleep: awaited
                + step 5.0 @90
                mark replay:8166644f3bb55bf6:60 since 5: in progress
            81 replay 3
              known: in progress since 5
            90 fire step:5.0@90
              #6 timer step 5.0 "m8" of m8
                answered 0: returned null @90
                cleared step 5.0
                set drive 5 @90
                - step 5.0 @90
                + drive 5 @90
            91 go | => 1
              #7 -
                cleared drive 5
                finished: returned 1
                - drive 5 @90
                mark replay:8166644f3bb55bf6:60 since 5: returned 1
            92 replay 3
              known: returned 1
        "#]],
    );
}

#[test]
fn a_dead_letter_is_handled_once_when_it_is_tried_again() {
    check(
        r#"
        10 bury invoke from=3:1.1 for=bank/1:4.0
        20 replay 1 | state {"n":1} => 1
        30 replay 1 | state {"n":2} => 2
        40 bury event paid 1
        50 replay 3
        60 replay 3
        "#,
        &expect![[r#"
            10 bury invoke from=3:1.1 for=bank/1:4.0
              #1 run "m1" of m1
                buried after 3: broke
                dead m1 after 3, replay @10: run null for bank/1 4.0
                sent shop/1@0.1.4294967295 to bank/1 of m1: answer 4.0: failed dead letter: m1 after 3 attempts: broke
                finished: failed dead letter: m1 after 3 attempts: broke
            20 replay 1 | state {"n":1} => 1
              #2 run "m1" of m1
                state {"n":1}
                sent shop/1@0.2.4294967295 to bank/1 of m1: answer 4.0: returned 1
                finished: returned 1
                mark replay:ff94154d0c8cfc86:10 since 2: returned 1
            30 replay 1 | state {"n":2} => 2
              known: returned 1
            40 bury event paid 1
              #3 event paid "m4" of m4
                buried after 3: broke
                dead m4 after 3, replay @40: event paid 1
                finished: failed dead letter: m4 after 3 attempts: broke
            50 replay 3
              #4 event paid "m4" of m4
                kept paid 1
                mark replay:7d399e7a06ae172d:40 since 4: returned null
            60 replay 3
              known: returned null
        "#]],
    );
}
