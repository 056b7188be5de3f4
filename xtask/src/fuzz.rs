//! The fuzz targets of `core/fuzz`, built with the stable compiler and run for some seconds each.
//!
//! `cargo-fuzz` would need a nightly compiler for its sanitizers; the core has no unsafe code, so
//! coverage is all that is needed, and the stable compiler can be told to measure that.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::count::Count;
use crate::{place, run};

/// One for each file or folder in `core/fuzz/targets`.
const TARGETS: [&str; 4] = ["document", "scan", "commands", "snapshot"];

/// Coverage counters at every edge, a table of what they count, and the operands of comparisons.
const FLAGS: [&str; 6] = [
    "-Cpasses=sancov-module",
    "-Cllvm-args=-sanitizer-coverage-level=4",
    "-Cllvm-args=-sanitizer-coverage-inline-8bit-counters",
    "-Cllvm-args=-sanitizer-coverage-pc-table",
    "-Cllvm-args=-sanitizer-coverage-trace-compares",
    "--cfg=fuzzing",
];

/// The manifest of the fuzz targets' own workspace.
pub(crate) fn manifest() -> PathBuf {
    folder().join("Cargo.toml")
}

/// Runs all targets; each that finds nothing counts as a passed test.
pub(crate) fn all(seconds: u32) -> Result<Count> {
    let programs = build()?;
    let mut count = Count::default();
    for name in TARGETS {
        match run_target(name, &programs.join(name), seconds) {
            Ok(()) => count.passed += 1,
            Err(error) => {
                eprintln!("{name}: {error:#}");
                count.failed += 1;
            }
        }
    }
    Ok(count)
}

/// Builds the targets and returns the folder that they are in.
fn build() -> Result<PathBuf> {
    let host = place::host()?;
    let output = place::target()?.join("fuzz");
    let mut command = place::cargo();
    command.args(["build", "--release", "--bins", "--target", &host]);
    command
        .arg("--manifest-path")
        .arg(manifest())
        .arg("--target-dir")
        .arg(&output);
    // An explicit target keeps these flags away from build scripts and macros.
    command
        .env_remove("RUSTFLAGS")
        .env("CARGO_ENCODED_RUSTFLAGS", FLAGS.join("\u{1f}"));
    run::streaming(&mut command, &mut Count::default())?;
    Ok(output.join(host).join("release"))
}

fn run_target(name: &str, program: &Path, seconds: u32) -> Result<()> {
    let seeds = folder().join("seeds").join(name);
    let corpus = made(folder().join("corpus").join(name))?;
    let artifacts = made(folder().join("artifacts").join(name))?;
    check_coverage(program, &seeds)?;
    println!("{name}: {seconds} s");
    let mut command = Command::new(program);
    command.current_dir(folder());
    command.arg(format!("-max_total_time={seconds}"));
    command.arg(format!("-artifact_prefix={}/", artifacts.display()));
    command.args(["-timeout=10", "-max_len=16384", "-print_final_stats=1"]);
    let output = run::captured(command.arg(corpus).arg(seeds))?;
    let output = String::from_utf8_lossy(&output.stderr).into_owned();
    for line in output.lines().filter(|line| line.starts_with("stat::")) {
        println!("  {line}");
    }
    Ok(())
}

/// Without counters a run would only repeat the seeds, and nobody would notice.
fn check_coverage(program: &Path, seeds: &Path) -> Result<()> {
    let output = run::captured(Command::new(program).arg("-runs=0").arg(seeds))?;
    if !String::from_utf8_lossy(&output.stderr).contains("inline 8-bit counters") {
        bail!(
            "the compiler has put no coverage counters into `{}`",
            program.display()
        );
    }
    Ok(())
}

fn folder() -> PathBuf {
    place::root().join("core").join("fuzz")
}

fn made(folder: PathBuf) -> Result<PathBuf> {
    fs::create_dir_all(&folder).with_context(|| format!("cannot make `{}`", folder.display()))?;
    Ok(folder)
}
