//! `docs/operations.md` against the server: every option, variable, metric and limit is in it.
//!
//! Whether the rest of it is right is for people to say.

use std::collections::BTreeSet;
use std::path::Path;

use clap::{Arg, Command, CommandFactory as _};
use tokenward_core::hub::BODY_LIMIT;
use tokenward_server::config::CommandLine;
use tokenward_server::metrics::{Metrics, Present};
use tokenward_server::{body, rate_limit};

fn read(path: &str) -> String {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    std::fs::read_to_string(&file).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn operations() -> String {
    read("../docs/operations.md")
}

/// The one row of a table that begins with this cell.
fn row<'a>(text: &'a str, cell: &str) -> &'a str {
    let begin = format!("| {cell} |");
    let mut rows = text.lines().filter(|line| line.starts_with(&begin));
    let row = rows
        .next()
        .unwrap_or_else(|| panic!("docs/operations.md has no row for {cell}"));
    assert_eq!(
        rows.next(),
        None,
        "docs/operations.md has two rows for {cell}"
    );
    row
}

/// The program's own commands with the names that they are called by, without the help that clap
/// adds.
fn commands() -> Vec<(String, Command)> {
    let mut all = Vec::new();
    for command in CommandLine::command().get_subcommands() {
        let name = command.get_name().to_owned();
        match command.has_subcommands() {
            true => all.extend(command.get_subcommands().map(|inner| {
                let name = format!("{name} {}", inner.get_name());
                (name, inner.clone())
            })),
            false => all.push((name, command.clone())),
        }
    }
    assert!(all.len() >= 7, "only {} commands were found", all.len());
    all
}

fn options(command: &Command) -> impl Iterator<Item = &Arg> {
    command
        .get_arguments()
        .filter(|option| option.get_long().is_some_and(|long| long != "help"))
}

#[test]
fn every_command_is_in_its_table() {
    let text = operations();
    for (name, command) in commands() {
        let values = command
            .get_positionals()
            .map(|value| format!(" {}", value.get_id()).to_uppercase());
        let line = format!("`{name}{}`", values.collect::<String>());
        row(&text, &line);
    }
}

#[test]
fn every_option_is_in_its_table_with_its_variable_and_its_default() {
    let text = operations();
    for (_, command) in commands() {
        for option in options(&command) {
            let row = row(
                &text,
                &format!("`--{}`", option.get_long().unwrap_or_default()),
            );
            if let Some(variable) = option.get_env() {
                let cell = format!("| `{}` |", variable.to_string_lossy());
                assert!(row.contains(&cell), "{cell} is missing in: {row}");
            }
            let takes_value = option.get_action().takes_values();
            let defaults: Vec<_> = option
                .get_default_values()
                .iter()
                .map(|value| value.to_string_lossy())
                .collect();
            if takes_value && !defaults.is_empty() {
                let cell = format!("| `{}` |", defaults.join(","));
                assert!(row.contains(&cell), "{cell} is missing in: {row}");
            }
        }
    }
}

#[test]
fn no_option_is_in_the_table_that_the_program_does_not_have() {
    let text = operations();
    let written = text
        .lines()
        .filter_map(|line| line.strip_prefix("| `--")?.split('`').next());
    let written: BTreeSet<String> = written.map(str::to_owned).collect();
    let commands = commands();
    let known = commands
        .iter()
        .flat_map(|(_, command)| options(command))
        .filter_map(Arg::get_long);
    assert_eq!(written, known.map(str::to_owned).collect());
}

/// The variables that the sources name, also those that clap does not know.
#[test]
fn every_environment_variable_is_named() {
    let text = operations();
    let sources = ["src/config.rs", "src/main.rs"].map(read).concat();
    let word = |c: char| c.is_ascii_uppercase() || c == '_';
    let found: BTreeSet<&str> = sources
        .match_indices("\"TOKENWARD_")
        .filter_map(|(at, _)| sources[at + 1..].split(|c: char| !word(c)).next())
        .collect();
    assert!(found.len() >= 8, "only {found:?} were found");
    for variable in found {
        assert!(
            text.contains(&format!("`{variable}`")),
            "{variable} is not named"
        );
    }
}

#[test]
fn the_metrics_are_those_in_the_table() {
    let text = operations();
    let rendered = Metrics::default().render(&Present::default());
    let names = rendered
        .lines()
        .filter_map(|line| line.strip_prefix("# TYPE ")?.split(' ').next());
    let names: BTreeSet<String> = names.map(str::to_owned).collect();
    let written = text
        .lines()
        .filter_map(|line| line.strip_prefix("| `tokenward_")?.split('`').next());
    let written: BTreeSet<String> = written.map(|name| format!("tokenward_{name}")).collect();
    assert_eq!(written, names);
}

#[test]
fn the_limits_are_those_of_the_code() {
    let text = operations();
    let mebibytes = format!("{} MiB", body::LIMIT / (1024 * 1024));
    let kibibytes = format!("{} KiB", BODY_LIMIT / 1024);
    let window = format!("{} s", rate_limit::WINDOW);
    assert!(row(&text, "a request's body").contains(&mebibytes));
    assert!(row(&text, "the original request's body, at `/authz`").contains(&kibibytes));
    let failing = "calls answered 401, and reports of leaked tokens, from one address";
    assert!(row(&text, failing).contains(&window));
    let http = read("src/http.rs");
    for (name, cell) in [
        ("HEADER_TIME", "the time to send the head"),
        ("REQUEST_TIME", "the time of a request"),
        ("PATIENCE", "requests in hand at the end"),
    ] {
        let begin = format!("const {name}: Duration = Duration::from_secs(");
        let (_, rest) = http
            .split_once(&begin)
            .unwrap_or_else(|| panic!("`{name}` is gone"));
        let seconds = rest.split(')').next().unwrap_or_default();
        assert!(
            row(&text, cell).contains(&format!("| {seconds} s |")),
            "{cell}: {seconds} s"
        );
    }
    assert!(
        http.contains("HEAD_SIZE: usize = 64 * 1024;"),
        "the head's size has changed"
    );
    assert!(row(&text, "a request's head").contains("64 KiB"));
}
