//! How many tests a runner says that it ran, read from its closing lines.
//!
//! It knows `cargo test`, nextest, pytest, `node --test` and criterion's test mode. Any other line counts nothing.

use std::process::ExitCode;

/// How the closing line of `cargo test` begins.
const CARGO_TEST: &str = "test result: ";

/// Tests that passed and tests that failed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Count {
    /// Tests that passed.
    pub(crate) passed: u32,
    /// Tests that failed, could not be set up or took too long.
    pub(crate) failed: u32,
}

impl Count {
    /// Adds another count to this one.
    pub(crate) fn add(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
    }

    /// Success, unless something failed.
    pub(crate) fn exit_code(self) -> ExitCode {
        if self.failed > 0 {
            ExitCode::FAILURE
        } else {
            ExitCode::SUCCESS
        }
    }

    /// What one line of output reports, if it is a runner's closing line.
    pub(crate) fn reported_by(line: &str) -> Option<Self> {
        let line = without_colour(line);
        if line.starts_with(' ') && line.trim_start().starts_with(CARGO_TEST) {
            return None; // nextest shows what a failed test printed, and counts it itself
        }
        let line = line.trim();
        if line == "Success" {
            return Some(Self {
                passed: 1,
                failed: 0,
            }); // criterion, once for each bench
        }
        if let Some(count) = Self::of_node(line) {
            return Some(count);
        }
        let numbers = line
            .strip_prefix(CARGO_TEST)
            .or_else(|| line.strip_prefix("Summary ["))
            .or_else(|| is_pytest(line).then_some(line))?;
        Some(Self::of_words(numbers))
    }

    /// `ℹ pass 12` and `ℹ fail 0`, each on a line of its own; `# pass 12` in TAP.
    fn of_node(line: &str) -> Option<Self> {
        let line = line
            .strip_prefix("ℹ ")
            .or_else(|| line.strip_prefix("# "))?;
        let (word, number) = line.split_once(' ')?;
        let number = number.parse().ok()?;
        match word {
            "pass" => Some(Self {
                passed: number,
                failed: 0,
            }),
            "fail" | "cancelled" => Some(Self {
                passed: 0,
                failed: number,
            }),
            _ => None,
        }
    }

    /// Reads pairs such as `12 passed`; what is skipped or filtered out is no test that ran.
    fn of_words(text: &str) -> Self {
        let words: Vec<&str> = text
            .split([' ', ',', ';', ':', '='])
            .filter(|word| !word.is_empty())
            .collect();
        let mut count = Self::default();
        for pair in words.windows(2) {
            let Ok(number) = pair[0].parse::<u32>() else {
                continue;
            };
            match pair[1] {
                "passed" => count.passed += number,
                "failed" | "error" | "errors" | "timed" | "exec" => count.failed += number,
                _ => {}
            }
        }
        count
    }
}

/// `3 failed, 20 passed in 1.70s`, with or without a frame of `=`.
fn is_pytest(line: &str) -> bool {
    let line = line.trim_matches(['=', ' ']);
    let Some((results, time)) = line.split_once(" in ") else {
        return false;
    };
    let timed = time
        .split_once('s')
        .is_some_and(|(seconds, _)| seconds.parse::<f64>().is_ok());
    timed
        && results
            .split(", ")
            .all(|part| part.starts_with(|first: char| first.is_ascii_digit()))
}

fn without_colour(line: &str) -> String {
    let mut pieces = line.split("\u{1b}[");
    let first = pieces.next().unwrap_or_default().to_owned();
    pieces.fold(first, |text, piece| {
        text + piece.split_once('m').map_or("", |(_, rest)| rest)
    })
}

#[cfg(test)]
mod tests {
    use super::Count;

    #[track_caller]
    fn check(line: &str, passed: u32, failed: u32) {
        assert_eq!(
            Count::reported_by(line),
            Some(Count { passed, failed }),
            "{line}"
        );
    }

    #[test]
    fn closing_lines_of_cargo_test_are_counted() {
        let rest = "0 ignored; 0 measured; 4 filtered out; finished in 0.00s";
        check(
            &format!("test result: ok. 12 passed; 0 failed; {rest}\n"),
            12,
            0,
        );
        check(
            &format!("test result: FAILED. 10 passed; 2 failed; {rest}\n"),
            10,
            2,
        );
    }

    #[test]
    fn closing_lines_of_nextest_are_counted() {
        check(
            "     Summary [   0.005s] 12 tests run: 12 passed, 3 skipped",
            12,
            0,
        );
        check(
            "Summary [  1.2s] 5/9 tests run: 2 passed (1 slow), 1 failed, 2 timed out",
            2,
            3,
        );
        check(
            "\u{1b}[32;1m     Summary\u{1b}[0m [ 0.1s] \u{1b}[1m1\u{1b}[0m test run: 1 passed",
            1,
            0,
        );
    }

    #[test]
    fn closing_lines_of_pytest_are_counted() {
        check("12 passed in 0.10s", 12, 0);
        check("1 failed, 11 passed, 2 errors in 61.00s (0:01:01)", 11, 3);
        check("===== 1 failed, 3 passed, 1 warning in 2.00s =====", 3, 1);
    }

    #[test]
    fn closing_lines_of_node_are_counted() {
        check("ℹ pass 12", 12, 0);
        check("\u{1b}[34mℹ fail 2\u{1b}[39m", 0, 2);
        check("# pass 3", 3, 0);
        check("# cancelled 1", 0, 1);
    }

    #[test]
    fn other_lines_count_nothing() {
        for line in [
            "",
            "test a_test ... ok",
            "running 12 tests",
            "3 passed",
            "put it in 3s",
            "ℹ tests 12",
            "# pass the salt",
            "    test result: FAILED. 0 passed; 1 failed; 0 ignored",
        ] {
            assert_eq!(Count::reported_by(line), None, "{line}");
        }
    }
}
