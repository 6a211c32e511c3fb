use clap::CommandFactory as _;

use super::*;

#[test]
fn the_command_line_is_consistent() {
    Arguments::command().debug_assert();
}

/// What a task is refused with, up to what it could have been.
fn refused(line: &str) -> Option<String> {
    let words = ["cargo xtask"].into_iter().chain(line.split(' '));
    let error = Arguments::try_parse_from(words).err()?.to_string();
    let said = error.lines().next().unwrap_or_default();
    Some(said.trim_start_matches("error: ").to_owned())
}

#[test]
fn a_task_that_would_do_nothing_is_refused() {
    let rows = [
        ("many cosmos", "--transfers", "0 is not in 1..=4294967295"),
        ("many money", "--transfers", "0 is not in 1..=4294967295"),
        ("many rolling", "--rounds", "0 is not in 1..=4294967295"),
        ("money", "--transfers", "0 is not in 1..=4294967295"),
        ("bench", "--rounds", "0 is not in 1..=4294967295"),
        ("peers", "--rounds", "0 is not in 1..=4294967295"),
        ("sim", "--seeds", "0 is not in 1..18446744073709551615"),
        ("sim", "--minutes", "0 is not in 1..=525600"),
    ];
    for (task, option, why) in rows {
        let said = refused(&format!("{task} {option} 0")).unwrap_or_default();
        let expected = format!("invalid value '0' for '{option} <");
        assert!(said.starts_with(&expected) && said.ends_with(why), "{task}: {said}");
        assert_eq!(refused(&format!("{task} {option} 1")), None, "{task}");
    }
}

#[test]
fn faults_that_are_not_wanted_are_left_out() {
    for task in ["money --kills 0", "many money --host-kills 0 --storms 0", "chaos --minutes 0"] {
        assert_eq!(refused(task), None, "{task}");
    }
    assert!(refused("chaos --minutes 307445734561825861").is_some());
}
