//! `docs/glossary.md`: every Rust name in it is one that the core has.

use crate::tree;

const FILE: &str = "docs/glossary.md";

/// The third column of the table's rows: where the word is in the code.
fn named() -> Vec<String> {
    let text = tree::read(FILE);
    let rows = text
        .lines()
        .filter(|line| line.starts_with("| ") && !line.starts_with("| word "));
    let cells: Vec<String> = rows
        .map(|row| {
            row.split(" | ")
                .nth(2)
                .unwrap_or_else(|| panic!("{FILE}: {row}"))
                .to_owned()
        })
        .collect();
    let ticked = |cell: &String| -> Vec<String> {
        cell.split('`')
            .skip(1)
            .step_by(2)
            .map(str::to_owned)
            .collect()
    };
    cells.iter().flat_map(ticked).collect()
}

/// Whether the text holds these words with nothing that could go on a name behind them.
fn holds(text: &str, words: &str) -> bool {
    let part = |c: char| c.is_alphanumeric() || c == '_';
    text.match_indices(words).any(|(at, _)| {
        let before = text[..at].chars().next_back();
        let after = text[at + words.len()..].chars().next();
        !before.is_some_and(part) && !after.is_some_and(part)
    })
}

/// A type, or what a module of the core makes by a macro and hands on.
fn is_type(source: &str, crate_root: &str, name: &str) -> bool {
    let defined = ["struct", "enum"]
        .iter()
        .any(|kind| holds(source, &format!("pub {kind} {name}")));
    defined || holds(crate_root, name)
}

#[test]
fn every_rust_name_of_the_glossary_is_in_the_core() {
    let files = tree::rust_files(&["core/src"]);
    let source: String = files.iter().map(|file| tree::read(file)).collect();
    let exports = tree::read("core/src/lib.rs");
    let exports = exports
        .split_once("pub use")
        .map_or("", |(_, exports)| exports);
    let names = named();
    assert!(names.len() > 30, "only {} names were found", names.len());
    for name in names {
        let known = match name.split_once("::") {
            Some((of, item)) => {
                let part = [
                    format!("fn {item}"),
                    format!("{item}:"),
                    format!("    {item}"),
                ];
                is_type(&source, exports, of) && part.iter().any(|part| source.contains(part))
            }
            None => is_type(&source, exports, &name),
        };
        assert!(known, "{FILE} names `{name}`, which the core does not have");
    }
}

#[test]
fn the_glossary_is_in_the_order_of_the_alphabet() {
    let text = tree::read(FILE);
    let words: Vec<String> = text
        .lines()
        .filter(|line| line.starts_with("| ") && !line.starts_with("| word "))
        .map(|line| line.split(" | ").next().unwrap_or_default().to_lowercase())
        .collect();
    assert!(words.is_sorted(), "{words:#?}");
}
