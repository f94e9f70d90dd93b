//! Bounds of the cache and of the work for one peer.

use std::time::Duration;

/// Bounds. Start from [`Limits::default`]; [`IdentityCache::follow`](crate::IdentityCache::follow)
/// refuses values outside of their range.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Most identities that are remembered; 1 to 65,536. One takes at most about 6 KiB.
    pub max_entries: usize,
    /// Blocks that an answer may lag behind the newest block; 0 to 1,000. Two by default, as the
    /// design says of open connections (§11.10).
    pub max_blocks: u32,
    /// How long ago the newest block may have been made and heard of; 1 second to 1 hour. Blocks of a
    /// production chain come every 6 seconds on average, and the default of 120 seconds without one
    /// occurs once in 10^8 blocks.
    pub max_age: Duration,
    /// How long the questions after a new block may take all together; 100 milliseconds to 1 minute.
    /// A connection whose peer could not be asked about then is held to `max_blocks`.
    pub round: Duration,
    /// Identities that are asked about at once, among new peers and as many after a new block; 1 to 64.
    pub parallel_questions: usize,
    /// How long a handshake may take, the questions about the peer included; 100 milliseconds to 1
    /// minute.
    pub handshake: Duration,
    /// Handshakes under way at once in one acceptor; 1 to 65,536.
    pub max_handshakes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_entries: 1024,
            max_blocks: 2,
            max_age: Duration::from_secs(120),
            round: Duration::from_secs(5),
            parallel_questions: 16,
            handshake: Duration::from_secs(10),
            max_handshakes: 256,
        }
    }
}

/// A limit outside of its range.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{name} is {value}: it must be from {least} to {most}{unit}")]
pub struct LimitError {
    /// The field of [`Limits`].
    pub name: &'static str,
    /// What it was.
    pub value: u128,
    /// The least that it may be.
    pub least: u128,
    /// The most that it may be.
    pub most: u128,
    unit: &'static str,
}

impl Limits {
    /// Whether every field is in its range.
    pub fn check(&self) -> Result<(), LimitError> {
        let count = |name, value: usize, most| range(name, value as u128, 1, most, "");
        let time = |name, value: Duration, least, most| {
            range(name, value.as_millis(), least, most, " milliseconds")
        };
        count("max_entries", self.max_entries, 65_536)?;
        range("max_blocks", self.max_blocks.into(), 0, 1_000, "")?;
        time("max_age", self.max_age, 1_000, 3_600_000)?;
        time("round", self.round, 100, 60_000)?;
        count("parallel_questions", self.parallel_questions, 64)?;
        time("handshake", self.handshake, 100, 60_000)?;
        count("max_handshakes", self.max_handshakes, 65_536)
    }
}

fn range(
    name: &'static str,
    value: u128,
    least: u128,
    most: u128,
    unit: &'static str,
) -> Result<(), LimitError> {
    if (least..=most).contains(&value) {
        return Ok(());
    }
    Err(LimitError {
        name,
        value,
        least,
        most,
        unit,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_has_its_range() {
        assert_eq!(Limits::default().check(), Ok(()));
        type Change = fn(&mut Limits);
        let wrong: [(&str, Change, Change); 7] = [
            (
                "max_entries",
                |l| l.max_entries = 0,
                |l| l.max_entries = 65_537,
            ),
            (
                "max_blocks",
                |l| l.max_blocks = 1_001,
                |l| l.max_blocks = u32::MAX,
            ),
            (
                "max_age",
                |l| l.max_age = Duration::ZERO,
                |l| l.max_age = Duration::MAX,
            ),
            (
                "round",
                |l| l.round = Duration::ZERO,
                |l| l.round = Duration::MAX,
            ),
            (
                "parallel_questions",
                |l| l.parallel_questions = 0,
                |l| l.parallel_questions = 65,
            ),
            (
                "handshake",
                |l| l.handshake = Duration::ZERO,
                |l| l.handshake = Duration::MAX,
            ),
            (
                "max_handshakes",
                |l| l.max_handshakes = 0,
                |l| l.max_handshakes = 65_537,
            ),
        ];
        for (name, too_small, too_large) in wrong {
            for change in [too_small, too_large] {
                let mut limits = Limits::default();
                change(&mut limits);
                assert_eq!(limits.check().unwrap_err().name, name);
            }
        }
    }
}
