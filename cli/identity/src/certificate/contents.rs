//! What a new certificate says beside name and key, and how long: also one that follows another.

use crate::{
    certificate::general_names::{AlternativeName, Constraint},
    clock::{DAY, parse_time},
};
use allod_x509::{
    KeyUsage, ParsedCertificate, PublicKey, Validity,
    builder::{
        alternative_names, basic_constraints, key_identifier, key_usage, name_constraints,
        subject_key_identifier,
    },
    format_time,
};
use rand::{RngCore, rngs::OsRng};

/// Days that a certificate is valid if nobody says otherwise.
const DEFAULT_DAYS: u32 = 365;
/// Most days: a hundred years.
const MAX_DAYS: i64 = 36_525;
/// Seconds that validity begins before now: a chain's clock is that of its last block.
const BACKDATED: u64 = 300;
/// The last second that a certificate can name, in 9999.
const LAST_SECOND: u64 = 253_402_300_799;

/// The key usages of RFC 5280, 4.2.1.3, by their bits.
const USAGES: [&str; 9] = [
    "digitalSignature",
    "nonRepudiation",
    "keyEncipherment",
    "dataEncipherment",
    "keyAgreement",
    "keyCertSign",
    "cRLSign",
    "encipherOnly",
    "decipherOnly",
];

/// What a certificate says.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct ContentsArgs {
    /// Another name of the subject: dns:agent.example, email:a@example.org, uri:https://…, ip:192.0.2.7;
    /// may be given up to 32 times.
    #[arg(long = "alt-name", value_name = "FORM:VALUE")]
    pub alternative_names: Vec<AlternativeName>,

    /// Let the subject issue certificates.
    #[arg(long)]
    pub ca: bool,

    /// With --ca: most intermediate certificates below this one.
    #[arg(long, value_name = "NUMBER", requires = "ca")]
    pub path_len: Option<u8>,

    /// What the key is for, as RFC 5280 names it: digitalSignature,keyCertSign,cRLSign,… Default:
    /// digitalSignature; with --ca all these three.
    #[arg(long, value_name = "USAGES", value_delimiter = ',', value_parser = parse_usage)]
    pub key_usage: Vec<KeyUsage>,

    /// With --ca: names below must be within this: dns:example.org, ip:192.0.2.0/24, email:…, uri:…
    #[arg(long, value_name = "FORM:VALUE", requires = "ca")]
    pub permit: Vec<Constraint>,

    /// With --ca: names below must not be within this.
    #[arg(long, value_name = "FORM:VALUE", requires = "ca")]
    pub exclude: Vec<Constraint>,
}

impl ContentsArgs {
    /// The extensions for a certificate or a request with these alternative names (DER of each).
    pub fn extensions(&self, names: &[Vec<u8>], names_are_critical: bool) -> Vec<Vec<u8>> {
        let mut extensions = vec![
            basic_constraints(self.ca, self.path_len),
            key_usage(&self.usages()),
        ];
        if !names.is_empty() {
            extensions.push(alternative_names(names_are_critical, names));
        }
        let bases = |constraints: &[Constraint]| -> Vec<_> {
            constraints.iter().map(|base| base.0.clone()).collect()
        };
        if !self.permit.is_empty() || !self.exclude.is_empty() {
            extensions.push(name_constraints(
                &bases(&self.permit),
                &bases(&self.exclude),
            ));
        }
        extensions
    }

    /// Whether they say more than names: what the key may do.
    pub fn asks_for_powers(&self) -> bool {
        let constraints = self.permit.iter().chain(&self.exclude);
        self.ca || !self.key_usage.is_empty() || constraints.count() > 0
    }

    /// The alternative names, DER of each.
    pub fn names(&self) -> Vec<Vec<u8>> {
        let names = self.alternative_names.iter();
        names.map(|name| name.0.clone()).collect()
    }

    fn usages(&self) -> Vec<KeyUsage> {
        if !self.key_usage.is_empty() {
            return self.key_usage.clone();
        }
        let issuing = [KeyUsage::KEY_CERT_SIGN, KeyUsage::CRL_SIGN];
        let issuing = issuing.into_iter().filter(|_| self.ca);
        [KeyUsage::DIGITAL_SIGNATURE]
            .into_iter()
            .chain(issuing)
            .collect()
    }
}

