//! The list to be signed, and what is published.

use allod_identity::api::CrlError;
use allod_x509::crl::ParsedCrl;
use frame_support::assert_ok;

use super::*;

#[test]
fn the_list_from_state_is_the_one_that_is_published() {
    new_chain().execute_with(|| {
        let issuer = issuer(1);
        assert_ok!(issuer.revoke(&[7], RevocationReason::KeyCompromise));
        assert_ok!(issuer.hold(&[8]));
        assert_ok!(issuer.hold(&[9]));
        assert_ok!(issuer.release(&[9]));
        go_to(2, NOW + 10);
        let algorithm = issuer.key.algorithm();
        let made = |next| Revocation::to_be_signed(issuer.identifier, algorithm, next);
        let to_be_signed = made(NOW + 1_000).unwrap();
        assert_eq!((to_be_signed.number, to_be_signed.entries), (1, 2));
        let signature = issuer.key.sign(&to_be_signed.tbs);
        let list = assemble(&to_be_signed.tbs, algorithm, &signature);
        assert_ok!(issuer.publish(&list));
        assert!(!Revocation::crl(issuer.identifier).unwrap().is_outdated);
        assert!(issuer.is_revoked(&[7]) && issuer.is_on_hold(&[8]));
        let parsed = ParsedCrl::parse(&list).unwrap();
        assert_eq!(
            parsed.find(&[7]).unwrap().reason,
            RevocationReason::KeyCompromise.into()
        );
        assert_eq!(parsed.find(&[7]).unwrap().date, NOW);
        assert_eq!(
            parsed.find(&[8]).unwrap().reason,
            CrlReason::CertificateHold
        );
        assert!(parsed.find(&[9]).is_none());

        // The chain learns more; the next list has the next number.
        go_to(3, NOW + 20);
        assert_ok!(issuer.revoke(&[10], RevocationReason::Unspecified));
        let published = Revocation::crl(issuer.identifier).unwrap();
        assert!(published.is_outdated);
        assert_eq!(published.crl, list, "the last one published");
        let next = made(NOW + 1_000).unwrap();
        assert_eq!((next.number, next.entries), (2, 3));
    });
}

#[test]
fn what_a_list_released_is_not_listed() {
    new_chain().execute_with(|| {
        let issuer = issuer(1);
        assert_ok!(issuer.hold(&[7]));
        go_to(2, NOW + 10);
        assert_ok!(issuer.publish(&issuer.list(1, &[])));
        let algorithm = issuer.key.algorithm();
        let made = Revocation::to_be_signed(issuer.identifier, algorithm, NOW + 20).unwrap();
        assert_eq!(made.entries, 0);
    });
}

#[test]
fn why_there_is_no_list() {
    new_chain().execute_with(|| {
        let issuer = issuer(1);
        let algorithm = issuer.key.algorithm();
        let made =
            |issuer, algorithm, next| Revocation::to_be_signed(issuer, algorithm, next).map(|_| ());
        let ours = issuer.identifier;
        assert_eq!(made(ours, algorithm, NOW), Err(CrlError::NextUpdate));
        assert_eq!(made(ours, algorithm, u64::MAX), Err(CrlError::NextUpdate));
        assert_eq!(
            made(Identifier([5; 32]), algorithm, NOW + 1),
            Err(CrlError::NoCertificate)
        );
        let other = allod_identity::SignatureAlgorithm::EcdsaP256Sha256;
        assert_eq!(made(ours, other, NOW + 1), Err(CrlError::WrongAlgorithm));
        for number in 0..2_000_u16 {
            let [high, low] = number.to_be_bytes();
            let serial = [1, high, low, 5, 5, 5, 5, 5, 5, 5];
            issuer
                .revoke(&serial, RevocationReason::Unspecified)
                .unwrap();
        }
        assert_eq!(made(ours, algorithm, NOW + 1), Err(CrlError::TooLong));
        assert_eq!(Revocation::crl(ours), None);
    });
}

#[test]
fn the_longest_list_fits_a_block() {
    Revocation::check_integrity();
}
