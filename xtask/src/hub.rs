//! `cargo xtask hub`: a small hub behind a running server, to try things with real clients.
//!
//! It is the stub hub of the clients' tests; nobody should keep models in it.

use std::convert::Infallible;
use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};
use clap::Args;

use crate::{clients, place, run};

/// How to run the hub.
#[derive(Args)]
pub(crate) struct Options {
    /// The database of the running server: `sqlite:FILE` or `postgres://…`
    #[arg(long, default_value = "sqlite:tokenward-demo.db")]
    database: String,
    /// The address of the running server
    #[arg(long, default_value = "http://127.0.0.1:8080")]
    tokenward: String,
    /// The port that the hub listens on
    #[arg(long, default_value = "8081")]
    port: String,
}

/// Makes a hub credential and replaces this process with the hub.
pub(crate) fn hub(options: &Options) -> Result<Infallible> {
    let (folder, python) = (clients::folder(), clients::python()?);
    let (token, files) = (place::own().join("hub-token"), place::own().join("hub"));
    write_token(&options.database, &token)?;
    fs::create_dir_all(&files).context("cannot make the hub's folder")?;
    let mut hub = Command::new(python);
    hub.arg(folder.join("stub_hub.py"))
        .args(["--tokenward", &options.tokenward]);
    hub.args(["--port", &options.port])
        .arg("--hub-token-file")
        .arg(&token);
    Err(hub.arg("--folder").arg(&files).exec()).context("cannot start the hub")
}

fn write_token(database: &str, file: &Path) -> Result<()> {
    let server = place::target()?.join("release").join("tokenward-server");
    let printed = run::quietly(Command::new(server).args(["hub-token", "--database", database]))
        .context("cannot make a hub credential: is `cargo xtask serve` running?")?;
    let token = printed
        .trim()
        .strip_prefix("hub token: ")
        .context("no credential was printed")?;
    let mut open = OpenOptions::new();
    open.write(true).create(true).truncate(true).mode(0o600);
    let mut out = open
        .open(file)
        .context("cannot write the hub's credential")?;
    writeln!(out, "{token}").context("cannot write the hub's credential")
}
