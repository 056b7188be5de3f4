//! Whether two indexes answer every question alike: they cannot be compared themselves.

use tokenward_core::{
    Action, Audience, Name, Presented, Request, Resource, Thresholds, TokenPolicy, World,
};

use crate::generate::{ORGS, REPOSITORIES, USERS};
use crate::host::Host;

/// Compares the index of a host with another one that was made otherwise.
pub(crate) fn assert_same(host: &Host, other: &World) {
    for id in host.rows.tokens.keys() {
        assert_eq!(host.world.owner(*id), other.owner(*id));
        for resource in resources() {
            compare(host, other, Presented::Id(*id), &resource);
        }
        for org in ORGS {
            assert_eq!(host.world.admit(*id, org), other.admit(*id, org));
            assert_eq!(host.world.badge(org, *id), other.badge(org, *id));
            assert_eq!(host.world.is_shown(org, *id), other.is_shown(org, *id));
        }
    }
    resources()
        .iter()
        .for_each(|resource| compare(host, other, Presented::Nothing, resource));
    ORGS.iter().for_each(|org| compare_org(host, other, org));
    USERS
        .iter()
        .for_each(|user| compare_user(&host.world, other, user));
}

fn resources() -> Vec<String> {
    let orgs = ORGS
        .iter()
        .flat_map(|org| [format!("org:{org}"), format!("model:{org}/new")]);
    let own = ["user:bob".to_owned(), "model:bob/x".to_owned()];
    let listed = REPOSITORIES.iter().map(ToString::to_string);
    orgs.chain(own).chain(listed).collect()
}

fn compare(host: &Host, other: &World, token: Presented<'_>, resource: &str) {
    for action in Action::ALL {
        let request = Request {
            token,
            action: action.as_str(),
            resource: Resource::parse(resource).expect("it is a resource"),
            now: host.now,
        };
        assert_eq!(
            host.world.decide(&request),
            other.decide(&request),
            "{resource}"
        );
        if matches!(action, Action::RepoWrite | Action::OrgTokensWrite) {
            for audience in [Audience::Insider, Audience::Owner] {
                let explained = host.world.explain(&request, audience);
                assert_eq!(explained, other.explain(&request, audience));
            }
        }
    }
}

fn compare_org(host: &Host, other: &World, org: &str) {
    let world = &host.world;
    assert_eq!(world.organization(org), other.organization(org));
    assert_eq!(world.members(org), other.members(org));
    assert_eq!(world.service_accounts(org), other.service_accounts(org));
    assert_eq!(world.repositories(org), other.repositories(org));
    assert_eq!(world.admins_to_tell(org), other.admins_to_tell(org));
    assert_eq!(sorted(world.groups(org)), sorted(other.groups(org)));
    assert_eq!(
        sorted(world.tokens_naming(org)),
        sorted(other.tokens_naming(org))
    );
    for policy in TokenPolicy::ALL {
        let (mut here, mut there) = (world.preview(org, policy), other.preview(org, policy));
        here.tokens.sort_by_key(|token| token.id);
        there.tokens.sort_by_key(|token| token.id);
        assert_eq!(here, there);
    }
    let findings = |world: &World| {
        let mut findings = world.findings(org, host.now, &Thresholds::default());
        findings.sort_by_key(|finding| finding.token);
        findings
    };
    assert_eq!(findings(world), findings(other));
}

fn compare_user(world: &World, other: &World, user: &str) {
    assert_eq!(sorted(world.tokens_of(user)), sorted(other.tokens_of(user)));
    let orgs = |world: &World| -> Vec<Name> {
        let names = world.orgs_of(user).map(crate::build::name);
        sorted(names.collect())
    };
    assert_eq!(orgs(world), orgs(other));
}

fn sorted<T: SortKey>(mut list: Vec<T>) -> Vec<T> {
    list.sort_by_key(SortKey::key);
    list
}

/// What a list without an order of its own is sorted by.
trait SortKey {
    fn key(&self) -> String;
}

impl SortKey for Name {
    fn key(&self) -> String {
        self.to_string()
    }
}

impl SortKey for tokenward_core::TokenId {
    fn key(&self) -> String {
        self.to_string()
    }
}

impl SortKey for (tokenward_core::GroupName, Vec<tokenward_core::Member>) {
    fn key(&self) -> String {
        self.0.to_string()
    }
}
