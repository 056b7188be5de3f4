//! The code map of `ARCHITECTURE.md`, and every path and link in the documents.

use crate::tree;

const FILE: &str = "ARCHITECTURE.md";

/// Folders whose files must all be in the map.
const MAPPED: [&str; 6] = [
    "benches/src",
    "bindings-python/src",
    "bindings-wasm/src",
    "core/src",
    "server/src",
    "xtask/src",
];

fn ticked(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}

/// The first column of the code map's tables.
fn map() -> Vec<String> {
    let text = tree::read(FILE);
    let (_, part) = text
        .split_once("\n## Code map\n")
        .expect("there is a code map");
    let part = part.split("\n## ").next().unwrap_or_default();
    let rows = part.lines().filter(|line| line.starts_with("| `"));
    let cells = rows.filter_map(|row| row.split(" | ").next());
    cells
        .flat_map(|cell| ticked(cell).map(str::to_owned).collect::<Vec<_>>())
        .collect()
}

#[test]
fn every_path_of_the_code_map_exists() {
    let paths = map();
    assert!(paths.len() > 60, "only {} paths were found", paths.len());
    for path in paths {
        assert!(
            tree::root().join(&path).exists(),
            "{FILE}: `{path}` does not exist"
        );
    }
}

#[test]
fn every_source_file_is_in_the_code_map() {
    let paths = map();
    for file in tree::rust_files(&MAPPED) {
        let there = paths.iter().any(|path| match path.strip_suffix('/') {
            Some(_) => {
                file.starts_with(path.as_str()) && !MAPPED.contains(&path.trim_end_matches('/'))
            }
            None => file == *path,
        });
        assert!(there, "`{file}` has no line in the code map of {FILE}");
    }
}

/// Paths in backticks that begin with a folder of ours; `<…>` and `…` stand for something.
#[test]
fn every_path_in_the_documents_exists() {
    let ours = [
        "benches/",
        "bindings-python/",
        "bindings-wasm/",
        "core/",
        "docs/",
        "server/",
        "xtask/",
        ".ci/",
        ".cargo/",
    ];
    for document in tree::documents() {
        let text = tree::read(&document);
        // Code blocks are commands and settings, and their backticks come in threes.
        let prose: String = text.split("```").step_by(2).collect();
        for path in ticked(&prose).filter(|text| ours.iter().any(|ours| text.starts_with(ours))) {
            if path.contains(['<', '…', '*', ' ', '{']) {
                continue;
            }
            let path = path.split("::").next().unwrap_or_default();
            assert!(
                tree::root().join(path).exists(),
                "{document}: `{path}` does not exist"
            );
        }
    }
}

#[test]
fn every_relative_link_in_the_documents_leads_somewhere() {
    for document in tree::documents() {
        let text = tree::read(&document);
        let folder = tree::root().join(&document);
        let folder = folder.parent().expect("a file is in a folder");
        let targets = text
            .split("](")
            .skip(1)
            .filter_map(|rest| rest.split(')').next());
        for target in targets.filter(|target| !target.contains("://")) {
            let path = target.split('#').next().unwrap_or_default();
            assert!(
                folder.join(path).exists(),
                "{document}: `{target}` leads nowhere"
            );
        }
    }
}
