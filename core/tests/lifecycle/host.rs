//! A host in memory: it gathers what `apply` asks for, and commits a change as a whole.
//!
//! It keeps everything that a change says, so that tests can ask. It permits every call: whether a
//! caller may call at all is for the server to check before.

use std::collections::{BTreeMap, BTreeSet};

use tokenward_core::{
    Actor, ActorToken, AuditEntry, Change, Command, Details, Name, Notice, Presented, Reason,
    Refusal, Request, Resource, RetiredDigest, Row, Standing, Timestamp, TokenId, Via, World,
    apply,
};

use crate::rows::Rows;

pub(crate) struct Host {
    pub(crate) rows: Rows,
    pub(crate) world: World,
    pub(crate) now: Timestamp,
    pub(crate) entries: BTreeMap<Name, Vec<AuditEntry>>,
    pub(crate) notices: Vec<Notice>,
    pub(crate) retired: Vec<RetiredDigest>,
    /// Every row ever written, in order.
    pub(crate) journal: Vec<Row>,
    taken: BTreeSet<String>,
}

impl Host {
    pub(crate) fn new() -> Self {
        Self {
            rows: Rows::default(),
            world: World::default(),
            now: Timestamp::from_millis(1_780_000_000_000),
            entries: BTreeMap::new(),
            notices: Vec::new(),
            retired: Vec::new(),
            journal: Vec::new(),
            taken: BTreeSet::new(),
        }
    }

    /// Carries a command out.
    pub(crate) fn run(&mut self, actor: &Actor, command: &Command) -> Result<Change, Refusal> {
        let change = self.ask(actor, command)?;
        change.rows.iter().for_each(|row| self.put(row));
        for entry in &change.entries {
            let log = self.entries.entry(entry.org.clone()).or_default();
            log.push(entry.clone());
        }
        self.notices.extend(change.notices.iter().cloned());
        self.retired.extend(change.retired.iter().cloned());
        Ok(change)
    }

    /// What a command would change.
    pub(crate) fn ask(&self, actor: &Actor, command: &Command) -> Result<Change, Refusal> {
        let details = self.details(command);
        apply(&self.world, &details, actor, command, self.now)
    }

    /// Writes a row that no command of this crate writes, or that a test starts from.
    pub(crate) fn put(&mut self, row: &Row) {
        match row {
            Row::User(user) => drop(self.taken.insert(user.name.key())),
            Row::Organization { organization, .. } => {
                self.taken.insert(organization.name.key());
            }
            Row::ServiceAccount { name, .. } => drop(self.taken.insert(name.key())),
            _ => {}
        }
        self.world.apply(row);
        self.rows.put(row);
        self.journal.push(row.clone());
    }

    /// Exactly what the command says that it needs, and no more.
    fn details(&self, command: &Command) -> Details {
        let ids = command.tokens(&self.world);
        let standings = self.rows.standings.iter();
        Details {
            tokens: ids
                .iter()
                .filter_map(|id| self.rows.tokens.get(id).cloned())
                .collect(),
            standings: standings
                .filter(|((id, _), _)| ids.contains(id))
                .map(|((id, org), standing)| (*id, org.clone(), standing.clone()))
                .collect(),
            user: command
                .user()
                .and_then(|name| self.rows.users.get(name).cloned()),
            name_taken: command
                .new_name()
                .is_some_and(|name| self.taken.contains(&name.key())),
        }
    }

    /// A caller that shows an access token.
    pub(crate) fn with(&self, id: TokenId) -> Actor {
        let token = &self.rows.tokens[&id];
        let shown = ActorToken {
            id,
            role: token.kind,
            last4: token.last4.clone(),
        };
        Actor {
            user: Some(token.owner.clone()),
            via: Via::Token(shown),
        }
    }

    pub(crate) fn standing(&self, id: TokenId, org: &str) -> Standing {
        let org = Name::parse(org).expect("it is a name");
        self.rows.standing(id, &org)
    }

    pub(crate) fn says(&self, id: TokenId, action: &str, resource: &str) -> Reason {
        self.says_at(id, action, resource, self.now)
    }

    pub(crate) fn says_at(
        &self,
        id: TokenId,
        action: &str,
        resource: &str,
        now: Timestamp,
    ) -> Reason {
        let request = Request {
            token: Presented::Id(id),
            action,
            resource: Resource::parse(resource).expect("it is a resource"),
            now,
        };
        self.world.decide(&request).reason
    }

    pub(crate) fn generation(&self, org: &str) -> u64 {
        self.world
            .generation(org)
            .expect("the organization is there")
    }
}
