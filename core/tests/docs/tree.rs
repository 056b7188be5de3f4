//! The files of this repository, without what is built, fetched or cached.

use std::path::{Path, PathBuf};

/// Folders that hold nothing of ours, wherever they are.
const FOREIGN: [&str; 8] = [
    ".git",
    ".pytest_cache",
    ".venv",
    ".xtask",
    "__pycache__",
    "node_modules",
    "pkg",
    "target",
];

/// The folder that everything is in.
pub(crate) fn root() -> PathBuf {
    let core = Path::new(env!("CARGO_MANIFEST_DIR"));
    core.parent().expect("the core is a folder of it").into()
}

/// A file's text, by its path from the root.
pub(crate) fn read(path: &str) -> String {
    let text = std::fs::read_to_string(root().join(path));
    text.unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The paths from the root of the files in a folder, with `/`, in order.
pub(crate) fn files(folder: &str, wanted: impl Fn(&str) -> bool) -> Vec<String> {
    let (root, mut found) = (root(), Vec::new());
    let mut folders = vec![root.join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).expect("the folder is there") {
            let path = entry.expect("the folder can be read").path();
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            if path.is_symlink() || FOREIGN.contains(&&*name) {
                continue;
            }
            if path.is_dir() {
                folders.push(path);
            } else {
                let short = path.strip_prefix(&root).expect("it is below the root");
                found.push(short.to_string_lossy().replace('\\', "/"));
            }
        }
    }
    found.retain(|path| wanted(path));
    found.sort();
    assert!(!found.is_empty(), "nothing was found in `{folder}`");
    found
}

/// The Rust files of some folders.
pub(crate) fn rust_files(folders: &[&str]) -> Vec<String> {
    let rust = |folder: &&str| files(folder, |path| path.ends_with(".rs"));
    folders.iter().flat_map(rust).collect()
}

/// Every document that is kept by hand, or partly so.
pub(crate) fn documents() -> Vec<String> {
    let top = [
        "ARCHITECTURE.md",
        "CHANGELOG.md",
        "CONTRIBUTING.md",
        "README.md",
        "SECURITY.md",
    ];
    let mut all: Vec<String> = top.iter().map(ToString::to_string).collect();
    all.extend(files("docs", |path| path.ends_with(".md")));
    all
}
