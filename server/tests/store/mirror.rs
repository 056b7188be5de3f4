//! The simplest index there is: rows by what they are about. What a journal and a load must agree on.

use std::collections::BTreeMap;

use tokenward_core::{Row, Standing, TokenId};
use tokenward_server::store::{JournalEntry, Recorded, Store};

/// Rows by what they are about.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Mirror(BTreeMap<String, Row>);

impl Mirror {
    /// What the store would give a server that starts now, and the change that it is up to.
    pub(crate) async fn load(store: &Store) -> (Self, u64) {
        let mut mirror = Self::default();
        let seq = store
            .load(|row| mirror.apply(row))
            .await
            .expect("the world loads");
        (mirror, seq)
    }

    pub(crate) fn follow(&mut self, entries: Vec<JournalEntry>) {
        for entry in entries {
            match entry.recorded {
                Recorded::Rows(rows) => rows.into_iter().for_each(|row| self.apply(row)),
                Recorded::HubCredential(_) => {}
            }
        }
    }

    pub(crate) fn apply(&mut self, row: Row) {
        let key = key(&row);
        match &row {
            Row::TokenGone { id } => self.forget_token(*id),
            Row::RepositoryGone { .. }
            | Row::EdgeCredentialGone { .. }
            | Row::Member { role: None, .. }
            | Row::Group { members: None, .. } => {
                self.0.remove(&key);
            }
            Row::Standing { standing, .. } if *standing == Standing::default() => {
                self.0.remove(&key);
            }
            Row::User(_)
            | Row::Organization { .. }
            | Row::ServiceAccount { .. }
            | Row::Member { .. }
            | Row::Group { .. }
            | Row::Repository(_)
            | Row::Token(_)
            | Row::Standing { .. }
            | Row::EdgeCredential(_) => {
                self.0.insert(key, row);
            }
        }
    }

    pub(crate) fn holds(&self, row: &Row) -> bool {
        self.0.get(&key(row)) == Some(row)
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    fn forget_token(&mut self, id: TokenId) {
        self.0.remove(&format!("token {id}"));
        self.0
            .retain(|key, _| !key.starts_with(&format!("standing {id} ")));
    }
}

fn key(row: &Row) -> String {
    match row {
        Row::User(user) => format!("user {}", user.name),
        Row::Organization { organization, .. } => format!("organization {}", organization.name),
        Row::ServiceAccount { name, .. } => format!("service account {name}"),
        Row::Member { org, user, .. } => format!("member {org} {user}"),
        Row::Group { org, name, .. } => format!("group {org} {name}"),
        Row::Repository(repository) => {
            format!("repository {} {}", repository.r#type, repository.name)
        }
        Row::RepositoryGone { resource } => {
            let resource = resource.borrow();
            format!("repository {} {}", resource.kind(), resource.name())
        }
        Row::Token(token) => format!("token {}", token.id),
        Row::TokenGone { id } => format!("token {id}"),
        Row::Standing { token, org, .. } => format!("standing {token} {org}"),
        Row::EdgeCredential(edge) => format!("edge {} {}", edge.org, edge.name),
        Row::EdgeCredentialGone { org, name } => format!("edge {org} {name}"),
    }
}
