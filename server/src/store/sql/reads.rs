//! Reads what memory does not hold: particulars of tokens, users and audit logs.

use std::collections::HashMap;
use std::hash::Hash;

use sqlx::QueryBuilder;
use tokenward_core::{AuditEntry, GroupName, Name, Standing, Token, TokenDigest, TokenId, User};

use super::columns::Columns;
use super::{Connection, Db, SqlStore, SqlTx, query};
use crate::store::StoreError;
use crate::store::fields::Fields;
use crate::store::ids::{audit_id, group_id};
use crate::store::records::StoredEntry;

/// How many keys go into one statement.
const AT_ONCE: usize = 500;

type Standings = Vec<(TokenId, Name, Standing)>;

impl SqlStore {
    pub(in crate::store) async fn token_count(&self) -> Result<u64, StoreError> {
        let row = query("SELECT COUNT(*) FROM tokens")
            .fetch_one(&self.read)
            .await?;
        Columns::of(&row).count()
    }

    pub(in crate::store) async fn tokens(&self, ids: &[TokenId]) -> Result<Vec<Token>, StoreError> {
        tokens(&mut *self.read.acquire().await?, ids).await
    }

    pub(in crate::store) async fn token_page(
        &self,
        org: &Name,
        ids: &[TokenId],
    ) -> Result<Vec<(Token, Standing)>, StoreError> {
        token_page(&mut *self.read.acquire().await?, org, ids).await
    }

    pub(in crate::store) async fn tokens_of(&self, owner: &Name) -> Result<Vec<Token>, StoreError> {
        tokens_of(&mut *self.read.acquire().await?, owner).await
    }

    pub(in crate::store) async fn standings_of(
        &self,
        tokens: &[TokenId],
    ) -> Result<Standings, StoreError> {
        standings(&mut *self.read.acquire().await?, tokens).await
    }

    pub(in crate::store) async fn users(&self, names: &[Name]) -> Result<Vec<User>, StoreError> {
        users(&mut *self.read.acquire().await?, names).await
    }

    pub(in crate::store) async fn audit(
        &self,
        org: &Name,
        limit: u32,
    ) -> Result<Vec<StoredEntry>, StoreError> {
        let sql = "SELECT generation, at, type, actor, data, message FROM audit \
                   WHERE org = $1 ORDER BY generation DESC LIMIT $2";
        let query = query(sql)
            .bind(org.as_str().to_owned())
            .bind(i64::from(limit));
        let rows = query.fetch_all(&self.read).await?;
        rows.iter()
            .map(|row| audit_entry(org, Columns::of(row)))
            .collect()
    }

    pub(in crate::store) async fn group_ids(
        &self,
        org: &Name,
    ) -> Result<Vec<(GroupName, String)>, StoreError> {
        let sql = "SELECT name FROM resource_groups WHERE org = $1 ORDER BY name";
        let rows = query(sql)
            .bind(org.as_str().to_owned())
            .fetch_all(&self.read)
            .await?;
        let names = rows.iter().map(|row| Columns::of(row).group_name());
        names
            .map(|name| name.map(|name| (name.clone(), group_id(org, &name))))
            .collect()
    }
}

impl SqlTx {
    pub(in crate::store) async fn tokens(
        &mut self,
        ids: &[TokenId],
    ) -> Result<Vec<Token>, StoreError> {
        tokens(&mut self.inner, ids).await
    }

    pub(in crate::store) async fn tokens_of(
        &mut self,
        owner: &Name,
    ) -> Result<Vec<Token>, StoreError> {
        tokens_of(&mut self.inner, owner).await
    }

    pub(in crate::store) async fn standings(
        &mut self,
        ids: &[TokenId],
    ) -> Result<Standings, StoreError> {
        standings(&mut self.inner, ids).await
    }

    pub(in crate::store) async fn user(&mut self, name: &Name) -> Result<Option<User>, StoreError> {
        Ok(users(&mut self.inner, std::slice::from_ref(name))
            .await?
            .pop())
    }

    pub(in crate::store) async fn retired(
        &mut self,
        digest: &TokenDigest,
    ) -> Result<Option<(TokenId, bool)>, StoreError> {
        let sql = "SELECT token, by_itself FROM retired_digests WHERE digest = $1";
        let query = query(sql).bind(digest.to_string());
        let Some(row) = query.fetch_optional(&mut *self.inner).await? else {
            return Ok(None);
        };
        let mut columns = Columns::of(&row);
        Ok(Some((columns.token_id()?, columns.flag()?)))
    }

