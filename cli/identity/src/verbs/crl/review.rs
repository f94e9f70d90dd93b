//! Reading a revocation list before it is signed: the node made it, and the issuer answers for it.

use crate::{
    request::{outcome::certificates, registered::RegisteredIdentity},
    verbs::error::{About, Error},
};
use allod_rpc_types::auto_id::SerialNumber;
use allod_x509::{ParsedCertificate, ParsedCrl, SignatureAlgorithm, crl, format_time};
use std::fmt::Write as _;

/// Seconds by which the chain's clock may be ahead of this one.
const MAX_CLOCK_SKEW: u64 = 600;

/// What a list to be signed must be.
pub struct Expected<'a> {
    pub algorithm: SignatureAlgorithm,
    /// The time, seconds since 1970.
    pub now: u64,
    pub next_update: u64,
    /// The list that was published last.
    pub last: Option<&'a [u8]>,
}

/// Reads a list before it is signed, and says what it says.
pub fn review(
    tbs: &[u8],
    issuer: &RegisteredIdentity,
    expected: &Expected<'_>,
) -> Result<String, Error> {
    // Read as a whole list; nobody looks at this signature.
    let longest = expected.algorithm.key_algorithm().max_signature_size();
    let signature = vec![0; usize::try_from(longest).unwrap_or_default()];
    let whole = crl::assemble(tbs, expected.algorithm, &signature);
    let list = ParsedCrl::parse(&whole).about("the node's list cannot be signed")?;
    if list.tbs() != tbs {
        return Err(Error::CrlNotWhole);
    }
    let own = issuer.parsed()?;
    let named = list
        .authority_key_identifier()
        .and_then(|authority| authority.key_identifier);
    let is_other_key = named.is_some() && named != own.subject_key_identifier();
    if !list.issuer_name().matches(&own.subject_name()) || is_other_key {
        return Err(Error::OthersCrl(issuer.identifier));
    }
    let last = expected.last.map(ParsedCrl::parse).transpose();
    let last = last.about("the node's last list")?;
    check_order(&list, last.as_ref(), expected.now)?;
    if list.next_update() != expected.next_update {
        return Err(Error::CrlNextUpdate {
            next_update: list.next_update(),
            expected: expected.next_update,
        });
    }
    Ok(contents(&list, last.as_ref(), &own))
}

/// Refuses a list that does not follow the last one, by number and time, or is from the future: the chain would.
pub fn check_order(
    list: &ParsedCrl<'_>,
    last: Option<&ParsedCrl<'_>>,
    now: u64,
) -> Result<(), Error> {
    let this_update = list.this_update();
    if this_update > now.saturating_add(MAX_CLOCK_SKEW) {
        return Err(Error::CrlFromTheFuture { this_update, now });
    }
    let Some(last) = last else {
        return Ok(());
    };
    if magnitude(list.number()) <= magnitude(last.number()) {
        return Err(Error::CrlNumber {
            number: list.number().to_vec(),
            last: last.number().to_vec(),
        });
    }
    if this_update < last.this_update() {
        return Err(Error::CrlOlder {
            this_update,
            last: last.this_update(),
        });
    }
    Ok(())
}

/// Every entry, and whether the last list had it.
fn contents(
    list: &ParsedCrl<'_>,
    last: Option<&ParsedCrl<'_>>,
    own: &ParsedCertificate<'_>,
) -> String {
    let mut text = format!(
        "list 0x{} of {}, due again on {}: {}\n",
        hex::encode(list.number()),
        format_time(list.this_update()),
        format_time(list.next_update()),
        certificates(list.entries().len())
    );
    for entry in list.entries() {
        let serial = SerialNumber::from_contents(entry.serial)
            .map_or_else(|| hex::encode(entry.serial), |serial| serial.to_string());
        let former = last.and_then(|last| last.find(entry.serial));
        let is_new = former.is_none_or(|former| former.reason != entry.reason);
        let new = if is_new { ", new" } else { "" };
        let is_own = own.is_self_issued() && own.serial() == entry.serial;
        let whose = if is_own { ", the issuer's own" } else { "" };
        // Writing to a String does not fail.
        let _ = writeln!(
            text,
            "  {serial} {} since {}{new}{whose}",
            entry.reason,
            format_time(entry.date)
        );
    }
    text
}

