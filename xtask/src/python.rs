//! The suite of the Python package: installed as its users install it, then tested from outside.
//!
//! What the package has to do is said in `bindings-python/tests`; nothing here knows.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::count::Count;
use crate::{clients, environment, place, run};

/// Builds and installs the package, the server and the list of decisions, and runs the tests.
pub(crate) fn test(count: &mut Count) -> Result<()> {
    let folder = place::root().join("bindings-python");
    let python = environment::python("python", &folder.join("tests/requirements.txt"))?;
    install(&python, &folder)?;
    let (server, domain) = (clients::server(count)?, domain()?);
    let mut command = Command::new(&python);
    command
        .args(["-m", "pytest", "-q", "-p", "no:cacheprovider"])
        .arg(folder.join("tests"))
        .current_dir(place::root())
        .env("TOKENWARD_SERVER", server)
        .env("TOKENWARD_DOMAIN", domain)
        .env("TOKENWARD_BUNDLES", bundles(count)?);
    run::streaming(&mut command, count)
}

/// `pip install ./bindings-python`, as the README says: in release, in pip's own build environment.
fn install(python: &Path, package: &Path) -> Result<()> {
    println!("installing the package");
    let mut install = environment::pip_install(python);
    install
        .arg(package)
        .env("CARGO_TARGET_DIR", place::target()?);
    run::quietly(&mut install).map(drop)
}

/// The corpus as snapshots, written anew.
fn bundles(count: &mut Count) -> Result<PathBuf> {
    let folder = place::own().join("bundles");
    let mut example = place::cargo();
    example.args([
        "run",
        "--quiet",
        "--package",
        "tokenward-core",
        "--example",
        "bundles",
        "--",
    ]);
    run::streaming(example.arg(&folder), count)?;
    Ok(folder)
}

/// The enumerated domain with the engine's decisions, written anew.
fn domain() -> Result<PathBuf> {
    let path = place::own().join("domain.jsonl");
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
