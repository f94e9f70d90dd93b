//! `register`: success and every error.

use allod_identity::{Identifier, Issuance, KeyFingerprint, SignatureAlgorithm};
use allod_x509::{
    ParsedCertificate, SigningKey,
    builder::{
        CertificateBuilder, basic_constraints, bit_string, certificate, extension, name, sequence,
        tlv,
    },
};
use frame_support::{
    assert_noop, assert_ok,
    traits::{
        Get,
        fungible::{Inspect, InspectHold, Mutate},
    },
};
use sp_runtime::TokenError;

use crate::{
    mock::*,
    pallet::{Certificates, Error, Event, Identities, Keys},
    types::footprint,
};

fn agent() -> CertificateBuilder {
    CertificateBuilder::self_issued("agent")
}

fn check_state() {
    AutoId::do_try_state().unwrap();
}

/// Asserts that the registration fails so and changes nothing.
fn assert_refused(registration: &Registration, error: Error<Test>) {
    assert_noop!(registration.submit(PAYER), error);
}

#[test]
fn stores_the_identity_and_holds_the_deposit() {
    for key in [ed25519(7), p256(7), p384(7), rsa_4096()] {
        new_chain().execute_with(|| {
            let registration = Registration::agent(&key);
            let identifier = registration.identifier();
            assert_eq!(AutoId::next_nonce(identifier), 0);
            assert_ok!(registration.submit(PAYER));

            let record = Identities::<Test>::get(identifier).unwrap();
            assert_eq!(record.algorithm, key.algorithm());
            assert_eq!(record.issuance, Issuance::SelfIssued);
            assert_eq!(record.ticket.payer, PAYER);
            assert_eq!(record.registered_at, 1);
            assert_eq!(AutoId::next_nonce(identifier), 1);
            let stored = Certificates::<Test>::get(identifier).unwrap();
            assert_eq!(stored, registration.certificate);
            let parsed = ParsedCertificate::parse(&stored).unwrap();
            let fingerprint = KeyFingerprint::of(&parsed);
            assert_eq!(
                Keys::<Test>::get(fingerprint).unwrap().identifier,
                identifier
            );
            assert_eq!((record.generation, record.depth), (0, 1));

            let deposit = Base::get()
                + PerByte::get() * footprint::<Test>(&Issuance::SelfIssued, 0, 0, &stored).size;
            assert_eq!(
                Balances::balance_on_hold(&IdentityHold::get(), &PAYER),
                deposit
            );
            System::assert_last_event(
                Event::Registered {
                    identifier,
                    key: fingerprint,
                    payer: PAYER,
                }
                .into(),
            );
            check_state();
        });
    }
}

#[test]
fn identifiers_are_openssl_fingerprints() {
    new_chain().execute_with(|| {
        let registration = Registration::agent(&ed25519(7));
        let sha256 = sp_io::hashing::sha2_256(&registration.certificate);
        assert_eq!(registration.identifier(), Identifier(sha256));
    });
}

#[test]
fn names_need_not_be_unique() {
    new_chain().execute_with(|| {
        assert_ok!(Registration::agent(&ed25519(1)).submit(PAYER));
        assert_ok!(Registration::agent(&ed25519(2)).submit(OTHER_PAYER));
        check_state();
    });
}

#[test]
fn replay_fails() {
    new_chain().execute_with(|| {
        let registration = Registration::agent(&ed25519(7));
        assert_ok!(registration.submit(PAYER));
        assert_refused(&registration, Error::AlreadyRegistered);
        assert_noop!(
            registration.submit(OTHER_PAYER),
            Error::<Test>::AlreadyRegistered
        );
    });
}

