//! One private PostgreSQL for one run of the tests, gone when it is dropped.
//!
//! It listens on a socket in its folder, where only its owner gets, and on no port: another program could
//! take that before it does. It never touches a cluster of the machine's.

use std::fs;
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use nix::unistd::{Uid, User};
use tempfile::TempDir;

use crate::{place, run};

/// The variable that tells the tests where it is.
pub(crate) const VARIABLE: &str = "TOKENWARD_TEST_POSTGRES";

/// A running cluster.
pub(crate) struct Postgres {
    programs: PathBuf,
    owner: Option<User>,
    folder: TempDir,
}

impl Postgres {
    /// Makes a cluster in a temporary folder and starts it.
    pub(crate) fn start() -> Result<Self> {
        let programs = programs().context("PostgreSQL is missing (Debian: postgresql)")?;
        let owner = owner()?;
        let folder = folder_of(owner.as_ref())?;
        let cluster = Self {
            programs,
            owner,
            folder,
        };
        cluster
            .initialize()
            .context("cannot make a PostgreSQL cluster")?;
        cluster.launch().context("cannot start PostgreSQL")?;
        Ok(cluster)
    }

    /// The address of its first database, as superuser.
    pub(crate) fn url(&self) -> String {
        let folder = self.folder.path().display().to_string();
        format!(
            "postgres://postgres@{}/postgres",
            folder.replace('/', "%2F")
        )
    }

    fn initialize(&self) -> Result<()> {
        let mut command = self.program("initdb");
        command.args([
            "--username=postgres",
            "--auth=trust",
            "--encoding=UTF8",
            "--locale=C",
        ]);
        // Only the making is allowed to be lost in a power cut: fsync stays on for the tests.
        command.arg("--no-sync").arg("--pgdata").arg(self.data());
        run::quietly(&mut command)?;
        let settings = self.data().join("postgresql.auto.conf");
        fs::write(&settings, self.settings()).context("cannot write PostgreSQL's settings")
    }

    fn settings(&self) -> String {
        let folder = self.folder.path().display();
        format!(
            "listen_addresses = ''\nunix_socket_directories = '{folder}'\n\
             max_connections = 200\nfsync = on\nsynchronous_commit = on\n"
        )
    }

    fn launch(&self) -> Result<()> {
        let log = self.folder.path().join("log");
        let mut command = self.program("pg_ctl");
        command
            .arg("--pgdata")
            .arg(self.data())
            .arg("--log")
            .arg(&log)
            .args(["--wait", "--timeout=300", "start"]);
        run::quietly(&mut command).map(drop).inspect_err(|_| {
            eprint!("{}", fs::read_to_string(&log).unwrap_or_default());
        })
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// One of PostgreSQL's programs, as the user who owns the cluster.
    fn program(&self, name: &str) -> Command {
        let mut command = Command::new(self.programs.join(name));
        command.current_dir(self.folder.path()).env("LC_ALL", "C");
        if let Some(owner) = &self.owner {
            command.uid(owner.uid.as_raw()).gid(owner.gid.as_raw());
        }
        command
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        let mut command = self.program("pg_ctl");
        command
            .arg("--pgdata")
            .arg(self.data())
            .args(["--mode=immediate", "--wait", "stop"]);
        run::succeeds(&mut command);
    }
}

/// The folder that has PostgreSQL's programs: the one in `PATH`, or Debian's newest.
pub(crate) fn programs() -> Option<PathBuf> {
    let in_path = place::program("initdb").and_then(|file| file.canonicalize().ok());
    let in_path = in_path.and_then(|file| file.parent().map(Path::to_path_buf));
    in_path
        .into_iter()
        .chain(debians())
        .find(|folder| is_complete(folder))
}

/// `/usr/lib/postgresql/VERSION/bin`, newest first.
fn debians() -> Vec<PathBuf> {
    let versions = fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten();
    let mut folders: Vec<(u32, PathBuf)> = versions
        .filter_map(|entry| {
            let version = entry.file_name().to_str()?.parse().ok()?;
            Some((version, entry.path().join("bin")))
        })
        .collect();
    folders.sort();
    folders
        .into_iter()
        .rev()
        .map(|(_, folder)| folder)
        .collect()
}

fn is_complete(folder: &Path) -> bool {
    ["initdb", "pg_ctl", "postgres"]
        .iter()
        .all(|name| folder.join(name).is_file())
}

/// PostgreSQL refuses to run as root; then it runs as somebody who may do little.
fn owner() -> Result<Option<User>> {
    if !Uid::effective().is_root() {
        return Ok(None);
    }
    for name in ["postgres", "nobody"] {
        if let Some(user) = User::from_name(name).context("cannot read the list of users")? {
            return Ok(Some(user));
        }
    }
    anyhow::bail!("PostgreSQL does not run as root, and there is no user `postgres` or `nobody`")
}

fn folder_of(owner: Option<&User>) -> Result<TempDir> {
    let folder = tempfile::Builder::new().prefix("tokenward-pg-").tempdir();
    let folder = folder.context("cannot make a temporary folder")?;
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o700))?;
    if let Some(user) = owner {
        chown(
            folder.path(),
            Some(user.uid.as_raw()),
            Some(user.gid.as_raw()),
        )
        .with_context(|| format!("cannot hand a folder to `{}`", user.name))?;
    }
    Ok(folder)
}

#[cfg(test)]
mod tests {
    use std::os::unix::net::UnixStream;
    use std::process::Command;

    use super::Postgres;
    use crate::run;

    #[test]
    fn a_cluster_answers_with_fsync_on_and_leaves_nothing_behind() {
        let cluster = Postgres::start().unwrap();
        let folder = cluster.folder.path().to_path_buf();
        let mut command = Command::new("psql");
        command
            .arg(cluster.url())
            .args(["--no-psqlrc", "--tuples-only", "--no-align"]);
        let answer = run::quietly(command.args(["--command", "show fsync"])).unwrap();
        assert_eq!(answer.trim(), "on");
        // The socket under another name outlives the folder, but nobody listens to it any more.
        let elsewhere = tempfile::tempdir().unwrap();
        let socket = elsewhere.path().join("socket");
        std::fs::hard_link(folder.join(".s.PGSQL.5432"), &socket).unwrap();
        drop(cluster);
        assert!(!folder.exists());
        assert!(UnixStream::connect(socket).is_err(), "it still runs");
    }
}
