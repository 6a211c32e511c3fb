//! Requests whose outcome comes as a message of its own.

use expect_test::expect;

use super::script::{check, json, method};
use crate::*;

#[test]
fn the_outcome_of_a_detached_request_runs_its_handler_once() {
    check(
        r#"
        10 invoke | start mail 7 once, ask bank/1 8 => 1
        20 answer 1.0 "sent" | state {"n":1} => 2
        30 answer 1.0 "again"
        40 answer 1.1 "paid" from=3:1.5 | start mail 9 => 3
        50 answer 1.1 "paid" from=3:1.5
        "#,
        &expect![[r#"
            10 invoke | start mail 7 once, ask bank/1 8 => 1
              #1 run "m1" of m1
                started 1.0 then ended 7
                sent shop/1@0.1.0: activity mail 4 once for 1.0
                started 1.1 then ended 8
                sent shop/1@0.1.1 to bank/1 of m1: pay 1 for shop/1 1.1
                finished: returned 1
            20 answer 1.0 "sent" | state {"n":1} => 2
              #2 answer 1.0 "m2" of m2
                ended 1.0
                state {"n":1}
                finished: returned 2
            30 answer 1.0 "again"
              Stale
            40 answer 1.1 "paid" from=3:1.5 | start mail 9 => 3
              #3 answer 1.1 "m4" of m4
                ended 1.1
                started 3.0 then ended 9
                sent shop/1@0.3.0: activity mail 4 for 3.0
                finished: returned 3
            50 answer 1.1 "paid" from=3:1.5
              Duplicate
        "#]],
    );
}

#[test]
fn what_is_stopped_has_no_outcome() {
    check(
        r"
        10 invoke | start mail 7, start mail 8, start mail 7 => 1
        20 invoke | stop 7, start mail 9, stop 9 => 2
        30 answer 1.0 1
        40 answer 1.2 1
        50 answer 2.1 1
        60 answer 1.1 1
        ",
        &expect![[r#"
            10 invoke | start mail 7, start mail 8, start mail 7 => 1
              #1 run "m1" of m1
                started 1.0 then ended 7
                sent shop/1@0.1.0: activity mail 4 for 1.0
                started 1.1 then ended 8
                sent shop/1@0.1.1: activity mail 4 for 1.1
                started 1.2 then ended 7
                sent shop/1@0.1.2: activity mail 4 for 1.2
                finished: returned 1
            20 invoke | stop 7, start mail 9, stop 9 => 2
              #2 run "m2" of m2
                stopped 1.0
                stopped 1.2
                started 2.1 then ended 9
                sent shop/1@0.2.1: activity mail 4 for 2.1
                stopped 2.1
                finished: returned 2
            30 answer 1.0 1
              Stale
            40 answer 1.2 1
              Stale
            50 answer 2.1 1
              Stale
            60 answer 1.1 1
              #3 answer 1.1 "m6" of m6
                ended 1.1
                finished: returned null
        "#]],
    );
}

#[test]
fn an_outcome_that_comes_while_an_invocation_is_open_runs_its_handler_afterwards() {
    check(
        r#"
        10 invoke | start mail 7, wait paid, suspend
        20 answer 1.0 "sent" from=3:1.5
        30 fire outcome-0-1-0@20
        40 event paid 1 from=3:1.6
        50 go | => 1
        60 fire outcome-0-1-0@20 | => 2
        70 answer 1.0 "sent" from=3:1.5
        "#,
        &expect![[r#"
            10 invoke | start mail 7, wait paid, suspend
              #1 run "m1" of m1
                began run null
                started 1.0 then ended 7
                sent shop/1@0.1.0: activity mail 4 for 1.0
                step start mail then ended: returned null
                step wait for paid: awaited
            20 answer 1.0 "sent" from=3:1.5
              #2 answer 1.0 "m2" of m2
                ended 1.0
                set outcome-0-1-0 @20
                + outcome-0-1-0 @20
            30 fire outcome-0-1-0@20
              Busy
            40 event paid 1 from=3:1.6
              #3 event paid "m4" of m4
                answered 1: returned 1 @40
                set drive 1 @40
                + drive 1 @40
            50 go | => 1
              #4 -
                cleared drive 1
                finished: returned 1
                - drive 1 @40
            60 fire outcome-0-1-0@20 | => 2
              #5 timer outcome-0-1-0 "m6" of m6
                cleared outcome-0-1-0
                finished: returned 2
                - outcome-0-1-0 @20
            70 answer 1.0 "sent" from=3:1.5
              Duplicate
        "#]],
    );
}

#[test]
fn a_handler_that_fails_starts_nothing_and_its_outcome_is_spent() {
    check(
        r#"
        10 invoke | start mail 7 => 1
        20 answer 1.0 1 | start mail 8 => !"no"
        30 answer 1.0 1
        40 invoke | start mail 7 => ?broken
        50 answer 4.0 1
        "#,
        &expect![[r#"
            10 invoke | start mail 7 => 1
              #1 run "m1" of m1
                started 1.0 then ended 7
                sent shop/1@0.1.0: activity mail 4 for 1.0
                finished: returned 1
            20 answer 1.0 1 | start mail 8 => !"no"
              #2 answer 1.0 "m2" of m2
                ended 1.0
                finished: rejected "no"
            30 answer 1.0 1
              Stale
            40 invoke | start mail 7 => ?broken
              #3 run "m4" of m4
                finished: failed bad arguments: broken
            50 answer 4.0 1
              Stale
        "#]],
    );
}

#[test]
fn an_outcome_that_cannot_be_handled_is_a_dead_letter_that_says_what_it_runs() {
    check(
        r"
        10 invoke | start mail 7 => 1
        20 bury answer 1.0 1
        30 answer 1.0 1
        40 replay 2 | => 2
        50 replay 2
        ",
        &expect![[r#"
            10 invoke | start mail 7 => 1
              #1 run "m1" of m1
                started 1.0 then ended 7
                sent shop/1@0.1.0: activity mail 4 for 1.0
                finished: returned 1
            20 bury answer 1.0 1
              #2 answer 1.0 "m2" of m2
                ended 1.0
                buried after 3: broke
                dead m2 after 3, replay @20: answer 1.0: returned 1 runs ended
                finished: failed dead letter: m2 after 3 attempts: broke
            30 answer 1.0 1
              Stale
            40 replay 2 | => 2
              #3 answer 1.0 "m2" of m2
                finished: returned 2
                mark replay:fcdeb7b3f49bd9ba:20 since 3: returned 2
            50 replay 2
              known: returned 2
        "#]],
    );
}

#[test]
fn a_handler_of_an_outcome_may_take_several_turns() {
    check(
        r#"
        10 invoke | start mail 7 => 1
        20 answer 1.0 "sent" | sleep 50, suspend
        30 answer 1.0 "sent"
        50 fire step:2.0@50
        60 go | => 2
        "#,
        &expect![[r#"
            10 invoke | start mail 7 => 1
              #1 run "m1" of m1
                started 1.0 then ended 7
                sent shop/1@0.1.0: activity mail 4 for 1.0
                finished: returned 1
            20 answer 1.0 "sent" | sleep 50, suspend
              #2 answer 1.0 "m2" of m2
                ended 1.0
                began answer 1.0: returned "sent" runs ended
                set step 2.0 @50
                step sleep: awaited
                + step 2.0 @50
            30 answer 1.0 "sent"
              Stale
            50 fire step:2.0@50
              #3 timer step 2.0 "m4" of m4
                answered 0: returned null @50
                cleared step 2.0
                set drive 2 @50
                - step 2.0 @50
                + drive 2 @50
            60 go | => 2
              #4 -
                cleared drive 2
                finished: returned 2
                - drive 2 @50
        "#]],
    );
}

#[test]
fn a_handler_is_told_its_tag_and_the_outcome() {
    let then = Then { method: method("ended"), tag: json(r#"{"n":7}"#) };
    let failure = Failure::new(FailureCode::TimedOut, "late");
    let outcomes = [
        (Outcome::Returned(json("[1]")), r#"{"returned":[1]}"#),
        (Outcome::Rejected(json("null")), r#"{"rejected":null}"#),
        (Outcome::Failed(failure), r#"{"failed":{"code":"timed_out","detail":"late"}}"#),
    ];
    for (outcome, expected) in outcomes {
        let expected = format!(r#"{{"tag":{{"n":7}},"outcome":{expected}}}"#);
        assert_eq!(then.args(&outcome), json(&expected));
    }
}
