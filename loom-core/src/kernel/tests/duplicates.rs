//! Messages that come again.

use expect_test::expect;

use super::script::{check, json, method};
use crate::*;

#[test]
fn a_stamp_that_is_not_after_the_last_one_is_a_duplicate() {
    check(
        "
        10 invoke from=3:1.5 | => 1
        20 invoke from=3:1.5 | => 2
        30 invoke from=3:1.4 | => 2
        40 invoke from=4:1.4 | => 2
        50 invoke from=3:1.6 | => 3
        60 invoke from=3:2.1 | => 4
        70 invoke from=3:1.7 | => 5
        80 invoke from=3:2.1 | => 5
        90 invoke | => 5
        ",
        &expect![[r#"
            10 invoke from=3:1.5 | => 1
              #1 run "m1" of m1
                finished: returned 1
            20 invoke from=3:1.5 | => 2
              Duplicate
            30 invoke from=3:1.4 | => 2
              Duplicate
            40 invoke from=4:1.4 | => 2
              #2 run "m4" of m4
                finished: returned 2
            50 invoke from=3:1.6 | => 3
              #3 run "m5" of m5
                finished: returned 3
            60 invoke from=3:2.1 | => 4
              #4 run "m6" of m6
                finished: returned 4
            70 invoke from=3:1.7 | => 5
              Duplicate
            80 invoke from=3:2.1 | => 5
              Duplicate
            90 invoke | => 5
              #5 run "m9" of m9
                finished: returned 5
        "#]],
    );
}

#[test]
fn a_request_that_waited_is_no_duplicate_of_the_news_that_overtook_it() {
    check(
        "
        10 invoke from=3:1.1 | call bank/1, suspend
        20 invoke from=3:1.2
        30 answer 1.0 7 from=3:1.3
        40 go | => 7
        50 invoke from=3:1.2 | => 2
        60 answer 1.0 7 from=3:1.3
        70 invoke from=3:1.2
        80 event paid 1 from=3:1.4
        90 invoke from=3:1.5 | => 5
        ",
        &expect![[r#"
            10 invoke from=3:1.1 | call bank/1, suspend
              #1 run "m1" of m1
                began run null
                sent shop/1@0.1.0 to bank/1 of m1: pay 1 for shop/1 1.0
                step call bank/1 pay: awaited
            20 invoke from=3:1.2
              Busy
            30 answer 1.0 7 from=3:1.3
              #2 answer 1.0 "m3" of m3
                answered 0: returned 7 @30
                set drive 1 @30
                + drive 1 @30
            40 go | => 7
              #3 -
                cleared drive 1
                finished: returned 7
                - drive 1 @30
            50 invoke from=3:1.2 | => 2
              #4 run "m5" of m5
                finished: returned 2
            60 answer 1.0 7 from=3:1.3
              Duplicate
            70 invoke from=3:1.2
              Duplicate
            80 event paid 1 from=3:1.4
              #5 event paid "m8" of m8
                kept paid 1
            90 invoke from=3:1.5 | => 5
              #6 run "m9" of m9
                finished: returned 5
        "#]],
    );
}

#[test]
fn what_is_not_taken_leaves_no_mark() {
    check(
        "
        10 invoke from=3:1.1 | wait paid, suspend
        20 invoke from=3:1.2
        30 answer 1.7 7 from=3:1.3
        40 event other 1 from=3:1.2
        50 event paid 1 from=3:1.3
        60 go | => 1
        70 invoke from=3:1.2 | => 1
        ",
        &expect![[r#"
            10 invoke from=3:1.1 | wait paid, suspend
              #1 run "m1" of m1
                began run null
                step wait for paid: awaited
            20 invoke from=3:1.2
              Busy
            30 answer 1.7 7 from=3:1.3
              Stale
            40 event other 1 from=3:1.2
              #2 event other "m4" of m4
                kept other 1
            50 event paid 1 from=3:1.3
              #3 event paid "m5" of m5
                answered 0: returned 1 @50
                set drive 1 @50
                + drive 1 @50
            60 go | => 1
              #4 -
                cleared drive 1
                finished: returned 1
                - drive 1 @50
            70 invoke from=3:1.2 | => 1
              #5 run "m7" of m7
                finished: returned 1
        "#]],
    );
}

#[test]
fn a_keyed_request_is_handled_once() {
    check(
        "
        10 invoke key=a | => 1
        20 invoke key=a | => 2
        30 invoke key=a args=2 | => 3
        40 invoke key=b args=2 | => 4
        ",
        &expect![[r#"
            10 invoke key=a | => 1
              #1 run "m1" of m1
                finished: returned 1
                mark a since 1: returned 1
            20 invoke key=a | => 2
              known: returned 1
            30 invoke key=a args=2 | => 3
              idempotency key reused: "a" was first used for another request
            40 invoke key=b args=2 | => 4
              #2 run "m4" of m4
                finished: returned 4
                mark b since 2: returned 4
        "#]],
    );
}

#[test]
fn a_keyed_request_is_in_progress_until_its_invocation_ends() {
    check(
        "
        10 invoke key=a | sleep 90, suspend
        20 invoke key=a | => 2
        30 invoke key=b | => 2
        90 fire step:1.0@90
        91 go | => 3
        92 invoke key=a | => 4
        93 invoke key=b | => 5
        ",
        &expect![[r#"
            10 invoke key=a | sleep 90, suspend
              #1 run "m1" of m1
                began run null
                set step 1.0 @90
                step sleep: awaited
                + step 1.0 @90
                mark a since 1: in progress
            20 invoke key=a | => 2
              known: in progress since 1
            30 invoke key=b | => 2
              Busy
            90 fire step:1.0@90
              #2 timer step 1.0 "m4" of m4
                answered 0: returned null @90
                cleared step 1.0
                set drive 1 @90
                - step 1.0 @90
                + drive 1 @90
            91 go | => 3
              #3 -
                cleared drive 1
                finished: returned 3
                - drive 1 @90
                mark a since 1: returned 3
            92 invoke key=a | => 4
              known: returned 3
            93 invoke key=b | => 5
              #4 run "m7" of m7
                finished: returned 5
                mark b since 4: returned 5
        "#]],
    );
}

#[test]
fn a_keyed_event_is_done_once_it_is_kept_or_answers_a_wait() {
    check(
        "
        10 event paid 1 key=a
        20 event paid 1 key=a
        30 invoke key=i | wait sent, suspend
        40 event sent 1 key=b
        50 event sent 1 key=b
        60 event paid 1 key=c
        70 invoke key=i
        ",
        &expect![[r#"
            10 event paid 1 key=a
              #1 event paid "m1" of m1
                kept paid 1
                mark a since 1: returned null
            20 event paid 1 key=a
              known: returned null
            30 invoke key=i | wait sent, suspend
              #2 run "m3" of m3
                began run null
                step wait for sent: awaited
                mark i since 2: in progress
            40 event sent 1 key=b
              #3 event sent "m4" of m4
                answered 0: returned 1 @40
                set drive 2 @40
                + drive 2 @40
                mark b since 3: returned null
            50 event sent 1 key=b
              known: returned null
            60 event paid 1 key=c
              #4 event paid "m6" of m6
                kept paid 1
                mark c since 4: returned null
            70 invoke key=i
              known: in progress since 2
        "#]],
    );
}

#[test]
fn a_key_is_judged_by_what_the_store_knows() {
    let key =
        |args| RequestKey::new(IdempotencyKey::parse("a").unwrap(), &method("run"), &json(args));
    let seen = |reply: Option<&[u8]>| Handled {
        fingerprint: key("1").fingerprint,
        seq: Seq(4),
        reply: reply.map(bytes::Bytes::copy_from_slice),
    };
    let done = Outcome::Rejected(json("7"));
    for (args, seen, expected) in [
        ("1", None, KeyVerdict::New),
        ("1", Some(seen(None)), KeyVerdict::InProgress(Seq(4))),
        ("1", Some(seen(Some(&done.encode()))), KeyVerdict::Done(done.clone())),
        ("1", Some(seen(Some(b""))), KeyVerdict::Corrupt),
        ("1", Some(seen(Some(&done.encode()[..3]))), KeyVerdict::Corrupt),
    ] {
        assert_eq!(judge_key(&key(args), seen.as_ref()), expected);
    }
    // Another request is not told the outcome, whatever it is.
    for seen in [seen(None), seen(Some(&done.encode())), seen(Some(b""))] {
        let KeyVerdict::Reused(failure) = judge_key(&key("2"), Some(&seen)) else {
            panic!("{seen:?}");
        };
        assert_eq!(failure.code, FailureCode::KeyReused);
    }
}
