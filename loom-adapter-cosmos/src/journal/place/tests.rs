use super::*;

fn actor(name: &str) -> ActorId {
    ActorId::parse(name).expect("a valid id")
}

fn head(incarnation: u64, seq: u64) -> Head {
    Head { incarnation: Incarnation(incarnation), seq: Seq(seq) }
}

#[test]
fn names_of_turns_sort_by_life_and_place() {
    let heads = [(0, 0), (0, 1), (0, 9), (0, 10), (1, 0), (10, 2), (u64::MAX, u64::MAX)];
    let names = heads.map(|(life, seq)| turn(&actor("a/b"), head(life, seq)));
    assert!(names.is_sorted_by(|earlier, later| earlier < later), "{names:?}");
    for (name, (life, seq)) in names.iter().zip(heads) {
        assert_eq!(parse_turn(name), Some((actor("a/b"), head(life, seq))));
    }
}

#[test]
fn the_turns_of_an_actor_are_apart_from_those_of_similar_names() {
    let (from, end) = turns_of(&actor("a/b"));
    let within = |name: &str| {
        let turn = turn(&actor(name), head(1, 1));
        from <= turn && turn < end
    };
    let within: Vec<_> =
        ["a/b", "a/bb", "a/b.", "a/b/", "a/b~", "a/a", "a/c"].map(within).into_iter().collect();
    assert_eq!(within, [true, false, false, false, false, false, false]);
}

#[test]
fn names_are_what_the_service_takes() {
    let longest = actor(&format!("{}/{}", "k".repeat(64), "日".repeat(85)));
    let name = turn(&longest, head(u64::MAX, u64::MAX));
    // Of a name, at most this many bytes and none of these letters.
    assert!(name.len() <= 1023 && !name.contains(['/', '\\', '?', '#']), "{name}");
}

#[test]
fn places_sort_by_tenure_and_number() {
    let places = [(0, 0), (0, u64::MAX), (1, 0), (u64::MAX, u64::MAX)];
    let digits = places.map(|(epoch, n)| Place::new(Epoch(epoch), n).digits());
    assert!(digits.is_sorted_by(|earlier, later| earlier < later), "{digits:?}");
}
