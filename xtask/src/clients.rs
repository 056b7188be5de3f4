//! The suite of real clients: a Python environment, an npm folder, the server's binary, pytest.
//!
//! What the clients must be told is in `server/tests/clients`; nothing here knows.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::SystemTime;

use anyhow::{Context, Result};

use crate::count::Count;
use crate::{place, run, rust_tests};

/// Installs what the clients' tests need, builds the server and runs them.
pub(crate) fn test(postgres: Option<&str>, count: &mut Count) -> Result<()> {
    let folder = place::root().join("server/tests/clients");
    let python = python(&folder.join("requirements.txt"))?;
    npm_packages(&folder.join("js"))?;
    let server = server(count)?;
    let mut command = Command::new(python);
    command
        .args(["-m", "pytest", "-q", "-p", "no:cacheprovider"])
        .arg(&folder);
    command
        .current_dir(place::root())
        .env("TOKENWARD_SERVER", server);
    run::streaming(rust_tests::with_postgres(&mut command, postgres), count)
}

/// The Python of an environment that has the packages of `requirements`.
pub(crate) fn python(requirements: &Path) -> Result<PathBuf> {
    let environment = place::own().join("venv");
    let python = environment.join("bin").join("python");
    let stamp = environment.join("requirements-installed");
    if is_newer(&stamp, requirements) && run::succeeds(Command::new(&python).arg("--version")) {
        return Ok(python);
    }
    println!("installing Python packages");
    run::quietly(
        Command::new("python3")
            .args(["-m", "venv", "--clear"])
            .arg(&environment),
    )?;
    let mut install = Command::new(&python);
    install.args([
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
    ]);
    run::quietly(install.arg("--requirement").arg(requirements))?;
    fs::write(&stamp, "").context("cannot write to the Python environment")?;
    Ok(python)
}

fn npm_packages(folder: &Path) -> Result<()> {
    let installed = folder.join("node_modules/.package-lock.json");
    if is_newer(&installed, &folder.join("package-lock.json")) {
        return Ok(());
    }
    println!("installing npm packages");
    let mut command = Command::new("npm");
    command
        .args(["ci", "--no-audit", "--no-fund"])
        .current_dir(folder);
    run::quietly(&mut command).map(drop)
}

fn server(count: &mut Count) -> Result<PathBuf> {
    let mut command = place::cargo();
    run::streaming(
        command.args(["build", "--package", "tokenward-server"]),
        count,
    )?;
    Ok(place::target()?.join("debug").join("tokenward-server"))
}

fn is_newer(file: &Path, than: &Path) -> bool {
    let time = |path: &Path| path.metadata().and_then(|data| data.modified());
    let than = time(than).unwrap_or_else(|_| SystemTime::now());
    time(file).is_ok_and(|time| time >= than)
}
