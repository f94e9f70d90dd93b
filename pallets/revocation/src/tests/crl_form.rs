//! What is wrong with a list's form: each flaw, signed by the issuer like a good list, is refused by
//! `publish_crl` with its own error.

use allod_x509::{
    MAX_CRL_SIZE, ParsedCrl,
    builder::{algorithm_identifier, extension, integer, sequence, tlv},
    crl::CrlError,
    oid,
};
use frame_support::assert_ok;
use parity_scale_codec::{Decode, Encode};

use super::*;
use crate::pallet::Call;

/// A field of `tbsCertList`, in the order of [`fields`].
const VERSION: usize = 0;
const THIS_UPDATE: usize = 3;
const NEXT_UPDATE: usize = 4;
const ENTRIES: usize = 5;
const EXTENSIONS: usize = 6;

/// The fields of a good list with one entry, made now.
fn fields(issuer: &Somebody) -> Vec<Vec<u8>> {
    vec![
        integer(1),
        algorithm_identifier(issuer.key.algorithm()),
        issuer.subject(),
        tlv(0x17, b"270115080000Z"),
        tlv(0x17, b"270116080000Z"),
        sequence(&[entry(7, &[])]),
        extensions(&[number(&[1])]),
    ]
}

fn entry(serial: u8, extensions: &[Vec<u8>]) -> Vec<u8> {
    let mut fields = vec![tlv(2, &[serial]), tlv(0x17, b"270115080000Z")];
    if !extensions.is_empty() {
        fields.push(sequence(extensions));
    }
    sequence(&fields)
}

fn extensions(all: &[Vec<u8>]) -> Vec<u8> {
    tlv(0xa0, &sequence(all))
}

fn number(contents: &[u8]) -> Vec<u8> {
    extension(oid::CRL_NUMBER, false, &tlv(2, contents))
}

fn unknown(is_critical: bool) -> Vec<u8> {
    extension(&[0x2a, 3], is_critical, b"")
}

fn sign(issuer: &Somebody, fields: &[Vec<u8>]) -> Vec<u8> {
    let tbs = sequence(fields);
    assemble(&tbs, issuer.key.algorithm(), &issuer.key.sign(&tbs))
}

/// Asserts that a list is refused so when its fields are changed like this.
#[track_caller]
fn refused(issuer: &Somebody, change: impl FnOnce(&mut Vec<Vec<u8>>), error: Error<Test>) {
    let mut fields = fields(issuer);
    change(&mut fields);
    let list = sign(issuer, &fields);
    refuses(|| issuer.publish(&list), error);
}

/// The same with an extension of the list besides its number.
#[track_caller]
fn refused_with(issuer: &Somebody, other: Vec<u8>, error: Error<Test>) {
    let all = extensions(&[number(&[1]), other]);
    refused(issuer, |fields| fields[EXTENSIONS] = all, error);
}

/// The same with an extension of the entry.
#[track_caller]
fn refused_with_entry(issuer: &Somebody, extension: Vec<u8>, error: Error<Test>) {
    let entries = sequence(&[entry(7, &[extension])]);
    refused(issuer, |fields| fields[ENTRIES] = entries, error);
}

#[test]
fn what_the_flaws_are_made_of_is_a_good_list() {
    new_chain().execute_with(|| {
        let issuer = issuer(1);
        assert_ok!(issuer.publish(&sign(&issuer, &fields(&issuer))));
        assert!(issuer.is_revoked(&[7]));
        // What is not critical may be unknown.
        go_to(2, NOW + 1);
        let mut later = fields(&issuer);
        later[ENTRIES] = sequence(&[entry(7, &[]), entry(8, &[unknown(false)])]);
        later[EXTENSIONS] = extensions(&[unknown(false), number(&[2])]);
        assert_ok!(issuer.publish(&sign(&issuer, &later)));
        assert!(issuer.is_revoked(&[8]));
    });
}

#[test]
fn version() {
    new_chain().execute_with(|| {
        let issuer = issuer(1);
        refused(
            &issuer,
            |fields| drop(fields.remove(VERSION)),
            Error::CrlVersion,
        );
        for other in [0, 2] {
            let version = integer(other);
            refused(
                &issuer,
                |fields| fields[VERSION] = version,
                Error::CrlVersion,
            );
        }
    });
}

#[test]
fn updates() {
    new_chain().execute_with(|| {
        let issuer = issuer(1);
        refused(
            &issuer,
            |fields| drop(fields.remove(NEXT_UPDATE)),
            Error::CrlUpdates,
        );
        refused(
            &issuer,
            |fields| fields.swap(THIS_UPDATE, NEXT_UPDATE),
            Error::CrlUpdates,
        );
        // In the form of other years.
        let early = tlv(0x18, b"20270115080000Z");
        refused(
            &issuer,
            |fields| fields[THIS_UPDATE] = early,
            Error::CrlMalformed,
        );
    });
}