fn parse_usage(text: &str) -> Result<KeyUsage, String> {
    USAGES
        .iter()
        .position(|name| name.eq_ignore_ascii_case(text))
        .and_then(|bit| KeyUsage::from_bit(u8::try_from(bit).ok()?))
        .ok_or_else(|| format!("one of {}", USAGES.join(", ")))
}

/// How an issuer's certificates name its key: by its subject key identifier, or if it has none by one made of the
/// key (RFC 5280, 4.2.1.1).
pub fn issuers_key_identifier(issuer: &ParsedCertificate<'_>) -> Vec<u8> {
    match issuer.subject_key_identifier() {
        Some(identifier) => identifier.to_vec(),
        None => key_identifier(issuer.public_key()),
    }
}

/// The extension subject key identifier of a key.
pub fn key_identifier_extension(key: PublicKey<'_>) -> Vec<u8> {
    subject_key_identifier(&key_identifier(key))
}

/// Why a certificate would be of no use, as long as it would be valid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ValidityError {
    /// Its end cannot be written.
    #[error("the certificate would be valid beyond the year 9999")]
    BeyondYear9999,
    /// It would outlive the issuer's certificate.
    #[error("the certificate would be valid until {}, and its issuer's is until {}", format_time(*.not_after), format_time(*.issuers))]
    BeyondIssuer {
        /// Its end, seconds since 1970.
        not_after: u64,
        /// The end of the issuer's.
        issuers: u64,
    },
    /// Its end is past.
    #[error("the {which} would be over already: it ends at {}", format_time(*.not_after))]
    Over {
        /// Whose end it is.
        which: &'static str,
        /// The end, seconds since 1970.
        not_after: u64,
    },
}

/// How long a certificate is valid.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct ValidityArgs {
    /// Days from now on. Default: 365, or what is left of the issuer's certificate.
    #[arg(long, value_name = "DAYS", value_parser = clap::value_parser!(u32).range(1..=MAX_DAYS))]
    days: Option<u32>,

    /// The last second: seconds since 1970, or 2026-01-31T12:00:00Z.
    #[arg(long, value_name = "TIME", conflicts_with = "days", value_parser = parse_time)]
    not_after: Option<u64>,
}

impl ValidityArgs {
    /// From five minutes ago on, within the issuer's validity.
    pub fn window(&self, now: u64, issuer: Option<Validity>) -> Result<Validity, ValidityError> {
        let not_after = match (self.not_after, self.days) {
            (Some(time), _) => time,
            (None, Some(days)) => after(now, days),
            (None, None) => after(now, DEFAULT_DAYS).min(latest(issuer)),
        };
        window(now, not_after, issuer)
    }
}

/// The last second in which a certificate of this issuer, or of none, can be valid.
pub fn latest(issuer: Option<Validity>) -> u64 {
    issuer.map_or(LAST_SECOND, |issuer| issuer.not_after.min(LAST_SECOND))
}

/// From five minutes ago until `not_after`, which must be within the issuer's validity.
pub fn window(
    now: u64,
    not_after: u64,
    issuer: Option<Validity>,
) -> Result<Validity, ValidityError> {
    let bounds = issuer.unwrap_or(Validity {
        not_before: 0,
        not_after: u64::MAX,
    });
    if not_after > LAST_SECOND {
        return Err(ValidityError::BeyondYear9999);
    }
    if not_after > bounds.not_after {
        return Err(ValidityError::BeyondIssuer {
            not_after,
            issuers: bounds.not_after,
        });
    }
    let not_before = now.saturating_sub(BACKDATED).max(bounds.not_before);
    if not_after <= now.max(not_before) {
        let which = if not_after == bounds.not_after {
            "issuer's certificate"
        } else {
            "certificate"
        };
        return Err(ValidityError::Over { which, not_after });
    }
    Ok(Validity {
        not_before,
        not_after,
    })
}

fn after(now: u64, days: u32) -> u64 {
    now.saturating_add(u64::from(days) * DAY)
}

