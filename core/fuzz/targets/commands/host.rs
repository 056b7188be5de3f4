//! A host in memory: it keeps the rows, hands `apply` what it asks for, and commits changes.
//!
//! It checks nothing. A real host adds a database, a clock and randomness.

use std::collections::{BTreeMap, BTreeSet};

use tokenward_core::{
    Actor, Change, Command, Details, Member, Name, Organization, Plan, Refusal, Role, Row,
    Standing, Timestamp, Token, TokenDigest, TokenId, TokenPolicy, User, World, apply,
};

use crate::wish::{ORGS, USERS, name};

/// The world, and the rows that it was made from.
pub struct Host {
    /// The index.
    pub world: World,
    /// The time.
    pub now: Timestamp,
    rows: BTreeMap<(u8, String), Row>,
    tokens: BTreeMap<TokenId, Token>,
    standings: BTreeMap<(TokenId, Name), Standing>,
    users: BTreeMap<Name, User>,
    made: u32,
}

impl Host {
    /// Some users and two organizations, in which the first user is the administrator.
    pub fn new() -> Self {
        let mut host = Self {
            world: World::default(),
            now: Timestamp::from_millis(1_780_000_000_000),
            rows: BTreeMap::new(),
            tokens: BTreeMap::new(),
            standings: BTreeMap::new(),
            users: BTreeMap::new(),
            made: 0,
        };
        let users = USERS.iter().map(|user| Row::User(host.user(user)));
        let rows: Vec<Row> = users
            .chain(ORGS.iter().flat_map(|org| organization(org)))
            .collect();
        host.put(&rows);
        host
    }

    /// Lets time pass.
    pub fn wait(&mut self, hours: u8) {
        let millis = i64::from(hours) * 3_600_000;
        self.now = Timestamp::from_millis(self.now.as_millis() + millis);
    }

    /// What a command would change.
    pub fn apply(&self, actor: &Actor, command: &Command) -> Result<Change, Refusal> {
        let ids: BTreeSet<TokenId> = command.tokens(&self.world).into_iter().collect();
        let standings = self
            .standings
            .iter()
            .filter(|((id, _), _)| ids.contains(id));
        let name_taken = command.new_name().is_some_and(|name| {
            ORGS.iter()
                .chain(&USERS)
                .any(|taken| taken.eq_ignore_ascii_case(name.as_str()))
        });
        let details = Details {
            tokens: ids
                .iter()
                .filter_map(|id| self.tokens.get(id).cloned())
                .collect(),
            standings: standings
                .map(|((id, org), standing)| (*id, org.clone(), standing.clone()))
                .collect(),
            user: command
                .user()
                .and_then(|name| self.users.get(name).cloned()),
            name_taken,
        };
        apply(&self.world, &details, actor, command, self.now)
    }

    /// Writes a change.
    pub fn commit(&mut self, change: &Change) {
        self.made += 1;
        self.put(&change.rows);
    }

    /// A new world from the rows.
    pub fn load(&self) -> World {
        let mut world = World::default();
        self.rows.values().for_each(|row| world.apply(row));
        world
    }

    /// Tokens and the organizations in which they are revoked.
    pub fn revoked(&self) -> impl Iterator<Item = (TokenId, Name)> {
        let revoked = self
            .standings
            .iter()
            .filter(|(_, standing)| standing.revoked.is_some());
        revoked.map(|(key, _)| key.clone())
    }

    /// Whether a token is there.
    pub fn has_token(&self, id: TokenId) -> bool {
        self.tokens.contains_key(&id)
    }

    /// All tokens.
    pub fn token_ids(&self) -> impl Iterator<Item = TokenId> {
        self.tokens.keys().copied()
    }

    /// Some token: this one of those that are there, or one that never was.
    pub fn token(&self, number: u8) -> TokenId {
        let at = usize::from(number) % (self.tokens.len() + 1);
        self.tokens
            .keys()
            .nth(at)
            .copied()
            .unwrap_or(TokenId::from_bytes([0xff; 12]))
    }

