//! The rows of a world as a store keeps them: each in place of the earlier one, or gone.
//!
//! It decides nothing. `all` gives them back in the order in which a store loads them.

use std::collections::{BTreeMap, BTreeSet};

use tokenward_core::{
    DocumentToken, EdgeCredential, EdgeName, GroupName, Member, Name, OrgDocument, Organization,
    Repository, ResourceGroup, ResourceName, Role, Row, ServiceAccount, Standing, Token, TokenId,
    User,
};

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Rows {
    pub(crate) users: BTreeMap<Name, User>,
    pub(crate) orgs: BTreeMap<Name, (Organization, u64)>,
    pub(crate) accounts: BTreeSet<(Name, Name)>,
    pub(crate) members: BTreeMap<(Name, Name), Role>,
    pub(crate) groups: BTreeMap<(Name, GroupName), Vec<Member>>,
    pub(crate) repositories: BTreeMap<ResourceName, Repository>,
    pub(crate) tokens: BTreeMap<TokenId, Token>,
    pub(crate) standings: BTreeMap<(TokenId, Name), Standing>,
    pub(crate) edges: BTreeMap<(Name, EdgeName), EdgeCredential>,
}

impl Rows {
    pub(crate) fn put(&mut self, row: &Row) {
        match row.clone() {
            Row::User(user) => put(&mut self.users, user.name.clone(), Some(user)),
            Row::Organization {
                organization,
                generation,
            } => {
                let name = organization.name.clone();
                put(&mut self.orgs, name, Some((organization, generation)));
            }
            Row::ServiceAccount { org, name } => {
                self.accounts.insert((org, name));
            }
            Row::Member { org, user, role } => put(&mut self.members, (org, user), role),
            Row::Group { org, name, members } => put(&mut self.groups, (org, name), members),
            Row::Repository(listed) => {
                let resource = listed.resource().expect("a listed repository has a name");
                put(
                    &mut self.repositories,
                    resource.to_owned(),
                    Some(listed.clone()),
                );
            }
            Row::RepositoryGone { resource } => put(&mut self.repositories, resource, None),
            Row::Token(token) => put(&mut self.tokens, token.id, Some(token)),
            Row::TokenGone { id } => {
                self.tokens.remove(&id);
                self.standings.retain(|(token, _), _| *token != id);
            }
            Row::Standing {
                token,
                org,
                standing,
            } => {
                let standing = (standing != Standing::default()).then_some(standing);
                put(&mut self.standings, (token, org), standing);
            }
            Row::EdgeCredential(edge) => {
                let key = (edge.org.clone(), edge.name.clone());
                put(&mut self.edges, key, Some(edge));
            }
            Row::EdgeCredentialGone { org, name } => put(&mut self.edges, (org, name), None),
        }
    }

    /// Every row, those that others refer to first.
    pub(crate) fn all(&self) -> Vec<Row> {
        let users = self.users.values().cloned().map(Row::User);
        let orgs = self
            .orgs
            .values()
            .map(|(organization, generation)| Row::Organization {
                organization: organization.clone(),
                generation: *generation,
            });
        let accounts = self
            .accounts
            .iter()
            .cloned()
            .map(|(org, name)| Row::ServiceAccount { org, name });
        let members = self.members.iter().map(|((org, user), role)| Row::Member {
            org: org.clone(),
            user: user.clone(),
            role: Some(*role),
        });
        let groups = self.groups.iter().map(|((org, name), members)| Row::Group {
            org: org.clone(),
            name: name.clone(),
            members: Some(members.clone()),
        });
        let repositories = self.repositories.values().cloned().map(Row::Repository);
        let tokens = self.tokens.values().cloned().map(Row::Token);
        let standings = self
            .standings
            .iter()
            .map(|((token, org), standing)| Row::Standing {
                token: *token,
                org: org.clone(),
                standing: standing.clone(),
            });
        let first = users.chain(orgs).chain(accounts).chain(members);
        first
            .chain(groups)
            .chain(repositories)
            .chain(tokens)
            .chain(standings)
            .chain(self.edges.values().cloned().map(Row::EdgeCredential))
            .collect()
    }

    pub(crate) fn standing(&self, id: TokenId, org: &Name) -> Standing {
        self.standings
            .get(&(id, org.clone()))
            .cloned()
            .unwrap_or_default()
    }

    /// The org document (contract §3.3), with every token that it may hold.
    pub(crate) fn document(&self, org: &Name) -> OrgDocument {
        let (organization, generation) = self.orgs[org].clone();
        let listed = self.repositories.values().filter(|listed| {
            let resource = listed.resource().expect("a listed repository has a name");
            resource.namespace() == org.as_str()
        });
        OrgDocument {
            format: tokenward_core::FORMAT.to_owned(),
            organization,
            generation,
            members: self.members_of(org),
            service_accounts: self
                .accounts
                .iter()
                .filter(|(of, _)| of == org)
                .map(|(_, name)| ServiceAccount { name: name.clone() })
                .collect(),
            resource_groups: self
                .groups
                .iter()
                .filter(|((of, _), _)| of == org)
                .map(|((_, name), members)| ResourceGroup {
                    name: name.clone(),
                    members: members.clone(),
                })
                .collect(),
            resources: listed.cloned().collect(),
            tokens: self.tokens_of(org),
        }
    }

    pub(crate) fn members_of(&self, org: &Name) -> Vec<Member> {
        let here = self.members.iter().filter(|((of, _), _)| of == org);
        here.map(|((_, user), role)| Member {
            user: user.clone(),
            role: *role,
        })
        .collect()
    }

    fn tokens_of(&self, org: &Name) -> Vec<DocumentToken> {
        let concerns = |token: &&Token| {
            let insider = self
                .members
                .contains_key(&(org.clone(), token.owner.clone()))
                || self.accounts.contains(&(org.clone(), token.owner.clone()));
            let let_in = self.repositories.values().any(|listed| {
                let resource = listed.resource().expect("a listed repository has a name");
                resource.namespace() == org.as_str() && listed.gated_users.contains(&token.owner)
            });
            let revoked = self.standing(token.id, org).revoked.is_some();
            insider || let_in || revoked || token.names_org(org.as_str())
        };
        self.tokens
            .values()
            .filter(concerns)
            .map(|token| DocumentToken::new(token.clone(), self.standing(token.id, org)))
            .collect()
    }
}

fn put<K: Ord, V>(rows: &mut BTreeMap<K, V>, key: K, value: Option<V>) {
    match value {
        Some(value) => rows.insert(key, value),
        None => rows.remove(&key),
    };
}
