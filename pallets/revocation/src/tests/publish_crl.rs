//! `publish_crl`: success, every error.

use allod_identity::{MAX_CRL_SIZE, SignatureAlgorithm};
use allod_x509::{
    KeyUsage,
    builder::{basic_constraints, key_usage, sequence, tlv},
};
use frame_support::{assert_ok, dispatch::GetDispatchInfo};

use super::*;
use crate::pallet::{Call, Event, Issuers, Statuses};

#[test]
fn takes_over_what_it_says() {
    new_chain().execute_with(|| {
        let issuer = issuer(1);
        let list = issuer.list(
            5,
            &[
                (7, RevocationReason::KeyCompromise.into()),
                (8, CrlReason::CertificateHold),
                (9, RevocationReason::Unspecified.into()),
            ],
        );
        assert_ok!(issuer.publish(&list));
        assert_eq!(
            issuer.status(&[7]),
            Some(CertificateStatus::Revoked {
                reason: RevocationReason::KeyCompromise,
                since: NOW
            })
        );
        assert!(issuer.is_on_hold(&[8]));
        assert!(issuer.is_revoked(&[9]));
        System::assert_last_event(
            Event::CrlPublished {
                issuer: issuer.identifier,
                entries: 3,
                newly_revoked: 2,
            }
            .into(),
        );
        let published = Revocation::crl(issuer.identifier).unwrap();
        assert_eq!(published.crl, list);
        assert_eq!(published.published_at, 1);
        assert!(!published.is_outdated);
        assert_eq!(Issuers::<Test>::get(issuer.identifier).revoked, 2);
        Revocation::do_try_state().unwrap();
    });
}

/// A later list that omits an entry releases a hold, never a revocation.
#[test]
fn what_is_omitted() {
    new_chain().execute_with(|| {
        let issuer = issuer(1);
        let first = [
            (7, RevocationReason::KeyCompromise.into()),
            (8, CrlReason::CertificateHold),
            (9, CrlReason::CertificateHold),
        ];
        assert_ok!(issuer.publish(&issuer.list(1, &first)));
        assert_ok!(issuer.hold(&[10]));
        go_to(2, NOW + 10);
        assert_ok!(issuer.publish(&issuer.list(2, &[(9, CrlReason::CertificateHold)])));
        assert!(issuer.is_revoked(&[7]), "for ever");
        assert_eq!(issuer.status(&[8]), None);
        assert_eq!(
            issuer.status(&[9]),
            Some(CertificateStatus::OnHold { since: NOW }),
            "since the first time"
        );
        assert_eq!(issuer.status(&[10]), None, "also one that a call made");
        // What was released can be held anew, by call or list.
        assert_ok!(issuer.hold(&[8]));
        assert!(issuer.is_on_hold(&[8]));
        Revocation::do_try_state().unwrap();
    });
}

/// A hold that is newer than the list is not the list's to release.
#[test]
fn an_older_list_releases_no_newer_hold() {
    new_chain().execute_with(|| {
        let issuer = issuer(1);
        let list = issuer.list(1, &[]);
        go_to(2, NOW + 10);
        assert_ok!(issuer.hold(&[7]));
        assert_ok!(issuer.publish(&list));
        assert!(issuer.is_on_hold(&[7]));
        assert!(Revocation::crl(issuer.identifier).unwrap().is_outdated);
    });
}

#[test]
fn a_revocation_never_turns_into_a_hold() {
    new_chain().execute_with(|| {
        let issuer = issuer(1);
        assert_ok!(issuer.revoke(&[7], RevocationReason::Superseded));
        let list = issuer.list(1, &[(7, CrlReason::CertificateHold)]);
        refuses(|| issuer.publish(&list), Error::CrlHoldsRevoked);
        // The other way round it does; a second revocation changes nothing.
        assert_ok!(issuer.hold(&[8]));
        let list = issuer.list(
            1,
            &[
                (7, RevocationReason::KeyCompromise.into()),
                (8, RevocationReason::KeyCompromise.into()),
            ],
        );
        assert_ok!(issuer.publish(&list));
        assert_eq!(
            issuer.status(&[7]),
            Some(CertificateStatus::Revoked {
                reason: RevocationReason::Superseded,
                since: NOW
            })
        );
        assert!(issuer.is_revoked(&[8]));
        assert_eq!(Issuers::<Test>::get(issuer.identifier).revoked, 2);
        let own = issuer.list(2, &[(1, CrlReason::CertificateHold)]);
        refuses(|| issuer.publish(&own), Error::SelfHold);
    });
}

#[test]
fn lists_come_in_order() {
    new_chain().execute_with(|| {
        let issuer = issuer(1);
        let early = issuer.list_made(NOW - 10, 300, &[]);
        assert_ok!(issuer.publish(&issuer.list(255, &[])));
        let same = issuer.list(255, &[]);
        refuses(|| issuer.publish(&same), Error::CrlNumberNotAbove);
        let below = issuer.list(128, &[]);
        refuses(|| issuer.publish(&below), Error::CrlNumberNotAbove);
        refuses(|| issuer.publish(&early), Error::CrlOlder);
        let future = issuer.list_made(NOW + 1, 300, &[]);
        refuses(|| issuer.publish(&future), Error::CrlFromFuture);
        assert_ok!(issuer.publish(&issuer.list(256, &[])));
    });
}

