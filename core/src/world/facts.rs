//! From a request to its facts: the only lookups that a decision costs.

use super::World;
use super::names::{Holder, NameId};
use super::orgs::{OrgEntry, StandingEntry};
use super::tokens::TokenEntry;
use crate::decide::{Credential, Facts, KnownToken, Listing, Namespace, OrgFacts, Repo};
use crate::decision::{Presented, Request};
use crate::permission::PermissionSet;
use crate::policy::TokenPolicy;
use crate::resource::{Resource, ResourceType};
use crate::role::Role;
use crate::secret::Form;

impl World {
    /// The facts of a request, and the place of its token.
    pub(super) fn facts(&self, request: &Request<'_>) -> (Facts, Option<u32>) {
        let place = match request.token {
            Presented::Nothing => return (self.facts_without(Credential::Missing, request), None),
            Presented::Secret(secret) => match secret.form() {
                Form::Organization => {
                    return (self.facts_without(Credential::Organization, request), None);
                }
                Form::Impossible => {
                    return (self.facts_without(Credential::Impossible, request), None);
                }
                Form::Possible => self.place(request.token),
            },
            Presented::Id(_) => self.place(request.token),
        };
        match place.and_then(|at| Some((at, self.tokens.get(at)?))) {
            Some((at, token)) => (self.facts_with(at, token, &request.resource), Some(at)),
            None => (self.facts_without(Credential::Unknown, request), None),
        }
    }

    /// Without a token only the repository can matter.
    fn facts_without(&self, token: Credential, request: &Request<'_>) -> Facts {
        let resource = &request.resource;
        let org = self.org(resource.namespace());
        let repo = org.map_or(Repo::UNLISTED, |org| repo_facts(org, resource, None).0);
        Facts {
            token,
            namespace: Namespace::Foreign,
            repo,
        }
    }

    fn facts_with(&self, at: u32, token: &TokenEntry, resource: &Resource<'_>) -> Facts {
        let Some(name) = self.names.find(resource.namespace()) else {
            let known = known_token(token, None, resource, StandingEntry::NEW, false);
            return Facts {
                token: known,
                namespace: Namespace::Foreign,
                repo: Repo::UNLISTED,
            };
        };
        let kind = resource.kind();
        match self.names.holder(name) {
            Holder::Org(place) if kind != ResourceType::User => {
                let Some(org) = self.orgs.get(place as usize) else {
                    return Facts {
                        token: Credential::Unknown,
                        namespace: Namespace::Foreign,
                        repo: Repo::UNLISTED,
                    };
                };
                let (repo, group) = repo_facts(org, resource, Some(token.owner));
                let group_role = group.and_then(|group| org.group_role(group, token.owner));
                let role = self.names.role_in(token.owner, place);
                let (facts, account) = self.org_view(token.owner, org, role, org.policy);
                let namespace = Namespace::Org(OrgFacts {
                    group_role,
                    ..facts
                });
                let standing = org.standing(at);
                let exempt = account || token.exchanged;
                let known = known_token(token, Some(name), resource, standing, exempt);
                Facts {
                    token: known,
                    namespace,
                    repo,
                }
            }
            Holder::User { .. } if kind != ResourceType::Org && name == token.owner => Facts {
                token: known_token(token, Some(name), resource, StandingEntry::NEW, false),
                namespace: Namespace::Own,
                repo: Repo::UNLISTED,
            },
            Holder::Org(_) | Holder::User { .. } | Holder::ServiceAccount(_) => Facts {
                token: known_token(token, Some(name), resource, StandingEntry::NEW, false),
                namespace: Namespace::Foreign,
                repo: Repo::UNLISTED,
            },
        }
    }

    /// The facts for what an organization as a whole says to a token.
    pub(super) fn org_facts(&self, at: u32, org: &OrgEntry, policy: TokenPolicy) -> Facts {
        let Some(token) = self.tokens.get(at) else {
            let token = Credential::Unknown;
            return Facts {
                token,
                namespace: Namespace::Foreign,
                repo: Repo::UNLISTED,
            };
        };
        let role = org.members.get(&token.owner).copied();
        let (facts, account) = self.org_view(token.owner, org, role, policy);
        let group_role = org.best_group_role(token.owner);
        let namespace = Namespace::Org(OrgFacts {
            group_role,
            ..facts
        });
        let exempt = account || token.exchanged;
        let mut known = plain_token(token, org.standing(at), exempt);
        known.names_namespace = token.names_org(org.name);
        Facts {
            token: Credential::Known(known),
            namespace,
            repo: Repo::UNLISTED,
        }
    }

    /// The organization as its members see it, but for resource groups; and whether this one is a
    /// service account of it.
    pub(super) fn org_view(
        &self,
        owner: NameId,
        org: &OrgEntry,
        role: Option<Role>,
        policy: TokenPolicy,
    ) -> (OrgFacts, bool) {
        let service_account = self.names.holder(owner) == Holder::ServiceAccount(org.name);
        let facts = OrgFacts {
            policy,
            has_groups: org.has_groups(),
            role,
            group_role: None,
            service_account,
        };
        (facts, service_account)
    }
}

impl OrgEntry {
    #[inline]
    pub(super) fn standing(&self, token: u32) -> StandingEntry {
        self.standings
            .get(&token)
            .copied()
            .unwrap_or(StandingEntry::NEW)
    }
}

/// The repository of a resource as this owner sees it, and its group.
fn repo_facts(
    org: &OrgEntry,
    resource: &Resource<'_>,
    owner: Option<NameId>,
) -> (Repo, Option<u32>) {
    let Some(name) = resource.repo() else {
        return (Repo::UNLISTED, None);
    };
    let (listing, entry) = org.repo(resource.kind(), name);
    let Some(entry) = entry else {
        return (
            Repo {
                listing,
                ..Repo::UNLISTED
            },
            None,
        );
    };
    let repo = Repo {
        listing: Listing::Listed,
        public: entry.public,
        gated: entry.gated,
        grouped: entry.group.is_some(),
        created: owner.is_some() && entry.created_by == owner,
        let_in: owner.is_some_and(|owner| entry.gated_users.binary_search(&owner).is_ok()),
    };
    (repo, entry.group)
}

fn plain_token(token: &TokenEntry, standing: StandingEntry, exempt: bool) -> KnownToken {
    KnownToken {
        kind: token.kind,
        expires_at: token.expires_at(),
        can_read_gated: token.can_read_gated,
        global: token.global,
        names_namespace: false,
        namespace_grant: PermissionSet::EMPTY,
        repo_grant: None,
        authorization: standing.status,
        exempt,
        revoked: standing.revoked,
    }
}

/// A token with its grants in one namespace. In an organization `user` entities do not count, in
/// a user's own namespace `org` entities do not.
fn known_token(
    token: &TokenEntry,
    namespace: Option<NameId>,
    resource: &Resource<'_>,
    standing: StandingEntry,
    exempt: bool,
) -> Credential {
    let mut known = plain_token(token, standing, exempt);
    let own = namespace == Some(token.owner);
    let holder = if own {
        ResourceType::User
    } else {
        ResourceType::Org
    };
    let here = token
        .grants
        .iter()
        .filter(|grant| Some(grant.namespace) == namespace);
    for grant in here.filter(|grant| grant.kind.is_repo() || grant.kind == holder) {
        known.names_namespace = true;
        if grant.kind == holder {
            known.namespace_grant = grant.permissions;
        } else if grant.kind == resource.kind() && resource.repo() == Some(grant.repo) {
            known.repo_grant = Some(grant.permissions);
        }
    }
    Credential::Known(known)
}
