//! The store: what is true, on disk.
//!
//! One SQL text (`sql/`) serves SQLite and PostgreSQL: it is compiled once for each, and
//! [`Store`] is whichever the address names. Every change goes through [`Store::begin`] and
//! [`Tx::commit`]; between the two nobody else writes, in this process or another, so that a change
//! is always made from the newest state.
//!
//! Nothing is decided here, and nothing is mailed: the store keeps rows, audit entries and notices,
//! and gives them back. It never sees a raw token.

#[macro_use]
mod lists;

mod error;
mod fields;
mod ids;
mod packed;
#[expect(
    clippy::duplicate_mod,
    reason = "one SQL text is compiled for each database"
)]
mod postgres;
mod reader;
mod records;
#[expect(
    clippy::duplicate_mod,
    reason = "one SQL text is compiled for each database"
)]
mod sqlite;

use sqlx::migrate::Migrator;
use tokenward_core::{
    Change, GroupName, Name, Row, Standing, Timestamp, Token, TokenDigest, TokenId, User,
};

pub use error::StoreError;
pub use ids::{audit_id, group_id, organization_id, resource_id, service_account_id};
pub use reader::Reader;
pub use records::{
    CLAIM_LASTS, HubCredential, JOURNAL_KEPT, JournalEntry, QueuedNotice, Receipt, Recorded,
    SnapshotKey, StoredEntry,
};

static MIGRATIONS: Migrator = sqlx::migrate!("./migrations");

/// The store, in whichever database the address names.
#[derive(Debug, Clone)]
pub enum Store {
    /// A file on this machine.
    Sqlite(sqlite::SqlStore),
    /// A PostgreSQL server.
    Postgres(postgres::SqlStore),
}

/// A change in the making. While it lives, nobody else can write; dropping it changes nothing.
#[derive(Debug)]
pub enum Tx {
    /// In a file on this machine.
    Sqlite(sqlite::SqlTx),
    /// On a PostgreSQL server.
    Postgres(postgres::SqlTx),
}

/// Calls the same method on whichever database it is.
macro_rules! either {
    ($kind:ident::$self:ident.$method:ident($($argument:expr),*)) => {
        match $self {
            $kind::Sqlite(inner) => inner.$method($($argument),*).await,
            $kind::Postgres(inner) => inner.$method($($argument),*).await,
        }
    };
}

impl Store {
    /// Opens `sqlite:PATH` or `postgres://…`, and makes the schema or brings it up to date.
    ///
    /// # Errors
    /// When the address is neither, or the database cannot be used.
    pub async fn open(address: &str) -> Result<Self, StoreError> {
        match address.split_once(':') {
            Some(("sqlite", path)) => {
                let path = path.strip_prefix("//").unwrap_or(path);
                sqlite::open(path).await.map(Self::Sqlite)
            }
            Some(("postgres" | "postgresql", rest)) if rest.starts_with("//") => {
                postgres::open(address).await.map(Self::Postgres)
            }
            // The address is not repeated: it may hold a password.
            _ => Err(StoreError::Other(
                "its address must be `sqlite:PATH` or `postgres://…`".into(),
            )),
        }
    }

    /// Begins a change: takes the write lock and the next number.
    ///
    /// # Errors
    /// When the database is unavailable, or others write for too long.
    pub async fn begin(&self) -> Result<Tx, StoreError> {
        Ok(match self {
            Self::Sqlite(store) => Tx::Sqlite(store.begin().await?),
            Self::Postgres(store) => Tx::Postgres(store.begin().await?),
        })
    }

    /// Hands over the whole world, in an order that an index can follow, and says which change it
    /// is up to. Hub credentials are asked for afterwards.
    ///
    /// # Errors
    /// When the database is unavailable or holds something unreadable.
    pub async fn load(&self, each: impl FnMut(Row) + Send) -> Result<u64, StoreError> {
        either!(Self::self.load(each))
    }

    /// How many tokens there are.
    ///
    /// # Errors
    /// When the database is unavailable.
    pub async fn token_count(&self) -> Result<u64, StoreError> {
        either!(Self::self.token_count())
    }

    /// The number of the newest change. Cheap: made to be asked several times a second.
    ///
    /// # Errors
    /// When the database is unavailable.
    pub async fn journal_head(&self) -> Result<u64, StoreError> {
        either!(Self::self.journal_head())
    }

