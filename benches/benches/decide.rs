//! `decide` on ready facts: the thirteen checks alone, without any look-up.
//!
//! Stated limit: 25 ns.

mod support;

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use tokenward_benches::now;
use tokenward_core::decide::{
    Case, Credential, Facts, KnownToken, Listing, Namespace, OrgFacts, Repo, decide,
};
use tokenward_core::{
    Action, AuthorizationStatus, Permission, PermissionSet, Reason, ResourceType, Role, TokenKind,
    TokenPolicy,
};

const PRIVATE: Repo = Repo {
    listing: Listing::Listed,
    ..Repo::UNLISTED
};

fn token(kind: TokenKind, authorization: AuthorizationStatus) -> KnownToken {
    let fine_grained = kind.is_fine_grained();
    let grant = PermissionSet::of(&[Permission::RepoWrite]);
    KnownToken {
        kind,
        expires_at: Some(now().plus_days(30)),
        can_read_gated: false,
        global: PermissionSet::EMPTY,
        names_namespace: fine_grained,
        namespace_grant: PermissionSet::EMPTY,
        repo_grant: fine_grained.then_some(grant),
        authorization,
        exempt: false,
        revoked: false,
    }
}

fn facts(token: KnownToken, policy: TokenPolicy, repo: Repo) -> Facts {
    Facts {
        token: Credential::Known(token),
        namespace: Namespace::Org(OrgFacts {
            policy,
            has_groups: true,
            role: Some(Role::Write),
            group_role: repo.grouped.then_some(Role::Write),
            service_account: false,
        }),
        repo,
    }
}

/// What is asked, and the answer that it must have.
fn cases() -> [(&'static str, Facts, Action, Reason); 5] {
    use AuthorizationStatus::{Approved, Pending};
    use TokenPolicy::{Default, RequireApproval};
    let write = token(TokenKind::Write, Pending);
    let approved = token(TokenKind::FineGrained, Approved);
    let pending = token(TokenKind::FineGrained, Pending);
    let grouped = Repo {
        grouped: true,
        ..PRIVATE
    };
    let public = Repo {
        public: true,
        ..PRIVATE
    };
    [
        (
            "granted: a member's write token",
            facts(write, Default, PRIVATE),
            Action::RepoWrite,
            Reason::Granted,
        ),
        (
            "granted: an approved fine-grained token",
            facts(approved, RequireApproval, PRIVATE),
            Action::RepoWrite,
            Reason::Granted,
        ),
        (
            "granted: the same in a resource group",
            facts(approved, RequireApproval, grouped),
            Action::RepoWrite,
            Reason::Granted,
        ),
        (
            "denied: a pending fine-grained token",
            facts(pending, RequireApproval, PRIVATE),
            Action::RepoWrite,
            Reason::TokenPending,
        ),
        (
            "public: a repository that all may read",
            facts(write, Default, public),
            Action::RepoContentRead,
            Reason::Public,
        ),
    ]
}

fn bench(c: &mut Criterion<support::ProcessorTime>) {
    let mut group = c.benchmark_group("decide");
    for (name, facts, action, reason) in cases() {
        let case = Case {
            facts: &facts,
            action: Some(action),
            kind: ResourceType::Model,
            now: now(),
        };
        assert_eq!(decide(&case), reason, "{name}");
        group.bench_function(name, |b| b.iter(|| decide(black_box(&case))));
    }
    group.finish();
}

criterion_group! {
    name = benches;
    config = support::criterion();
    targets = bench
}
criterion_main!(benches);
