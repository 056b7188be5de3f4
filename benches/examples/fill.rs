//! Fills an empty database with the world of the benches, through the server's own store.
//!
//! `fill ADDRESS [TOKENS [one-org]]`, for example `fill sqlite:large.db 1000000`. No raw token is written
//! anywhere: those who need one make it again from its number.

use anyhow::{Context, Result, bail, ensure};
use tokenward_benches::{Size, now, rows};
use tokenward_core::{Actor, AuditEntry, AuditType, Change, Organization, Row};
use tokenward_server::store::Store;

/// How many rows go into one transaction.
const AT_ONCE: usize = 50_000;

#[tokio::main]
async fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let address = arguments
        .next()
        .context("usage: fill ADDRESS [TOKENS [one-org]]")?;
    let tokens = arguments.next().map(|tokens| tokens.parse()).transpose()?;
    let size = match arguments.next().as_deref() {
        None => tokens.map_or(Size::LARGE, Size::of),
        Some("one-org") => tokens.map_or(Size::LARGE, Size::one_org),
        Some(other) => bail!("`{other}` is not `one-org`"),
    };
    let store = Store::open(&address).await?;
    ensure!(
        store.journal_head().await? == 0,
        "the database is not empty"
    );
    let mut rows = rows::all(size);
    loop {
        let rows: Vec<Row> = rows.by_ref().take(AT_ONCE).collect();
        if rows.is_empty() {
            break;
        }
        store.begin().await?.commit(&change(rows), now()).await?;
    }
    println!("{} tokens in {address}", store.token_count().await?);
    Ok(())
}

/// Rows, with the first audit entry of each organization among them.
fn change(rows: Vec<Row>) -> Change {
    let entries = rows.iter().filter_map(|row| match row {
        Row::Organization { organization, .. } => Some(founded(organization)),
        _ => None,
    });
    Change {
        entries: entries.collect(),
        rows,
        ..Change::default()
    }
}

fn founded(organization: &Organization) -> AuditEntry {
    AuditEntry {
        org: organization.name.clone(),
        generation: 1,
        at: now(),
        r#type: AuditType::OrgCreate,
        actor: Actor::COMMAND_LINE,
        data: serde_json::Map::new(),
        message: format!("the system made the organization {}", organization.name),
    }
}
