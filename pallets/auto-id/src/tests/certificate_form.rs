//! Flaws of a certificate's form that only a certificate made for the purpose has: each is refused with its own
//! error. `register.rs` has those that come of a change to a good one.

use allod_x509::{
    CertificateError, MAX_CERTIFICATE_SIZE, MAX_PURPOSES,
    builder::{
        algorithm_identifier, alternative_names, bit_string, extended_key_usage, extension,
        name_constraints, sequence, signed, tlv,
    },
    oid,
};
use frame_support::assert_ok;
use parity_scale_codec::{Decode, Encode};

use super::*;
use crate::{mock::*, pallet::Call};

/// Asserts that a root's certificate is refused so.
#[track_caller]
fn refused(key: &SigningKey, certificate: Vec<u8>, error: Error<Test>) {
    let mut registration = Registration::agent(key);
    registration.certificate = certificate;
    refuses(|| registration.submit(PAYER), error);
}

/// Asserts that a root with this extension besides is refused so.
#[track_caller]
fn refused_with(extension: Vec<u8>, error: Error<Test>) {
    let key = ed25519(7);
    refused(&key, agent_with(extension).sign_self(&key), error);
}

fn agent_with(extension: Vec<u8>) -> CertificateBuilder {
    let mut builder = CertificateBuilder::self_issued("agent");
    builder.extensions.push(extension);
    builder
}

/// `tbsCertificate` of an agent: the signature's algorithm, the two times, and what every agent has.
fn tbs(key: &SigningKey, algorithm: &[u8], times: [Vec<u8>; 2]) -> Vec<u8> {
    sequence(&[
        tlv(0xa0, &tlv(2, &[2])),
        tlv(2, &[1]),
        algorithm.to_vec(),
        name(&["agent"]),
        sequence(&times),
        name(&["agent"]),
        key.spki(),
        tlv(0xa3, &sequence(&[basic_constraints(true, None)])),
    ])
}

/// From 2020 to 2049, in the form that these years have.
fn times() -> [Vec<u8>; 2] {
    [b"200101000000Z", b"490101000000Z"].map(|time| tlv(0x17, time))
}

fn with_validity(key: &SigningKey, times: [Vec<u8>; 2]) -> Vec<u8> {
    let tbs = tbs(key, &algorithm_identifier(key.algorithm()), times);
    signed(&tbs, key.algorithm(), &key.sign(&tbs))
}

/// A certificate that its RSA key signed by RSASSA-PSS with SHA-256, and says so with these parameters.
fn with_pss_parameters(key: &SigningKey, parameters: &[Vec<u8>]) -> Vec<u8> {
    let identifier = sequence(&[&[rsassa_pss()][..], parameters].concat());
    let tbs = tbs(key, &identifier, times());
    let signature = key
        .sign_with(SignatureAlgorithm::RsaPssSha256, &tbs)
        .unwrap();
    sequence(&[tbs, identifier, bit_string(&signature)])
}

fn rsassa_pss() -> Vec<u8> {
    tlv(6, &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 10])
}

/// Parameters of RSASSA-PSS with SHA-256 and a salt of so many octets.
fn pss_parameters(salt: u8) -> Vec<u8> {
    let sha256 = tlv(6, &[0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 1]);
    let sha256 = sequence(&[sha256, tlv(5, &[])]);
    let mgf1 = tlv(6, &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 8]);
    sequence(&[
        tlv(0xa0, &sha256),
        tlv(0xa1, &sequence(&[mgf1, sha256])),
        tlv(0xa2, &tlv(2, &[salt])),
    ])
}

#[test]
fn purposes_are_counted() {
    new_chain().execute_with(|| {
        let all: Vec<[u8; 2]> = (0..)
            .map(|last| [0x2a, last])
            .take(MAX_PURPOSES + 1)
            .collect();
        let all: Vec<&[u8]> = all.iter().map(|purpose| &purpose[..]).collect();
        refused_with(extended_key_usage(&all), Error::TooManyPurposes);
        let most = agent_with(extended_key_usage(&all[..MAX_PURPOSES]));
        assert_ok!(Registration::of(&ed25519(7), &most).submit(PAYER));
    });
}

#[test]
fn constraints_have_the_forms_of_the_standard() {
    new_chain().execute_with(|| {
        let constraint = |tag, base: &[u8]| name_constraints(&[tlv(tag, base)], &[]);
        refused_with(constraint(0x82, b".example.org"), Error::ConstraintForm);
        refused_with(
            constraint(0x86, b"https://example.org"),
            Error::ConstraintForm,
        );
        // A mask with a hole.
        let holed = [192, 0, 2, 0, 255, 0, 255, 0];
        refused_with(constraint(0x87, &holed), Error::ConstraintForm);
        let good = agent_with(constraint(0x82, b"example.org"));
        assert_ok!(Registration::of(&ed25519(7), &good).submit(PAYER));
    });
}

