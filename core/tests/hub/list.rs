//! `docs/hub-urls.md` lists the rows of the table; `UPDATE=1` writes it again.

use std::path::Path;

use tokenward_core::hub::ROWS;

const HEAD: &str = "\
# The Hub's URLs

What a request to a hub behind `/authz` needs before it may pass.
This list is written by a test from `core/src/hub/table.rs`; `UPDATE=1 cargo test -p tokenward-core --test hub` writes it again.
The first row that fits counts; what no row lists is refused.

`{T}` is `models`, `datasets`, `spaces` or `kernels`.
`{P}` is nothing (models), `datasets/`, `spaces/` or `kernels/`.
`{ns}/{name}` is the repository; `{name}.git` also stands for the name without `.git`.
`{path+}` is one or more segments, `{path*}` any number of them, and `{a|b}` one of these words.
HEAD goes with GET.

| method | pattern | needs |
|---|---|---|
";

fn listed() -> String {
    let lines = ROWS.iter().map(|row| {
        let pattern = format!("{}{}", row.pattern, row.when).replace('|', "\\|");
        format!("| {} | `{pattern}` | {} |\n", row.methods, row.need)
    });
    HEAD.to_owned() + &lines.collect::<String>()
}

#[test]
fn the_list_in_docs_is_the_table() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/hub-urls.md");
    if std::env::var_os("UPDATE").is_some_and(|value| value == "1") {
        std::fs::write(&file, listed()).unwrap();
    }
    let committed = std::fs::read_to_string(&file).unwrap_or_default();
    assert_eq!(
        committed,
        listed(),
        "docs/hub-urls.md is stale: run with UPDATE=1"
    );
}