/// A serial number of 16 octets that nobody can guess: 126 random bits, positive, without a zero in front.
pub fn serial() -> Vec<u8> {
    let mut serial = [0; 16];
    OsRng.fill_bytes(&mut serial);
    serial[0] = (serial[0] & 0x3f) | 0x40;
    serial.to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;
    use allod_x509::builder::{CertificateBuilder, SigningKey};
    use clap::Parser;
    use std::collections::HashSet;

    #[derive(Parser)]
    struct Cli {
        #[command(flatten)]
        contents: ContentsArgs,
        #[command(flatten)]
        validity: ValidityArgs,
    }

    fn cli(arguments: &[&str]) -> Result<Cli, clap::Error> {
        Cli::try_parse_from([&["new"], arguments].concat())
    }

    #[test]
    fn arguments() {
        let usages = |arguments| cli(arguments).unwrap().contents.usages();
        assert_eq!(usages(&[]), [KeyUsage::DIGITAL_SIGNATURE]);
        let issuing = usages(&["--ca"]);
        assert!(
            issuing.contains(&KeyUsage::KEY_CERT_SIGN) && issuing.contains(&KeyUsage::CRL_SIGN)
        );
        let named = usages(&["--key-usage", "crlsign,keyAgreement"]);
        assert_eq!(named, [KeyUsage::CRL_SIGN, KeyUsage::from_bit(4).unwrap()]);
        for wrong in [
            &["--path-len", "1"][..],
            &["--permit", "dns:example.org"],
            &["--key-usage", "signing"],
            &["--alt-name", "agent"],
            &["--days", "0"],
            &["--days", "36526"],
            &["--days", "1", "--not-after", "5"],
        ] {
            assert!(cli(wrong).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn validity_stays_within_the_issuers() {
        let window = |arguments: &[&str], issuer| {
            cli(arguments)
                .unwrap()
                .validity
                .window(1_000_000, issuer)
                .map_err(|error| error.to_string())
        };
        let of = |not_before, not_after| Validity {
            not_before,
            not_after,
        };
        assert_eq!(window(&[], None), Ok(of(999_700, 1_000_000 + 365 * DAY)));
        assert_eq!(
            window(&["--days", "2"], None),
            Ok(of(999_700, 1_000_000 + 2 * DAY))
        );
        let issuer = Some(of(999_900, 1_000_000 + DAY));
        assert_eq!(window(&[], issuer), Ok(of(999_900, 1_000_000 + DAY)));
        assert_eq!(
            window(&["--not-after", "1000060"], issuer),
            Ok(of(999_900, 1_000_060))
        );
        for (arguments, issuer, why) in [
            (&["--days", "2"][..], issuer, "its issuer's is until"),
            (&["--not-after", "1000000"], None, "over already"),
            (
                &["--not-after", "253402300800"],
                None,
                "beyond the year 9999",
            ),
            (
                &[],
                Some(of(0, 999_999)),
                "the issuer's certificate would be over",
            ),
            (
                &["--not-after", "999999"],
                Some(of(0, 2_000_000)),
                "the certificate would be over",
            ),
            (&[], Some(of(2_000_000, 2_000_000)), "over already"),
        ] {
            let error = window(arguments, issuer).unwrap_err();
            assert!(error.contains(why), "{error}");
        }
    }

    #[test]
    fn nothing_is_valid_for_ever() {
        let issuer = |not_after| {
            Some(Validity {
                not_before: 0,
                not_after,
            })
        };
        assert_eq!(latest(None), LAST_SECOND);
        assert_eq!(latest(issuer(5)), 5);
        assert_eq!(latest(issuer(u64::MAX)), LAST_SECOND);
    }

    #[test]
    fn an_issuers_key_is_named_as_its_certificate_does() {
        let key = SigningKey::ed25519([1; 32]);
        let mut builder = CertificateBuilder::self_issued("issuer");
        let der = builder.sign_self(&key);
        let unnamed = ParsedCertificate::parse(&der).unwrap();
        assert_eq!(
            issuers_key_identifier(&unnamed),
            key_identifier(unnamed.public_key())
        );
        builder.extensions.push(subject_key_identifier(&[7; 20]));
        let der = builder.sign_self(&key);
        let named = ParsedCertificate::parse(&der).unwrap();
        assert_eq!(issuers_key_identifier(&named), [7; 20]);
    }

    #[test]
    fn serials_are_positive_and_never_the_same() {
        let serials: HashSet<_> = (0..1000).map(|_| serial()).collect();
        assert_eq!(serials.len(), 1000);
        assert!(
            serials
                .iter()
                .all(|serial| serial.len() == 16 && (0x40..0x80).contains(&serial[0]))
        );
    }
}
