//! `cargo xtask test`: the table of suites, and running them one after the other.
//!
//! A suite that fails does not stop the others. No suite is ever skipped: what it needs is
//! installed or it fails.

use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use clap::Args;
use clap::builder::PossibleValuesParser;

use crate::count::Count;
use crate::install::{CHROMIUM, CXX, GIT, NGINX, NODE, POSTGRES, PYTHON, Tool};
use crate::postgres::Postgres;
use crate::{
    bench, clients, deny, fuzz, install, npm, place, python, run, rust_tests, signals, wasm,
};

/// Which suites to run.
#[derive(Args)]
pub(crate) struct Options {
    /// Suites to run; all of them if none is named
    #[arg(value_parser = PossibleValuesParser::new(SUITES.iter().map(|suite| suite.name)))]
    suites: Vec<String>,
}

/// One line of the table.
struct Suite {
    name: &'static str,
    about: &'static str,
    needs: &'static [&'static Tool],
    /// Whether a runner reports tests, so that none at all is a failure.
    counts: bool,
    run: fn(&mut Job) -> Result<()>,
}

/// What a suite is given, and what it hands back besides success.
struct Job<'a> {
    postgres: Option<&'a str>,
    count: Count,
}

/// INVARIANT: what fails fastest comes first.
static SUITES: [Suite; 12] = [
    Suite {
        name: "fmt",
        about: "formatting",
        needs: &[],
        counts: false,
        run: fmt,
    },
    Suite {
        name: "clippy",
        about: "lints",
        needs: &[],
        counts: false,
        run: clippy,
    },
    Suite {
        name: "xtask",
        about: "these commands",
        needs: &[&POSTGRES],
        counts: true,
        run: |job| rust_tests::package("xtask", None, &mut job.count),
    },
    Suite {
        name: "core",
        about: "the engine",
        needs: &[],
        counts: true,
        run: core,
    },
    Suite {
        name: "no-std",
        about: "the engine on a bare WASM target",
        needs: &[],
        counts: false,
        run: |job| wasm::build_core(&mut job.count),
    },
    Suite {
        name: "deny",
        about: "licences, sources and bans of the dependencies",
        needs: &[],
        counts: false,
        run: |job| deny::offline(&mut job.count),
    },
    Suite {
        name: "fuzz",
        about: "every fuzz target for some seconds",
        needs: &[&CXX],
        counts: true,
        run: |job| fuzz::all(FUZZ_SECONDS).map(|count| job.count = count),
    },
    Suite {
        name: "server",
        about: "the server on SQLite and PostgreSQL",
        needs: &[&POSTGRES],
        counts: true,
        run: server,
    },
    Suite {
        name: "python",
        about: "the Python package, installed by pip",
        needs: &[&PYTHON, &GIT],
        counts: true,
        run: |job| python::test(&mut job.count),
    },
    Suite {
        name: "wasm",
        about: "the npm package, in Node.js and in a browser",
        needs: &[&NODE, &CHROMIUM],
        counts: true,
        run: |job| npm::test(&mut job.count),
    },
    Suite {
        name: "clients",
        about: "real clients against a running server",
        needs: &[&PYTHON, &NODE, &CHROMIUM, &GIT, &NGINX, &POSTGRES],
        counts: true,
        run: |job| clients::test(job.postgres, &mut job.count),
    },
    Suite {
        name: "benches",
        about: "every bench once, unmeasured",
        needs: &[],
        counts: true,
        run: |job| bench::once(&mut job.count),
    },
];

const FUZZ_SECONDS: u32 = 10;

/// How one suite ended.
struct Outcome {
    suite: &'static Suite,
    error: Option<anyhow::Error>,
    count: Count,
    time: Duration,
}

/// Runs the suites and prints the summary; the last line is `N passed, N failed`.
pub(crate) fn test(options: &Options) -> Result<ExitCode> {
    let chosen = |suite: &&Suite| {
        options.suites.is_empty() || options.suites.iter().any(|name| name == suite.name)
    };
    let suites: Vec<&'static Suite> = SUITES.iter().filter(chosen).collect();
    let needs = suites.iter().flat_map(|suite| suite.needs.iter().copied());
    if let Err(error) = install::tools(needs) {
        eprintln!("{error:#}"); // the suites that need it will fail and say so
    }
    let mut postgres = None;
    let mut outcomes = Vec::new();
    for suite in suites {
        if signals::stopping() {
            break;
        }
        outcomes.push(run_one(suite, &mut postgres));
    }
    drop(postgres);
    Ok(summarize(&outcomes))
}

