//! `register_issued`: success, consents, every error, every state of the issuer.

use allod_identity::{
    Issuance, MAX_DEPTH, Reason, RevocationReason, SignatureAlgorithm, SignedRequest,
    request::arguments::{DeactivateArguments, RegisterIssuedArguments},
};
use allod_x509::{
    KeyUsage,
    builder::{basic_constraints, extension, key_usage, sequence, tlv},
};
use frame_support::{assert_ok, dispatch::GetDispatchInfo};

use super::*;
use crate::{
    mock::*,
    pallet::{Call, Certificates, Error, Identities, IssuedBy, Serials},
};

fn issuance_of(somebody: &Somebody) -> Issuance {
    Identities::<Test>::get(somebody.identifier)
        .unwrap()
        .issuance
}

#[test]
fn stores_the_link_and_the_list() {
    new_chain().execute_with(|| {
        let issuer = root("issuer", 1);
        let child = issuer.child("child", 2, 7);
        let record = Identities::<Test>::get(child.identifier).unwrap();
        assert_eq!((record.depth, record.generation, record.nonce), (2, 0, 1));
        let Issuance::Issued {
            issuer: reference,
            co_issuers,
        } = issuance_of(&child)
        else {
            panic!("not issued");
        };
        assert_eq!(reference.identifier, issuer.identifier);
        assert_eq!(reference.generation, 0);
        assert!(co_issuers.is_empty());
        assert!(IssuedBy::<Test>::contains_key(
            issuer.identifier,
            child.identifier
        ));
        assert!(Serials::<Test>::contains_key(
            issuer.identifier,
            Serial::try_from(vec![7]).unwrap()
        ));
        assert!(child.holds());
        // The issuer's own request was not needed: its signature on the certificate is its consent.
        assert_eq!(AutoId::next_nonce(issuer.identifier), 1);
        AutoId::do_try_state().unwrap();
    });
}

#[test]
fn every_mix_of_algorithms() {
    new_chain().execute_with(|| {
        let issuers = [
            root("edwards", 1),
            root_with("weierstrass", p256(2), as_it_is),
            root_with("larger", p384(3), as_it_is),
            root_with("rivest", rsa_4096(), as_it_is),
        ];
        let mut seed = 10;
        for issuer in &issuers {
            for make in [ed25519, p256, p384] {
                seed += 1;
                let key = make(seed);
                let der = issuer.issue("child", &key, seed);
                assert_ok!(register_issued(&key, &der, issuer, &[]));
                let report = AutoId::verify(identifier_of(&der), None, None, None);
                assert!(report.holds(), "{:?} under {:?}", key, issuer.key);
            }
        }
    });
}

#[test]
fn co_issued_with_three_consents() {
    new_chain().execute_with(|| {
        let [issuer, one, two, three] =
            [1, 2, 3, 4].map(|seed| root(&format!("authority {seed}"), seed));
        let key = ed25519(9);
        let der = issuer.issue("joint", &key, 7);
        let consents: Vec<_> = [&one, &two, &three]
            .map(|co_issuer| co_issuer.consent(&der, issuer.identifier))
            .to_vec();
        assert_ok!(register_issued(&key, &der, &issuer, &consents));
        let joint = Somebody {
            identifier: identifier_of(&der),
            name: "joint".into(),
            key,
            serial: 7,
        };
        assert!(joint.holds());
        let report = AutoId::verify(joint.identifier, None, None, None);
        assert_eq!(report.links.len(), 5);
        assert_eq!(report.root, Some(issuer.identifier));
        for co_issuer in [&one, &two, &three] {
            assert!(IssuedBy::<Test>::contains_key(
                co_issuer.identifier,
                joint.identifier
            ));
        }
        AutoId::do_try_state().unwrap();

        // It holds only while all of them do.
        assert_ok!(two.revoke(&[1], RevocationReason::CessationOfOperation));
        let report = AutoId::verify(joint.identifier, None, None, None);
        let failure = report.failure.unwrap();
        assert_eq!(failure.identifier, two.identifier);
        assert!(matches!(failure.reason, Reason::Revoked { .. }));
    });
}

