//! The suite of real clients: a Python environment, npm folders, the npm package, the server's binary, pytest.
//!
//! What the clients must be told is in `server/tests/clients`; nothing here knows.

use std::path::PathBuf;
use std::process::Command;

use anyhow::Result;

use crate::count::Count;
use crate::{environment, npm, place, run, rust_tests};

/// Installs what the clients' tests need, builds the server and runs them.
pub(crate) fn test(postgres: Option<&str>, count: &mut Count) -> Result<()> {
    let (folder, python) = (folder(), python()?);
    environment::npm_packages(&folder.join("js"))?;
    // Gateways are the package's examples.
    npm::build(count)?;
    let examples = place::root().join("bindings-wasm/examples");
    for example in ["worker", "deno", "bun"] {
        environment::npm_packages(&examples.join(example))?;
    }
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

/// The Python that has what the clients' tests and their stub hub need.
pub(crate) fn python() -> Result<PathBuf> {
    environment::python("venv", &folder().join("requirements.txt"))
}

/// Where those tests are.
pub(crate) fn folder() -> PathBuf {
    place::root().join("server/tests/clients")
}

/// The server's binary, built.
pub(crate) fn server(count: &mut Count) -> Result<PathBuf> {
    let mut command = place::cargo();
    run::streaming(
        command.args(["build", "--package", "tokenward-server"]),
        count,
    )?;
    Ok(place::target()?.join("debug").join("tokenward-server"))
}
