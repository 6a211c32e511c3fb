use super::super::mend::Believed;
use super::{Lease, Memory};

/// Leases as `name proposal token released until`.
fn leases(written: &[&str]) -> Vec<Lease> {
    let lease = |written: &&str| {
        let parts: Vec<_> = written.split(' ').collect();
        let number = |n: usize| parts[n].parse().expect("a number");
        let whose = (parts[1].into(), number(2));
        Lease { name: parts[0].into(), whose, released: number(3), until: number(4) }
    };
    written.iter().map(lease).collect()
}

#[test]
fn a_server_is_told_what_may_be_held() {
    use Believed::{All, Majority};
    let rows: [(_, _, &[&[&str]], &[&str]); _] = [
        (Majority, 3, &[&[], &[]], &[]),
        // One of two remembers it, and the third, who forgot, may have been the other.
        (Majority, 3, &[&["a p 5 0 90"], &[]], &["a p 5 0 90"]),
        // One of four remembers it: it was never held by three.
        (Majority, 5, &[&["a p 5 0 90"], &[], &[], &[]], &[]),
        (Majority, 5, &[&["a p 5 0 90"], &["a p 5 4 80"], &[], &[]], &["a p 5 4 90"]),
        // One missed that it was released, or that it was, and is now another's.
        (Majority, 3, &[&["a p 5 0 90"], &["a - 0 5 80"]], &["a - 0 5 90"]),
        (Majority, 3, &[&["a p 5 0 90"], &["a q 6 5 80"]], &["a q 6 5 80"]),
        (
            Majority,
            3,
            &[&["a p 5 0 90", "b r 7 0 10"], &["a q 6 0 80"]],
            &["a ? 1 0 90", "b r 7 0 10"],
        ),
        (Majority, 3, &[&["a ? 1 3 90"], &["a - 0 4 80"]], &["a ? 1 4 90"]),
        (All, 3, &[&["a p 5 0 90"], &["a q 6 0 80"], &[]], &["a q 6 0 90"]),
    ];
    for (believed, nodes, told, expected) in rows {
        let told: Vec<_> = (10..).zip(told.iter().map(|written| leases(written))).collect();
        let token = 9 + told.len() as u64;
        let memory = Memory::of(told, believed, nodes);
        assert_eq!(memory, Memory { token, leases: leases(expected) });
    }
}
