//! `cargo xtask serve`: builds the server and becomes it.
//!
//! The server prints its address itself, and takes every signal itself.

use std::convert::Infallible;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use clap::Args;

use crate::place;

/// How to run the server.
#[derive(Args)]
pub(crate) struct Options {
    /// Fill an empty database with an example organization
    #[arg(long)]
    demo: bool,
    /// Address and port to listen on
    #[arg(long, default_value = "127.0.0.1:8080")]
    listen: String,
    /// A file, `sqlite:FILE` or `postgres://…` [default: tokenward.db, with --demo tokenward-demo.db]
    #[arg(long)]
    database: Option<String>,
}

/// Where the server keeps its data, and where it writes the administrator's token.
#[derive(Debug, PartialEq, Eq)]
struct Places {
    url: String,
    file: Option<PathBuf>,
    token: PathBuf,
}

/// Builds the server in release mode and replaces this process with it.
pub(crate) fn serve(options: &Options) -> Result<Infallible> {
    let default = if options.demo {
        "tokenward-demo.db"
    } else {
        "tokenward.db"
    };
    let places = Places::of(options.database.as_deref().unwrap_or(default));
    places.check()?;
    build()?;
    let mut server = Command::new(place::target()?.join("release").join("tokenward-server"));
    server.args([
        "serve",
        "--listen",
        &options.listen,
        "--database",
        &places.url,
    ]);
    server.arg("--admin-token-file").arg(&places.token);
    if options.demo {
        server.arg("--demo");
    }
    println!("database: {}", places.shown());
    println!(
        "the site administrator's token is in {}",
        places.token.display()
    );
    Err(server.exec()).context("cannot start the server")
}

fn build() -> Result<()> {
    let mut command = place::cargo();
    command.args(["build", "--release", "--package", "tokenward-server"]);
    let status = command.status().context("cannot start cargo")?;
    if status.success() {
        Ok(())
    } else {
        bail!("the server does not build")
    }
}

impl Places {
    fn of(database: &str) -> Self {
        if database.contains("://") && !database.starts_with("sqlite:") {
            let token = PathBuf::from(".tokenward-admin-token");
            return Self {
                url: database.to_owned(),
                file: None,
                token,
            };
        }
        let name = database.strip_prefix("sqlite:").unwrap_or(database);
        let file = PathBuf::from(name.strip_prefix("//").unwrap_or(name));
        let stem = file.file_stem().unwrap_or_default().to_string_lossy();
        let token = file.with_file_name(format!(".{stem}-admin-token"));
        Self {
            url: format!("sqlite:{}", file.display()),
            file: Some(file),
            token,
        }
    }

    /// The server never overwrites a token, so one without its database is in the way.
    fn check(&self) -> Result<()> {
        let is_new = self.file.as_deref().is_some_and(|file| !has_content(file));
        if is_new && self.token.exists() {
            let (token, file) = (self.token.display(), self.shown());
            bail!(
                "`{token}` is left over from an earlier database, but `{file}` is new: delete the token file first"
            );
        }
        Ok(())
    }

    /// A database's address may hold a password; a file's name does not.
    fn shown(&self) -> String {
        self.file
            .as_deref()
            .map_or("PostgreSQL".to_owned(), |file| file.display().to_string())
    }
}

fn has_content(file: &Path) -> bool {
    file.metadata().is_ok_and(|data| data.len() > 0)
}

#[cfg(test)]
mod tests {
    use super::Places;

    #[track_caller]
    fn check(database: &str, url: &str, token: &str) {
        let places = Places::of(database);
        assert_eq!(
            (places.url.as_str(), places.token.to_str().unwrap()),
            (url, token)
        );
    }

    #[test]
    fn each_database_file_has_a_token_file_beside_it() {
        check(
            "tokenward.db",
            "sqlite:tokenward.db",
            ".tokenward-admin-token",
        );
        check(
            "sqlite:data/demo.db",
            "sqlite:data/demo.db",
            "data/.demo-admin-token",
        );
        check(
            "sqlite:///var/t.db",
            "sqlite:/var/t.db",
            "/var/.t-admin-token",
        );
    }

    #[test]
    fn a_postgresql_address_is_passed_on_and_not_shown() {
        let url = "postgres://ada:secret@127.0.0.1/tokenward";
        check(url, url, ".tokenward-admin-token");
        assert_eq!(Places::of(url).shown(), "PostgreSQL");
    }

    #[test]
    fn a_token_file_without_its_database_is_in_the_way() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("new.db");
        let places = Places::of(file.to_str().unwrap());
        assert!(places.check().is_ok());
        std::fs::write(&places.token, "").unwrap();
        assert!(places.check().is_err());
        std::fs::write(&file, "rows").unwrap();
        assert!(places.check().is_ok());
    }
}