fn run_one(suite: &'static Suite, postgres: &mut Option<Postgres>) -> Outcome {
    println!("\n== {}: {}", suite.name, suite.about);
    let start = Instant::now();
    let mut job = Job {
        postgres: None,
        count: Count::default(),
    };
    let mut error = prepare(suite, postgres).err();
    let url = postgres.as_ref().map(Postgres::url);
    if error.is_none() {
        job.postgres = url.as_deref();
        error = (suite.run)(&mut job)
            .and_then(|()| check_count(suite, job.count))
            .err();
    }
    if let Some(error) = &error {
        eprintln!("{}: {error:#}", suite.name);
    }
    Outcome {
        suite,
        error,
        count: job.count,
        time: start.elapsed(),
    }
}

/// Checks that the suite's tools are there, and starts PostgreSQL for the first that needs it.
fn prepare(suite: &Suite, postgres: &mut Option<Postgres>) -> Result<()> {
    install::require(suite.needs)?;
    let needs_postgres = suite
        .needs
        .iter()
        .any(|tool| std::ptr::eq(*tool, &POSTGRES));
    if needs_postgres && postgres.is_none() {
        *postgres = Some(Postgres::start()?);
    }
    Ok(())
}

fn check_count(suite: &Suite, count: Count) -> Result<()> {
    if count.failed > 0 {
        bail!("{} tests failed", count.failed);
    }
    if suite.counts && count.passed == 0 {
        bail!("ran no test");
    }
    Ok(())
}

fn summarize(outcomes: &[Outcome]) -> ExitCode {
    println!("\n== summary");
    for outcome in outcomes {
        println!("{}", outcome.line());
    }
    let mut total = Count::default();
    for outcome in outcomes {
        total.add(outcome.tests());
    }
    let stopped = signals::stopping();
    if stopped {
        println!("stopped before the end");
    }
    println!("{} passed, {} failed", total.passed, total.failed);
    if stopped || total.failed > 0 {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    }
}

impl Outcome {
    fn line(&self) -> String {
        let result = if self.error.is_none() {
            "passed"
        } else {
            "FAILED"
        };
        let (name, seconds) = (self.suite.name, self.time.as_secs_f64());
        let tests = match self.count {
            Count {
                passed: 0,
                failed: 0,
            } => String::new(),
            Count { passed, failed: 0 } => format!("{passed} tests"),
            Count { passed, failed } => format!("{passed} tests, {failed} failed"),
        };
        format!("{name:<8} {result} {seconds:>7.1} s  {tests}")
            .trim_end()
            .to_owned()
    }

    /// The suite's tests; a suite without a count is one test, and so is a failure beside them.
    fn tests(&self) -> Count {
        let mut tests = self.count;
        match self.error {
            Some(_) if tests.failed == 0 => tests.failed = 1,
            None if tests.passed == 0 => tests.passed = 1,
            Some(_) | None => {}
        }
        tests
    }
}

fn fmt(job: &mut Job) -> Result<()> {
    rust_tests::check_format(&place::root().join("Cargo.toml"), &mut job.count)?;
    rust_tests::check_format(&fuzz::manifest(), &mut job.count)
}

fn clippy(job: &mut Job) -> Result<()> {
    let mut command = place::cargo();
    command.args([
        "clippy",
        "--workspace",
        "--all-targets",
        // The examples that measure a running server are built with it alone.
        "--features",
        "tokenward-benches/server",
        "--",
        "--deny",
        "warnings",
    ]);
    run::streaming(&mut command, &mut job.count)
}

fn core(job: &mut Job) -> Result<()> {
    rust_tests::package("tokenward-core", None, &mut job.count)?;
    rust_tests::examples("tokenward-core", &mut job.count)
}

fn server(job: &mut Job) -> Result<()> {
    rust_tests::package("tokenward-server", job.postgres, &mut job.count)?;
    rust_tests::examples("tokenward-server", &mut job.count)
}
