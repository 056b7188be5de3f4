//! Python environments of the project's own, each with the packages of one list, and npm packages.
//!
//! Nothing is installed outside of `.xtask` and the `node_modules` of our own folders.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::SystemTime;

use anyhow::{Context, Result};

use crate::{place, run};

/// The Python of the environment of this name, which has the packages of `requirements`.
pub(crate) fn python(name: &str, requirements: &Path) -> Result<PathBuf> {
    let environment = place::own().join(name);
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
    run::quietly(pip_install(&python).arg("--requirement").arg(requirements))?;
    fs::write(&stamp, "").context("cannot write to the Python environment")?;
    Ok(python)
}

/// `pip install` into the environment of this Python; what to install is to follow.
pub(crate) fn pip_install(python: &Path) -> Command {
    let mut install = Command::new(python);
    install.args([
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
    ]);
    install
}

/// Installs the npm packages of a folder, as its lock file has them.
pub(crate) fn npm_packages(folder: &Path) -> Result<()> {
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

/// Whether a file is there and not older than another.
pub(crate) fn is_newer(file: &Path, than: &Path) -> bool {
    let time = |path: &Path| path.metadata().and_then(|data| data.modified());
    let than = time(than).unwrap_or_else(|_| SystemTime::now());
    time(file).is_ok_and(|time| time >= than)
}
