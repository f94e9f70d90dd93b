//! What came out for a suite.

use super::case::Expected;
use crate::FileError;
use std::fmt;

/// Whether a case counts, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// As expected.
    Passed,
    /// Not as expected.
    Failed,
    /// Not about RFC 5280, for this reason.
    NotApplicable(&'static str),
}

/// What came out for one case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PathOutcome {
    /// Which case.
    pub id: String,
    /// What has to come out, if the case says it in a word that is known.
    pub expected: Option<Expected>,
    /// What came out: nothing if a path holds, else why none does, or why the case was not understood.
    pub actual: Result<(), String>,
    /// Whether that counts.
    pub status: Status,
}

impl fmt::Display for PathOutcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: expected ", self.id)?;
        match self.expected {
            Some(expected) => write!(f, "{expected}, actual ")?,
            None => f.write_str("UNKNOWN, actual ")?,
        }
        match &self.actual {
            Ok(()) => write!(f, "{}", Expected::Success)?,
            Err(reason) => write!(f, "{} ({reason})", Expected::Failure)?,
        }
        match self.status {
            Status::Passed => f.write_str(": passed"),
            Status::Failed => f.write_str(": failed"),
            Status::NotApplicable(reason) => write!(f, ": not applicable ({reason})"),
        }
    }
}

/// What came out for a suite.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PathReport {
    /// One for each case, in the suite's order.
    pub outcomes: Vec<PathOutcome>,
}

impl PathReport {
    /// # Errors
    /// [`FileError::Form`] if there are none: a file that checks nothing proves nothing.
    pub(super) fn of(outcomes: Vec<PathOutcome>) -> Result<Self, FileError> {
        if outcomes.is_empty() {
            return Err(FileError::Form("the suite has no cases".to_string()));
        }
        Ok(Self { outcomes })
    }

    fn count(&self, is_counted: impl Fn(&Status) -> bool) -> usize {
        let statuses = self.outcomes.iter().map(|outcome| &outcome.status);
        statuses.filter(|status| is_counted(status)).count()
    }

    /// How many came out as expected.
    pub fn passed(&self) -> usize {
        self.count(|status| *status == Status::Passed)
    }

    /// How many did not.
    pub fn failed(&self) -> usize {
        self.count(|status| *status == Status::Failed)
    }

    /// How many are not about RFC 5280.
    pub fn not_applicable(&self) -> usize {
        self.count(|status| matches!(status, Status::NotApplicable(_)))
    }
}

impl fmt::Display for PathReport {
    /// A line for each case, then the counts.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for outcome in &self.outcomes {
            writeln!(f, "{outcome}")?;
        }
        let (passed, failed) = (self.passed(), self.failed());
        let not_applicable = self.not_applicable();
        writeln!(
            f,
            "{passed} passed, {failed} failed, {not_applicable} not applicable"
        )
    }
}
