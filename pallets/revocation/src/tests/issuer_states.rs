//! The table of states of §11.4, for whoever acts here as an issuer: in each state all that it signs, and how that ends.

use frame_support::assert_ok;

use super::*;

const LATER: u64 = 2_493_072_001;

/// An authority under `top`, of serial number 50, with a certificate on hold.
fn authority_under(top: &Somebody) -> Somebody {
    let authority = top.child("issuer 9", 9, 50);
    authority.hold(&[7]).unwrap();
    authority
}

/// Asserts that every call of the issuer fails so and changes nothing. The list is a good one.
#[track_caller]
fn may_nothing(issuer: &Somebody, error: Error<Test>) {
    let error = DispatchError::from(error);
    let reason = RevocationReason::Unspecified;
    let list = issuer.list_made(NOW, 1, &[(8, RevocationReason::KeyCompromise.into())]);
    assert_noop!(with_storage_layer(|| issuer.publish(&list)), error);
    assert_noop!(with_storage_layer(|| issuer.revoke(&[8], reason)), error);
    assert_noop!(with_storage_layer(|| issuer.hold(&[8])), error);
    assert_noop!(with_storage_layer(|| issuer.release(&[7])), error);
}

/// Makes every call of the issuer.
#[track_caller]
fn may_everything(issuer: &Somebody) {
    assert_ok!(issuer.release(&[7]));
    assert_ok!(issuer.hold(&[8]));
    assert_ok!(issuer.revoke(&[9], RevocationReason::Unspecified));
    let list = issuer.list(1, &[(8, RevocationReason::KeyCompromise.into())]);
    assert_ok!(issuer.publish(&list));
    assert!(issuer.is_revoked(&[8]) && issuer.is_revoked(&[9]));
    assert_eq!(Revocation::crl(issuer.identifier).unwrap().crl, list);
    Revocation::do_try_state().unwrap();
}

#[test]
fn valid() {
    new_chain().execute_with(|| {
        let top = issuer(1);
        may_everything(&authority_under(&top));
        assert_ok!(top.hold(&[7]));
        may_everything(&top);
    });
}

#[test]
fn expired() {
    new_chain().execute_with(|| {
        let top = issuer(1);
        let authority = authority_under(&top);
        go_to(2, LATER);
        may_nothing(&authority, Error::IssuerExpired);
        may_nothing(&top, Error::IssuerExpired);
        go_to(2, LATER - 1);
        assert_ok!(authority.publish(&authority.list(1, &[])));
    });
}

#[test]
fn on_hold() {
    new_chain().execute_with(|| {
        let top = issuer(1);
        let authority = authority_under(&top);
        assert_ok!(top.hold(&[50]));
        may_nothing(&authority, Error::IssuerOnHold);
        // Also when it has expired meanwhile.
        go_to(2, LATER);
        may_nothing(&authority, Error::IssuerOnHold);
        go_to(3, NOW);
        assert_ok!(top.release(&[50]));
        may_everything(&authority);
    });
}

/// By a call or by a list.
#[test]
fn revoked() {
    new_chain().execute_with(|| {
        let (one, two) = (issuer(1), issuer(2));
        let authority = authority_under(&one);
        assert_ok!(one.revoke(&[50], RevocationReason::KeyCompromise));
        may_nothing(&authority, Error::IssuerRevoked);
        let authority = two.child("issuer 10", 10, 50);
        assert_ok!(two.publish(&two.list(1, &[(50, RevocationReason::KeyCompromise.into())])));
        may_nothing(&authority, Error::IssuerRevoked);
    });
}

/// A root revokes itself by its own serial number, in a call or in a list: that was the last one.
#[test]
fn revoked_root() {
    new_chain().execute_with(|| {
        let (one, two) = (issuer(1), issuer(2));
        assert_ok!(one.revoke(&[1], RevocationReason::CaCompromise));
        may_nothing(&one, Error::IssuerRevoked);
        let last = two.list(5, &[(1, RevocationReason::CaCompromise.into())]);
        assert_ok!(two.publish(&last));
        may_nothing(&two, Error::IssuerRevoked);
        assert_eq!(Revocation::crl(two.identifier).unwrap().crl, last);
    });
}

#[test]
fn deactivated() {
    new_chain().execute_with(|| {
        let top = issuer(1);
        let authority = authority_under(&top);
        for issuer in [authority, top] {
            assert_ok!(issuer.deactivate());
            may_nothing(&issuer, Error::IssuerDeactivated);
        }
    });
}

#[test]
fn never_registered() {
    new_chain().execute_with(|| {
        let nobody = Somebody {
            identifier: Identifier([5; 32]),
            ..issuer(1)
        };
        may_nothing(&nobody, Error::IssuerNotRegistered);
    });
}

/// What it has issued fails with it, and can be revoked all the same.
#[test]
fn issuer_fails() {
    new_chain().execute_with(|| {
        let top = issuer(1);
        let authority = authority_under(&top);
        assert_ok!(top.revoke(&[1], RevocationReason::CaCompromise));
        assert!(!AutoId::verify(authority.identifier, None, None, None).holds());
        may_everything(&authority);
    });
}

/// The nonce is never used up by serving twice.
#[test]
fn nonces_end() {
    new_chain().execute_with(|| {
        let top = issuer(1);
        let authority = authority_under(&top);
        let set_nonce = |nonce| {
            pallet_auto_id::Identities::<Test>::mutate(authority.identifier, |record| {
                record.as_mut().unwrap().nonce = nonce;
            });
        };
        set_nonce(u64::MAX);
        may_nothing(&authority, Error::NonceOverflow);
        set_nonce(u64::MAX - 1);
        assert_ok!(authority.publish(&authority.list(1, &[])));
        may_nothing(&authority, Error::NonceOverflow);
    });
}