#[test]
fn consents_are_over_this_certificate_chain_and_time() {
    new_chain().execute_with(|| {
        let (issuer, partner) = (root("issuer", 1), root("partner", 2));
        let key = ed25519(9);
        let der = issuer.issue("joint", &key, 7);
        let other = issuer.issue("joint", &key, 8);
        let register = |consent: Consent| register_issued(&key, &der, &issuer, &[consent]);

        let of_another = partner.consent(&other, issuer.identifier);
        refuses(|| register(of_another), Error::ConsentSignatureInvalid);
        let by_another = Somebody {
            key: ed25519(3),
            ..partner.clone()
        };
        let forged = by_another.consent(&der, issuer.identifier);
        refuses(|| register(forged), Error::ConsentSignatureInvalid);
        let elsewhere = partner.consent(&der, partner.identifier);
        refuses(|| register(elsewhere), Error::ConsentSignatureInvalid);
        let mut late = partner.consent(&der, issuer.identifier);
        late.valid_until += 1;
        refuses(|| register(late), Error::ConsentSignatureInvalid);
        let mut stale = partner.consent(&der, issuer.identifier);
        stale.valid_until = 0;
        refuses(|| register(stale), Error::ConsentExpired);
        let mut of_another_kind = partner.consent(&der, issuer.identifier);
        of_another_kind.algorithm = SignatureAlgorithm::EcdsaP256Sha256;
        refuses(|| register(of_another_kind), Error::ConsentSignatureInvalid);

        let twice = partner.consent(&der, issuer.identifier);
        refuses(
            || register_issued(&key, &der, &issuer, &[twice.clone(), twice.clone()]),
            Error::IssuerTwice,
        );
        let own = issuer.consent(&der, issuer.identifier);
        refuses(|| register(own), Error::IssuerTwice);
        assert_ok!(register(partner.consent(&der, issuer.identifier)));
    });
}

/// Who signs the request for one set of issuers does not sign for another.
#[test]
fn the_request_covers_the_issuers() {
    new_chain().execute_with(|| {
        let (issuer, partner) = (root("issuer", 1), root("partner", 2));
        let key = ed25519(9);
        let der = issuer.issue("joint", &key, 7);
        let consent = partner.consent(&der, issuer.identifier);
        let arguments = RegisterIssuedArguments {
            certificate: &der,
            algorithm: SignatureAlgorithm::Ed25519,
            issuer: issuer.identifier,
            co_issuers: vec![],
        };
        let payload = arguments.payload_of(GENESIS.0, identifier_of(&der), 0, VALID_UNTIL);
        let request = SignedRequest {
            nonce: 0,
            valid_until: VALID_UNTIL,
            signature: key.sign(&payload.to_bytes()).try_into().unwrap(),
        };
        refuses(
            || {
                AutoId::register_issued(
                    RuntimeOrigin::signed(PAYER),
                    der.clone().try_into().unwrap(),
                    SignatureAlgorithm::Ed25519,
                    issuer.identifier,
                    vec![consent].try_into().unwrap(),
                    SignatureAlgorithm::Ed25519,
                    request,
                )
            },
            Error::RequestSignatureInvalid,
        );
    });
}

#[test]
fn only_the_key_itself_registers() {
    new_chain().execute_with(|| {
        let issuer = root("issuer", 1);
        let der = issuer.issue("child", &ed25519(2), 7);
        refuses(
            || register_issued(&ed25519(3), &der, &issuer, &[]),
            Error::RequestSignatureInvalid,
        );
    });
}

