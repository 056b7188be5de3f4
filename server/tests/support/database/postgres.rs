//! A PostgreSQL server for the tests: the one that `TOKENWARD_TEST_POSTGRES` names, or a private one
//! that lives as long as this process. That one listens on a socket in its folder and on no port,
//! which another program could take before it does.
//!
//! Without either the tests fail: a suite that skips a database says nothing about it.

use std::fs;
use std::os::unix::fs::chown;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

/// Names the address of a database in which databases can be made.
const VARIABLE: &str = "TOKENWARD_TEST_POSTGRES";

/// Ends the server when its standard input closes, which happens however this process ends.
const WATCH: &str = "cat >/dev/null; \"$0\" -D \"$1/data\" -m immediate stop >/dev/null 2>&1; \
                     rm -rf \"$1\"";

/// The address of a database in which databases can be made.
pub(crate) fn admin_address() -> &'static str {
    static ADDRESS: OnceLock<String> = OnceLock::new();
    ADDRESS.get_or_init(|| match std::env::var(VARIABLE) {
        Ok(address) => address,
        Err(_) => start_private_server(),
    })
}

fn start_private_server() -> String {
    let programs = programs();
    let account = unprivileged_account();
    let folder = tempfile::Builder::new()
        .prefix("tokenward-pg-")
        .tempdir()
        .expect("a folder");
    let folder = folder.keep();
    if let Some((user, group)) = account {
        chown(&folder, Some(user), Some(group)).expect("the folder can be given away");
    }
    let run = |program: &str, arguments: &[&str]| {
        let mut command = as_account(programs.join(program), account);
        let log = fs::File::create(folder.join(format!("{program}.out"))).expect("a log file");
        command
            .args(arguments)
            .current_dir(&folder)
            .stdin(Stdio::null());
        command
            .stdout(log.try_clone().expect("a log file"))
            .stderr(log);
        let done = command.status().is_ok_and(|status| status.success());
        let log = || fs::read_to_string(folder.join(format!("{program}.out"))).unwrap_or_default();
        assert!(
            done,
            "`{program}` of {} failed: {}",
            programs.display(),
            log()
        );
    };
    let (data, log) = (path(&folder, "data"), path(&folder, "server.log"));
    let options = format!(
        "-k {} -h '' -c fsync=off -c full_page_writes=off",
        folder.display()
    );
    run(
        "initdb",
        &[
            "-D",
            &data,
            "-A",
            "trust",
            "-U",
            "postgres",
            "-E",
            "UTF8",
            "--no-sync",
        ],
    );
    run(
        "pg_ctl",
        &[
            "-D", &data, "-l", &log, "-w", "-t", "300", "-o", &options, "start",
        ],
    );
    watch(&programs.join("pg_ctl"), &folder, account);
    let socket = folder
        .to_str()
        .expect("a path in UTF-8")
        .replace('/', "%2F");
    format!("postgres://postgres@{socket}/postgres")
}

fn path(folder: &Path, file: &str) -> String {
    folder
        .join(file)
        .to_str()
        .expect("a path in UTF-8")
        .to_owned()
}

/// Leaves a process behind that takes the server down after this one.
#[expect(
    clippy::zombie_processes,
    reason = "the watcher ends after this process"
)]
fn watch(pg_ctl: &Path, folder: &Path, account: Option<(u32, u32)>) {
    let mut command = as_account("sh".into(), account);
    command
        .args(["-c", WATCH])
        .arg(pg_ctl)
        .arg(folder)
        .current_dir("/");
    // Its own group: an interrupt from the keyboard ends this process, and the closing pipe that one.
    command
        .process_group(0)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let child = command.spawn().expect("a shell");
    // Its input stays open until this process ends.
    std::mem::forget(child.stdin);
}

/// PostgreSQL refuses to run as root.
fn as_account(program: PathBuf, account: Option<(u32, u32)>) -> Command {
    let mut command = Command::new(program);
    if let Some((user, group)) = account {
        command.uid(user).gid(group);
    }
    command
}

/// The numbers of an account to run the server as, when this process is root's.
fn unprivileged_account() -> Option<(u32, u32)> {
    use std::os::unix::fs::MetadataExt;
    let me = fs::metadata("/proc/self").map_or(1, |process| process.uid());
    if me != 0 {
        return None;
    }
    let accounts = fs::read_to_string("/etc/passwd").expect("accounts");
    let find = |wanted: &str| {
        let mut lines = accounts
            .lines()
            .map(|line| line.split(':').collect::<Vec<_>>());
        let line = lines.find(|fields| fields.first() == Some(&wanted))?;
        Some((line.get(2)?.parse().ok()?, line.get(3)?.parse().ok()?))
    };
    let found = find("postgres").or_else(|| find("nobody"));
    Some(found.expect("PostgreSQL needs an account other than root: `postgres` or `nobody`"))
}

/// The folder that holds `initdb` and `pg_ctl`: from PATH, or where Debian keeps the newest.
fn programs() -> PathBuf {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
    let versions = fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten();
    let mut versions: Vec<PathBuf> = versions.map(|version| version.path().join("bin")).collect();
    versions.sort();
    folders.extend(versions.into_iter().rev());
    let complete =
        |folder: &PathBuf| folder.join("initdb").is_file() && folder.join("pg_ctl").is_file();
    folders.into_iter().find(complete).unwrap_or_else(|| {
        panic!(
            "these tests need PostgreSQL: set {VARIABLE} to the address of a database in which \
             databases can be made, or install it (Debian: `apt-get install postgresql`)"
        )
    })
}
