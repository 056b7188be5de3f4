//! The tables of `docs/semantics.md` that are written from the code, between
//! `<!-- generated:NAME -->` and `<!-- end -->`.

use crate::tables::TABLES;
use crate::tree;

const FILE: &str = "docs/semantics.md";
const END: &str = "<!-- end -->";

/// The document with every generated part written again.
fn renewed(text: &str) -> String {
    TABLES.iter().fold(text.to_owned(), |text, (name, table)| {
        let begin = format!("<!-- generated:{name} -->");
        let (before, rest) = text
            .split_once(&begin)
            .unwrap_or_else(|| panic!("{FILE} has no `{begin}`"));
        let (_, after) = rest
            .split_once(END)
            .unwrap_or_else(|| panic!("{FILE} has no `{END}` behind `{begin}`"));
        format!("{before}{begin}\n{}{END}{after}", table())
    })
}

#[test]
fn the_generated_tables_are_those_of_the_code() {
    let committed = tree::read(FILE);
    let renewed = renewed(&committed);
    if std::env::var_os("UPDATE").is_some_and(|value| value == "1") {
        std::fs::write(tree::root().join(FILE), &renewed).unwrap();
        return;
    }
    for (committed, renewed) in committed.lines().zip(renewed.lines()) {
        assert_eq!(committed, renewed, "{FILE} is stale: run with UPDATE=1");
    }
    assert_eq!(committed, renewed, "{FILE} is stale: run with UPDATE=1");
}

#[test]
fn every_generated_part_is_one_that_is_written() {
    let text = tree::read(FILE);
    let named: Vec<&str> = text
        .split("<!-- generated:")
        .skip(1)
        .map(|part| part.split_once(" -->").map_or("", |(name, _)| name))
        .collect();
    let mut written: Vec<&str> = TABLES.iter().map(|(name, _)| *name).collect();
    let mut sorted = named.clone();
    sorted.sort_unstable();
    written.sort_unstable();
    assert_eq!(sorted, written, "each generated part stands in {FILE} once");
    assert_eq!(text.matches(END).count(), named.len());
}

/// A rule is cited by its number, so a new one takes the next number wherever it stands.
#[test]
fn every_rule_has_a_number_of_its_own() {
    let text = tree::read(FILE);
    let number = |line: &str| line.strip_prefix("**R")?.split_once(".**")?.0.parse().ok();
    let mut numbers: Vec<usize> = text.lines().filter_map(number).collect();
    numbers.sort_unstable();
    assert!(
        numbers.len() > 50,
        "only {} rules were found",
        numbers.len()
    );
    assert_eq!(numbers, (1..=numbers.len()).collect::<Vec<_>>());
}
