use super::*;

#[test]
fn what_is_told_among_other_output_is_told_of_each_adapter_once() {
    let line =
        |package, module, told| format!("guarantee loom-adapter-{package} {module} {told}\n");
    let printed = [
        "Redis at redis://127.0.0.1:1: processes of this machine\n".to_owned(),
        line("redis", "redis::conformance::tls::journal", "8388608 none"),
        line("redis", "redis::conformance::standalone::journal", "8388608 none"),
        line("cosmos", "cosmos::journal::alone", "1024 two words"),
        line("cosmos", "cosmos::journal::in_turns", "1024 two words"),
        "guarantee loom-adapter-cosmos\n".to_owned(),
    ];
    let told = told(&printed.concat());
    let told = told.iter().map(|told| (told.adapter.name, told.turn_bytes_max, &*told.durability));
    let expected = [
        ("redis standalone", 8_388_608, "none"),
        ("redis tls", 8_388_608, "none"),
        ("cosmos", 1024, "two words"),
    ];
    assert_eq!(told.collect::<Vec<_>>(), expected);
}

#[test]
fn what_can_be_chosen_is_what_the_enumeration_says() {
    let source = "pub enum Durability {\n    /// The death of the process: now. Not more.\n    #[default]\n    AofSynced,\n    /// So many\n    /// have it.\n    Replicas(u8),\n}\n";
    let choices = choices(source);
    let choices = choices.iter().map(|choice| (&*choice.name, &*choice.survives));
    let expected = [("aof-synced", "The death of the process"), ("replicas(n)", "So many have it")];
    assert_eq!(choices.collect::<Vec<_>>(), expected);
}
