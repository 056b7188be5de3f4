//! Past its maximum age a snapshot refuses everything, before any check.

use tokenward_core::snapshot::{Stamp, bundle_document};
use tokenward_core::{Authorizer, Presented, Reason, Request, Resource, Who};

use crate::make::{SEED, acme, keys, parse, time};

fn authorizer() -> Authorizer {
    let stamp = Stamp {
        revision: 1,
        issued: time("2026-03-01T12:00:00Z"),
        expires: time("2026-03-01T12:10:00Z"),
    };
    let bundle = bundle_document(&parse(&acme()), &stamp, &SEED).expect("it is valid");
    Authorizer::from_snapshot(bundle, &keys(), stamp.issued).expect("it is valid")
}

fn request(at: &str) -> Request<'static> {
    Request {
        token: Presented::Nothing,
        action: "repo.fly",
        resource: Resource::parse("model:acme/open").expect("a resource"),
        now: time(at),
    }
}

#[test]
fn a_stale_snapshot_refuses_everything_and_says_how_old_it_is() {
    let authorizer = authorizer();
    let reason = |at| authorizer.decide(&request(at)).reason;
    assert_eq!(reason("2026-03-01T12:09:59.999Z"), Reason::MissingToken);
    let stale = authorizer.decide(&request("2026-03-01T12:10:30Z"));
    assert_eq!((stale.reason, stale.status), (Reason::SnapshotStale, 503));
    assert_eq!(stale.generation, Some(42));
    let message = stale.message.as_deref().expect("a denial has a message");
    assert!(message.contains("630 seconds old"), "{message}");
    assert!(message.contains("at most 600 seconds"), "{message}");
    assert_eq!(
        stale.remedy.as_ref().map(|remedy| remedy.who),
        Some(Who::Nobody)
    );
    let explained = authorizer.explain(&request("2026-03-01T12:10:30Z"));
    assert_eq!(explained.decision, stale);
    assert_eq!(explained.checks.len(), 13);
    assert!(explained.checks.iter().all(|check| check.outcome == "skip"));
}

#[test]
fn a_host_can_lower_the_maximum_age_and_not_raise_it() {
    let reason = |age, at| {
        authorizer()
            .with_maximum_age(age)
            .decide(&request(at))
            .reason
    };
    assert_eq!(
        reason(60_000, "2026-03-01T12:00:59.999Z"),
        Reason::MissingToken
    );
    assert_eq!(
        reason(60_000, "2026-03-01T12:01:00Z"),
        Reason::SnapshotStale
    );
    assert_eq!(
        reason(u64::MAX, "2026-03-01T12:10:00Z"),
        Reason::SnapshotStale
    );
    assert_eq!(reason(0, "2026-03-01T12:00:00Z"), Reason::SnapshotStale);
}
