//! `cargo-deny` on both workspaces: licences, sources, bans, and security advisories.
//!
//! The advisories need a database that is fetched over the network, and they change without any
//! change of ours. So they are a command and not a suite: the tests of one commit keep their result.

use std::path::PathBuf;
use std::process::Command;

use anyhow::Result;

use crate::count::Count;
use crate::{fuzz, place, run};

/// Newer versions may judge differently, so this one is fixed.
const VERSION: &str = "0.20.2";

/// Every check but the advisories.
pub(crate) fn offline(count: &mut Count) -> Result<()> {
    check(&["bans", "licenses", "sources"], count)
}

/// Every check.
pub(crate) fn everything() -> Result<()> {
    check(&["all"], &mut Count::default())
}

fn check(checks: &[&str], count: &mut Count) -> Result<()> {
    let program = program()?;
    let config = place::root().join("deny.toml");
    for manifest in [place::root().join("Cargo.toml"), fuzz::manifest()] {
        let mut command = Command::new(&program);
        command
            .arg("--manifest-path")
            .arg(manifest)
            .arg("--config")
            .arg(&config);
        command.args(["check", "--hide-inclusion-graph"]);
        run::streaming(command.args(checks), count)?;
    }
    Ok(())
}

/// The program, installed into a folder of the repository's if it is not there yet.
fn program() -> Result<PathBuf> {
    let folder = place::own().join(format!("cargo-deny-{VERSION}"));
    let program = folder.join("bin").join("cargo-deny");
    if !program.is_file() {
        println!("building cargo-deny {VERSION}, once; this takes some minutes");
        let mut command = place::cargo();
        command.args(["install", "cargo-deny", "--locked", "--version", VERSION]);
        command
            .args(["--quiet", "--no-track", "--root"])
            .arg(&folder);
        run::quietly(
            command
                .arg("--target-dir")
                .arg(place::target()?.join("cargo-deny")),
        )?;
    }
    Ok(program)
}
