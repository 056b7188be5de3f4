//! Reads the whole world, in an order that an index can follow: a row comes after those that it
//! refers to.
//!
//! One pass over each table, in one transaction, row by row: nothing is gathered.

use std::time::Duration;

use futures_util::StreamExt;
use tokenward_core::{EdgeCredential, Member, Organization, Repository, Row};
use tokio::time::{MissedTickBehavior, interval};

use super::columns::Columns;
use super::{Connection, SqlStore, query};
use crate::store::StoreError;
use crate::store::fields::Fields;
use crate::store::packed::Packed;

macro_rules! select {
    ($columns:expr, $table:literal) => {
        concat!("SELECT ", $columns, " FROM ", $table)
    };
}

type Read = fn(&mut Packed<'_>) -> Result<Row, StoreError>;

/// How many rows are taken at once, at most.
const GATHERED: usize = 1024;
const PAUSE: Duration = Duration::from_millis(1);

/// Each table with what its rows are.
const TABLES: [(&str, Read); 9] = [
    (select!(user_columns!(packed), "users u"), |fields| {
        fields.user().map(Row::User)
    }),
    (
        select!(
            packed!(text "name", text "plan", text "token_policy", number "generation"),
            "organizations"
        ),
        organization,
    ),
    (
        select!(packed!(text "org", text "name"), "service_accounts"),
        service_account,
    ),
    (
        select!(packed!(text "org", text "username", text "role"), "members"),
        member,
    ),
    (
        select!(
            packed!(text "org", text "name", text "members"),
            "resource_groups"
        ),
        group,
    ),
    (
        select!(
            packed!(
                text "type", text "name", text "visibility", flag "gated", text "resource_group",
                text "created_by", text "gated_users"
            ),
            "repositories"
        ),
        repository,
    ),
    (select!(token_columns!(packed), "tokens t"), |fields| {
        fields.token().map(Row::Token)
    }),
    (
        concat!(
            "SELECT ",
            packed!(text "s.token", text "s.org"),
            " || ",
            standing_columns!(packed),
            " FROM standings s"
        ),
        standing,
    ),
    (
        select!(
            packed!(
                text "org", text "name", text "id", text "digest", text "last4",
                number "created_at", text "created_by"
            ),
            "edge_credentials"
        ),
        edge_credential,
    ),
];

impl SqlStore {
    pub(in crate::store) async fn load(
        &self,
        mut each: impl FnMut(Row) + Send,
    ) -> Result<u64, StoreError> {
        let mut snapshot = self.snapshot().await?;
        let row = query("SELECT seq FROM journal_head")
            .fetch_one(&mut *snapshot)
            .await?;
        let seq = Columns::of(&row).count()?;
        for (sql, read) in TABLES {
            load_table(&mut snapshot, sql, read, &mut each).await?;
        }
        snapshot.rollback().await?;
        Ok(seq)
    }
}

/// A driver hands its rows over from elsewhere, and being woken for each of them costs more than
/// reading it: whoever is through with what is there lets some more gather.
async fn load_table(
    snapshot: &mut Connection,
    sql: &'static str,
    read: Read,
    each: &mut (impl FnMut(Row) + Send),
) -> Result<(), StoreError> {
    let mut chunks = query(sql).fetch(snapshot).ready_chunks(GATHERED);
    let mut pause = interval(PAUSE);
    pause.set_missed_tick_behavior(MissedTickBehavior::Delay);
    while let Some(rows) = chunks.next().await {
        for row in rows {
            each(read(&mut Packed::of(Columns::of(&row?).text()?))?);
        }
        pause.tick().await;
    }
    Ok(())
}

fn organization(fields: &mut Packed<'_>) -> Result<Row, StoreError> {
    let organization = Organization {
        name: fields.name()?,
        plan: fields.word()?,
        token_policy: fields.word()?,
    };
    Ok(Row::Organization {
        organization,
        generation: fields.count()?,
    })
}

fn service_account(fields: &mut Packed<'_>) -> Result<Row, StoreError> {
    Ok(Row::ServiceAccount {
        org: fields.name()?,
        name: fields.name()?,
    })
}

fn member(fields: &mut Packed<'_>) -> Result<Row, StoreError> {
    Ok(Row::Member {
        org: fields.name()?,
        user: fields.name()?,
        role: Some(fields.word()?),
    })
}

fn group(fields: &mut Packed<'_>) -> Result<Row, StoreError> {
    Ok(Row::Group {
        org: fields.name()?,
        name: fields.group_name()?,
        members: Some(fields.json::<Vec<Member>>()?),
    })
}

fn repository(fields: &mut Packed<'_>) -> Result<Row, StoreError> {
    Ok(Row::Repository(Repository {
        r#type: fields.word()?,
        name: fields.text()?.into(),
        visibility: fields.word()?,
        gated: fields.flag()?,
        resource_group: fields.maybe_word()?,
        created_by: fields.maybe_name()?,
        gated_users: fields.json()?,
    }))
}

fn edge_credential(fields: &mut Packed<'_>) -> Result<Row, StoreError> {
    Ok(Row::EdgeCredential(EdgeCredential {
        org: fields.name()?,
        name: fields.edge_name()?,
        id: fields.token_id()?,
        digest: fields.digest()?,
        last4: fields.text()?.into(),
        created_at: fields.time()?,
        created_by: fields.maybe_name()?,
    }))
}

fn standing(fields: &mut Packed<'_>) -> Result<Row, StoreError> {
    Ok(Row::Standing {
        token: fields.token_id()?,
        org: fields.name()?,
        standing: fields.standing()?,
    })
}
