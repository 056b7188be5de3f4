//! The criterion benches: measured, or each run once to see that it still works.

use anyhow::Result;

use crate::count::Count;
use crate::{place, run};

/// Measures the benches whose name contains `name`.
pub(crate) fn bench(name: Option<&str>) -> Result<()> {
    let mut command = place::cargo();
    command.args(["bench", "--package", "tokenward-benches", "--benches"]);
    if let Some(name) = name {
        command.args(["--", name]);
    }
    run::streaming(&mut command, &mut Count::default())
}

/// Runs every bench once, without measuring.
pub(crate) fn once(count: &mut Count) -> Result<()> {
    let mut command = place::cargo();
    command.args([
        "bench",
        "--package",
        "tokenward-benches",
        "--benches",
        "--",
        "--test",
    ]);
    run::streaming(&mut command, count)
}