    /// The changes after the one numbered `seen`, oldest first; nothing when the journal no longer
    /// reaches back so far, or never was so far: then everything has to be loaded again.
    ///
    /// # Errors
    /// When the database is unavailable or holds something unreadable.
    pub async fn journal_since(&self, seen: u64) -> Result<Option<Vec<JournalEntry>>, StoreError> {
        either!(Self::self.journal_since(seen))
    }

    /// The tokens with these ids, in the order asked; those that are gone are left out.
    ///
    /// # Errors
    /// When the database is unavailable or holds something unreadable.
    pub async fn tokens(&self, ids: &[TokenId]) -> Result<Vec<Token>, StoreError> {
        either!(Self::self.tokens(ids))
    }

    /// The tokens with these ids and what the organization thinks of each, in the order asked.
    ///
    /// # Errors
    /// When the database is unavailable or holds something unreadable.
    pub async fn token_page(
        &self,
        org: &Name,
        ids: &[TokenId],
    ) -> Result<Vec<(Token, Standing)>, StoreError> {
        either!(Self::self.token_page(org, ids))
    }

    /// The tokens of one owner, oldest first.
    ///
    /// # Errors
    /// When the database is unavailable or holds something unreadable.
    pub async fn tokens_of(&self, owner: &Name) -> Result<Vec<Token>, StoreError> {
        either!(Self::self.tokens_of(owner))
    }

    /// What organizations think of these tokens; those that think nothing are left out.
    ///
    /// # Errors
    /// When the database is unavailable or holds something unreadable.
    pub async fn standings_of(
        &self,
        tokens: &[TokenId],
    ) -> Result<Vec<(TokenId, Name, Standing)>, StoreError> {
        either!(Self::self.standings_of(tokens))
    }

    /// The users of these names, in the order asked; unknown names are left out.
    ///
    /// # Errors
    /// When the database is unavailable or holds something unreadable.
    pub async fn users(&self, names: &[Name]) -> Result<Vec<User>, StoreError> {
        either!(Self::self.users(names))
    }

    /// The newest entries of an organization's audit log, newest first.
    ///
    /// # Errors
    /// When the database is unavailable or holds something unreadable.
    pub async fn audit(&self, org: &Name, limit: u32) -> Result<Vec<StoredEntry>, StoreError> {
        either!(Self::self.audit(org, limit))
    }

    /// Notes when tokens were last used. Moves no generation and no journal, and lowers nothing: a
    /// use before the last rotation is no use of the token as it is now.
    ///
    /// # Errors
    /// When the database is unavailable.
    pub async fn touch(&self, used: &[(TokenId, Timestamp)]) -> Result<(), StoreError> {
        either!(Self::self.touch(used))
    }

    /// Keeps a hub's credential; servers that follow the journal learn of it.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when the id or digest is there already.
    pub async fn add_hub_credential(&self, credential: &HubCredential) -> Result<(), StoreError> {
        either!(Self::self.add_hub_credential(credential))
    }

    /// All credentials of hubs, oldest first.
    ///
    /// # Errors
    /// When the database is unavailable or holds something unreadable.
    pub async fn hub_credentials(&self) -> Result<Vec<HubCredential>, StoreError> {
        either!(Self::self.hub_credentials())
    }

    /// The keys that manifests are signed with, in the order in which they sign.
    ///
    /// # Errors
    /// When the database is unavailable or holds something unreadable.
    pub async fn snapshot_keys(&self) -> Result<Vec<SnapshotKey>, StoreError> {
        either!(Self::self.snapshot_keys())
    }

    /// Adds a key if there is none yet.
    ///
    /// # Errors
    /// When the database is unavailable or holds something unreadable.
    pub async fn add_first_key(&self, key: &SnapshotKey) -> Result<(), StoreError> {
        either!(Self::self.add_first_key(key))
    }

    /// Adds a key, withdraws the others at a time, and forgets those that are withdrawn by now.
    ///
    /// # Errors
    /// When the database is unavailable.
    pub async fn rotate_key(
        &self,
        key: &SnapshotKey,
        others_gone_from: Timestamp,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        either!(Self::self.rotate_key(key, others_gone_from, now))
    }

    /// Keeps what edges have reported, newer over older, and forgets those that were not heard of
    /// since `forget_before`. Moves no generation and no journal.
    ///
    /// # Errors
    /// When the database is unavailable.
    pub async fn put_receipts(
        &self,
        receipts: &[Receipt],
        forget_before: Timestamp,
    ) -> Result<(), StoreError> {
        either!(Self::self.put_receipts(receipts, forget_before))
    }

