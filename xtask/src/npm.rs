//! The npm package: built into `bindings-wasm/pkg`, and its suite.
//!
//! rustc makes the module, wasm-bindgen the glue, wasm-opt makes the module smaller, and tsc writes
//! JavaScript and declarations of what people use. What the package has to do is said in
//! `bindings-wasm/tests`; nothing here knows.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use wasm_bindgen_cli_support::{Bindgen, EncodeInto};

use crate::count::Count;
use crate::wasm::Parts;
use crate::{environment, examples, place, run, wasm};

/// Where the part of the package is that decides from snapshots only.
const FOR_EDGES: &str = "snapshots";

/// What rustc may have used; wasm-opt has to be told.
const FEATURES: [&str; 7] = [
    "--enable-bulk-memory",
    "--enable-multivalue",
    "--enable-mutable-globals",
    "--enable-nontrapping-float-to-int",
    "--enable-reference-types",
    "--enable-sign-ext",
    "--enable-simd",
];

/// Builds the package, and returns its folder.
pub(crate) fn build(count: &mut Count) -> Result<PathBuf> {
    let folder = place::root().join("bindings-wasm");
    environment::npm_packages(&folder)?;
    let package = folder.join("pkg");
    if package.exists() {
        fs::remove_dir_all(&package).context("cannot remove the old package")?;
    }
    let for_edges = package.join(FOR_EDGES);
    for (parts, package) in [(Parts::All, &package), (Parts::Snapshots, &for_edges)] {
        bind(&wasm::build_module(parts, count)?, package)?;
        optimize(&folder, package)?;
    }
    run::streaming(tool(&folder, "tsc").args(["--project", "js"]), count)?;
    shrink(&folder, &package)?;
    copy_sources(&package, &for_edges)?;
    for (from, to) in [
        ("js/package.json", "package.json"),
        ("README.md", "README.md"),
        ("../LICENSE", "LICENSE"),
    ] {
        fs::copy(folder.join(from), package.join(to)).with_context(|| format!("no `{from}`"))?;
    }
    link(&folder)?;
    Ok(package)
}

/// Builds the package and runs its tests: in Node.js, those in Chromium among them, and those of the types in tsc.
pub(crate) fn test(count: &mut Count) -> Result<()> {
    build(count)?;
    let folder = place::root().join("bindings-wasm");
    run::streaming(
        tool(&folder, "tsc").args(["--project", "tests/types"]),
        count,
    )?;
    let mut tests: Vec<PathBuf> = fs::read_dir(folder.join("tests"))?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<std::io::Result<_>>()?;
    tests.retain(|path| path.to_string_lossy().ends_with(".test.mjs"));
    tests.sort();
    let mut command = Command::new("node");
    command
        .args(["--expose-gc", "--test", "--test-reporter=spec"])
        .args(tests)
        .current_dir(&folder)
        .env("TOKENWARD_DOMAIN", examples::domain()?)
        .env("TOKENWARD_BUNDLES", examples::folder("bundles", count)?)
        .env("TOKENWARD_REFRESHES", examples::folder("refreshes", count)?);
    run::streaming(&mut command, count)
}

/// Writes `glue.js` and its declarations, and the module as they call it.
fn bind(module: &Path, package: &Path) -> Result<()> {
    let mut bindgen = Bindgen::new();
    bindgen.bundler(true)?;
    bindgen
        .input_path(module)
        .out_name("glue")
        .typescript(true)
        .encode_into(EncodeInto::Always)
        .remove_name_section(true)
        .remove_producers_section(true)
        .generate(package)?;
    // Bundlers' own way of loading; ours is in `js`.
    for unused in ["glue.js", "glue_bg.wasm.d.ts"] {
        fs::remove_file(package.join(unused)).with_context(|| format!("no `{unused}`"))?;
    }
    for (from, to) in [
        ("glue_bg.js", "glue.js"),
        ("glue_bg.wasm", "tokenward.wasm"),
    ] {
        fs::rename(package.join(from), package.join(to)).with_context(|| format!("no `{from}`"))?;
    }
    Ok(())
}

fn optimize(folder: &Path, package: &Path) -> Result<()> {
    let module = package.join("tokenward.wasm");
    let mut command = tool(folder, "wasm-opt");
    command.arg("-O3").args(FEATURES).arg(&module).arg("-o");
    run::quietly(command.arg(&module)).map(drop)
}

/// Takes comments and white space out of the JavaScript; declarations keep theirs.
fn shrink(folder: &Path, package: &Path) -> Result<()> {
    let mut command = tool(folder, "esbuild");
    command.args([
        "--minify-whitespace",
        "--log-level=warning",
        "--allow-overwrite",
    ]);
    command.args(["--outdir=pkg", "--outbase=pkg"]);
    for folder in [package, &package.join("edge"), &package.join(FOR_EDGES)] {
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            if path.extension().is_some_and(|end| end == "js") {
                command.arg(path);
            }
        }
    }
    run::quietly(&mut command).map(drop)
}

/// The same JavaScript around the smaller module.
fn copy_sources(package: &Path, for_edges: &Path) -> Result<()> {
    for entry in fs::read_dir(package)? {
        let entry = entry?;
        let name = entry.file_name();
        let is_source = [".js", ".d.ts"]
            .iter()
            .any(|end| name.to_string_lossy().ends_with(end));
        let is_glue = name.to_string_lossy().starts_with("glue.");
        if is_source && !is_glue {
            fs::copy(entry.path(), for_edges.join(name))?;
        }
    }
    Ok(())
}

/// Lets tests and examples import the package by its name.
fn link(folder: &Path) -> Result<()> {
    let link = folder.join("node_modules/tokenward");
    if !link.exists() {
        std::os::unix::fs::symlink("../pkg", link).context("cannot link to the package")?;
    }
    Ok(())
}

fn tool(folder: &Path, name: &str) -> Command {
    let mut command = Command::new(folder.join("node_modules/.bin").join(name));
    command.current_dir(folder);
    command
}
