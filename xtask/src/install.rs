//! What the suites need from the machine, and Debian's packages that have it.
//!
//! As root on Debian, what is missing is installed; elsewhere the suite that needs it fails and
//! says what to install. Nothing is upgraded, and nothing that is there is removed.

use std::collections::BTreeSet;
use std::process::Command;
use std::sync::OnceLock;

use anyhow::{Result, bail};
use nix::unistd::Uid;

use crate::{place, postgres, run};

/// Something that a suite needs.
pub(crate) struct Tool {
    name: &'static str,
    packages: &'static [&'static str],
    is_there: fn() -> bool,
}

/// Any git will do: the clients' tests run whichever comes first.
pub(crate) static GIT: Tool = Tool {
    name: "git",
    packages: &["git"],
    is_there: || place::program("git").is_some(),
};
/// The gateway's tests run it as an ordinary program, not as a service.
pub(crate) static NGINX: Tool = Tool {
    name: "nginx",
    packages: &["nginx"],
    is_there: || place::program("nginx").is_some(),
};
/// libFuzzer is built from source.
pub(crate) static CXX: Tool = Tool {
    name: "a C++ compiler",
    packages: &["g++"],
    is_there: || place::program("c++").is_some(),
};
/// Runs `@huggingface/hub`.
pub(crate) static NODE: Tool = Tool {
    name: "Node.js with npm",
    packages: &["nodejs", "npm"],
    is_there: || place::program("npm").is_some(),
};
/// The npm package's tests show their pages in it.
pub(crate) static CHROMIUM: Tool = Tool {
    name: "Chromium",
    packages: &["chromium"],
    is_there: || place::program("chromium").is_some(),
};
/// Runs pytest and `huggingface_hub`; Debian keeps `venv` in a package of its own.
pub(crate) static PYTHON: Tool = Tool {
    name: "Python 3 with venv",
    packages: &["python3", "python3-venv"],
    is_there: has_venv,
};
/// The server's programs, and `psql` for the clients' tests.
pub(crate) static POSTGRES: Tool = Tool {
    name: "PostgreSQL",
    packages: &["postgresql"],
    is_there: || postgres::programs().is_some() && place::program("psql").is_some(),
};

/// Installs those of the tools that are missing, all in one go.
pub(crate) fn tools<'a>(tools: impl IntoIterator<Item = &'a Tool>) -> Result<()> {
    let missing = tools.into_iter().filter(|tool| !(tool.is_there)());
    let packages: BTreeSet<&str> = missing.flat_map(|tool| tool.packages).copied().collect();
    if packages.is_empty() {
        Ok(())
    } else {
        packages_named(&Vec::from_iter(packages))
    }
}

/// Fails with the names of the tools that are not there.
pub(crate) fn require(tools: &[&Tool]) -> Result<()> {
    for tool in tools {
        if !(tool.is_there)() {
            bail!(
                "{} is missing (Debian: {})",
                tool.name,
                tool.packages.join(" ")
            );
        }
    }
    Ok(())
}

/// Installs Debian packages.
pub(crate) fn packages_named(packages: &[&str]) -> Result<()> {
    let names = packages.join(" ");
    if !Uid::effective().is_root() || place::program("apt-get").is_none() {
        bail!("please install what these Debian packages have: {names}");
    }
    refresh_lists()?;
    println!("installing {names}");
    let mut command = apt_get("install");
    command
        .args(["--yes", "--no-install-recommends", "--no-remove"])
        .args(packages);
    run::quietly(&mut command).map(drop)
}

/// Runs `apt-get update`, once.
fn refresh_lists() -> Result<()> {
    static DONE: OnceLock<()> = OnceLock::new();
    if DONE.get().is_none() {
        run::quietly(&mut apt_get("update"))?;
        DONE.get_or_init(|| ());
    }
    Ok(())
}

fn apt_get(verb: &str) -> Command {
    let mut command = Command::new("apt-get");
    command.arg(verb).env("DEBIAN_FRONTEND", "noninteractive");
    command
}

fn has_venv() -> bool {
    run::succeeds(Command::new("python3").args(["-c", "import ensurepip, venv"]))
}
