//! This machine's time, and times on the command line.

use pkcs8::der::DateTime;
use std::time::{SystemTime, UNIX_EPOCH};

/// Seconds of a day.
pub const DAY: u64 = 86_400;

/// Why this machine's time is of no use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the clock says that it is before 1970")]
pub struct ClockError;

/// Seconds since 1970.
pub fn now() -> Result<u64, ClockError> {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map(|time| time.as_secs())
        .map_err(|_| ClockError)
}

/// Reads seconds since 1970, or a time in UTC.
pub fn parse_time(text: &str) -> Result<u64, String> {
    if let Ok(seconds) = text.parse() {
        return Ok(seconds);
    }
    text.parse::<DateTime>()
        .map(|time| time.unix_duration().as_secs())
        .map_err(|_| "seconds since 1970, or a time in UTC such as 2026-01-31T12:00:00Z".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_seconds_or_dates() {
        assert_eq!(parse_time("5"), Ok(5));
        assert_eq!(parse_time("1970-01-02T00:00:00Z"), Ok(DAY));
        for wrong in ["-5", "", "yesterday", "2026-02-30T00:00:00Z"] {
            let error = parse_time(wrong).unwrap_err();
            assert!(error.contains("a time in UTC"), "{wrong}: {error}");
        }
    }

    #[test]
    fn the_clock_counts_seconds() {
        let before_2286 = 100_000 * DAY;
        assert!((1..before_2286).contains(&now().unwrap()));
    }
}