    pub(in crate::store) async fn name_taken(&mut self, key: &str) -> Result<bool, StoreError> {
        let sql = "SELECT name FROM names WHERE key = $1";
        let query = query(sql).bind(key.to_ascii_lowercase());
        Ok(query.fetch_optional(&mut *self.inner).await?.is_some())
    }
}

async fn tokens(connection: &mut Connection, ids: &[TokenId]) -> Result<Vec<Token>, StoreError> {
    let begin = || {
        let select = concat!(
            "SELECT ",
            token_columns!(plain),
            " FROM tokens t WHERE t.id"
        );
        QueryBuilder::new(select)
    };
    let found = select_in(connection, begin, ids, |columns| columns.token()).await?;
    Ok(in_order(ids, found, |token| token.id))
}

async fn token_page(
    connection: &mut Connection,
    org: &Name,
    ids: &[TokenId],
) -> Result<Vec<(Token, Standing)>, StoreError> {
    let begin = || {
        let mut builder = QueryBuilder::new(concat!(
            "SELECT ",
            token_columns!(plain),
            ", ",
            standing_columns!(plain),
            " FROM tokens t LEFT JOIN standings s ON s.token = t.id AND s.org = "
        ));
        builder.push_bind(org.to_string()).push(" WHERE t.id");
        builder
    };
    let read = |columns: &mut Columns<'_>| Ok((columns.token()?, columns.standing()?));
    let found = select_in(connection, begin, ids, read).await?;
    Ok(in_order(ids, found, |(token, _)| token.id))
}

async fn tokens_of(connection: &mut Connection, owner: &Name) -> Result<Vec<Token>, StoreError> {
    let sql = concat!(
        "SELECT ",
        token_columns!(plain),
        " FROM tokens t WHERE t.owner = $1 ORDER BY t.created_at, t.id"
    );
    let rows = query(sql)
        .bind(owner.as_str().to_owned())
        .fetch_all(connection)
        .await?;
    rows.iter().map(|row| Columns::of(row).token()).collect()
}

async fn standings(
    connection: &mut Connection,
    tokens: &[TokenId],
) -> Result<Standings, StoreError> {
    let begin = || {
        QueryBuilder::new(concat!(
            "SELECT s.token, s.org, ",
            standing_columns!(plain),
            " FROM standings s WHERE s.token"
        ))
    };
    let read =
        |columns: &mut Columns<'_>| Ok((columns.token_id()?, columns.name()?, columns.standing()?));
    select_in(connection, begin, tokens, read).await
}

async fn users(connection: &mut Connection, names: &[Name]) -> Result<Vec<User>, StoreError> {
    let begin = || {
        QueryBuilder::new(concat!(
            "SELECT ",
            user_columns!(plain),
            " FROM users u WHERE u.name"
        ))
    };
    let found = select_in(connection, begin, names, |columns| columns.user()).await?;
    Ok(in_order(names, found, |user| user.name.clone()))
}

/// Completes the statement with ` IN (keys)`, as often as the number of keys needs it.
async fn select_in<K: ToString, T>(
    connection: &mut Connection,
    begin: impl Fn() -> QueryBuilder<Db>,
    keys: &[K],
    read: impl Fn(&mut Columns<'_>) -> Result<T, StoreError>,
) -> Result<Vec<T>, StoreError> {
    let mut found = Vec::with_capacity(keys.len());
    for chunk in keys.chunks(AT_ONCE) {
        let mut builder = begin();
        builder.push(" IN (");
        let mut list = builder.separated(", ");
        for key in chunk {
            list.push_bind(key.to_string());
        }
        builder.push(")");
        // A statement for every number of keys would crowd the others out of the cache.
        let query = builder.build().persistent(chunk.len() == 1);
        for row in query.fetch_all(&mut *connection).await? {
            found.push(read(&mut Columns::of(&row))?);
        }
    }
    Ok(found)
}

/// What was found, in the order of the keys.
fn in_order<K: Eq + Hash, T>(keys: &[K], found: Vec<T>, key: impl Fn(&T) -> K) -> Vec<T> {
    let mut found: HashMap<K, T> = found
        .into_iter()
        .map(|value| (key(&value), value))
        .collect();
    keys.iter().filter_map(|key| found.remove(key)).collect()
}

fn audit_entry(org: &Name, mut columns: Columns<'_>) -> Result<StoredEntry, StoreError> {
    let entry = AuditEntry {
        org: org.clone(),
        generation: columns.count()?,
        at: columns.time()?,
        r#type: columns.word()?,
        actor: columns.json()?,
        data: columns.json()?,
        message: columns.text()?.into(),
    };
    Ok(StoredEntry {
        id: audit_id(org, entry.generation),
        entry,
    })
}
