//! What was measured, in words.

use std::fmt::Write as _;
use std::time::Duration;

use anyhow::Result;
use tokenward_benches::process::Server;

/// The median, the 99th in a hundred and the most of something.
pub(crate) fn spread(mut times: Vec<Duration>) -> String {
    times.sort_unstable();
    let at = |part: f64| {
        let last = times.len().saturating_sub(1);
        let time = times.get((last as f64 * part).round() as usize);
        time.copied().unwrap_or_default().as_secs_f64() * 1000.0
    };
    let (median, most) = (at(0.5), at(1.0));
    let mut text = format!("median {median:.1} ms");
    if times.len() >= 100 {
        let _ = write!(text, ", p99 {:.1} ms", at(0.99));
    }
    format!("{text}, max {most:.1} ms, of {}", times.len())
}

/// The middle of some numbers.
pub(crate) fn median(mut numbers: Vec<usize>) -> usize {
    numbers.sort_unstable();
    numbers.get(numbers.len() / 2).copied().unwrap_or_default()
}

/// What a server weighs and works, second by second.
#[derive(Default)]
pub(crate) struct Weights {
    resident: Vec<usize>,
    busy: Vec<Duration>,
}

const MEGABYTE: f64 = 1024.0 * 1024.0;

impl Weights {
    /// Looks once.
    pub(crate) fn look(&mut self, server: &Server) -> Result<()> {
        self.resident.push(server.resident()?);
        self.busy.push(server.busy()?);
        Ok(())
    }

    /// Says what was seen after the first quarter, and by how many MB the memory grew in the second
    /// half: the median of its first samples beside that of its last ones.
    pub(crate) fn say(&self) -> f64 {
        let count = self.resident.len();
        let after = &self.resident[count / 4..];
        let at = |bytes: usize| bytes as f64 / MEGABYTE;
        let most = after.iter().max().copied().unwrap_or_default();
        let (first, last) = (after.first().copied(), after.last().copied());
        println!(
            "server's memory: {:.1} MB after the first quarter, {:.1} MB at the end, {:.1} MB at most",
            at(first.unwrap_or_default()),
            at(last.unwrap_or_default()),
            at(most)
        );
        let few = (count / 10).max(1);
        let half = count / 2;
        let before = median(self.resident[half..(half + few).min(count)].to_vec());
        let behind = median(self.resident[count - few..].to_vec());
        let grown = at(behind) - at(before);
        println!("– of that, {grown:+.1} MB in the second half");
        let first = self.busy.first().copied().unwrap_or_default();
        let last = self.busy.last().copied().unwrap_or_default();
        let each = (last - first).as_secs_f64() * 1000.0 / count.saturating_sub(1).max(1) as f64;
        println!("server's time on a processor: {each:.0} ms a second");
        grown
    }
}
