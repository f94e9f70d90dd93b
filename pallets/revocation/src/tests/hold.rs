//! `hold`: success, every error.

use frame_support::assert_ok;

use super::*;
use crate::pallet::Event;

#[test]
fn until_released() {
    new_chain().execute_with(|| {
        let issuer = issuer(1);
        assert_ok!(issuer.hold(&[7]));
        assert_eq!(
            issuer.status(&[7]),
            Some(CertificateStatus::OnHold { since: NOW })
        );
        System::assert_last_event(
            Event::OnHold {
                issuer: issuer.identifier,
                serial: serial(&[7]),
            }
            .into(),
        );
        refuses(|| issuer.hold(&[7]), Error::AlreadyOnHold);
        refuses(|| issuer.hold(&[0]), Error::SerialMalformed);
        Revocation::do_try_state().unwrap();
    });
}

/// Nobody could release it.
#[test]
fn a_root_does_not_hold_itself() {
    new_chain().execute_with(|| {
        let issuer = issuer(1);
        refuses(|| issuer.hold(&[1]), Error::SelfHold);
        assert_ok!(issuer.hold(&[2]));
    });
}

#[test]
fn requests_of_others_are_refused() {
    new_chain().execute_with(|| {
        let victim = issuer(1);
        let thief = Somebody {
            key: ed25519(2),
            ..victim.clone()
        };
        refuses(|| thief.hold(&[7]), Error::RequestSignatureInvalid);
        assert_ok!(victim.deactivate());
        refuses(|| victim.hold(&[7]), Error::IssuerDeactivated);
    });
}