/// Whoever carries somebody's request first pays for it, and gets nothing else.
#[test]
fn front_running_is_harmless() {
    new_chain().execute_with(|| {
        let registration = Registration::agent(&ed25519(7));
        let seen_on_its_way = registration.request();
        assert_ok!(registration.submit_with(OTHER_PAYER, seen_on_its_way));
        assert_refused(&registration, Error::AlreadyRegistered);
        let stored = Certificates::<Test>::get(registration.identifier()).unwrap();
        assert_eq!(stored, registration.certificate);
        assert_eq!(Balances::balance_on_hold(&IdentityHold::get(), &PAYER), 0);
        assert!(Balances::balance_on_hold(&IdentityHold::get(), &OTHER_PAYER) > 0);
    });
}

#[test]
fn request_of_another_chain_call_or_key_fails() {
    new_chain().execute_with(|| {
        for key in [ed25519(7), p256(7)] {
            let good = Registration::agent(&key);

            let mut elsewhere = good.clone();
            elsewhere.genesis = [0xbb; 32];
            assert_refused(&elsewhere, Error::RequestSignatureInvalid);

            let mut other_call = good.clone();
            other_call.call = "renew";
            assert_refused(&other_call, Error::RequestSignatureInvalid);

            let mut stranger = good.clone();
            stranger.key = if key.algorithm() == SignatureAlgorithm::Ed25519 {
                ed25519(8)
            } else {
                p256(8)
            };
            assert_refused(&stranger, Error::RequestSignatureInvalid);

            // Signed for another certificate of the same key.
            let mut renamed = CertificateBuilder::self_issued("other");
            renamed.serial = vec![2];
            let other = Registration::of(&key, &renamed);
            assert_noop!(
                good.submit_with(PAYER, other.request()),
                Error::<Test>::RequestSignatureInvalid
            );

            // What was signed for block 10 does not count for block 11.
            let mut request = good.request();
            request.valid_until += 1;
            assert_noop!(
                good.submit_with(PAYER, request),
                Error::<Test>::RequestSignatureInvalid
            );

            let mut request = good.request();
            request.signature = Default::default();
            assert_noop!(
                good.submit_with(PAYER, request),
                Error::<Test>::RequestSignatureInvalid
            );
        }
    });
}

/// `frame_system` forgets old block hashes, but not the genesis block's.
#[test]
fn genesis_hash_is_known_when_later_ones_are_forgotten() {
    new_chain().execute_with(|| {
        let count: u64 = <Test as frame_system::Config>::BlockHashCount::get();
        for block in 2..count + 20 {
            System::reset_events();
            System::initialize(&block, &[block as u8; 32].into(), &Default::default());
            System::finalize();
        }
        assert_eq!(System::block_hash(1), Default::default());
        assert_eq!(AutoId::genesis_hash(), GENESIS.0);
    });
}

#[test]
fn nonce_is_exactly_zero() {
    new_chain().execute_with(|| {
        let mut registration = Registration::agent(&ed25519(7));
        for nonce in [1, u64::MAX] {
            registration.nonce = nonce;
            assert_refused(&registration, Error::WrongNonce);
        }
    });
}

#[test]
fn valid_until_is_included() {
    new_chain().execute_with(|| {
        let registration = Registration::agent(&ed25519(7));
        go_to(11, NOW);
        assert_refused(&registration, Error::RequestExpired);
        go_to(10, NOW);
        assert_ok!(registration.submit(PAYER));
    });
}

#[test]
fn certificate_must_be_valid_now() {
    new_chain().execute_with(|| {
        let registration = Registration::agent(&ed25519(7));
        let CertificateBuilder {
            not_before,
            not_after,
            ..
        } = agent();
        go_to(1, not_before - 1);
        assert_refused(&registration, Error::CertificateNotYetValid);
        go_to(1, not_after + 1);
        assert_refused(&registration, Error::CertificateExpired);
        go_to(1, not_after);
        assert_ok!(registration.submit(PAYER));
    });
}