#[test]
fn names_signatures_and_serials() {
    new_chain().execute_with(|| {
        let issuer = root("issuer", 1);
        let key = ed25519(2);
        let register = |der: &[u8]| register_issued(&key, der, &issuer, &[]);
        let misnamed = certificate(("child", &key), ("somebody else", &issuer.key), 7, as_it_is);
        refuses(|| register(&misnamed), Error::IssuerNameMismatch);
        let forged = certificate(("child", &key), ("issuer", &ed25519(3)), 7, as_it_is);
        refuses(|| register(&forged), Error::CertificateSignatureInvalid);
        // 1 is the root's own.
        let used = issuer.issue("child", &key, 1);
        refuses(|| register(&used), Error::SerialInUse);
        assert_ok!(register(&issuer.issue("child", &key, 7)));
        refuses(
            || register(&issuer.issue("child", &key, 7)),
            Error::AlreadyRegistered,
        );
        refuses(
            || register(&issuer.issue("child", &key, 8)),
            Error::KeyInUse,
        );
        let other = ed25519(4);
        let used = issuer.issue("other", &other, 7);
        refuses(
            || register_issued(&other, &used, &issuer, &[]),
            Error::SerialInUse,
        );
    });
}

#[test]
fn key_identifiers_must_agree() {
    new_chain().execute_with(|| {
        let identifier = |octet| extension(&[0x55, 0x1d, 0x0e], false, &tlv(4, &[octet; 20]));
        let authority = |octet| {
            let value = sequence(&[tlv(0x80, &[octet; 20])]);
            extension(&[0x55, 0x1d, 0x23], false, &value)
        };
        let issuer = root_with("issuer", ed25519(1), |builder| {
            builder.extensions.push(identifier(5));
        });
        let key = ed25519(2);
        let wrong = issuer.issue_with("child", &key, 7, |builder| {
            builder.extensions.push(authority(6));
        });
        refuses(
            || register_issued(&key, &wrong, &issuer, &[]),
            Error::KeyIdentifierMismatch,
        );
        let right = issuer.issue_with("child", &key, 7, |builder| {
            builder.extensions.push(authority(5));
        });
        assert_ok!(register_issued(&key, &right, &issuer, &[]));
    });
}

#[test]
fn the_issuer_must_be_one() {
    new_chain().execute_with(|| {
        let key = ed25519(9);
        let no_authority = root_with("plain", ed25519(1), |builder| builder.extensions.clear());
        let lists_only = root_with("lists", ed25519(2), |builder| {
            builder.extensions.push(key_usage(&[KeyUsage::CRL_SIGN]));
        });
        for issuer in [&no_authority, &lists_only] {
            let der = issuer.issue("child", &key, 7);
            refuses(
                || register_issued(&key, &der, issuer, &[]),
                Error::IssuerMayNotIssue,
            );
        }
        let unknown = Somebody {
            identifier: Identifier([5; 32]),
            ..root("known", 3)
        };
        let der = unknown.issue("child", &key, 7);
        refuses(
            || register_issued(&key, &der, &unknown, &[]),
            Error::IssuerNotRegistered,
        );
        // A co-issuer must be one as well.
        let issuer = root("issuer", 4);
        let der = issuer.issue("child", &key, 7);
        let consent = no_authority.consent(&der, issuer.identifier);
        refuses(
            || register_issued(&key, &der, &issuer, &[consent]),
            Error::IssuerMayNotIssue,
        );
    });
}

#[test]
fn path_length_is_kept() {
    new_chain().execute_with(|| {
        let top = root_with("top", ed25519(1), |builder| {
            builder.extensions = vec![basic_constraints(true, Some(0))];
        });
        let middle = top.child("middle", 2, 7);
        let key = ed25519(3);
        let der = middle.issue("bottom", &key, 7);
        refuses(
            || register_issued(&key, &der, &middle, &[]),
            Error::PathTooLong,
        );
    });
}

#[test]
fn name_constraints_are_kept_all_the_way_down() {
    new_chain().execute_with(|| {
        // Permitted: example.org and what is below it.
        let permitted = sequence(&[tlv(0xa0, &sequence(&[tlv(0x82, b"example.org")]))]);
        let top = root_with("top", ed25519(1), |builder| {
            builder
                .extensions
                .push(extension(&[0x55, 0x1d, 0x1e], true, &permitted));
        });
        let middle = top.child("middle", 2, 7);
        let dns = |host: &str| {
            let names = sequence(&[tlv(0x82, host.as_bytes())]);
            extension(&[0x55, 0x1d, 0x11], false, &names)
        };
        let key = ed25519(3);
        let outside = middle.issue_with("agent", &key, 7, |builder| {
            builder.extensions.push(dns("example.com"));
        });
        refuses(
            || register_issued(&key, &outside, &middle, &[]),
            Error::NameOutsideConstraints,
        );
        let inside = middle.issue_with("agent", &key, 7, |builder| {
            builder.extensions.push(dns("agent.example.org"));
        });
        assert_ok!(register_issued(&key, &inside, &middle, &[]));
    });
}

