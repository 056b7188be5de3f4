//! A server with an organization, tokens to revoke, and credentials for edges.

use std::process::Command;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context, Result, ensure};
use tempfile::TempDir;
use tokenward_benches::names;
use tokenward_benches::process::Server;

use crate::edge::Board;
use crate::site::{Site, Target};

/// The file with the administrator's token.
const ADMIN: &str = "admin";

/// Everything that a measurement needs.
pub(crate) struct Scene {
    pub(crate) server: Server,
    pub(crate) site: Site,
    pub(crate) credentials: Vec<String>,
    /// What is revoked.
    pub(crate) board: Arc<Board>,
    targets: Mutex<Vec<Target>>,
    _folder: TempDir,
}

impl Scene {
    /// A server on a fresh database, and an organization with so many edges and tokens.
    pub(crate) async fn fresh(
        program: &str,
        edges: usize,
        tokens: usize,
        options: &[&str],
    ) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let database = format!("sqlite:{}", folder.path().join("edges.db").display());
        let server = start(program, &database, &folder, options)?;
        let secret = secret(&folder)?;
        let url = format!("http://{}", server.at);
        let (site, targets) = Site::make(&url, &secret, tokens).await?;
        let credentials = site.issue(edges).await?;
        Ok(Self {
            server,
            site,
            credentials,
            board: Arc::default(),
            targets: Mutex::new(targets),
            _folder: folder,
        })
    }

    /// A server on a database that `fill` has filled with one organization.
    pub(crate) async fn filled(program: &str, database: &str) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        // It requires approval, and those who approve are not what is measured.
        let org = names::org(0);
        let words = ["set-policy", org.as_str(), "default"];
        command(program, &words, database)?;
        // Filled before and measured before: then it has an administrator.
        let earlier = command(program, &["admin-token"], database).ok();
        let earlier = earlier.and_then(|said| Some(said.rsplit_once(": ")?.1.to_owned()));
        let server = start(program, database, &folder, &[])?;
        let secret = earlier.map_or_else(|| secret(&folder), Ok)?;
        println!("ready after {:.1} s", server.ready_after.as_secs_f64());
        let site = Site::filled(&format!("http://{}", server.at), &secret).await?;
        let credentials = site.issue(1).await?;
        Ok(Self {
            server,
            site,
            credentials,
            board: Arc::default(),
            targets: Mutex::default(),
            _folder: folder,
        })
    }

    /// Adds tokens that can be revoked.
    pub(crate) fn add(&self, targets: Vec<Target>) {
        let mut all = self.targets.lock().unwrap_or_else(PoisonError::into_inner);
        all.extend(targets);
    }

    /// The next token to revoke; every edge looks from now on whether it refuses it.
    pub(crate) fn next(&self) -> Result<Arc<Target>> {
        let mut targets = self.targets.lock().unwrap_or_else(PoisonError::into_inner);
        let target = Arc::new(targets.pop().context("there are no more tokens")?);
        let mut board = self.board.lock().unwrap_or_else(PoisonError::into_inner);
        board.push(target.clone());
        Ok(target)
    }
}

fn start(program: &str, database: &str, folder: &TempDir, options: &[&str]) -> Result<Server> {
    let file = folder.path().join(ADMIN);
    let file = file.to_str().context("the folder's name is no text")?;
    let options = [&["--admin-token-file", file], options].concat();
    Server::start(program, database, &options)
}

/// The token of the administrator whom the server has made.
fn secret(folder: &TempDir) -> Result<String> {
    Ok(std::fs::read_to_string(folder.path().join(ADMIN))?)
}

/// Runs one of the server's other commands, and returns what it prints.
fn command(program: &str, words: &[&str], database: &str) -> Result<String> {
    let mut command = Command::new(program);
    let output = command
        .args(words)
        .args(["--database", database])
        .output()?;
    ensure!(output.status.success(), "`{}` failed", words.join(" "));
    Ok(String::from_utf8(output.stdout)?)
}
