//! Snapshots in files: verified as an edge would, or only looked into.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use anyhow::{Context, Result, anyhow, bail};
use tokenward_core::Name;
use tokenward_core::snapshot::{Claims, Parts, Snapshot, TrustedKeys};

use crate::clock;
use crate::config::Snapshot as Command;

/// Does what the command line says.
///
/// # Errors
/// When a file cannot be read, or a snapshot is refused.
pub fn run(command: &Command) -> Result<()> {
    let text = match command {
        Command::Verify { file, keys, org } => verify(file, keys, org.as_ref())?,
        Command::Inspect { file } => inspect(file)?,
    };
    print!("{text}");
    Ok(())
}

fn verify(file: &Path, keys: &Path, org: Option<&Name>) -> Result<String> {
    let bytes = read(file)?;
    let jwks = String::from_utf8(read(keys)?).context("the keys are no text")?;
    let keys = TrustedKeys::parse(&jwks).map_err(|error| anyhow!("{error}"))?;
    let snapshot = Snapshot::open(bytes.clone(), &keys, clock::now())
        .map_err(|error| anyhow!("refused: {}: {error}", error.code()))?;
    if let Some(org) = org.filter(|org| org.as_str() != snapshot.org()) {
        bail!(
            "refused: wrong_org: it is of {}, not of {org}",
            snapshot.org()
        );
    }
    let text = describe(&bytes)?;
    Ok(format!(
        "valid: the signature, the times and every block\n{text}"
    ))
}

fn inspect(file: &Path) -> Result<String> {
    let text = describe(&read(file)?)?;
    Ok(format!(
        "not verified: anybody can write such a file\n{text}"
    ))
}

fn read(file: &Path) -> Result<Vec<u8>> {
    std::fs::read(file).with_context(|| format!("cannot read {}", file.display()))
}

fn describe(bytes: &[u8]) -> Result<String> {
    let claims =
        Claims::read(bytes).map_err(|error| anyhow!("no snapshot: {}: {error}", error.code()))?;
    let mut text = String::new();
    let mut line = |name: &str, value: &dyn std::fmt::Display| {
        let _ = writeln!(text, "{name:<12} {value}");
    };
    let stamp = claims.stamp;
    line("organization", &claims.org);
    line("generation", &claims.generation);
    line("revision", &stamp.revision);
    line("policy", &claims.policy.as_str());
    line("plan", &claims.plan.as_str());
    line("tokens", &claims.tokens);
    line("issued", &stamp.issued);
    line("expires", &stamp.expires);
    line("key", &claims.key);
    line("manifest", &format!("{} bytes", claims.manifest));
    let parts = match claims.parts {
        None => return Ok(text),
        Some(Parts::Decisions) => "decisions",
        Some(Parts::All) => "all",
    };
    line("parts", &parts);
    let mut tables: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    for (table, _, length) in &claims.blocks {
        let (count, bytes) = tables.entry(table).or_default();
        *count += 1;
        *bytes += length;
    }
    for (table, (count, bytes)) in tables {
        line(table, &format!("{bytes} bytes in {count} pages and blocks"));
    }
    Ok(text)
}