#[test]
fn no_deeper_than_eight() {
    new_chain().execute_with(|| {
        let mut last = root("1", 1);
        for depth in 2..=MAX_DEPTH {
            last = last.child(&depth.to_string(), depth, 7);
            assert_eq!(
                Identities::<Test>::get(last.identifier).unwrap().depth,
                depth
            );
        }
        assert!(last.holds());
        let key = ed25519(99);
        let der = last.issue("9", &key, 7);
        refuses(
            || register_issued(&key, &der, &last, &[]),
            Error::ChainTooDeep,
        );
    });
}

#[test]
fn no_more_than_sixteen() {
    new_chain().execute_with(|| {
        // Four chains of four, under one certificate: seventeen.
        let chain = |base: u8| {
            (1..4).fold(root(&format!("root {base}"), base), |last, step| {
                last.child(&format!("{base} {step}"), base + step, 7)
            })
        };
        let [issuer, one, two, three] = [10, 20, 30, 40].map(chain);
        let key = ed25519(99);
        let der = issuer.issue("joint", &key, 9);
        let consents: Vec<_> = [&one, &two, &three]
            .map(|co_issuer| co_issuer.consent(&der, issuer.identifier))
            .to_vec();
        refuses(
            || register_issued(&key, &der, &issuer, &consents),
            Error::TooManyIssuers,
        );
        // Thirteen are not too many.
        assert_ok!(register_issued(&key, &der, &issuer, &consents[..2]));
        let report = AutoId::verify(identifier_of(&der), None, None, None);
        assert!(report.holds());
        assert_eq!(report.links.len(), 13);
    });
}

/// A shared ancestor is visited once.
#[test]
fn a_common_root_is_visited_once() {
    new_chain().execute_with(|| {
        let top = root("top", 1);
        let (left, right) = (top.child("left", 2, 2), top.child("right", 3, 3));
        let key = ed25519(4);
        let der = left.issue("joint", &key, 7);
        let consent = right.consent(&der, left.identifier);
        assert_ok!(register_issued(&key, &der, &left, &[consent]));
        let report = AutoId::verify(identifier_of(&der), None, None, None);
        assert!(report.holds());
        let links: Vec<_> = report.links.iter().map(|link| link.identifier).collect();
        assert_eq!(
            links,
            [
                top.identifier,
                left.identifier,
                right.identifier,
                identifier_of(&der)
            ]
        );
    });
}

#[test]
fn the_issuer_must_hold() {
    new_chain().execute_with(|| {
        let top = root("top", 1);
        let issuer = top.child("issuer", 2, 7);
        let key = ed25519(3);
        let der = issuer.issue("child", &key, 7);
        let register = || register_issued(&key, &der, &issuer, &[]);

        assert_ok!(top.hold(&[7]));
        refuses(register, Error::IssuerOnHold);
        assert_ok!(top.release(&[7]));

        go_to(1, 2_493_072_001);
        // The child has expired with it; the root is found first.
        refuses(register, Error::IssuerExpired);
        go_to(1, NOW);

        Retired::set(Some(SignatureAlgorithm::EcdsaP256Sha256));
        let retired = root("retired", 4);
        assert_ok!(dispatch(|| {
            let key = ed25519(5);
            let der = retired.issue("child", &key, 7);
            register_issued(&key, &der, &retired, &[])
        }));
        Retired::set(None);

        assert_ok!(top.revoke(&[7], RevocationReason::PrivilegeWithdrawn));
        refuses(register, Error::IssuerRevoked);

        let gone = root("gone", 6);
        let arguments = DeactivateArguments {
            identifier: gone.identifier,
        };
        let request = gone.sign(&arguments);
        assert_ok!(AutoId::deactivate(
            RuntimeOrigin::signed(PAYER),
            gone.identifier,
            request
        ));
        let der = gone.issue("child", &key, 7);
        refuses(
            || register_issued(&key, &der, &gone, &[]),
            Error::IssuerDeactivated,
        );
    });
}

