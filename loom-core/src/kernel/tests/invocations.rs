//! Handlers that take more than one turn.

use expect_test::expect;

use super::scene::Scene;
use super::script::{check, play_on};

#[test]
fn an_effect_is_committed_around() {
    check(
        r#"
        10 invoke key=a | send bank/1, flush
        20 go | effect http 7, state {"n":7} => 7
        "#,
        &expect![[r#"
            10 invoke key=a | send bank/1, flush
              #1 run "m1" of m1
                began run null
                sent shop/1@0.1.0 to bank/1 of m1: post 1
                step send bank/1 post: returned null
                set drive 1 @10
                + drive 1 @10
                mark a since 1: in progress
            20 go | effect http 7, state {"n":7} => 7
              #2 -
                state {"n":7}
                cleared drive 1
                finished: returned 7
                - drive 1 @10
                mark a since 1: returned 7
        "#]],
    );
}

#[test]
fn effects_before_a_wait_are_recorded() {
    check(
        r#"
        10 invoke | flush
        20 go | effect http 7, timer tea 99, clear coffee, flush
        30 go | effect http !8, wait paid, state {"n":1}, suspend
        40 event paid 9
        50 go | send bank/1, effect http 3, state {"n":2} => 9
        "#,
        &expect![[r#"
            10 invoke | flush
              #1 run "m1" of m1
                began run null
                set drive 1 @10
                + drive 1 @10
            20 go | effect http 7, timer tea 99, clear coffee, flush
              #2 -
                step effect http: returned 7
                set tea @99
                step set timer tea: returned null
                step clear timer coffee: returned null
                + tea @99
            30 go | effect http !8, wait paid, state {"n":1}, suspend
              #3 -
                step effect http: rejected 8
                step wait for paid: awaited
                state {"n":1}
                cleared drive 1
                - drive 1 @10
            40 event paid 9
              #4 event paid "m4" of m4
                answered 4: returned 9 @40
                set drive 1 @40
                + drive 1 @40
            50 go | send bank/1, effect http 3, state {"n":2} => 9
              #5 -
                sent shop/1@0.1.5 to bank/1 of m1: post 1
                state {"n":2}
                cleared drive 1
                finished: returned 9
                - drive 1 @40
        "#]],
    );
}

#[test]
fn an_invocation_cut_off_is_driven_on_by_its_timer() {
    check(
        "
        10 invoke | flush
        15 fire drive:2@10
        20 fire drive:1@10 | effect http 7, sleep 90, suspend
        30 fire drive:1@10
        90 fire step:1.0@90
        90 fire step:1.1@90
        91 fire drive:1@90 | => 1
        92 fire drive:1@90 | => 1
        ",
        &expect![[r#"
            10 invoke | flush
              #1 run "m1" of m1
                began run null
                set drive 1 @10
                + drive 1 @10
            15 fire drive:2@10
              Stale
            20 fire drive:1@10 | effect http 7, sleep 90, suspend
              #2 -
                step effect http: returned 7
                set step 1.1 @90
                step sleep: awaited
                cleared drive 1
                + step 1.1 @90
                - drive 1 @10
            30 fire drive:1@10
              Stale
            90 fire step:1.0@90
              Stale
            90 fire step:1.1@90
              #3 timer step 1.1 "m6" of m6
                answered 1: returned null @90
                cleared step 1.1
                set drive 1 @90
                - step 1.1 @90
                + drive 1 @90
            91 fire drive:1@90 | => 1
              #4 -
                cleared drive 1
                finished: returned 1
                - drive 1 @90
            92 fire drive:1@90 | => 1
              Stale
        "#]],
    );
}

#[test]
fn a_stalled_invocation_is_tried_again_later() {
    check(
        "
        10 invoke | wait paid, suspend
        20 event paid 7
        30 stall 1 100
        40 fire drive:1@20
        100 fire drive:1@100 | flush
        110 stall 1 300
        300 fire drive:1@300 | effect http 1, sleep 900, suspend
        900 fire step:1.2@900
        901 go | => 1
        ",
        &expect![[r#"
            10 invoke | wait paid, suspend
              #1 run "m1" of m1
                began run null
                step wait for paid: awaited
            20 event paid 7
              #2 event paid "m2" of m2
                answered 0: returned 7 @20
                set drive 1 @20
                + drive 1 @20
            30 stall 1 100
              #3 -
                stalled 1 times: broke
                set drive 1 @100
                - drive 1 @20
                + drive 1 @100
            40 fire drive:1@20
              Stale
            100 fire drive:1@100 | flush
              #4 -
            110 stall 1 300
              #5 -
                stalled 1 times: broke
                set drive 1 @300
                - drive 1 @100
                + drive 1 @300
            300 fire drive:1@300 | effect http 1, sleep 900, suspend
              #6 -
                step effect http: returned 1
                set step 1.2 @900
                step sleep: awaited
                cleared drive 1
                + step 1.2 @900
                - drive 1 @300
            900 fire step:1.2@900
              #7 timer step 1.2 "m8" of m8
                answered 2: returned null @900
                cleared step 1.2
                set drive 1 @900
                - step 1.2 @900
                + drive 1 @900
            901 go | => 1
              #8 -
                cleared drive 1
                finished: returned 1
                - drive 1 @900
        "#]],
    );
}

#[test]
fn a_rejected_invocation_reverts_to_the_state_it_began_with() {
    check(
        r#"
        10 invoke | state {"n":1}, version 1 => 1
        20 invoke for=bank/1:4.0 | sleep 90, state {"m":2}, version 2, repaired, suspend
        90 fire step:2.0@90
        91 go | send bank/1, timer tea 99, state {"m":3} => !"no"
        95 invoke | state {"m":1}, version 2 => 1
        "#,
        &expect![[r#"
            10 invoke | state {"n":1}, version 1 => 1
              #1 run "m1" of m1
                migrated 0 to 1
                state {"n":1}
                finished: returned 1
            20 invoke for=bank/1:4.0 | sleep 90, state {"m":2}, version 2, repaired, suspend
              #2 run "m2" of m2
                began run null for bank/1 4.0
                set step 2.0 @90
                step sleep: awaited
                migrated 1 to 2
                state {"m":2}
                repaired balanced, positive
                + step 2.0 @90
            90 fire step:2.0@90
              #3 timer step 2.0 "m3" of m3
                answered 0: returned null @90
                cleared step 2.0
                set drive 2 @90
                - step 2.0 @90
                + drive 2 @90
            91 go | send bank/1, timer tea 99, state {"m":3} => !"no"
              #4 -
                migrated 2 to 1
                state {"n":1}
                sent shop/1@0.2.4294967295 to bank/1 of m2: answer 4.0: rejected "no"
                cleared drive 2
                finished: rejected "no"
                - drive 2 @90
            95 invoke | state {"m":1}, version 2 => 1
              #5 run "m5" of m5
                migrated 1 to 2
                state {"m":1}
                finished: returned 1
        "#]],
    );
}

#[test]
fn a_failed_first_invocation_leaves_no_state() {
    check(
        r#"
        10 invoke | timer tea 50, sleep 90, state {"n":1}, suspend
        90 fire step:1.1@90
        91 go | => ?broke
        "#,
        &expect![[r#"
            10 invoke | timer tea 50, sleep 90, state {"n":1}, suspend
              #1 run "m1" of m1
                began run null
                set tea @50
                step set timer tea: returned null
                set step 1.1 @90
                step sleep: awaited
                state {"n":1}
                + tea @50
                + step 1.1 @90
            90 fire step:1.1@90
              #2 timer step 1.1 "m2" of m2
                answered 1: returned null @90
                cleared step 1.1
                set drive 1 @90
                - step 1.1 @90
                + drive 1 @90
            91 go | => ?broke
              #3 -
                state 
                cleared drive 1
                finished: failed bad arguments: broke
                - drive 1 @90
        "#]],
    );
}

#[test]
fn an_invocation_that_ends_leaves_no_timer_of_its_own() {
    check(
        "
        10 invoke | wait paid until 90, wait sent until 80, suspend
        20 event paid 1
        30 event sent 1
        40 go | sleep 99, call bank/1 until 99, spawn kid/2, take other 1 => 1
        50 invoke | sleep 99, suspend
        ",
        &expect![[r#"
            10 invoke | wait paid until 90, wait sent until 80, suspend
              #1 run "m1" of m1
                began run null
                set step 1.0 @90
                step wait for paid: awaited
                set step 1.1 @80
                step wait for sent: awaited
                + step 1.0 @90
                + step 1.1 @80
            20 event paid 1
              #2 event paid "m2" of m2
                answered 0: returned 1 @20
                cleared step 1.0
                - step 1.0 @90
            30 event sent 1
              #3 event sent "m3" of m3
                answered 1: returned 1 @30
                cleared step 1.1
                set drive 1 @30
                - step 1.1 @80
                + drive 1 @30
            40 go | sleep 99, call bank/1 until 99, spawn kid/2, take other 1 => 1
              #4 -
                sent shop/1@0.1.3 to bank/1 of m1: pay 1 for shop/1 1.3
                child kid/2
                sent shop/1@0.1.4 to kid/2 of m1: grow 3
                took other
                cleared drive 1
                finished: returned 1
                - drive 1 @30
            50 invoke | sleep 99, suspend
              #5 run "m5" of m5
                began run null
                set step 5.0 @99
                step sleep: awaited
                + step 5.0 @99
        "#]],
    );
}

#[test]
fn message_ids_name_their_step_and_are_not_used_again() {
    check(
        "
        10 invoke for=bank/1:9.0 | send bank/1, activity mail, suspend
        20 answer 1.1 7
        30 stall 1 40
        40 fire drive:1@40 | call bank/1, signal bank/1 paid, suspend
        50 answer 1.2 7
        60 go | send bank/1 => 7
        70 invoke for=bank/1:9.1 | send bank/1 => !8
        80 invoke for=bank/1:9.2 | send bank/1 => 8
        ",
        &expect![[r#"
            10 invoke for=bank/1:9.0 | send bank/1, activity mail, suspend
              #1 run "m1" of m1
                began run null for bank/1 9.0
                sent shop/1@0.1.0 to bank/1 of m1: post 1
                step send bank/1 post: returned null
                sent shop/1@0.1.1: activity mail 4 for 1.1
                step activity mail: awaited
            20 answer 1.1 7
              #2 answer 1.1 "m2" of m2
                answered 1: returned 7 @20
                set drive 1 @20
                + drive 1 @20
            30 stall 1 40
              #3 -
                stalled 1 times: broke
                set drive 1 @40
                - drive 1 @20
                + drive 1 @40
            40 fire drive:1@40 | call bank/1, signal bank/1 paid, suspend
              #4 -
                sent shop/1@0.1.2 to bank/1 of m1: pay 1 for shop/1 1.2
                step call bank/1 pay: awaited
                sent shop/1@0.1.3 to bank/1 of m1: event paid 2
                step signal bank/1 paid: returned null
                cleared drive 1
                - drive 1 @40
            50 answer 1.2 7
              #5 answer 1.2 "m5" of m5
                answered 2: returned 7 @50
                set drive 1 @50
                + drive 1 @50
            60 go | send bank/1 => 7
              #6 -
                sent shop/1@0.1.4 to bank/1 of m1: post 1
                sent shop/1@0.1.4294967295 to bank/1 of m1: answer 9.0: returned 7
                cleared drive 1
                finished: returned 7
                - drive 1 @50
            70 invoke for=bank/1:9.1 | send bank/1 => !8
              #7 run "m7" of m7
                sent shop/1@0.7.4294967295 to bank/1 of m7: answer 9.1: rejected 8
                finished: rejected 8
            80 invoke for=bank/1:9.2 | send bank/1 => 8
              #8 run "m8" of m8
                sent shop/1@0.8.0 to bank/1 of m8: post 1
                sent shop/1@0.8.4294967295 to bank/1 of m8: answer 9.2: returned 8
                finished: returned 8
        "#]],
    );
}

#[test]
fn an_invocation_that_goes_on_forgets_that_it_stalled() {
    let mut scene = Scene::new(1);
    let mut stalled_after = |script| {
        play_on(&mut scene, script);
        let open = scene.live.invocation().unwrap();
        (open.attempts, open.stalled.is_some())
    };
    assert_eq!(stalled_after("10 invoke | flush"), (0, false));
    assert_eq!(stalled_after("20 stall 1 90"), (1, true));
    assert_eq!(stalled_after("30 stall 2 90"), (2, true));
    assert_eq!(stalled_after("40 go | flush"), (2, true));
    assert_eq!(stalled_after("50 go | effect http 1, flush"), (0, false));
}

#[test]
fn an_effect_cut_off_is_driven_on_although_something_is_awaited() {
    check(
        "
        10 invoke | call bank/1, flush
        20 fire drive:1@10 | effect http 7, suspend
        30 answer 1.0 8
        40 go | => 15
        ",
        &expect![[r#"
            10 invoke | call bank/1, flush
              #1 run "m1" of m1
                began run null
                sent shop/1@0.1.0 to bank/1 of m1: pay 1 for shop/1 1.0
                step call bank/1 pay: awaited
                set drive 1 @10
                + drive 1 @10
            20 fire drive:1@10 | effect http 7, suspend
              #2 -
                step effect http: returned 7
                cleared drive 1
                - drive 1 @10
            30 answer 1.0 8
              #3 answer 1.0 "m3" of m3
                answered 0: returned 8 @30
                set drive 1 @30
                + drive 1 @30
            40 go | => 15
              #4 -
                cleared drive 1
                finished: returned 15
                - drive 1 @30
        "#]],
    );
}
