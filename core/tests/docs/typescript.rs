//! The closed lists of words as TypeScript: `bindings-wasm/js/words.ts`, written from the code.

use tokenward_core::{hub, snapshot::SnapshotError, words};

use crate::tree;

const FILE: &str = "bindings-wasm/js/words.ts";
const HEAD: &str = "\
// The closed lists of words on the wire, as types.
//
// Written by a test from the core's own lists: UPDATE=1 rewrites it.
";

/// Lists that programs need as values too: numbers are places in them.
const VALUES: [(&str, &str); 2] = [("Action", "ACTIONS"), ("Reason", "REASONS")];

fn text() -> String {
    let mut lists = words();
    let codes = SnapshotError::ALL.iter().map(|error| error.code().into());
    lists.push(("SnapshotErrorCode", codes.collect()));
    lists.sort();
    let lists: String = lists
        .iter()
        .map(|(name, words)| list(name, words))
        .collect();
    let limit = hub::BODY_LIMIT;
    format!(
        "{HEAD}{lists}\n/** How much of a body is looked at, in bytes; requests with more are refused where it \
         matters. */\nexport const BODY_LIMIT = {limit};\n"
    )
}

fn list(name: &str, words: &[String]) -> String {
    match VALUES.iter().find(|(of, _)| *of == name) {
        Some((_, value)) => {
            let words: String = words
                .iter()
                .map(|word| format!("  \"{word}\",\n"))
                .collect();
            format!(
                "\nexport const {value} = [\n{words}] as const;\nexport type {name} = (typeof {value})[number];\n"
            )
        }
        None => {
            let words: String = words
                .iter()
                .map(|word| format!("\n  | \"{word}\""))
                .collect();
            format!("\nexport type {name} ={words};\n")
        }
    }
}

#[test]
fn the_types_for_javascript_list_the_words_of_the_core() {
    if std::env::var_os("UPDATE").is_some_and(|value| value == "1") {
        std::fs::write(tree::root().join(FILE), text()).unwrap();
    }
    assert_eq!(
        tree::read(FILE),
        text(),
        "{FILE} is stale: run with UPDATE=1"
    );
}
