//! What the core's examples write for tests in other languages.

use std::fs::{self, File};
use std::path::PathBuf;

use anyhow::{Context, Result};

use crate::count::Count;
use crate::{place, run};

/// What an example writes into a folder, anew: `bundles`, the corpus as snapshots; `refreshes`, snapshots
/// that follow one another.
pub(crate) fn folder(name: &str, count: &mut Count) -> Result<PathBuf> {
    let folder = place::own().join(name);
    let mut example = place::cargo();
    example.args([
        "run",
        "--quiet",
        "--package",
        "tokenward-core",
        "--example",
        name,
        "--",
    ]);
    run::streaming(example.arg(&folder), count)?;
    Ok(folder)
}

/// The enumerated domain with the engine's decisions, written anew.
pub(crate) fn domain() -> Result<PathBuf> {
    let path = place::own().join("domain.jsonl");
    fs::create_dir_all(place::own()).context("cannot make `.xtask`")?;
    let file = File::create(&path).context("cannot write the domain's decisions")?;
    let mut example = place::cargo();
    example.args([
        "run",
        "--quiet",
        "--package",
        "tokenward-core",
        "--example",
        "domain",
    ]);
    run::into_file(&mut example, file)?;
    Ok(path)
}