#[test]
fn entries() {
    new_chain().execute_with(|| {
        let issuer = issuer(1);
        refused(
            &issuer,
            |fields| fields[ENTRIES] = sequence(&[]),
            Error::CrlNoEntries,
        );
        let twice = sequence(&[entry(7, &[]), entry(8, &[]), entry(7, &[])]);
        refused(
            &issuer,
            |fields| fields[ENTRIES] = twice,
            Error::CrlDuplicateEntry,
        );
    });
}

#[test]
fn numbers() {
    new_chain().execute_with(|| {
        let issuer = issuer(1);
        refused(&issuer, |fields| drop(fields.pop()), Error::CrlNumber);
        for wrong in [unknown(false), number(&[0x80]), number(&[0x7f; 21])] {
            let all = extensions(&[wrong]);
            refused(&issuer, |fields| fields[EXTENSIONS] = all, Error::CrlNumber);
        }
        let mut longest = fields(&issuer);
        longest[EXTENSIONS] = extensions(&[number(&[0x7f; 20])]);
        assert_ok!(issuer.publish(&sign(&issuer, &longest)));
    });
}

/// Lists that say something of a part of the certificates only, or of other issuers' as well.
#[test]
fn only_complete_lists() {
    new_chain().execute_with(|| {
        let issuer = issuer(1);
        let delta = extension(oid::DELTA_CRL_INDICATOR, true, &integer(1));
        refused_with(&issuer, delta, Error::CrlPartial);
        let only_users = sequence(&[tlv(0x81, &[0xff])]);
        let partial = extension(oid::ISSUING_DISTRIBUTION_POINT, true, &only_users);
        refused_with(&issuer, partial, Error::CrlPartial);
        let other = sequence(&[tlv(0xa4, &name(&["other"]))]);
        let indirect = extension(oid::CERTIFICATE_ISSUER, true, &other);
        refused_with_entry(&issuer, indirect, Error::CrlPartial);
    });
}

/// 7 is none, 8 takes entries off delta lists, and the standard ends with 10.
#[test]
fn reasons() {
    new_chain().execute_with(|| {
        let issuer = issuer(1);
        let reason = |number| extension(oid::CRL_REASON, false, &tlv(0x0a, &[number]));
        for wrong in [7, 8, 11] {
            refused_with_entry(&issuer, reason(wrong), Error::CrlReason);
        }
        let mut good = fields(&issuer);
        good[ENTRIES] = sequence(&[entry(7, &[reason(10)])]);
        assert_ok!(issuer.publish(&sign(&issuer, &good)));
    });
}

#[test]
fn unknown_critical_extensions() {
    new_chain().execute_with(|| {
        let issuer = issuer(1);
        let error = || Error::CrlUnknownCriticalExtension;
        refused_with(&issuer, unknown(true), error());
        refused_with_entry(&issuer, unknown(true), error());
    });
}

/// What our rules let through and `rustls-webpki` does not: a distribution point that says nothing, which
/// RFC 5280, 5.2.5, forbids to issue, and an invalidityDate that is no time.
#[test]
fn what_the_second_opinion_refuses() {
    new_chain().execute_with(|| {
        let issuer = issuer(1);
        let idle = extension(oid::ISSUING_DISTRIBUTION_POINT, true, &sequence(&[]));
        refused_with(&issuer, idle, Error::CrlRefused);
        let no_time = extension(oid::INVALIDITY_DATE, false, &tlv(0x18, b"yesterday"));
        refused_with_entry(&issuer, no_time, Error::CrlRefused);
    });
}

/// A list that is too long does not get as far as the call: its argument holds no more bytes. The error is what the
/// reader's is called all the same.
#[test]
fn length_is_bounded_before_the_call() {
    new_chain().execute_with(|| {
        let limit = usize::try_from(MAX_CRL_SIZE).unwrap();
        let issuer = issuer(1);
        let call = Call::<Test>::publish_crl {
            crl: vec![0; limit].try_into().unwrap(),
            algorithm: issuer.key.algorithm(),
            entries: 0,
            request: issuer.sign(&HoldArguments { serial: &[7] }),
        };
        let longest = call.encode();
        assert_eq!(Call::<Test>::decode(&mut &longest[..]), Ok(call));
        let (index, rest) = longest.split_at(1);
        let rest = &rest[vec![0_u8; limit].encoded_size()..];
        let too_long = [index, &vec![0_u8; limit + 1].encode(), rest].concat();
        assert!(Call::<Test>::decode(&mut &too_long[..]).is_err());

        let error = ParsedCrl::parse(&vec![0; limit + 1]).unwrap_err();
        assert!(matches!(error, CrlError::TooLong { .. }));
        assert_eq!(Error::<Test>::from(error), Error::CrlTooLong);
    });
}
