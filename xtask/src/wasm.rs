//! The core on a bare WASM target, where there is no `std` that it could lean on.
//!
//! `wasm32v1-none` comes with `core` and `alloc` only. Where the tool chain lacks it, Debian's Rust
//! builds those two from source; only where that is not to be had is rustup asked to download it.
//! `wasm32-unknown-unknown` would prove nothing: it comes with `std`.

use std::path::Path;
use std::process::Command;

use anyhow::{Result, bail};

use crate::count::Count;
use crate::{install, place, run};

const TARGET: &str = "wasm32v1-none";
const PACKAGES: [&str; 3] = ["rustc-web", "cargo-web", "rust-web-src"];
const DEBIANS_SOURCE: &str = "/usr/lib/rustlib/src/rust/library/core/Cargo.toml";

/// Builds `tokenward-core` there.
pub(crate) fn build_core(count: &mut Count) -> Result<()> {
    let mut command = cargo()?;
    command.args(["build", "--package", "tokenward-core", "--target", TARGET]);
    command
        .arg("--target-dir")
        .arg(place::target()?.join("no-std"));
    run::streaming(&mut command, count)
}

/// A Cargo that can build for the target.
fn cargo() -> Result<Command> {
    if has_target() {
        return Ok(place::cargo());
    }
    match debians_cargo() {
        Err(_) if add_target() => Ok(place::cargo()),
        other => other,
    }
}

/// Whether the active tool chain has the target's libraries.
fn has_target() -> bool {
    let mut command = Command::new("rustc");
    command
        .current_dir(place::root())
        .args(["--print", "target-libdir", "--target", TARGET]);
    let Ok(output) = command.output() else {
        return false;
    };
    output.status.success() && Path::new(String::from_utf8_lossy(&output.stdout).trim()).is_dir()
}

fn add_target() -> bool {
    run::succeeds(Command::new("rustup").args(["target", "add", TARGET])) && has_target()
}

/// Debian's Cargo and rustc, told to build `core` and `alloc` themselves.
fn debians_cargo() -> Result<Command> {
    if !is_debians_rust_there() {
        install::packages_named(&PACKAGES)?;
    }
    if !is_debians_rust_there() {
        bail!("no tool chain can build for {TARGET}; `rustup target add {TARGET}` adds it");
    }
    let mut command = Command::new("/usr/bin/cargo");
    command
        .current_dir(place::root())
        .args(["-Zbuild-std=core,alloc"]);
    for name in ["RUSTUP_TOOLCHAIN", "CARGO", "RUSTDOC", "RUSTC_WRAPPER"] {
        command.env_remove(name);
    }
    command
        .env("RUSTC", "/usr/bin/rustc")
        .env("RUSTC_BOOTSTRAP", "1");
    Ok(command)
}

fn is_debians_rust_there() -> bool {
    ["/usr/bin/cargo", "/usr/bin/rustc", DEBIANS_SOURCE]
        .iter()
        .all(|file| Path::new(file).is_file())
}
