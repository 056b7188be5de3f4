//! Where things are: the repository, the build output, programs on this machine.
//!
//! It looks and never writes.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::run;

/// The folder of the repository.
pub(crate) fn root() -> &'static Path {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().expect("xtask is a folder of the repository")
}

/// What xtask itself installs or makes; git ignores it.
pub(crate) fn own() -> PathBuf {
    root().join(".xtask")
}

/// Cargo's target folder: the one that this program was built into, however that was chosen.
pub(crate) fn target() -> Result<PathBuf> {
    let this = env::current_exe().context("cannot find this program's own file")?;
    let profile = this.parent().and_then(Path::parent);
    Ok(profile
        .context("this program is not in a target folder")?
        .to_path_buf())
}

/// The file of a program in `PATH`, or in the places that only root's `PATH` names.
pub(crate) fn program(name: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let extra = ["/usr/local/sbin", "/usr/sbin", "/sbin"].map(PathBuf::from);
    let mut folders = env::split_paths(&path).chain(extra);
    folders.find_map(|folder| Some(folder.join(name)).filter(|file| file.is_file()))
}

/// `cargo`, run in the repository.
pub(crate) fn cargo() -> Command {
    let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(root());
    command
}

/// The triple of this machine, `x86_64-unknown-linux-gnu` for example.
pub(crate) fn host() -> Result<String> {
    let version = run::quietly(Command::new("rustc").arg("-vV"))?;
    let line = version.lines().find_map(|line| line.strip_prefix("host: "));
    Ok(line.context("`rustc -vV` names no host")?.to_owned())
}