#[test]
fn wrong_tag_is_an_error() {
    new_chain().execute_with(|| {
        let mut registration = Registration::agent(&ed25519(7));
        registration.algorithm = SignatureAlgorithm::EcdsaP256Sha256;
        assert_refused(&registration, Error::WrongAlgorithm);
        let mut registration = Registration::agent(&p256(7));
        registration.algorithm = SignatureAlgorithm::Ed25519;
        assert_refused(&registration, Error::WrongAlgorithm);
        // Signed by a P-256 key, it says; the key in it is an Ed25519 key.
        let mut registration = Registration::agent(&ed25519(7));
        registration.certificate = agent().sign(&ed25519(7).spki(), &p256(7));
        registration.algorithm = SignatureAlgorithm::EcdsaP256Sha256;
        assert_refused(&registration, Error::WrongAlgorithm);
    });
}

#[test]
fn retired_algorithm_is_refused() {
    new_chain().execute_with(|| {
        Retired::set(Some(SignatureAlgorithm::Ed25519));
        let registration = Registration::agent(&ed25519(7));
        assert_refused(&registration, Error::AlgorithmRetired);
        assert_ok!(Registration::agent(&p256(7)).submit(PAYER));
        Retired::set(None);
        assert_ok!(registration.submit(PAYER));
    });
}

#[test]
fn only_self_issued() {
    new_chain().execute_with(|| {
        let key = ed25519(7);
        let mut builder = agent();
        builder.issuer = name(&["somebody else"]);
        assert_refused(&Registration::of(&key, &builder), Error::NotSelfIssued);

        let mut registration = Registration::agent(&key);
        registration.certificate = agent().sign(&key.spki(), &ed25519(8));
        assert_refused(&registration, Error::CertificateSignatureInvalid);
    });
}

#[test]
fn key_serves_one_identity() {
    new_chain().execute_with(|| {
        for key in [ed25519(7), p256(7)] {
            assert_ok!(Registration::agent(&key).submit(PAYER));
            let mut builder = CertificateBuilder::self_issued("another");
            builder.serial = vec![2];
            assert_refused(&Registration::of(&key, &builder), Error::KeyInUse);
        }
        check_state();
    });
}

/// The same certificate with the other of its two ECDSA signatures: not another identity, whichever
/// comes first; and nobody but the key's owner can register either.
#[test]
fn malleated_twin_is_not_another_identity() {
    let key = p256(7);
    let one = Registration::agent(&key);
    let mut twin = one.clone();
    twin.certificate = malleated(&key);
    assert_ne!(one.identifier(), twin.identifier());
    for (first, second) in [(&one, &twin), (&twin, &one)] {
        new_chain().execute_with(|| {
            assert_noop!(
                first.submit_with(PAYER, second.request()),
                Error::<Test>::RequestSignatureInvalid
            );
            assert_ok!(first.submit(PAYER));
            assert_refused(second, Error::KeyInUse);
            assert!(AutoId::verify(first.identifier(), None, None, None).holds());
            assert!(!AutoId::verify(second.identifier(), None, None, None).holds());
        });
    }
}

fn malleated(key: &SigningKey) -> Vec<u8> {
    let tbs = agent().tbs(key.algorithm(), &key.spki());
    let signature = p256::ecdsa::Signature::from_der(&key.sign(&tbs)).unwrap();
    let (r, s) = signature.split_scalars();
    let twin = p256::ecdsa::Signature::from_scalars(r.to_bytes(), (-*s).to_bytes()).unwrap();
    certificate(&tbs, key.algorithm(), twin.to_der().as_bytes())
}

#[test]
fn payer_must_afford_the_deposit() {
    new_chain().execute_with(|| {
        let registration = Registration::agent(&ed25519(7));
        assert_noop!(registration.submit(PAUPER), TokenError::FundsUnavailable);
        assert_noop!(
            AutoId::register(
                RuntimeOrigin::root(),
                registration.certificate.clone().try_into().unwrap(),
                registration.algorithm,
                registration.request(),
            ),
            sp_runtime::DispatchError::BadOrigin
        );
        assert_ok!(registration.submit(PAYER));
    });
}