    /// What the edges of an organization have reported, by edge and instance.
    ///
    /// # Errors
    /// When the database is unavailable or holds something unreadable.
    pub async fn receipts(&self, org: &Name) -> Result<Vec<Receipt>, StoreError> {
        either!(Self::self.receipts(org))
    }

    /// Takes up to `most` notices that are due. Nobody else gets them for [`CLAIM_LASTS`]; then, if
    /// neither [`Store::done`] nor [`Store::failed`] was called, they are due again.
    ///
    /// # Errors
    /// When the database is unavailable or holds something unreadable.
    pub async fn claim(&self, most: u32, now: Timestamp) -> Result<Vec<QueuedNotice>, StoreError> {
        either!(Self::self.claim(most, now))
    }

    /// A claimed notice was delivered: it is forgotten.
    ///
    /// # Errors
    /// When the database is unavailable.
    pub async fn done(&self, notice: &str) -> Result<(), StoreError> {
        either!(Self::self.done(notice))
    }

    /// A claimed notice was not delivered: it is due again at `next_attempt`.
    ///
    /// # Errors
    /// When the database is unavailable.
    pub async fn failed(&self, notice: &str, next_attempt: Timestamp) -> Result<(), StoreError> {
        either!(Self::self.failed(notice, next_attempt))
    }

    /// The names and ids of an organization's resource groups.
    ///
    /// # Errors
    /// When the database is unavailable or holds something unreadable.
    pub async fn group_ids(&self, org: &Name) -> Result<Vec<(GroupName, String)>, StoreError> {
        either!(Self::self.group_ids(org))
    }
}

impl Tx {
    /// The number that this change will have.
    #[must_use]
    pub fn seq(&self) -> u64 {
        match self {
            Self::Sqlite(tx) => tx.seq(),
            Self::Postgres(tx) => tx.seq(),
        }
    }

    /// The changes after the one numbered `seen` and before this one; see [`Store::journal_since`].
    ///
    /// # Errors
    /// When the database is unavailable or holds something unreadable.
    pub async fn journal_since(
        &mut self,
        seen: u64,
    ) -> Result<Option<Vec<JournalEntry>>, StoreError> {
        either!(Self::self.journal_since(seen))
    }

    /// The tokens with these ids, in the order asked; those that are gone are left out.
    ///
    /// # Errors
    /// When the database is unavailable or holds something unreadable.
    pub async fn tokens(&mut self, ids: &[TokenId]) -> Result<Vec<Token>, StoreError> {
        either!(Self::self.tokens(ids))
    }

    /// What organizations think of these tokens; those that think nothing are left out.
    ///
    /// # Errors
    /// When the database is unavailable or holds something unreadable.
    pub async fn standings(
        &mut self,
        tokens: &[TokenId],
    ) -> Result<Vec<(TokenId, Name, Standing)>, StoreError> {
        either!(Self::self.standings(tokens))
    }

    /// The tokens of one owner, oldest first.
    ///
    /// # Errors
    /// When the database is unavailable or holds something unreadable.
    pub async fn tokens_of(&mut self, owner: &Name) -> Result<Vec<Token>, StoreError> {
        either!(Self::self.tokens_of(owner))
    }

    /// The user of this name.
    ///
    /// # Errors
    /// When the database is unavailable or holds something unreadable.
    pub async fn user(&mut self, name: &Name) -> Result<Option<User>, StoreError> {
        either!(Self::self.user(name))
    }

    /// The token that had a value with this digest before it was rotated, and whether that rotation
    /// was made with the token itself.
    ///
    /// # Errors
    /// When the database is unavailable or holds something unreadable.
    pub async fn retired(
        &mut self,
        digest: &TokenDigest,
    ) -> Result<Option<(TokenId, bool)>, StoreError> {
        either!(Self::self.retired(digest))
    }

    /// Whether a name with this [key](Name::key) was ever taken.
    ///
    /// # Errors
    /// When the database is unavailable.
    pub async fn name_taken(&mut self, key: &str) -> Result<bool, StoreError> {
        either!(Self::self.name_taken(key))
    }

    /// Writes a change and makes it last: rows, retired digests, audit entries, notices and the
    /// journal, all or nothing. An empty change writes nothing and has no number.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when a generation does not follow the one that is stored, or a name,
    /// id or digest is taken; otherwise when the database is unavailable.
    pub async fn commit(self, change: &Change, now: Timestamp) -> Result<(), StoreError> {
        either!(Self::self.commit(change, now))
    }
}
