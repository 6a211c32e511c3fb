use super::*;

fn verdict(path: &str, text: &str) -> String {
    check(&Source { path: path.into(), text: text.to_owned() }).join("; ")
}

#[test]
fn what_the_rules_forbid_is_named_with_its_line() {
    let library = "loom-core/src/id.rs";
    let rows = [
        ("loom-core/src/id/mod.rs", "", "loom-core/src/id/mod.rs: a module's file is named"),
        ("loom-core/src/utils.rs", "", "`utils` does not say"),
        ("loom-core/src/helpers/id.rs", "", "`helpers` does not say"),
        ("loom-core/tests/common.rs", "", "`common` does not say"),
        ("loom-ports/src/types.rs", "", "`types` does not say"),
        (library, "fn f() {\n    todo!()\n}", "loom-core/src/id.rs:2: todo!"),
        (library, "unimplemented!(\"later\")", "id.rs:1: unimplemented!"),
        ("loom-core/tests/id.rs", "todo!()", "id.rs:1: todo!"),
        ("loom-core/tests/id.rs", "#[ignore]\nfn f() {}", "id.rs:1: #[ignore]"),
        ("xtask/src/main.rs", "dbg!(1)", "main.rs:1: dbg!"),
        (library, "println!(\"{x}\")", "id.rs:1: println!"),
        (library, "if x { eprintln!() }", "id.rs:1: eprintln!"),
        ("loom-testkit/src/lib.rs", "print!()", "lib.rs:1: print!"),
        (library, "x.unwrap()", "id.rs:1: .unwrap()"),
        ("loom-server/src/main.rs", "x\n    .unwrap()", "main.rs:2: .unwrap()"),
        (library, "#[cfg(test)]\nmod tests;\nfn f() { x.unwrap() }", "id.rs:3: .unwrap()"),
        (library, "#[cfg(test)]\nmod tests { {} }\nfn f() { x.unwrap() }", "id.rs:3: .unwrap()"),
        (library, "struct S {\n#[cfg(test)]\na: u8\n}\nx.unwrap();", "id.rs:5: .unwrap()"),
        (library, "let quote = '\"'; x.unwrap(); let quote = '\"';", "id.rs:1: .unwrap()"),
        (library, "fn f<'a>(x: &'a str) { x.unwrap() }", "id.rs:1: .unwrap()"),
        (library, "r#\"\"#; br\"\\\"; \"\\\"\"; /* /* */ */ x.unwrap()", "id.rs:1: .unwrap()"),
    ];
    for (path, text, expected) in rows {
        let verdict = verdict(path, text);
        assert!(verdict.contains(expected) && !verdict.contains("; "), "{text}: {verdict:?}");
    }
    let long = "\n".repeat(LINES_MAX + 1);
    assert_eq!(verdict(library, &long), "loom-core/src/id.rs: 501 lines, more than 500");
}

#[test]
fn what_the_rules_allow_passes() {
    let library = "loom-core/src/id.rs";
    let rows = [
        (library, "x.unwrap_or_default()"),
        (library, "/// x.unwrap()\n//! println!()\n// todo!()\n/* dbg!() /* x */ todo!() */"),
        (library, "let text = \"x.unwrap() \\\" todo!()\";"),
        (library, "let text = r#\"x.unwrap() \" todo!()\"#;"),
        (library, "let text = br\"x.unwrap() \\\";"),
        (library, "#[cfg(test)]\nmod tests {\n    fn f() { x.unwrap(); println!() }\n}"),
        (library, "#[cfg(test)]\nfn f() { x.unwrap() }\nfn g() {}"),
        (library, "not_todo!()"),
        ("loom-core/src/id/tests.rs", "x.unwrap(); println!()"),
        ("loom-core/tests/id.rs", "x.unwrap(); println!()"),
        ("loom-core/tests/id.rs", "#[ignore = \"needs a disk that can be filled\"]"),
        ("loom-runtime/examples/wallet.rs", "x.unwrap(); println!()"),
        ("loom-testkit/src/journal.rs", "x.unwrap()"),
        ("loom-server/src/main.rs", "println!()"),
        ("benches/src/main.rs", "println!(); x.unwrap()"),
        ("loom-core/src/id/type_name.rs", ""),
    ];
    for (path, text) in rows {
        assert_eq!(verdict(path, text), "", "{text}");
    }
    assert_eq!(verdict(library, &"\n".repeat(LINES_MAX)), "");
}