/// A deposit never takes what an account needs to exist.
#[test]
fn a_deposit_leaves_the_payer_alive() {
    new_chain().execute_with(|| {
        let registration = Registration::agent(&ed25519(7));
        let certificate = registration.certificate.clone().try_into().unwrap();
        let size = footprint::<Test>(&Issuance::SelfIssued, 0, 0, &certificate).size;
        let deposit = Base::get() + PerByte::get() * size;
        let existence = Balances::minimum_balance();
        assert!(existence > 0);
        Balances::set_balance(&PAUPER, deposit + existence - 1);
        assert_noop!(registration.submit(PAUPER), TokenError::FundsUnavailable);
        Balances::set_balance(&PAUPER, deposit + existence);
        assert_ok!(registration.submit(PAUPER));
        assert_eq!(Balances::free_balance(PAUPER), existence);
    });
}

/// Asserts that an agent's certificate with this change is refused so.
fn assert_refused_if(change: impl Fn(&mut CertificateBuilder), error: Error<Test>) {
    let mut builder = agent();
    change(&mut builder);
    assert_refused(&Registration::of(&ed25519(7), &builder), error);
}

#[test]
fn each_flaw_of_a_certificate_has_its_error() {
    new_chain().execute_with(|| {
        assert_refused_if(|builder| builder.serial = vec![0], Error::SerialNotPositive);
        assert_refused_if(
            |builder| builder.serial = vec![0x80],
            Error::SerialNotPositive,
        );
        for octets in [21, 33, 127] {
            assert_refused_if(
                |builder| builder.serial = vec![1; octets],
                Error::SerialTooLong,
            );
        }
        assert_refused_if(|builder| builder.issuer = sequence(&[]), Error::IssuerEmpty);
        assert_refused_if(
            |builder| core::mem::swap(&mut builder.not_before, &mut builder.not_after),
            Error::ValidityReversed,
        );
        assert_refused_if(
            |builder| {
                builder.extensions = (0..33).map(|i| extension(&[0x2a, i], false, b"")).collect();
            },
            Error::TooManyExtensions,
        );
        assert_refused_if(
            |builder| builder.extensions.push(basic_constraints(true, None)),
            Error::DuplicateExtension,
        );
        assert_refused_if(
            |builder| builder.extensions.push(extension(&[0x2a, 3], true, b"")),
            Error::UnknownCriticalExtension,
        );
        let names = sequence(&vec![tlv(0x82, b"a"); 33]);
        assert_refused_if(
            |builder| {
                let names = extension(&[0x55, 0x1d, 0x11], false, &names);
                builder.extensions.push(names);
            },
            Error::TooManyAlternativeNames,
        );
        let subtrees = vec![sequence(&[tlv(0x82, b"a")]); 17].concat();
        let constraints = sequence(&[tlv(0xa0, &subtrees)]);
        assert_refused_if(
            |builder| {
                let constraints = extension(&[0x55, 0x1d, 0x1e], true, &constraints);
                builder.extensions.push(constraints);
            },
            Error::TooManyNameConstraints,
        );
    });
}

