use super::super::tests::{EMBEDDED, REDIS, good, read};
use super::{Profile, Rule, Verdict};

const MEMORY: &str = "listen = '127.0.0.1:0'\n[store]\nkind = 'memory'\n";

#[test]
fn what_is_refused_depends_on_the_profile() {
    let without_durability = format!("{REDIS}urls = ['redis://127.0.0.1']\ndurability = 'none'");
    let far = format!("{REDIS}urls = ['redis://far']");
    let open = EMBEDDED.replace("127.0.0.1", "0.0.0.0");
    // How many of testing, development, staging and production take it, and how many of them tell.
    let rows = [
        (EMBEDDED, 4, 0),
        (MEMORY, 2, 0),
        (&without_durability, 2, 0),
        (&far, 4, 2),
        (&open, 0, 0),
    ];
    for (text, taken, told) in rows {
        for (index, profile) in
            ["testing", "development", "staging", "production"].iter().enumerate()
        {
            let serving = read(&format!("profile = '{profile}'\n{text}"), &[]);
            assert_eq!(serving.is_ok(), index < taken, "{profile} {text}");
            let Ok(serving) = serving else { continue };
            let warns = !serving.found.warnings.is_empty();
            assert_eq!(warns, told > 0 && index >= taken - told, "{profile} {text}");
        }
    }
}

#[test]
fn what_production_would_refuse_is_told_by_all() {
    let serving = good(MEMORY, &[("LOOM_PROFILE", "testing")]);
    assert_eq!(serving.found.profile, Profile::Testing);
    let [refused] = &serving.found.refused_in_production[..] else { panic!("{serving:?}") };
    assert!(refused.starts_with("etc/loom.toml:3: LOOM-A006: store.kind:"), "{refused}");
}

#[test]
fn the_environment_of_node_is_asked_where_nothing_else_says_it() {
    let named = |text: &str| format!("profile = '{text}'\n{EMBEDDED}");
    let rows = [
        (EMBEDDED.to_owned(), "development", Profile::Development),
        (EMBEDDED.to_owned(), "test", Profile::Testing),
        (named("production"), "development", Profile::Production),
        (named("staging"), "nonsense", Profile::Staging),
    ];
    for (text, node, profile) in rows {
        assert_eq!(good(&text, &[("NODE_ENV", node)]).found.profile, profile, "{text} {node}");
    }
    let mistake = read(EMBEDDED, &[("NODE_ENV", "qa")]).unwrap_err();
    let said = "the variable NODE_ENV: LOOM-A004: profile: unknown variant `qa`";
    assert!(mistake.starts_with(said), "{mistake}");
}

#[test]
fn production_takes_nothing_that_another_profile_refuses() {
    let profiles = [Profile::Testing, Profile::Development, Profile::Staging, Profile::Production];
    for rule in [Rule::Always, Rule::Kept, Rule::Production, Rule::Advice] {
        let refused = profiles.map(|profile| profile.judge(rule) == Verdict::Refused);
        assert!(refused.is_sorted(), "{rule:?} {refused:?}");
    }
}
