//! Named timers: set, replaced, cleared, fired.

use expect_test::expect;

use super::script::check;

#[test]
fn a_timer_fires_once() {
    check(
        r#"
        10 invoke | timer tea 50 => 1
        50 fire tea@50 | state {"n":1} => 1
        51 fire tea@50 | state {"n":2} => 2
        "#,
        &expect![[r#"
            10 invoke | timer tea 50 => 1
              #1 run "m1" of m1
                set tea @50
                finished: returned 1
                + tea @50
            50 fire tea@50 | state {"n":1} => 1
              #2 timer tea "m2" of m2
                cleared tea
                state {"n":1}
                finished: returned 1
                - tea @50
            51 fire tea@50 | state {"n":2} => 2
              Stale
        "#]],
    );
}

#[test]
fn setting_a_timer_again_makes_the_earlier_fire_stale() {
    check(
        "
        10 invoke | timer tea 50 => 1
        20 invoke | timer tea 70 => 1
        50 fire tea@50
        70 fire tea@70 | timer tea 90 => 1
        90 fire tea@90 | => 1
        ",
        &expect![[r#"
            10 invoke | timer tea 50 => 1
              #1 run "m1" of m1
                set tea @50
                finished: returned 1
                + tea @50
            20 invoke | timer tea 70 => 1
              #2 run "m2" of m2
                set tea @70
                finished: returned 1
                - tea @50
                + tea @70
            50 fire tea@50
              Stale
            70 fire tea@70 | timer tea 90 => 1
              #3 timer tea "m4" of m4
                cleared tea
                set tea @90
                finished: returned 1
                - tea @70
                + tea @90
            90 fire tea@90 | => 1
              #4 timer tea "m5" of m5
                cleared tea
                finished: returned 1
                - tea @90
        "#]],
    );
}

#[test]
fn a_cleared_timer_does_not_fire() {
    check(
        "
        10 invoke | timer tea 50 => 1
        20 invoke | clear tea, clear coffee => 1
        50 fire tea@50
        60 invoke | timer tea 90, clear tea, timer tea 95, timer tea 97 => 1
        70 invoke | clear tea, timer tea 99 => 1
        99 fire tea@99 | clear tea => 1
        ",
        &expect![[r#"
            10 invoke | timer tea 50 => 1
              #1 run "m1" of m1
                set tea @50
                finished: returned 1
                + tea @50
            20 invoke | clear tea, clear coffee => 1
              #2 run "m2" of m2
                cleared tea
                finished: returned 1
                - tea @50
            50 fire tea@50
              Stale
            60 invoke | timer tea 90, clear tea, timer tea 95, timer tea 97 => 1
              #3 run "m4" of m4
                set tea @90
                cleared tea
                set tea @95
                set tea @97
                finished: returned 1
                + tea @90
                - tea @90
                + tea @95
                - tea @95
                + tea @97
            70 invoke | clear tea, timer tea 99 => 1
              #4 run "m5" of m5
                cleared tea
                set tea @99
                finished: returned 1
                - tea @97
                + tea @99
            99 fire tea@99 | clear tea => 1
              #5 timer tea "m6" of m6
                cleared tea
                cleared tea
                finished: returned 1
                - tea @99
        "#]],
    );
}

#[test]
fn a_timer_whose_handler_fails_or_rejects_is_done() {
    check(
        "
        10 invoke | timer tea 50, timer coffee 60 every 10 once => 1
        50 fire tea@50 | timer tea 90, send bank/1 => !1
        60 fire coffee@60 | clear coffee => ?broke
        ",
        &expect![[r#"
            10 invoke | timer tea 50, timer coffee 60 every 10 once => 1
              #1 run "m1" of m1
                set tea @50
                set coffee @60 every 10
                finished: returned 1
                + tea @50
                + coffee @60
            50 fire tea@50 | timer tea 90, send bank/1 => !1
              #2 timer tea "m2" of m2
                cleared tea
                finished: rejected 1
                - tea @50
            60 fire coffee@60 | clear coffee => ?broke
              #3 timer coffee "m3" of m3
                set coffee @70 every 10
                finished: failed bad arguments: broke
                - coffee @60
                + coffee @70
        "#]],
    );
}

#[test]
fn missed_fires_follow_the_late_policy() {
    check(
        "
        10 invoke | timer one 100 every 1000 once, timer all 100 every 1000 all, timer skip 100 every 1000 skip, timer shot 100 skip => 1
        3500 fire one@100 | => 1
        3500 fire all@100 | => 1
        3500 fire all@1100 | => 1
        3500 fire all@2100 | => 1
        3500 fire all@3100 | => 1
        3500 fire skip@100 | => 1
        3500 fire skip@3100 | => 1
        3500 fire shot@100
        9999 fire skip@4100 | => 1
        ",
        &expect![[r#"
            10 invoke | timer one 100 every 1000 once, timer all 100 every 1000 all, timer skip 100 every 1000 skip, timer shot 100 skip => 1
              #1 run "m1" of m1
                set one @100 every 1000
                set all @100 every 1000
                set skip @100 every 1000
                set shot @100
                finished: returned 1
                + one @100
                + all @100
                + skip @100
                + shot @100
            3500 fire one@100 | => 1
              #2 timer one "m2" of m2
                set one @4100 every 1000
                finished: returned 1
                - one @100
                + one @4100
            3500 fire all@100 | => 1
              #3 timer all "m3" of m3
                set all @1100 every 1000
                finished: returned 1
                - all @100
                + all @1100
            3500 fire all@1100 | => 1
              #4 timer all "m4" of m4
                set all @2100 every 1000
                finished: returned 1
                - all @1100
                + all @2100
            3500 fire all@2100 | => 1
              #5 timer all "m5" of m5
                set all @3100 every 1000
                finished: returned 1
                - all @2100
                + all @3100
            3500 fire all@3100 | => 1
              #6 timer all "m6" of m6
                set all @4100 every 1000
                finished: returned 1
                - all @3100
                + all @4100
            3500 fire skip@100 | => 1
              #7 timer skip "m7" of m7
                set skip @4100 every 1000
                finished: returned 1
                - skip @100
                + skip @4100
            3500 fire skip@3100 | => 1
              Stale
            3500 fire shot@100
              #8 timer shot "m9" of m9
                cleared shot
                - shot @100
            9999 fire skip@4100 | => 1
              #9 timer skip "m10" of m10
                set skip @10100 every 1000
                finished: returned 1
                - skip @4100
                + skip @10100
        "#]],
    );
}

#[test]
fn a_timer_too_late_for_its_policy_only_goes_on() {
    check(
        "
        10 invoke | timer skip 100 every 5000 skip, timer shot 100 skip => 1
        1101 fire skip@100
        1100 fire shot@100 | => 1
        ",
        &expect![[r#"
            10 invoke | timer skip 100 every 5000 skip, timer shot 100 skip => 1
              #1 run "m1" of m1
                set skip @100 every 5000
                set shot @100
                finished: returned 1
                + skip @100
                + shot @100
            1101 fire skip@100
              #2 timer skip "m2" of m2
                set skip @5100 every 5000
                - skip @100
                + skip @5100
            1100 fire shot@100 | => 1
              #3 timer shot "m3" of m3
                cleared shot
                finished: returned 1
                - shot @100
        "#]],
    );
}

#[test]
fn a_timer_fires_although_the_clock_was_set_back() {
    check(
        "
        10 invoke | timer tea 100 every 10 once, timer shot 100 skip => 1
        40 fire tea@100 | => 1
        40 fire shot@100 | => 1
        ",
        &expect![[r#"
            10 invoke | timer tea 100 every 10 once, timer shot 100 skip => 1
              #1 run "m1" of m1
                set tea @100 every 10
                set shot @100
                finished: returned 1
                + tea @100
                + shot @100
            40 fire tea@100 | => 1
              #2 timer tea "m2" of m2
                set tea @110 every 10
                finished: returned 1
                - tea @100
                + tea @110
            40 fire shot@100 | => 1
              #3 timer shot "m3" of m3
                cleared shot
                finished: returned 1
                - shot @100
        "#]],
    );
}

#[test]
fn a_timer_waits_for_the_open_invocation_and_its_handler_can_suspend() {
    check(
        "
        10 invoke | timer tea 50, sleep 60, suspend
        50 fire tea@50
        60 fire step:1.1@60
        61 go | => 1
        62 fire tea@50 | sleep 90, suspend
        63 fire tea@50
        90 fire step:4.0@90
        91 go | timer tea 99 => 2
        ",
        &expect![[r#"
            10 invoke | timer tea 50, sleep 60, suspend
              #1 run "m1" of m1
                began run null
                set tea @50
                step set timer tea: returned null
                set step 1.1 @60
                step sleep: awaited
                + tea @50
                + step 1.1 @60
            50 fire tea@50
              Busy
            60 fire step:1.1@60
              #2 timer step 1.1 "m3" of m3
                answered 1: returned null @60
                cleared step 1.1
                set drive 1 @60
                - step 1.1 @60
                + drive 1 @60
            61 go | => 1
              #3 -
                cleared drive 1
                finished: returned 1
                - drive 1 @60
            62 fire tea@50 | sleep 90, suspend
              #4 timer tea "m5" of m5
                cleared tea
                began fire tea @50 runs ring
                set step 4.0 @90
                step sleep: awaited
                - tea @50
                + step 4.0 @90
            63 fire tea@50
              Stale
            90 fire step:4.0@90
              #5 timer step 4.0 "m7" of m7
                answered 0: returned null @90
                cleared step 4.0
                set drive 4 @90
                - step 4.0 @90
                + drive 4 @90
            91 go | timer tea 99 => 2
              #6 -
                set tea @99
                cleared drive 4
                finished: returned 2
                + tea @99
                - drive 4 @90
        "#]],
    );
}

#[test]
fn a_drive_timer_is_brought_forward_but_not_written_again() {
    check(
        "
        10 invoke | flush
        20 go | effect http 1, flush
        30 stall 1 300
        40 go | effect http 2, flush
        50 go | effect http 3, flush
        60 go | => 1
        ",
        &expect![[r#"
            10 invoke | flush
              #1 run "m1" of m1
                began run null
                set drive 1 @10
                + drive 1 @10
            20 go | effect http 1, flush
              #2 -
                step effect http: returned 1
            30 stall 1 300
              #3 -
                stalled 1 times: broke
                set drive 1 @300
                - drive 1 @10
                + drive 1 @300
            40 go | effect http 2, flush
              #4 -
                step effect http: returned 2
                set drive 1 @40
                - drive 1 @300
                + drive 1 @40
            50 go | effect http 3, flush
              #5 -
                step effect http: returned 3
            60 go | => 1
              #6 -
                cleared drive 1
                finished: returned 1
                - drive 1 @40
        "#]],
    );
}
