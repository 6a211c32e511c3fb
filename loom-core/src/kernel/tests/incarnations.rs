//! What a request is called in another incarnation of its actor.

use expect_test::expect;

use super::scene::Scene;
use super::script::play_on;
use crate::Incarnation;

#[test]
fn message_ids_of_another_life_are_others() {
    let mut scene = Scene::of_life(Incarnation(2), 1);
    let log = play_on(
        &mut scene,
        "
        10 invoke for=bank/1:9.0 | send bank/1, activity mail, suspend
        20 answer 2/1.1 7
        30 go | signal bank/1 paid, spawn kid/1 => 7
        ",
    );
    expect![[r#"
        10 invoke for=bank/1:9.0 | send bank/1, activity mail, suspend
          #1 run "m1" of m1
            began run null for bank/1 9.0
            sent shop/1@2.1.0 to bank/1 of m1: post 1
            step send bank/1 post: returned null
            sent shop/1@2.1.1: activity mail 4 for 2/1.1
            step activity mail: awaited
        20 answer 2/1.1 7
          #2 answer 1.1 "m2" of m2
            answered 1: returned 7 @20
            set drive 1 @20
            + drive 1 @20
        30 go | signal bank/1 paid, spawn kid/1 => 7
          #3 -
            sent shop/1@2.1.2 to bank/1 of m1: event paid 2
            child kid/1
            sent shop/1@2.1.3 to kid/1 of m1: grow 3
            sent shop/1@2.1.4294967295 to bank/1 of m1: answer 9.0: returned 7
            cleared drive 1
            finished: returned 7
            - drive 1 @20
    "#]]
    .assert_eq(&log);
}

#[test]
fn what_is_asked_for_again_after_something_was_forgotten_has_another_name() {
    let mut scene = Scene::new(1);
    play_on(&mut scene, "10 invoke | call bank/1, suspend");
    scene.live.move_to(Incarnation(4));
    let log = play_on(
        &mut scene,
        "
        20 answer 4/1.0 1
        30 answer 1.0 7
        40 go | activity mail, suspend
        50 answer 1.1 1
        60 answer 4/1.1 8
        70 go | => 15
        ",
    );
    expect![[r#"
        20 answer 4/1.0 1
          Stale
        30 answer 1.0 7
          #2 answer 1.0 "m2" of m2
            answered 0: returned 7 @30
            set drive 1 @30
            + drive 1 @30
        40 go | activity mail, suspend
          #3 -
            sent shop/1@4.1.1: activity mail 4 for 4/1.1
            step activity mail: awaited
            cleared drive 1
            - drive 1 @30
        50 answer 1.1 1
          Stale
        60 answer 4/1.1 8
          #4 answer 1.1 "m5" of m5
            answered 1: returned 8 @60
            set drive 1 @60
            + drive 1 @60
        70 go | => 15
          #5 -
            cleared drive 1
            finished: returned 15
            - drive 1 @60
    "#]]
    .assert_eq(&log);
}
