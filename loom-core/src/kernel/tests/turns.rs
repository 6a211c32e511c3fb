//! Turns that end with their handler.

use expect_test::expect;

use super::script::check;

#[test]
fn a_turn_commits_its_state_and_what_it_asked_for() {
    check(
        r#"
        10 invoke from=3:1.1 | send bank/1, signal shop/2 paid, spawn kid/1, timer tea 50, state {"n":1} => 1
        20 invoke from=3:1.2 | state {"n":1} => 1
        "#,
        &expect![[r#"
            10 invoke from=3:1.1 | send bank/1, signal shop/2 paid, spawn kid/1, timer tea 50, state {"n":1} => 1
              #1 run "m1" of m1
                sent shop/1@0.1.0 to bank/1 of m1: post 1
                sent shop/1@0.1.1 to shop/2 of m1: event paid 2
                child kid/1
                sent shop/1@0.1.2 to kid/1 of m1: grow 3
                set tea @50
                state {"n":1}
                finished: returned 1
                + tea @50
            20 invoke from=3:1.2 | state {"n":1} => 1
              #2 run "m2" of m2
                finished: returned 1
        "#]],
    );
}

#[test]
fn a_rejected_or_failed_turn_changes_nothing_and_is_marked() {
    check(
        r#"
        10 invoke | state {"n":1} => 1
        20 invoke key=a from=3:1.2 | send bank/1, timer tea 50, state {"n":2}, version 2, repaired => !"no"
        30 invoke key=b | spawn kid/1, state {"n":3} => ?arguments
        40 invoke key=a | state {"n":4} => 4
        "#,
        &expect![[r#"
            10 invoke | state {"n":1} => 1
              #1 run "m1" of m1
                state {"n":1}
                finished: returned 1
            20 invoke key=a from=3:1.2 | send bank/1, timer tea 50, state {"n":2}, version 2, repaired => !"no"
              #2 run "m2" of m2
                finished: rejected "no"
                mark a since 2: rejected "no"
            30 invoke key=b | spawn kid/1, state {"n":3} => ?arguments
              #3 run "m3" of m3
                finished: failed bad arguments: arguments
                mark b since 3: failed bad arguments: arguments
            40 invoke key=a | state {"n":4} => 4
              known: rejected "no"
        "#]],
    );
}

#[test]
fn requests_that_a_handler_gave_up_in_its_turn_wait_for_nothing() {
    check(
        r"
        10 invoke | call bank/1 until 90, wait paid until 90, sleep 90, activity mail => 1
        20 answer 1.0 7
        30 fire step:1.0@90
        40 event paid 7
        ",
        &expect![[r#"
            10 invoke | call bank/1 until 90, wait paid until 90, sleep 90, activity mail => 1
              #1 run "m1" of m1
                sent shop/1@0.1.0 to bank/1 of m1: pay 1 for shop/1 1.0
                sent shop/1@0.1.3: activity mail 4 for 1.3
                finished: returned 1
            20 answer 1.0 7
              Stale
            30 fire step:1.0@90
              Stale
            40 event paid 7
              #2 event paid "m4" of m4
                kept paid 7
        "#]],
    );
}

#[test]
fn replies_and_correlation_follow_the_message() {
    check(
        r"
        10 invoke for=bank/1:4.2 | send bank/1 => 1
        20 invoke for=bank/1:4.3 of=order-9 | send bank/1 => !2
        30 invoke for=bank/1:4.4 of=order-9 | send bank/1 => ?why
        ",
        &expect![[r#"
            10 invoke for=bank/1:4.2 | send bank/1 => 1
              #1 run "m1" of m1
                sent shop/1@0.1.0 to bank/1 of m1: post 1
                sent shop/1@0.1.4294967295 to bank/1 of m1: answer 4.2: returned 1
                finished: returned 1
            20 invoke for=bank/1:4.3 of=order-9 | send bank/1 => !2
              #2 run "m2" of order-9
                sent shop/1@0.2.4294967295 to bank/1 of order-9: answer 4.3: rejected 2
                finished: rejected 2
            30 invoke for=bank/1:4.4 of=order-9 | send bank/1 => ?why
              #3 run "m3" of order-9
                sent shop/1@0.3.4294967295 to bank/1 of order-9: answer 4.4: failed bad arguments: why
                finished: failed bad arguments: why
        "#]],
    );
}

#[test]
fn a_migration_and_repairs_are_part_of_the_turn() {
    check(
        r#"
        10 invoke | state {"n":1}, version 1 => 1
        20 invoke | state {"m":1}, version 2, repaired => 2
        30 invoke | version 3 => 3
        40 invoke | state {"m":1}, version 3 => 3
        "#,
        &expect![[r#"
            10 invoke | state {"n":1}, version 1 => 1
              #1 run "m1" of m1
                migrated 0 to 1
                state {"n":1}
                finished: returned 1
            20 invoke | state {"m":1}, version 2, repaired => 2
              #2 run "m2" of m2
                migrated 1 to 2
                state {"m":1}
                repaired balanced, positive
                finished: returned 2
            30 invoke | version 3 => 3
              #3 run "m3" of m3
                finished: returned 3
            40 invoke | state {"m":1}, version 3 => 3
              #4 run "m4" of m4
                migrated 2 to 3
                finished: returned 3
        "#]],
    );
}

#[test]
fn a_small_change_of_a_large_state_is_a_splice() {
    check(
        r#"
        10 invoke | state {"a":"0123456789012345678901234567890123456789","n":1,"z":"abcdef"} => 1
        20 invoke | state {"a":"0123456789012345678901234567890123456789","n":22,"z":"abcdef"} => 1
        "#,
        &expect![[r#"
            10 invoke | state {"a":"0123456789012345678901234567890123456789","n":1,"z":"abcdef"} => 1
              #1 run "m1" of m1
                state {"a":"0123456789012345678901234567890123456789","n":1,"z":"abcdef"}
                finished: returned 1
            20 invoke | state {"a":"0123456789012345678901234567890123456789","n":22,"z":"abcdef"} => 1
              #2 run "m2" of m2
                Splice { at: 52, removed: 1, inserted: b"22" }
                finished: returned 1
        "#]],
    );
}