#[test]
fn a_stale_list_is_published_and_changes_nothing() {
    new_chain().execute_with(|| {
        let issuer = issuer(1);
        let list = issuer.list_made(NOW - 5_000, 1, &[(7, RevocationReason::Superseded.into())]);
        assert_ok!(issuer.publish(&list));
        assert!(issuer.is_revoked(&[7]));
        let report = AutoId::verify(issuer.identifier, None, None, None);
        assert!(report.holds(), "reported, and nothing else");
        let noted = report.links[0]
            .checks
            .iter()
            .find(|check| check.check == allod_identity::Check::RevocationList)
            .unwrap();
        assert_eq!(
            noted.outcome,
            allod_identity::Outcome::Noted(allod_identity::Reason::RevocationListStale {
                next_update: NOW - 4_000
            })
        );
    });
}

#[test]
fn only_the_issuer_s_list() {
    new_chain().execute_with(|| {
        let (one, two) = (issuer(1), issuer(2));
        let foreign = two.list(1, &[]);
        refuses(|| one.publish(&foreign), Error::CrlIssuerMismatch);
        let forged = Somebody {
            key: two.key.clone(),
            ..one.clone()
        };
        let forged = forged.list(1, &[]);
        refuses(|| one.publish(&forged), Error::CrlSignatureInvalid);
        // Its own list, but the request is not.
        let list = one.list(1, &[]);
        let thief = Somebody {
            key: two.key,
            ..one.clone()
        };
        refuses(|| thief.publish(&list), Error::RequestSignatureInvalid);
        let lists_nothing = root_with("issuer 3", ed25519(3), |builder| {
            builder.extensions = vec![
                basic_constraints(true, None),
                key_usage(&[KeyUsage::KEY_CERT_SIGN]),
            ];
        });
        let list = lists_nothing.list(1, &[]);
        refuses(|| lists_nothing.publish(&list), Error::CrlSignMissing);
    });
}

#[test]
fn declared_entries_and_algorithm() {
    new_chain().execute_with(|| {
        let issuer = issuer(1);
        let list = issuer.list(
            1,
            &[
                (7, RevocationReason::Superseded.into()),
                (8, RevocationReason::Superseded.into()),
            ],
        );
        refuses(
            || issuer.publish_paid_by(PAYER, &list, 1),
            Error::CrlMoreEntriesThanDeclared,
        );
        let algorithm = SignatureAlgorithm::EcdsaP256Sha256;
        let arguments = PublishCrlArguments {
            crl: &list,
            algorithm,
        };
        let request = issuer.sign(&arguments);
        refuses(
            || {
                Revocation::publish_crl(
                    RuntimeOrigin::signed(PAYER),
                    list.clone().try_into().unwrap(),
                    algorithm,
                    2,
                    request,
                )
            },
            Error::CrlAlgorithmWrong,
        );
        assert_ok!(issuer.publish_paid_by(PAYER, &list, 2));
    });
}

/// What was retired counts no more on lists, also where the request is signed by another algorithm of the
/// same key.
#[test]
fn retired_algorithms() {
    new_chain().execute_with(|| {
        let issuer = root_with("rivest", rsa_4096(), as_it_is);
        let algorithm = SignatureAlgorithm::RsaPkcs1Sha512;
        assert_ne!(algorithm, issuer.key.algorithm());
        let builder = CrlBuilder {
            issuer: &issuer.subject(),
            algorithm,
            this_update: NOW,
            next_update: NOW + 10,
            number: 1,
            authority_key_identifier: None,
            entries: vec![],
        };
        let tbs = builder.tbs().unwrap();
        let signature = issuer.key.sign_with(algorithm, &tbs).unwrap();
        let list = assemble(&tbs, algorithm, &signature);
        let publish = || {
            let arguments = PublishCrlArguments {
                crl: &list,
                algorithm,
            };
            Revocation::publish_crl(
                RuntimeOrigin::signed(PAYER),
                list.clone().try_into().unwrap(),
                algorithm,
                0,
                issuer.sign(&arguments),
            )
        };
        Retired::set(Some(algorithm));
        refuses(publish, Error::CrlAlgorithmRetired);
        Retired::set(Some(issuer.key.algorithm()));
        refuses(publish, Error::RequestAlgorithmRetired);
        Retired::set(None);
        assert_ok!(publish());
    });
}

/// The weight is the declared number of entries', and not what the issuer did before.
#[test]
fn weight_follows_the_declaration() {
    new_chain().execute_with(|| {
        let issuer = issuer(1);
        let weight = |entries| {
            let list = issuer.list(1, &[]);
            let algorithm = issuer.key.algorithm();
            let call = Call::<Test>::publish_crl {
                crl: list.try_into().unwrap(),
                algorithm,
                entries,
                request: issuer.sign(&HoldArguments { serial: &[1] }),
            };
            call.get_dispatch_info().call_weight
        };
        assert!(weight(100).ref_time() > weight(0).ref_time());
        assert!(weight(u32::MAX).ref_time() >= weight(1_000).ref_time());
        let before = weight(3);
        for byte in 10..60 {
            issuer
                .revoke(&[byte], RevocationReason::Unspecified)
                .unwrap();
        }
        assert_eq!(weight(3), before);
    });
}