/// A number's significant bytes, so that numbers compare by length and bytes.
fn magnitude(number: &[u8]) -> (usize, &[u8]) {
    let significant = match number {
        [0, rest @ ..] => rest,
        whole => whole,
    };
    (significant.len(), significant)
}

#[cfg(test)]
mod tests {
    use super::{
        super::test_lists::{Changes, NOW, entry, expected, issuer, list, usual},
        *,
    };
    use crate::clock::DAY;
    use allod_x509::{
        RevocationReason,
        builder::{CertificateBuilder, SigningKey},
    };

    #[test]
    fn a_list_is_shown_before_it_is_signed() {
        let key = SigningKey::ed25519([1; 32]);
        let issuer = issuer(&key);
        let former = list(Changes {
            number: 7,
            entries: vec![entry(&[0x2a], RevocationReason::KeyCompromise)],
            ..usual(&issuer)
        });
        let algorithm = SignatureAlgorithm::Ed25519;
        let last = crl::assemble(&former, algorithm, &key.sign(&former));
        let text = review(&list(usual(&issuer)), &issuer, &expected(Some(&last))).unwrap();
        assert!(text.starts_with("list 0x08 of "), "{text}");
        assert!(text.contains(": 2 certificates\n"), "{text}");
        let lines: Vec<_> = text.lines().collect();
        assert!(lines[1].starts_with("  0x2a keyCompromise since ") && !lines[1].contains("new"));
        assert!(
            lines[2].starts_with("  0x2b certificateHold since ") && lines[2].ends_with(", new")
        );

        let own = issuer.parsed().unwrap().serial().to_vec();
        let itself = list(Changes {
            entries: vec![entry(&own, RevocationReason::KeyCompromise)],
            ..usual(&issuer)
        });
        let text = review(&itself, &issuer, &expected(None)).unwrap();
        assert!(text.contains("the issuer's own"), "{text}");
    }

    #[test]
    fn a_list_that_is_not_right_is_not_signed() {
        let key = SigningKey::ed25519([1; 32]);
        let issuer = issuer(&key);
        let other = RegisteredIdentity {
            certificate: CertificateBuilder::self_issued("somebody").sign_self(&key),
            ..issuer.clone()
        };
        let tbs = list(usual(&issuer));
        let last = crl::assemble(&tbs, SignatureAlgorithm::Ed25519, &key.sign(&tbs));
        for (wrong, last, why) in [
            (
                list(Changes {
                    issuer: &other,
                    ..usual(&issuer)
                }),
                None,
                "another issuer",
            ),
            (
                list(Changes {
                    key_identifier: &[8; 20],
                    ..usual(&issuer)
                }),
                None,
                "another issuer",
            ),
            (
                tbs.clone(),
                Some(last.as_slice()),
                "not above the last one's",
            ),
            (
                list(Changes {
                    next_update: NOW + DAY,
                    ..usual(&issuer)
                }),
                None,
                "is good until",
            ),
            (
                list(Changes {
                    this_update: NOW + DAY,
                    ..usual(&issuer)
                }),
                None,
                "still to come",
            ),
            (b"\x30\x03\x02\x01\x01".to_vec(), None, "cannot be signed"),
            ([tbs.clone(), vec![0]].concat(), None, "cannot be signed"),
        ] {
            let error = review(&wrong, &issuer, &expected(last)).unwrap_err();
            let error = error.to_string();
            assert!(error.contains(why), "{why}: {error}");
        }
    }
}
