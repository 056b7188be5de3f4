//! Tests of a Rust package: nextest where it is installed, else `cargo test`; then its doc tests.
//!
//! It adds no test runner to the machine.

use std::path::Path;
use std::process::Command;

use anyhow::Result;

use crate::count::Count;
use crate::{place, postgres, run};

/// Runs the tests of a package, with PostgreSQL's address where there is one.
pub(crate) fn package(name: &str, postgres: Option<&str>, count: &mut Count) -> Result<()> {
    let mut tests = place::cargo();
    if run::succeeds(place::cargo().args(["nextest", "--version"])) {
        tests.args([
            "nextest",
            "run",
            "--no-fail-fast",
            "--no-tests=pass",
            "--package",
            name,
        ]);
    } else {
        tests.args([
            "test",
            "--no-fail-fast",
            "--bins",
            "--lib",
            "--tests",
            "--package",
            name,
        ]);
    }
    run::streaming(with_postgres(&mut tests, postgres), count)
}

/// Runs the examples in the documentation of a library.
pub(crate) fn examples(name: &str, count: &mut Count) -> Result<()> {
    run::streaming(
        place::cargo().args(["test", "--quiet", "--doc", "--package", name]),
        count,
    )
}

/// Tells a command where the tests' PostgreSQL is.
pub(crate) fn with_postgres<'a>(command: &'a mut Command, url: Option<&str>) -> &'a mut Command {
    if let Some(url) = url {
        command.env(postgres::VARIABLE, url);
    }
    command
}

/// Formats nothing, but fails where `cargo fmt` would change a file of this workspace.
pub(crate) fn check_format(manifest: &Path, count: &mut Count) -> Result<()> {
    let mut command = place::cargo();
    command
        .args(["fmt", "--all", "--check", "--manifest-path"])
        .arg(manifest);
    run::streaming(&mut command, count)
}