#[test]
fn deposits() {
    new_chain().execute_with(|| {
        let issuer = issuer(1);
        assert_ok!(issuer.publish_paid_by(
            PAYER,
            &issuer.list(1, &[(7, RevocationReason::Superseded.into())]),
            1
        ));
        let first = held(PAYER);
        go_to(2, NOW + 1);
        let next = issuer.list(
            2,
            &[
                (7, RevocationReason::Superseded.into()),
                (8, RevocationReason::Superseded.into()),
            ],
        );
        assert_ok!(issuer.publish_paid_by(OTHER_PAYER, &next, 2));
        assert!(held(PAYER) < first, "the list's deposit went back");
        assert!(held(PAYER) > 0, "the entry's did not");
        assert!(held(OTHER_PAYER) > held(PAYER));
    });
}

/// Who paid for a hold does not pay for ever for the revocation that a list makes of it, nor anew for a
/// hold that was released.
#[test]
fn a_list_takes_deposits_over() {
    new_chain().execute_with(|| {
        let issuer = issuer(1);
        for number in [7, 8, 9] {
            assert_ok!(issuer.hold(&[number]));
        }
        let each = held(PAYER) / 3;
        let list = issuer.list(
            1,
            &[
                (7, RevocationReason::KeyCompromise.into()),
                (8, CrlReason::CertificateHold),
            ],
        );
        go_to(2, NOW + 10);
        let list_later = issuer.list(
            2,
            &[
                (7, RevocationReason::KeyCompromise.into()),
                (8, CrlReason::CertificateHold),
            ],
        );
        assert_ok!(issuer.publish_paid_by(OTHER_PAYER, &list, 2));
        assert!(issuer.is_revoked(&[7]) && issuer.is_on_hold(&[8]));
        assert_eq!(
            held(PAYER),
            2 * each,
            "the confirmed hold, and one that was not listed"
        );
        assert_ok!(issuer.publish_paid_by(OTHER_PAYER, &list_later, 2));
        assert_eq!(held(PAYER), 2 * each);
        assert!(!issuer.is_on_hold(&[9]), "released");

        go_to(3, NOW + 20);
        let anew = issuer.list(
            3,
            &[
                (8, CrlReason::CertificateHold),
                (9, CrlReason::CertificateHold),
            ],
        );
        assert_ok!(issuer.publish_paid_by(OTHER_PAYER, &anew, 2));
        assert!(issuer.is_on_hold(&[8]) && issuer.is_on_hold(&[9]));
        assert_eq!(held(PAYER), each, "for the one that always counted");
        let before = held(OTHER_PAYER);
        assert_ok!(issuer.release(&[9]));
        assert_eq!(held(OTHER_PAYER), before - each);
        Revocation::do_try_state().unwrap();
    });
}

/// As many entries as fit.
#[test]
fn the_longest_list() {
    new_chain().execute_with(|| {
        let issuer = issuer(1);
        let serials: Vec<[u8; 2]> = (1..=900_u16)
            .map(|number| [(number >> 7) as u8 + 1, (number & 0x7f) as u8])
            .collect();
        let builder = CrlBuilder {
            issuer: &issuer.subject(),
            algorithm: issuer.key.algorithm(),
            this_update: NOW,
            next_update: NOW + 10,
            number: 1,
            authority_key_identifier: None,
            entries: serials
                .iter()
                .map(|serial| CrlEntry {
                    serial,
                    date: NOW,
                    reason: RevocationReason::Unspecified.into(),
                })
                .collect(),
        };
        let list = issuer.sign_list(&builder);
        assert_ok!(issuer.publish(&list));
        assert_eq!(Statuses::<Test>::iter().count(), 900);
        assert_eq!(Issuers::<Test>::get(issuer.identifier).revoked, 900);
        Revocation::do_try_state().unwrap();
    });
}

#[test]
fn malformed_lists() {
    new_chain().execute_with(|| {
        let issuer = issuer(1);
        refuses(|| issuer.publish(&[]), Error::CrlMalformed);
        refuses(
            || issuer.publish(&[0xff; MAX_CRL_SIZE as usize]),
            Error::CrlMalformed,
        );
        let good = issuer.list(1, &[(7, RevocationReason::Superseded.into())]);
        let followed = [good.as_slice(), &[0]].concat();
        refuses(|| issuer.publish(&followed), Error::CrlMalformed);
        let empty = sequence(&[sequence(&[tlv(2, &[1])]), sequence(&[]), tlv(3, &[0])]);
        refuses(|| issuer.publish(&empty), Error::CrlMalformed);
        assert_ok!(issuer.publish(&good));
    });
}
