use expect_test::{Expect, expect};

use super::book::compare;
use super::*;

fn book(counts: &[(&str, u64)]) -> Book {
    let counts = counts.iter().map(|(subject, count)| ((*subject).to_owned(), *count));
    Book { rustc: "rustc 1".to_owned(), machine: "linux".to_owned(), counts: counts.collect() }
}

fn check(before: &[(&str, u64)], now: &[(&str, u64)], expected: &Expect) {
    let comparison = compare(Some(&book(before)), &book(now));
    expected.assert_eq(&format!("{}\n{:?}", comparison.table, comparison.findings));
}

#[test]
fn more_than_five_percent_more_is_a_finding() {
    check(
        &[("ask", 1_000), ("spawn", 1_000), ("tell", 1_000)],
        &[("ask", 1_050), ("spawn", 900), ("tell", 1_051)],
        &expect![[r#"
            subject                            recorded          now    change
            ask                                    1000         1050    +5.0 %
            spawn                                  1000          900 -10.0 %, less
            tell                                   1000         1051    +5.1 %
            `cargo xtask instructions --bless` records what is meant to be.
            ["tell: 1051 instructions, +5.1 % of the recorded 1000"]"#]],
    );
}

#[test]
fn subjects_that_come_and_go_are_findings() {
    check(
        &[("ask", 1)],
        &[("tell", 1)],
        &expect![[r#"
        subject                            recorded          now    change
        ask                                       1            -      gone
        tell                                      -            1       new
        `cargo xtask instructions --bless` records what is meant to be.
        ["ask: is recorded, and is not counted", "tell: is not recorded"]"#]],
    );
}

#[test]
fn a_book_is_read_as_it_was_written() {
    let book = book(&[("volatile tell", 310), ("splice", 12)]);
    assert_eq!(toml::from_str::<Book>(&book.text()).unwrap(), book);
}

#[test]
fn counts_of_another_compiler_or_machine_say_nothing() {
    let book = book(&[]);
    assert_eq!(book.unlike("rustc 1", "linux"), None);
    for (rustc, machine) in [("rustc 2", "linux"), ("rustc 1", "mars")] {
        assert!(book.unlike(rustc, machine).is_some(), "{rustc} {machine}");
    }
}

#[test]
fn the_count_is_the_last_line_of_totals() {
    let said =
        "==1== Events    : Ir\n==1== Collected : 123456\n==1== \n==1== I   refs:      123,456\n";
    assert_eq!(collected(said), Some(123_456));
    assert_eq!(collected("==1== nothing"), None);
}
