//! `reclaim`: success, every error.

use frame_support::assert_ok;

use super::*;
use crate::pallet::Statuses;

fn reclaim(issuer: &Somebody, number: &[u8]) -> DispatchResult {
    let origin = RuntimeOrigin::signed(OTHER_PAYER);
    Revocation::reclaim(origin, issuer.identifier, serial(number))
}

#[test]
fn gives_back_what_a_list_released() {
    new_chain().execute_with(|| {
        let issuer = issuer(1);
        refuses(|| reclaim(&issuer, &[7]), Error::NotOnHold);
        assert_ok!(issuer.hold(&[7]));
        let deposit = held(PAYER);
        refuses(|| reclaim(&issuer, &[7]), Error::HoldCounts);
        go_to(2, NOW + 10);
        assert_ok!(issuer.publish(&issuer.list(1, &[])));
        assert_eq!(issuer.status(&[7]), None);
        let with_list = held(PAYER);
        assert_ok!(reclaim(&issuer, &[7]));
        assert_eq!(held(PAYER), with_list - deposit);
        assert_eq!(Statuses::<Test>::iter().count(), 0);
    });
}

#[test]
fn never_a_revocation() {
    new_chain().execute_with(|| {
        let issuer = issuer(1);
        assert_ok!(issuer.revoke(&[7], RevocationReason::Unspecified));
        go_to(2, NOW + 10);
        assert_ok!(issuer.publish(&issuer.list(1, &[])));
        refuses(|| reclaim(&issuer, &[7]), Error::AlreadyRevoked);
    });
}
