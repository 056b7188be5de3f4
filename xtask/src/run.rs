//! Running other programs: streamed to the terminal and counted, or quietly.
//!
//! Nothing here knows what it runs.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{BufRead, BufReader, IsTerminal, Read, Write};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, bail};

use crate::count::Count;
use crate::signals::{self, Group};

/// How long to wait for output that a left-over grandchild may keep open.
const PATIENCE: Duration = Duration::from_secs(2);

/// Runs a command, shows its output as it comes, and adds the tests that it reports to `count`.
pub(crate) fn streaming(command: &mut Command, count: &mut Count) -> Result<()> {
    if std::io::stdout().is_terminal() {
        command.env("CARGO_TERM_COLOR", "always");
    }
    let shown = shown(command);
    println!("$ {shown}");
    let (sender, counts) = channel();
    let mut child = start(command)?;
    let group = Group::of(&child);
    forward(child.stdout.take(), std::io::stdout(), sender.clone());
    forward(child.stderr.take(), std::io::stderr(), sender);
    let status = wait(&mut child, group, &shown)?;
    collect(&counts, count);
    check(status, &shown)
}

/// Runs a command and returns its standard output; shows all of its output if it fails.
pub(crate) fn quietly(command: &mut Command) -> Result<String> {
    captured(command).map(|output| String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Runs a command and returns its output; shows all of it if the command fails.
pub(crate) fn captured(command: &mut Command) -> Result<Output> {
    let shown = shown(command);
    let child = start(command)?;
    let group = Group::of(&child);
    let output = child
        .wait_with_output()
        .with_context(|| format!("`{shown}` got lost"))?;
    drop(group);
    if !output.status.success() {
        for text in [&output.stdout, &output.stderr] {
            eprint!("{}", String::from_utf8_lossy(text));
        }
    }
    check(output.status, &shown).map(|()| output)
}

/// Runs a command whose standard output goes into a file; shows what it says if it fails.
pub(crate) fn into_file(command: &mut Command, file: File) -> Result<()> {
    let shown = shown(command);
    let child = command
        .stdin(Stdio::null())
        .stdout(file)
        .process_group(0)
        .spawn();
    let mut child = child.with_context(|| format!("cannot start `{shown}`"))?;
    let group = Group::of(&child);
    check(wait(&mut child, group, &shown)?, &shown)
}

/// Whether a command can be started and succeeds; its output goes nowhere.
pub(crate) fn succeeds(command: &mut Command) -> bool {
    let silent = command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    silent.status().is_ok_and(|status| status.success())
}

fn start(command: &mut Command) -> Result<Child> {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command.process_group(0);
    command
        .spawn()
        .with_context(|| format!("cannot start `{}`", shown(command)))
}

fn wait(child: &mut Child, group: Group, shown: &str) -> Result<ExitStatus> {
    let status = child
        .wait()
        .with_context(|| format!("`{shown}` got lost"))?;
    drop(group);
    Ok(status)
}

fn check(status: ExitStatus, shown: &str) -> Result<()> {
    if signals::stopping() {
        bail!("stopped");
    }
    if !status.success() {
        bail!("`{shown}` failed ({status})");
    }
    Ok(())
}

/// Copies lines from a child to our own output, on a thread, and sends what they report.
fn forward(
    from: Option<impl Read + Send + 'static>,
    mut to: impl Write + Send + 'static,
    counts: Sender<Count>,
) {
    let mut from = BufReader::new(from.expect("the child's output is a pipe"));
    thread::spawn(move || {
        let mut line = Vec::new();
        while from.read_until(b'\n', &mut line).is_ok_and(|read| read > 0) {
            // A closed terminal must not stop the tests.
            let _ = to.write_all(&line);
            if let Some(count) = Count::reported_by(&String::from_utf8_lossy(&line)) {
                let _ = counts.send(count);
            }
            line.clear();
        }
        let _ = to.flush();
    });
}

/// Adds up until both threads have ended, or a while after the child has.
fn collect(counts: &Receiver<Count>, total: &mut Count) {
    while let Ok(count) = counts.recv_timeout(PATIENCE) {
        total.add(count);
    }
}

fn shown(command: &Command) -> String {
    let words = [command.get_program()]
        .into_iter()
        .chain(command.get_args());
    words
        .map(OsStr::to_string_lossy)
        .collect::<Vec<_>>()
        .join(" ")
}
