//! How long another host is kept away.

use std::time::Duration;

use loom_core::{HostId, Seq, Timestamp};
use loom_ports::{ErrorKind, TenureClaim, Turn};
use tempfile::tempdir;

use crate::scene::{Owner, PARTITION, open, run, turn};

async fn claim_by_another(owner: &Owner) -> TenureClaim {
    let (host, lease) = (HostId::parse("another").unwrap(), Duration::from_mins(1));
    owner.journal.claim(PARTITION, &host, lease, Timestamp::EPOCH, None).await.unwrap()
}

#[test]
fn a_request_that_fails_does_not_end_a_lease() {
    let dir = tempdir().unwrap();
    let stores = open(dir.path()).unwrap();
    run(async {
        let owner = Owner::of(&stores).await;
        let invalid = Turn { trim_before: Some(Seq(9)), ..turn(1, 1, 10) };
        assert_eq!(owner.commit(&[invalid]).await.unwrap_err().kind(), ErrorKind::Invalid);
        let claim = claim_by_another(&owner).await;
        assert!(matches!(claim, TenureClaim::Held { .. }), "{claim:?}");
    });
}

#[test]
fn a_lease_does_not_outlive_the_process_that_had_the_directory() {
    let dir = tempdir().unwrap();
    let stores = open(dir.path()).unwrap();
    let tenure = run(Owner::of(&stores)).tenure;
    drop(stores);

    let journal = open(dir.path()).unwrap().journal();
    let owner = Owner { journal, tenure };
    run(async {
        // The tenure does, until it is taken.
        owner.grow(1, 1, 10).await;
        let claim = claim_by_another(&owner).await;
        assert!(matches!(claim, TenureClaim::Granted(_)), "{claim:?}");
    });
}