#[test]
fn each_flaw_of_the_encoding_has_its_error() {
    new_chain().execute_with(|| {
        let good = Registration::agent(&ed25519(7));
        let refused = |certificate: Vec<u8>, error| {
            let mut registration = good.clone();
            registration.certificate = certificate;
            assert_refused(&registration, error);
        };
        let followed = [good.certificate.clone(), vec![0]].concat();
        refused(followed, Error::CertificateTrailingBytes);
        refused(vec![], Error::CertificateMalformed);
        refused(vec![0xff; 4096], Error::CertificateMalformed);
        refused(
            sequence(&[sequence(&[tlv(2, &[1])]), sequence(&[]), bit_string(&[0])]),
            Error::CertificateVersion,
        );

        // Bytes exchanged within a good certificate, at their known places.
        let replaced = |from: &[u8], to: &[u8], occurrence: usize| {
            let mut der = good.certificate.clone();
            let at = (0..der.len() - from.len())
                .filter(|at| der[*at..].starts_with(from))
                .nth(occurrence)
                .unwrap();
            der[at..at + to.len()].copy_from_slice(to);
            der
        };
        let ed25519 = [6, 3, 0x2b, 0x65, 0x70];
        let ed448 = [6, 3, 0x2b, 0x65, 0x71];
        refused(replaced(&ed25519, &ed448, 0), Error::AlgorithmMismatch);
        refused(replaced(&ed25519, &ed448, 1), Error::UnknownKeyAlgorithm);
        let key = [&[3, 33, 0][..], &good.key.spki()[12..]].concat();
        let not_canonical = [&[3, 33, 0][..], &[0xff; 32]].concat();
        refused(replaced(&key, &not_canonical, 0), Error::KeyEncoding);
        let mut both = replaced(&ed25519, &ed448, 0);
        let last = both.len() - 67 - 5;
        both[last..last + 5].copy_from_slice(&ed448);
        refused(both, Error::UnknownSignatureAlgorithm);
        // The extensions' tag [3] turned into [1].
        refused(replaced(&[0xa3], &[0xa1], 0), Error::UniqueIdentifier);
    });
}

/// SHA-1, and RSA keys that are too short or malformed.
#[test]
fn weak_algorithms_are_refused() {
    new_chain().execute_with(|| {
        let good = Registration::agent(&rsa_4096());
        let refused = |certificate: Vec<u8>, error| {
            let mut registration = good.clone();
            registration.certificate = certificate;
            assert_refused(&registration, error);
        };
        // sha256WithRSAEncryption turned into sha1WithRSAEncryption, inside and outside.
        let (sha256, sha1) = ([0x86, 0xf7, 0x0d, 1, 1, 11], [0x86, 0xf7, 0x0d, 1, 1, 5]);
        let mut weak = good.certificate.clone();
        let places: Vec<_> = (0..weak.len() - 6)
            .filter(|at| weak[*at..].starts_with(&sha256))
            .collect();
        assert_eq!(places.len(), 2);
        for at in places {
            weak[at..at + 6].copy_from_slice(&sha1);
        }
        refused(weak, Error::Sha1);

        let with_key = |modulus: &[u8], exponent: &[u8]| {
            let kind = tlv(6, &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1]);
            let key = sequence(&[tlv(2, modulus), tlv(2, exponent)]);
            let spki = sequence(&[sequence(&[kind, tlv(5, &[])]), bit_string(&key)]);
            agent().sign(&spki, &ed25519(7))
        };
        let modulus = |bytes: usize, first: u8| [&[0, first][..], &vec![0xff; bytes - 1]].concat();
        let f4 = [1, 0, 1];
        for bytes in [64, 128, 255, 513] {
            refused(with_key(&modulus(bytes, 0x80), &f4), Error::RsaModulusSize);
        }
        refused(with_key(&modulus(256, 0x80), &[2]), Error::RsaExponent);
        let mut even = modulus(256, 0x80);
        *even.last_mut().unwrap() = 0xfe;
        refused(with_key(&even, &f4), Error::RsaModulusEven);
    });
}

/// What is more expensive to verify costs more, and each kind of key has its own price.
#[test]
fn weight_follows_the_algorithm() {
    let weight = |algorithm| AutoId::register_weight(algorithm, 1_000).ref_time();
    use SignatureAlgorithm::{EcdsaP256Sha256, EcdsaP384Sha384, Ed25519, RsaPssSha512};
    assert!(weight(Ed25519) < weight(EcdsaP256Sha256));
    assert!(weight(EcdsaP256Sha256) < weight(RsaPssSha512));
    assert!(weight(EcdsaP256Sha256) < weight(EcdsaP384Sha384));
}
