//! What the server knows without asking the database: the index, who administers the site, and
//! the hubs' credentials. It follows the store's journal.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex};

use tokenward_core::snapshot::SnapshotWriter;
use tokenward_core::{Name, Row, TokenDigest, TokenId, World};

use crate::snapshots;
use crate::store::{HubCredential, JournalEntry, Recorded, Store, StoreError};

/// The state that decisions are made from.
#[derive(Default)]
pub struct Memory {
    /// Organizations, users and tokens.
    pub world: World,
    /// The users who administer the site, but for suspended ones.
    pub site_admins: HashSet<Name>,
    /// The suspended ones.
    pub suspended_admins: HashSet<Name>,
    /// The credentials of hubs.
    pub hubs: HashMap<TokenDigest, TokenId>,
    /// The writers of the snapshots that somebody follows.
    pub writers: HashMap<Name, Arc<Mutex<SnapshotWriter>>>,
    /// The number of the newest change that is in here.
    pub seq: u64,
}

impl Memory {
    /// Everything that the store has.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn load(store: &Store) -> Result<Self, StoreError> {
        let mut memory = Self::default();
        let tokens = store.token_count().await?;
        memory
            .world
            .reserve(usize::try_from(tokens).unwrap_or_default());
        memory.seq = store.load(|row| memory.apply(&row)).await?;
        for hub in store.hub_credentials().await? {
            memory.hubs.insert(hub.digest, hub.id);
        }
        Ok(memory)
    }

    /// Follows one committed change.
    pub fn follow(&mut self, entry: &JournalEntry) {
        match &entry.recorded {
            Recorded::Rows(rows) => {
                self.touch(rows);
                rows.iter().for_each(|row| self.apply(row));
                self.touch(rows);
            }
            Recorded::HubCredential(HubCredential { digest, id, .. }) => {
                self.hubs.insert(*digest, *id);
            }
        }
        self.seq = entry.seq;
    }

    /// Tells the writers what rows are about, before and after they are applied.
    fn touch(&self, rows: &[Row]) {
        for writer in self.writers.values() {
            snapshots::lock(writer).touch(&self.world, rows);
        }
    }

    /// Follows one row.
    pub fn apply(&mut self, row: &Row) {
        if let Row::User(user) = row {
            self.site_admins.remove(&user.name);
            self.suspended_admins.remove(&user.name);
            let admins = match user.suspended {
                true => &mut self.suspended_admins,
                false => &mut self.site_admins,
            };
            if user.site_admin {
                admins.insert(user.name.clone());
            }
        }
        self.world.apply(row);
    }
}