#[test]
fn key_identifiers_are_never_critical() {
    new_chain().execute_with(|| {
        let own =
            |is_critical| extension(oid::SUBJECT_KEY_IDENTIFIER, is_critical, &tlv(4, b"key"));
        let issuer_s = |is_critical| {
            let value = sequence(&[tlv(0x80, b"key")]);
            extension(oid::AUTHORITY_KEY_IDENTIFIER, is_critical, &value)
        };
        refused_with(own(true), Error::MustNotBeCritical);
        refused_with(issuer_s(true), Error::MustNotBeCritical);
        let mut good = agent_with(own(false));
        good.extensions.push(issuer_s(false));
        assert_ok!(Registration::of(&ed25519(7), &good).submit(PAYER));
    });
}

#[test]
fn each_year_has_its_form() {
    new_chain().execute_with(|| {
        let key = ed25519(7);
        let others = [b"20200101000000Z", b"20490101000000Z"].map(|time| tlv(0x18, time));
        for (place, other) in others.into_iter().enumerate() {
            let mut times = times();
            times[place] = other;
            refused(&key, with_validity(&key, times), Error::TimeForm);
        }
        let mut good = Registration::agent(&key);
        good.certificate = with_validity(&key, times());
        assert_ok!(good.submit(PAYER));
    });
}

#[test]
fn pss_has_one_set_of_parameters() {
    new_chain().execute_with(|| {
        let key = rsa_4096();
        // No parameters at all, their defaults (SHA-1), and a salt of another length.
        for parameters in [&[][..], &[sequence(&[])], &[pss_parameters(20)]] {
            let certificate = with_pss_parameters(&key, parameters);
            refused(&key, certificate, Error::PssParameters);
        }
        // The right ones are read: what is wrong then is the algorithm that was declared.
        let certificate = with_pss_parameters(&key, &[pss_parameters(32)]);
        refused(&key, certificate, Error::WrongAlgorithm);
    });
}

#[test]
fn keys_bound_to_pss_are_refused() {
    new_chain().execute_with(|| {
        let key = rsa_4096();
        let rsa_encryption = tlv(6, &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1]);
        let mut spki = key.spki();
        let at = spki
            .windows(rsa_encryption.len())
            .position(|window| window == rsa_encryption)
            .unwrap();
        spki[at..at + rsa_encryption.len()].copy_from_slice(&rsassa_pss());
        let certificate = CertificateBuilder::self_issued("agent").sign(&spki, &key);
        refused(&key, certificate, Error::PssKey);
    });
}

/// A wildcard of 255 octets. Our rule counts those behind the asterisk; `rustls-webpki` takes no name above 253 to
/// compare it with a constraint.
#[test]
fn what_the_second_opinion_refuses() {
    new_chain().execute_with(|| {
        let issuer = root_with("issuer", ed25519(1), |builder| {
            builder
                .extensions
                .push(name_constraints(&[tlv(0x82, b"example")], &[]));
        });
        let label = "a".repeat(63);
        let child = |length: usize| {
            let name = format!("*.{label}.{label}.{label}.{}.example", "b".repeat(length));
            issuer.issue_with("child", &ed25519(2), 2, |builder| {
                let names = alternative_names(false, &[tlv(0x82, name.as_bytes())]);
                builder.extensions = vec![basic_constraints(false, None), names];
            })
        };
        let register = |der: &[u8]| register_issued(&ed25519(2), der, &issuer, &[]);
        let (too_long, longest) = (child(53), child(51));
        refuses(|| register(&too_long), Error::CertificateRefused);
        assert_ok!(register(&longest));
    });
}

/// A certificate that is too long does not get as far as the call: its argument holds no more bytes. The error is
/// what the reader's is called all the same.
#[test]
fn length_is_bounded_before_the_call() {
    let limit = usize::try_from(MAX_CERTIFICATE_SIZE).unwrap();
    let registration = Registration::agent(&ed25519(7));
    let call = Call::<Test>::register {
        certificate: vec![0; limit].try_into().unwrap(),
        algorithm: registration.algorithm,
        request: registration.request(),
    };
    let longest = call.encode();
    assert_eq!(Call::<Test>::decode(&mut &longest[..]), Ok(call));
    let (index, rest) = longest.split_at(1);
    let rest = &rest[vec![0_u8; limit].encoded_size()..];
    let too_long = [index, &vec![0_u8; limit + 1].encode(), rest].concat();
    assert!(Call::<Test>::decode(&mut &too_long[..]).is_err());

    let error = ParsedCertificate::parse(&vec![0; limit + 1]).unwrap_err();
    assert!(matches!(error, CertificateError::TooLong { .. }));
    assert_eq!(Error::<Test>::from(error), Error::CertificateTooLong);
}
