//! Reads the whole world, in an order that an index can follow: a row comes after those that it
//! refers to.
//!
//! One pass over each table, in one transaction, row by row: nothing is gathered.

use futures_util::TryStreamExt;
use tokenward_core::{Member, Organization, Repository, Row};

use super::columns::{Columns, standing_columns, token_columns, user_columns};
use super::{Connection, SqlStore, query};
use crate::store::StoreError;

type Read = fn(&mut Columns<'_>) -> Result<Row, StoreError>;

/// Each table with what its rows are.
const TABLES: [(&str, Read); 8] = [
    (
        concat!("SELECT ", user_columns!(), " FROM users u"),
        |columns| columns.user().map(Row::User),
    ),
    (
        "SELECT name, plan, token_policy, generation FROM organizations",
        organization,
    ),
    ("SELECT org, name FROM service_accounts", service_account),
    ("SELECT org, username, role FROM members", member),
    ("SELECT org, name, members FROM resource_groups", group),
    (
        "SELECT type, name, visibility, gated, resource_group, created_by, gated_users \
         FROM repositories",
        repository,
    ),
    (
        concat!("SELECT ", token_columns!(), " FROM tokens t"),
        |columns| columns.token().map(Row::Token),
    ),
    (
        concat!(
            "SELECT s.token, s.org, ",
            standing_columns!(),
            " FROM standings s"
        ),
        standing,
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

async fn load_table(
    snapshot: &mut Connection,
    sql: &'static str,
    read: Read,
    each: &mut (impl FnMut(Row) + Send),
) -> Result<(), StoreError> {
    let mut rows = query(sql).fetch(snapshot);
    while let Some(row) = rows.try_next().await? {
        each(read(&mut Columns::of(&row))?);
    }
    Ok(())
}

fn organization(columns: &mut Columns<'_>) -> Result<Row, StoreError> {
    let organization = Organization {
        name: columns.name()?,
        plan: columns.word()?,
        token_policy: columns.word()?,
    };
    Ok(Row::Organization {
        organization,
        generation: columns.count()?,
    })
}

fn service_account(columns: &mut Columns<'_>) -> Result<Row, StoreError> {
    Ok(Row::ServiceAccount {
        org: columns.name()?,
        name: columns.name()?,
    })
}

fn member(columns: &mut Columns<'_>) -> Result<Row, StoreError> {
    Ok(Row::Member {
        org: columns.name()?,
        user: columns.name()?,
        role: Some(columns.word()?),
    })
}

fn group(columns: &mut Columns<'_>) -> Result<Row, StoreError> {
    Ok(Row::Group {
        org: columns.name()?,
        name: columns.group_name()?,
        members: Some(columns.json::<Vec<Member>>()?),
    })
}

fn repository(columns: &mut Columns<'_>) -> Result<Row, StoreError> {
    Ok(Row::Repository(Repository {
        r#type: columns.word()?,
        name: columns.text()?.into(),
        visibility: columns.word()?,
        gated: columns.flag()?,
        resource_group: columns.maybe_word()?,
        created_by: columns.maybe_name()?,
        gated_users: columns.json()?,
    }))
}

fn standing(columns: &mut Columns<'_>) -> Result<Row, StoreError> {
    Ok(Row::Standing {
        token: columns.token_id()?,
        org: columns.name()?,
        standing: columns.standing()?,
    })
}
