//! The two times of a certificate.

use alloc::string::{String, ToString};
use core::time::Duration;

use der::{
    DateTime, Decode, Tag,
    asn1::{GeneralizedTime, UtcTime},
};

use crate::{
    error::{CertificateError, Field},
    reader::{Cursor, Tlv},
};

/// When a certificate counts: from `not_before` to `not_after`, both included (RFC 5280, 4.1.2.5).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Validity {
    /// First second, since 1970.
    pub not_before: u64,
    /// Last second, since 1970.
    pub not_after: u64,
}

impl Validity {
    /// Whether `time` (seconds since 1970) lies within.
    pub const fn contains(&self, time: u64) -> bool {
        self.not_before <= time && time <= self.not_after
    }

    /// Reads the contents of the SEQUENCE of two times.
    pub(crate) fn parse(contents: &[u8]) -> Result<Self, CertificateError> {
        let mut times = Cursor::new(contents, Field::Validity);
        let not_before = parse_time(times.next()?, Field::Validity)?;
        let not_after = parse_time(times.next()?, Field::Validity)?;
        times.finish()?;
        if not_before > not_after {
            return Err(CertificateError::ValidityReversed {
                not_before,
                not_after,
            });
        }
        Ok(Self {
            not_before,
            not_after,
        })
    }
}

/// First second of 2050, from which on GeneralizedTime is written.
const FIRST_GENERALIZED: u64 = 2_524_608_000;

/// Both forms must be in UTC, with seconds and without fractions; years from 1970 to 2049 as UTCTime, from
/// 2050 to 9999 as GeneralizedTime (RFC 5280, 4.1.2.5).
pub(crate) fn parse_time(tlv: Tlv<'_>, field: Field) -> Result<u64, CertificateError> {
    let duration = match tlv.tag {
        Tag::UtcTime => UtcTime::from_der(tlv.raw).map(|time| time.to_unix_duration()),
        Tag::GeneralizedTime => {
            GeneralizedTime::from_der(tlv.raw).map(|time| time.to_unix_duration())
        }
        _ => return Err(CertificateError::Malformed(field)),
    };
    let seconds = duration
        .map(|duration| duration.as_secs())
        .map_err(|_| CertificateError::Malformed(field))?;
    if (tlv.tag == Tag::GeneralizedTime) == (seconds >= FIRST_GENERALIZED) {
        Ok(seconds)
    } else {
        Err(CertificateError::TimeForm)
    }
}

/// Writes seconds since 1970 as `2026-01-31T12:00:00Z`; beyond the year 9999 as the number.
pub fn format_time(seconds: u64) -> String {
    DateTime::from_unix_duration(Duration::from_secs(seconds))
        .map_or_else(|_| seconds.to_string(), |time| time.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::builder::tlv;

    fn validity(times: &[(u8, &str)]) -> Result<Validity, CertificateError> {
        let contents: Vec<u8> = times
            .iter()
            .flat_map(|(tag, text)| tlv(*tag, text.as_bytes()))
            .collect();
        Validity::parse(&contents)
    }

    #[test]
    fn both_forms_of_time() {
        let read = validity(&[(0x17, "700101000001Z"), (0x18, "99991231235959Z")]).unwrap();
        assert_eq!(read.not_before, 1);
        assert_eq!(read.not_after, 253_402_300_799);
        assert!(read.contains(1) && read.contains(253_402_300_799));
        assert!(!read.contains(0) && !read.contains(253_402_300_800));
        assert_eq!(format_time(read.not_after), "9999-12-31T23:59:59Z");
        assert_eq!(format_time(u64::MAX), u64::MAX.to_string());
    }

    #[test]
    fn other_forms_are_refused() {
        let good = (0x17, "300101000000Z");
        for wrong in [
            (0x17, "3001010000Z"),       // no seconds
            (0x17, "300101000000+0000"), // an offset
            (0x17, "301301000000Z"),     // a 13th month
            (0x17, "300230000000Z"),     // 30 February
            (0x17, "300101000060Z"),     // a 61st second
            (0x17, "690101000000Z"),     // before 1970
            (0x18, "20300101000000.5Z"), // a fraction
            (0x18, "20300101000000"),    // local time
            (0x0c, "300101000000Z"),     // a string
        ] {
            assert_eq!(
                validity(&[good, wrong]),
                Err(CertificateError::Malformed(Field::Validity)),
                "{wrong:?}"
            );
        }
        assert!(matches!(
            validity(&[good, (0x17, "290101000000Z")]),
            Err(CertificateError::ValidityReversed { .. })
        ));
        assert!(matches!(
            validity(&[good, good, good]),
            Err(CertificateError::TrailingBytes { .. })
        ));
    }
}
