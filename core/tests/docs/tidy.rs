//! Rules of the house that no compiler knows.

use crate::tree;

/// The longest file that one still reads in one go.
const LONGEST: usize = 520;

/// Files that are longer, with their own limit, and why.
const LONGER: &[(&str, usize, &str)] = &[(
    "core/src/decide.rs",
    680,
    "the thirteen checks and the facts that they read are judged side by side",
)];

/// What only the core knows the meaning of.
const MEANINGS: [&str; 4] = ["AuthorizationStatus", "Permission", "Role", "TokenPolicy"];

/// Where meanings may be named outside the core, and why.
const EXAMPLES: &[(&str, &str)] = &[(
    "server/src/demo.rs",
    "example data: it says what people have, and asks nothing of it",
)];

/// A file's code, without its comments and its tests.
fn code(path: &str) -> String {
    let text = tree::read(path);
    let code = text.split("#[cfg(test)]").next().unwrap_or_default();
    let lines = code
        .lines()
        .map(|line| line.split("//").next().unwrap_or_default());
    lines.map(|line| line.to_owned() + "\n").collect()
}

/// Variants of a type that the code names: `Role::Admin`, `Role::{…}`, `Role::*`.
fn variants(code: &str, of: &str) -> Vec<String> {
    let path = format!("{of}::");
    let part = |c: char| c.is_alphanumeric() || c == '_';
    let found = code.match_indices(&path).filter_map(|(at, _)| {
        let whole = !code[..at].chars().next_back().is_some_and(part);
        let rest: String = code[at + path.len()..]
            .chars()
            .take_while(|c| part(*c) || "{*".contains(*c))
            .collect();
        let variant = rest.starts_with(|c: char| c.is_ascii_uppercase() || "{*".contains(c));
        (whole && variant && rest != "ALL").then(|| format!("{of}::{rest}"))
    });
    found.collect()
}

#[test]
fn only_the_core_knows_what_policies_approvals_roles_and_permissions_mean() {
    for file in tree::rust_files(&[
        "bindings-python/src",
        "bindings-wasm/src",
        "server/src",
        "xtask/src",
    ]) {
        let code = code(&file);
        let named: Vec<String> = MEANINGS.iter().flat_map(|of| variants(&code, of)).collect();
        let example = EXAMPLES.iter().any(|(path, _)| *path == file);
        assert_eq!(
            !named.is_empty(),
            example,
            "{file} names {named:?}: ask the core instead"
        );
    }
}

#[test]
fn variants_are_found_however_they_are_named() {
    let code = "a == Role::Admin; use x::TokenPolicy::{self}; Role::parse(b); GroupRole::Admin; Role::ALL; use Role::*";
    assert_eq!(variants(code, "Role"), ["Role::Admin", "Role::*"]);
    assert_eq!(variants(code, "TokenPolicy"), ["TokenPolicy::{self"]);
}

/// The files of the server that hold a text, beside the store itself.
fn callers(text: &str) -> Vec<String> {
    let files = tree::rust_files(&["server/src"]).into_iter();
    let outside = files.filter(|file| !file.starts_with("server/src/store/"));
    outside.filter(|file| code(file).contains(text)).collect()
}

#[test]
fn every_change_goes_through_governance() {
    assert_eq!(callers(".commit("), ["server/src/governance.rs"]);
    assert_eq!(callers("governance::commit("), ["server/src/machine.rs"]);
    assert_eq!(
        callers("store.begin("),
        ["server/src/governance.rs", "server/src/machine.rs"]
    );
}

#[test]
fn every_file_says_what_it_is_for() {
    let folders = [
        "benches",
        "bindings-python/src",
        "bindings-wasm/src",
        "core/src",
        "core/tests",
        "server/src",
        "server/tests",
        "xtask/src",
    ];
    for file in tree::rust_files(&folders) {
        assert!(
            tree::read(&file).starts_with("//! "),
            "{file} does not begin with `//!`"
        );
    }
}

#[test]
fn files_are_short_enough_to_read() {
    for file in tree::rust_files(&[
        "bindings-python/src",
        "bindings-wasm/src",
        "core/src",
        "server/src",
    ]) {
        let lines = tree::read(&file).lines().count();
        let longer = LONGER.iter().find(|(path, ..)| *path == file);
        let limit = longer.map_or(LONGEST, |(_, limit, _)| *limit);
        assert!(
            lines <= limit,
            "{file} has {lines} lines: split it by subject"
        );
        assert!(
            longer.is_none() || lines > LONGEST,
            "{file} needs no limit of its own any more"
        );
    }
}

/// Texts that are read by people or programs; anything else is data that was made elsewhere.
fn is_text(path: &str) -> bool {
    let ends = [
        ".cjs", ".conf.in", ".html", ".js", ".json", ".lock", ".md", ".mjs", ".npmrc", ".py",
        ".pyi", ".rs", ".sh", ".sql", ".toml", ".ts", ".txt", ".yaml", ".yml", "LICENSE", "/run",
    ];
    ends.iter().any(|end| path.ends_with(end))
}

/// Somebody's own folders are nobody else's: nothing may depend on where this was written.
#[test]
fn nothing_names_a_folder_of_one_machine() {
    let places = [
        ["/wo", "rk/"],
        ["/ho", "me/"],
        ["/Use", "rs/"],
        ["/ro", "ot/"],
    ]
    .map(|halves| halves.concat());
    for file in tree::files(".", is_text) {
        let text = tree::read(&file);
        for place in &places {
            assert!(!text.contains(place), "{file} names `{place}`");
        }
    }
}

/// Packages come from wherever the machine's own settings say: no file of ours names a registry's
/// address but that of the crates index, which Cargo writes into its lock files.
#[test]
fn nothing_names_the_address_of_a_registry() {
    let index = "registry+https://github.com/rust-lang/crates.io-index";
    let anywhere = ["--index-url", "--registry", "\"resolved\"", "registry+"];
    let settings = [
        "extra-index-url",
        "index-url",
        "registry =",
        "registry=",
        "replace-with",
    ];
    for file in tree::files(".", is_text)
        .iter()
        .filter(|file| !file.ends_with(".rs"))
    {
        let text = tree::read(file).replace(index, "");
        for part in anywhere {
            assert!(!text.contains(part), "{file} has `{part}`");
        }
        for line in text.lines().map(str::trim_start) {
            let set = settings.iter().any(|setting| line.starts_with(setting));
            assert!(!set, "{file} sets where packages come from: {line}");
        }
    }
}