    /// The row of a token.
    pub fn token_row(&self, id: TokenId) -> Option<&Token> {
        self.tokens.get(&id)
    }

    /// An id and a digest that no token has had.
    pub fn fresh(&self) -> (TokenId, TokenDigest) {
        let mut id = [0; 12];
        id[..4].copy_from_slice(&self.made.to_be_bytes());
        (TokenId::from_bytes(id), TokenDigest::of(&id))
    }

    fn put(&mut self, rows: &[Row]) {
        for row in rows {
            self.world.apply(row);
            self.keep(row);
        }
    }

    fn keep(&mut self, row: &Row) {
        match row {
            Row::User(user) => drop(self.users.insert(user.name.clone(), user.clone())),
            Row::Token(token) => drop(self.tokens.insert(token.id, token.clone())),
            Row::TokenGone { id } => {
                self.tokens.remove(id);
                self.standings.retain(|(token, _), _| token != id);
                let gone = id.to_string();
                self.rows.retain(|(_, key), _| !key.starts_with(&gone));
            }
            Row::Standing {
                token,
                org,
                standing,
            } => {
                self.standings
                    .insert((*token, org.clone()), standing.clone());
            }
            _ => {}
        }
        match (key(row), is_there(row)) {
            (key, true) => drop(self.rows.insert(key, row.clone())),
            (key, false) => drop(self.rows.remove(&key)),
        }
    }

    fn user(&self, user: &str) -> User {
        User {
            id: String::new(),
            name: name(user),
            fullname: None,
            email: Some(format!("{user}@example.org")),
            email_confirmed: true,
            suspended: false,
            site_admin: false,
            created_at: self.now,
        }
    }
}

fn organization(org: &str) -> [Row; 2] {
    let organization = Organization {
        name: name(org),
        plan: Plan::Enterprise,
        token_policy: TokenPolicy::Default,
    };
    let admin = Member {
        user: name(USERS[0]),
        role: Role::Admin,
    };
    [
        Row::Organization {
            organization,
            generation: 1,
        },
        Row::Member {
            org: name(org),
            user: admin.user,
            role: Some(admin.role),
        },
    ]
}

/// Where a row stands: what it refers to stands before it.
fn key(row: &Row) -> (u8, String) {
    match row {
        Row::User(user) => (0, user.name.to_string()),
        Row::Organization { organization, .. } => (1, organization.name.to_string()),
        Row::ServiceAccount { org, name } => (2, format!("{org} {name}")),
        Row::Member { org, user, .. } => (3, format!("{org} {user}")),
        Row::Group { org, name, .. } => (4, format!("{org} {name}")),
        Row::Repository(listed) => (5, format!("{}:{}", listed.r#type, listed.name)),
        Row::RepositoryGone { resource } => {
            let resource = resource.borrow();
            (5, format!("{}:{}", resource.kind(), resource.name()))
        }
        Row::Token(token) => (6, token.id.to_string()),
        Row::TokenGone { id } => (6, id.to_string()),
        Row::Standing { token, org, .. } => (7, format!("{token} {org}")),
        Row::EdgeCredential(edge) => (8, format!("{} {}", edge.org, edge.name)),
        Row::EdgeCredentialGone { org, name } => (8, format!("{org} {name}")),
    }
}

fn is_there(row: &Row) -> bool {
    match row {
        Row::Member { role, .. } => role.is_some(),
        Row::Group { members, .. } => members.is_some(),
        Row::RepositoryGone { .. } | Row::TokenGone { .. } | Row::EdgeCredentialGone { .. } => {
            false
        }
        Row::User(_)
        | Row::Organization { .. }
        | Row::ServiceAccount { .. }
        | Row::Repository(_)
        | Row::Token(_)
        | Row::Standing { .. }
        | Row::EdgeCredential(_) => true,
    }
}
