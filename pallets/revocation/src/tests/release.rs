//! `release`: success, every error.

use frame_support::assert_ok;

use super::*;
use crate::pallet::{Event, Statuses};

#[test]
fn ends_a_hold_and_gives_the_deposit_back() {
    new_chain().execute_with(|| {
        let issuer = issuer(1);
        refuses(|| issuer.release(&[7]), Error::NotOnHold);
        assert_ok!(issuer.hold(&[7]));
        assert!(held(PAYER) > 0);
        assert_ok!(issuer.release(&[7]));
        assert_eq!(issuer.status(&[7]), None);
        assert_eq!(held(PAYER), 0);
        assert_eq!(Statuses::<Test>::iter().count(), 0);
        System::assert_last_event(
            Event::Released {
                issuer: issuer.identifier,
                serial: serial(&[7]),
            }
            .into(),
        );
        refuses(|| issuer.release(&[7]), Error::NotOnHold);
        // And again.
        assert_ok!(issuer.hold(&[7]));
        assert!(issuer.is_on_hold(&[7]));
    });
}

#[test]
fn what_a_list_released_is_on_hold_no_more() {
    new_chain().execute_with(|| {
        let issuer = issuer(1);
        assert_ok!(issuer.hold(&[7]));
        go_to(2, NOW + 10);
        assert_ok!(issuer.publish(&issuer.list(1, &[])));
        refuses(|| issuer.release(&[7]), Error::NotOnHold);
    });
}

#[test]
fn requests_of_others_are_refused() {
    new_chain().execute_with(|| {
        let victim = issuer(1);
        assert_ok!(victim.hold(&[7]));
        let thief = Somebody {
            key: ed25519(2),
            ..victim.clone()
        };
        refuses(|| thief.release(&[7]), Error::RequestSignatureInvalid);
        let other = issuer(3);
        refuses(|| other.release(&[7]), Error::NotOnHold);
    });
}
