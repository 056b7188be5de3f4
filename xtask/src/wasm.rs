//! Tool chains for WASM: the core on a bare target, and the module of the npm package.
//!
//! `wasm32v1-none` comes with `core` and `alloc` only, so that the core cannot lean on `std`;
//! `wasm32-unknown-unknown`, which would prove nothing, is what JavaScript knows. Where the tool chain
//! lacks a target, Debian's Rust builds `core` and `alloc` from source; only where that is not to be
//! had is rustup asked to download it.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::count::Count;
use crate::{install, place, run};

const BARE: &str = "wasm32v1-none";
const HOSTED: &str = "wasm32-unknown-unknown";
const PACKAGES: [&str; 3] = ["rustc-web", "cargo-web", "rust-web-src"];
const DEBIANS_SOURCE: &str = "/usr/lib/rustlib/src/rust/library/core/Cargo.toml";

/// Builds `tokenward-core` there.
pub(crate) fn build_core(count: &mut Count) -> Result<()> {
    let mut command = cargo(BARE)?;
    command.args(["build", "--package", "tokenward-core", "--target", BARE]);
    command
        .arg("--target-dir")
        .arg(place::target()?.join("no-std"));
    run::streaming(&mut command, count)
}

/// How much of the engine a module has.
#[derive(Clone, Copy)]
pub(crate) enum Parts {
    All,
    /// What decides from snapshots.
    Snapshots,
}

/// Builds the module of `bindings-wasm`, and returns its file.
pub(crate) fn build_module(parts: Parts, count: &mut Count) -> Result<PathBuf> {
    let folder = place::target()?.join("npm");
    let mut command = cargo(HOSTED)?;
    command.args(["build", "--package", "tokenward-wasm", "--profile", "wasm"]);
    command.args(["--target", HOSTED, "--target-dir"]);
    command.arg(&folder);
    if matches!(parts, Parts::Snapshots) {
        command.arg("--no-default-features");
    }
    run::streaming(&mut command, count)?;
    Ok(folder.join(HOSTED).join("wasm/tokenward_wasm.wasm"))
}

/// A Cargo that can build for the target.
fn cargo(target: &str) -> Result<Command> {
    if has_target(target) {
        return Ok(place::cargo());
    }
    match debians_cargo(target) {
        Err(_) if add_target(target) => Ok(place::cargo()),
        other => other,
    }
}

/// Whether the active tool chain has the target's libraries.
fn has_target(target: &str) -> bool {
    let mut command = Command::new("rustc");
    command
        .current_dir(place::root())
        .args(["--print", "target-libdir", "--target", target]);
    let Ok(output) = command.output() else {
        return false;
    };
    output.status.success() && Path::new(String::from_utf8_lossy(&output.stdout).trim()).is_dir()
}

fn add_target(target: &str) -> bool {
    run::succeeds(Command::new("rustup").args(["target", "add", target])) && has_target(target)
}

/// Debian's Cargo and rustc, told to build `core` and `alloc` themselves.
fn debians_cargo(target: &str) -> Result<Command> {
    if !is_debians_rust_there() {
        install::packages_named(&PACKAGES)?;
    }
    if !is_debians_rust_there() {
        bail!("no tool chain can build for {target}; `rustup target add {target}` adds it");
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
    if target == HOSTED {
        // Sorting and printing in a third of the room; nothing that is hot does either.
        command.arg("-Zbuild-std-features=optimize_for_size");
        command.env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", linker()?);
    }
    Ok(command)
}

/// A linker for modules, which Debian's Rust brings none of: that of the active tool chain, or LLVM's.
fn linker() -> Result<PathBuf> {
    let sysroot = run::quietly(Command::new("rustc").args(["--print", "sysroot"]))?;
    let own = Path::new(sysroot.trim())
        .join("lib/rustlib")
        .join(place::host()?);
    let own = own.join("bin/rust-lld");
    if own.is_file() {
        return Ok(own);
    }
    if place::program("wasm-ld").is_none() {
        install::packages_named(&["lld"])?;
    }
    place::program("wasm-ld").context("no linker for WASM; Debian's `lld` has one")
}

fn is_debians_rust_there() -> bool {
    ["/usr/bin/cargo", "/usr/bin/rustc", DEBIANS_SOURCE]
        .iter()
        .all(|file| Path::new(file).is_file())
}