/// An issuer whose own link fails issues nothing: registered after its issuer's key was stolen, under a
/// certificate that is no longer kept, or unreadable.
#[test]
fn the_issuer_s_own_link_must_hold() {
    new_chain().execute_with(|| {
        let key = ed25519(50);
        let renewed = |top: &Somebody, key: &SigningKey, serial, compromised_after| {
            let der = certificate((&top.name, key), (&top.name, key), serial, as_it_is);
            let mut renewal = top.renewal(der, key);
            renewal.compromised_after = compromised_after;
            renewal.submit(PAYER).unwrap();
            Somebody {
                key: key.clone(),
                ..top.clone()
            }
        };
        let stolen = root("stolen", 1);
        go_to(5, NOW);
        let late = stolen.child("late", 2, 2);
        renewed(&stolen, &ed25519(3), 3, Some(4));
        let der = late.issue("child", &key, 7);
        refuses(
            || register_issued(&key, &der, &late, &[]),
            Error::IssuerLinkFailed,
        );

        let mut busy = root("busy", 10);
        let early = busy.child("early", 20, 20);
        for serial in 11..16 {
            busy = renewed(&busy, &ed25519(serial), serial, None);
        }
        let der = early.issue("child", &key, 7);
        refuses(
            || register_issued(&key, &der, &early, &[]),
            Error::IssuerCertificateDropped,
        );

        let broken = root("broken", 30);
        Certificates::<Test>::insert(broken.identifier, CertificateBytes::default());
        let der = broken.issue("child", &key, 7);
        refuses(
            || register_issued(&key, &der, &broken, &[]),
            Error::IssuerUnreadable,
        );
    });
}

#[test]
fn what_was_taken_back_before_is_not_registered() {
    new_chain().execute_with(|| {
        let issuer = root("issuer", 1);
        let key = ed25519(2);
        assert_ok!(issuer.revoke(&[7], RevocationReason::Unspecified));
        let der = issuer.issue("child", &key, 7);
        refuses(
            || register_issued(&key, &der, &issuer, &[]),
            Error::CertificateRevoked,
        );
        assert_ok!(issuer.hold(&[8]));
        let der = issuer.issue("child", &key, 8);
        refuses(
            || register_issued(&key, &der, &issuer, &[]),
            Error::CertificateOnHold,
        );
        assert_ok!(issuer.release(&[8]));
        assert_ok!(register_issued(&key, &der, &issuer, &[]));
    });
}

#[test]
fn certificates_must_be_valid_now() {
    new_chain().execute_with(|| {
        let issuer = root("issuer", 1);
        let key = ed25519(2);
        let register = |from: u64, until: u64| {
            let der = issuer.issue_with("child", &key, 7, |builder| {
                builder.not_before = from;
                builder.not_after = until;
            });
            register_issued(&key, &der, &issuer, &[])
        };
        refuses(|| register(NOW + 1, NOW + 2), Error::CertificateNotYetValid);
        refuses(|| register(NOW - 2, NOW - 1), Error::CertificateExpired);
        assert_ok!(register(NOW, NOW));
    });
}

