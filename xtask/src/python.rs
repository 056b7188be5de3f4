//! The suite of the Python package: installed as its users install it, then tested from outside.
//!
//! What the package has to do is said in `bindings-python/tests`; nothing here knows.

use std::path::Path;
use std::process::Command;

use anyhow::Result;

use crate::count::Count;
use crate::{clients, environment, examples, place, run};

/// Builds and installs the package, the server and the list of decisions, and runs the tests.
pub(crate) fn test(count: &mut Count) -> Result<()> {
    let folder = place::root().join("bindings-python");
    let python = environment::python("python", &folder.join("tests/requirements.txt"))?;
    install(&python, &folder)?;
    let (server, domain) = (clients::server(count)?, examples::domain()?);
    let mut command = Command::new(&python);
    command
        .args(["-m", "pytest", "-q", "-p", "no:cacheprovider"])
        .arg(folder.join("tests"))
        .current_dir(place::root())
        .env("TOKENWARD_SERVER", server)
        .env("TOKENWARD_DOMAIN", domain)
        .env("TOKENWARD_BUNDLES", examples::folder("bundles", count)?);
    run::streaming(&mut command, count)
}

/// `pip install ./bindings-python`, as the README says: in release, in pip's own build environment.
fn install(python: &Path, package: &Path) -> Result<()> {
    println!("installing the package");
    let mut install = environment::pip_install(python);
    install
        .arg(package)
        .env("CARGO_TARGET_DIR", place::target()?);
    run::quietly(&mut install).map(drop)
}
