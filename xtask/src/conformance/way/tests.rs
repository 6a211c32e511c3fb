use super::*;
use crate::conformance::adapters::Adapter;
use crate::conformance::ports::Port;

#[test]
fn what_a_way_cannot_show_it_says() {
    let shows = |adapter| {
        let adapter = Adapter::named(adapter).expect("there is such an adapter");
        Shows::Case(Port::named("state").expect("there is such a port"), adapter)
    };
    let rows = [
        (Way::Processes, "memory", "", None),
        (Way::Containers, "memory", "", Some("needs no server")),
        (Way::Processes, "redis quorum", "", None),
        (Way::Address, "redis quorum", "", Some("starts and ends servers of its own")),
        (Way::Processes, "redis tls", "LOOM_TEST_REDIS_TLS_URL", None),
        (Way::Address, "redis tls", "LOOM_TEST_REDIS_TLS_URL", None),
        (
            Way::Address,
            "redis tls",
            "LOOM_TEST_REDIS_URL",
            Some("LOOM_TEST_REDIS_TLS_URL is not set"),
        ),
        (Way::Processes, "azure-blob", "", Some("not installed")),
        (Way::Processes, "cosmos", "", None),
        (Way::Containers, "cosmos", "", Some("no image")),
    ];
    for (way, adapter, set, expected) in rows {
        let why = way.why_not(shows(adapter), &|name| name == set);
        assert_eq!(why.as_deref(), expected, "{} {adapter} {set}", way.name());
    }
}
