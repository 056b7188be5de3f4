//! Any sequence of commands → `apply` → a change or a refusal, with a small host around it.
//!
//! What must hold after every change is checked here. Whether a command is right to be refused is
//! for the engine's tests; nothing here decides.

#![no_main]

mod host;
mod step;
mod wish;

use std::collections::BTreeSet;

use libfuzzer_sys::fuzz_target;
use tokenward_core::{Change, Name, NoticeKind, Presented, Request, Resource, TokenId};

use crate::host::Host;
use crate::step::Step;
use crate::wish::ORGS;

/// Longer sequences only make a run slower.
const LONGEST: usize = 48;

fuzz_target!(|bytes: &[u8]| {
    let mut host = Host::new();
    let mut revoked = BTreeSet::new();
    for step in bytes.as_chunks().0.iter().take(LONGEST).map(Step::read) {
        host.wait(step.hours);
        let Ok(change) = host.apply(&step.actor(&host), &step.wish.command(&host)) else {
            continue;
        };
        check_change(&host, &change);
        host.commit(&change);
        revoked.extend(host.revoked());
        check_revoked(&host, &revoked);
        check_admins(&host);
    }
    check_index(&host);
});

/// Every organization that is touched moves by one generation and gets an entry that says so.
fn check_change(host: &Host, change: &Change) {
    let touched: Vec<(&Name, u64)> = change.generations().collect();
    let orgs: BTreeSet<&Name> = touched.iter().map(|(org, _)| *org).collect();
    assert_eq!(
        orgs.len(),
        touched.len(),
        "an organization is touched twice"
    );
    for (org, generation) in &touched {
        let before = host.world.generation(org.as_str()).unwrap_or(0);
        assert_eq!(*generation, before + 1);
        let entries = change.entries.iter().filter(|entry| entry.org == **org);
        assert!(entries.map(|entry| entry.generation).eq([*generation]));
    }
    assert_eq!(change.entries.len(), touched.len());
    assert!(!change.is_empty() || change.notices.is_empty() && change.retired.is_empty());
    check_notices(change);
}

/// At most five administrators are told that one token waits.
fn check_notices(change: &Change) {
    for org in change.entries.iter().map(|entry| &entry.org) {
        let told = change.notices.iter().filter(|notice| {
            let asks = matches!(
                notice.kind,
                NoticeKind::ApprovalRequested | NoticeKind::ApprovalsNeeded
            );
            asks && notice.org.as_ref() == Some(org)
        });
        assert!(told.count() <= 5);
    }
}

/// What was ever revoked stays revoked, and reaches nothing of the organization.
fn check_revoked(host: &Host, revoked: &BTreeSet<(TokenId, Name)>) {
    let now: BTreeSet<(TokenId, Name)> = host.revoked().collect();
    for (id, org) in revoked.iter().filter(|(id, _)| host.has_token(*id)) {
        assert!(now.contains(&(*id, org.clone())), "a revocation was lifted");
        let resource = format!("org:{org}");
        let request = Request {
            token: Presented::Id(*id),
            action: "org.read",
            resource: Resource::parse(&resource).expect("it is an organization's name"),
            now: host.now,
        };
        assert!(!host.world.decide(&request).is_allowed());
    }
}

fn check_admins(host: &Host) {
    for org in ORGS {
        assert!(
            host.world.admin_count(org) > 0,
            "{org} has no administrator"
        );
    }
}

/// The index that followed every change answers like one that was loaded from the rows.
fn check_index(host: &Host) {
    let loaded = host.load();
    for id in host.token_ids() {
        for text in wish::resources() {
            let resource = Resource::parse(&text).expect("the list holds resources");
            for action in [
                "repo.content.read",
                "repo.write",
                "org.read",
                "org.tokens.write",
            ] {
                let token = Presented::Id(id);
                let request = Request {
                    token,
                    action,
                    resource,
                    now: host.now,
                };
                assert_eq!(
                    host.world.decide(&request),
                    loaded.decide(&request),
                    "{action} {text}"
                );
            }
        }
    }
}
