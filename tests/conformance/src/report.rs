//! What came out, case by case.

use crate::FileError;
use std::fmt;

/// What came out for one case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// Which case: its place in the file, and its name if it has one.
    pub case: String,
    /// Everything about it that does not hold. Empty if the case holds.
    pub failures: Vec<String>,
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let case = &self.case;
        if self.failures.is_empty() {
            return write!(f, "{case}: holds");
        }
        write!(f, "{case}: does not hold: {}", self.failures.join("; "))
    }
}

/// What came out for a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// One for each case, in the file's order.
    pub outcomes: Vec<Outcome>,
}

impl Report {
    /// # Errors
    /// [`FileError::Form`] if there are none: a file that checks nothing proves nothing.
    pub(crate) fn of(outcomes: Vec<Outcome>) -> Result<Self, FileError> {
        if outcomes.is_empty() {
            return Err(FileError::Form("the file has no cases".to_string()));
        }
        Ok(Self { outcomes })
    }

    /// How many cases hold.
    pub fn passed(&self) -> usize {
        self.outcomes.len() - self.failed()
    }

    /// How many do not.
    pub fn failed(&self) -> usize {
        self.wrong().count()
    }

    /// Those that do not hold.
    pub fn wrong(&self) -> impl Iterator<Item = &Outcome> {
        let does_not_hold = |outcome: &&Outcome| !outcome.failures.is_empty();
        self.outcomes.iter().filter(does_not_hold)
    }
}

impl fmt::Display for Report {
    /// A line for each case, then which do not hold, then `N passed, N failed`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for outcome in &self.outcomes {
            writeln!(f, "{outcome}")?;
        }
        let wrong: Vec<&str> = self.wrong().map(|outcome| outcome.case.as_str()).collect();
        if wrong.is_empty() {
            writeln!(f, "all hold")?;
        } else {
            writeln!(f, "not holding: {}", wrong.join(", "))?;
        }
        writeln!(f, "{} passed, {} failed", self.passed(), self.failed())
    }
}

/// Collects what does not hold about a case.
#[derive(Debug, Default)]
pub(crate) struct Failures(pub(crate) Vec<String>);

impl Failures {
    /// Records that `what` was computed to be something else than the file expects, if it was.
    pub(crate) fn compare(&mut self, what: &str, expected: &str, computed: &str) {
        if expected != computed {
            self.add(format!("{what}: expected {expected}, computed {computed}"));
        }
    }

    pub(crate) fn add(&mut self, failure: String) {
        self.0.push(failure);
    }
}