#[test]
fn declared_algorithms_must_be_right() {
    new_chain().execute_with(|| {
        let issuer = root("issuer", 1);
        let key = ed25519(2);
        let der = issuer.issue("child", &key, 7);
        let register = |algorithm, key_algorithm| {
            AutoId::register_issued(
                RuntimeOrigin::signed(PAYER),
                der.clone().try_into().unwrap(),
                algorithm,
                issuer.identifier,
                Default::default(),
                key_algorithm,
                SignedRequest {
                    nonce: 0,
                    valid_until: VALID_UNTIL,
                    signature: Default::default(),
                },
            )
        };
        use SignatureAlgorithm::{EcdsaP256Sha256, Ed25519};
        refuses(|| register(EcdsaP256Sha256, Ed25519), Error::WrongAlgorithm);
        refuses(|| register(Ed25519, EcdsaP256Sha256), Error::WrongAlgorithm);
        Retired::set(Some(Ed25519));
        refuses(|| register(Ed25519, Ed25519), Error::AlgorithmRetired);
        Retired::set(None);
    });
}

/// What was retired counts nowhere: on the issuer's certificate, on a consent, on a request.
#[test]
fn retired_algorithms_count_nowhere() {
    use SignatureAlgorithm::{EcdsaP256Sha256, RsaPkcs1Sha512};
    new_chain().execute_with(|| {
        let issuer = root("issuer", 1);
        let weierstrass = root_with("weierstrass", p256(2), as_it_is);
        let key = ed25519(3);
        let der = weierstrass.issue("child", &key, 7);
        // Its certificate is of P-256; the consent to the other's is asked of a graph that has it.
        let other = issuer.issue("other", &key, 8);
        let consent = weierstrass.consent(&other, issuer.identifier);
        Retired::set(Some(EcdsaP256Sha256));
        refuses(
            || register_issued(&key, &der, &weierstrass, &[]),
            Error::AlgorithmRetired,
        );
        refuses(
            || register_issued(&key, &other, &issuer, &[consent]),
            Error::IssuerAlgorithmRetired,
        );
        Retired::set(None);

        // An RSA key has several algorithms; one of them is retired, and not the certificate's.
        let rivest = root_with("rivest", rsa_4096(), as_it_is);
        let joint = issuer.issue("joint", &key, 9);
        let arguments = CoIssueArguments {
            certificate_hash: identifier_of(&joint).0,
            issuer: issuer.identifier,
        };
        let payload = arguments.payload_of(GENESIS.0, rivest.identifier, 0, VALID_UNTIL);
        let signature = rivest.key.sign_with(RsaPkcs1Sha512, &payload.to_bytes());
        let consent = Consent {
            co_issuer: rivest.identifier,
            algorithm: RsaPkcs1Sha512,
            valid_until: VALID_UNTIL,
            signature: signature.unwrap().try_into().unwrap(),
        };
        let register = || register_issued(&key, &joint, &issuer, std::slice::from_ref(&consent));
        Retired::set(Some(RsaPkcs1Sha512));
        refuses(register, Error::AlgorithmRetired);
        Retired::set(None);
        assert_ok!(register());
    });
}

/// What was not read is given back, and what was read is not.
#[test]
fn weight_follows_what_stands_above() {
    new_chain().execute_with(|| {
        let issuer = root("issuer", 1);
        let middle = issuer.child("middle", 2, 7);
        let weight_under = |above: &Somebody, seed: u8| {
            let key = ed25519(seed);
            let der = above.issue("child", &key, seed);
            let call = Call::<Test>::register_issued {
                certificate: der.clone().try_into().unwrap(),
                algorithm: SignatureAlgorithm::Ed25519,
                issuer: above.identifier,
                consents: Default::default(),
                key_algorithm: SignatureAlgorithm::Ed25519,
                request: SignedRequest {
                    nonce: 0,
                    valid_until: 0,
                    signature: Default::default(),
                },
            };
            let declared = call.get_dispatch_info().call_weight;
            let spent = register_issued(&key, &der, above, &[]).unwrap();
            let spent = spent.actual_weight.unwrap();
            assert!(spent.all_lte(declared));
            (declared, spent)
        };
        let (declared, shallow) = weight_under(&issuer, 20);
        let (same, deep) = weight_under(&middle, 21);
        assert_eq!(declared, same);
        assert!(deep.ref_time() > shallow.ref_time());
        // However much the issuer has issued.
        for seed in 30..60 {
            assert_eq!(weight_under(&issuer, seed), (declared, shallow));
        }
    });
}
