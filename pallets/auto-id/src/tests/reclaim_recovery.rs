//! `reclaim_recovery`: success, every error.

use allod_identity::RECOVERY_WINDOW;
use frame_support::{assert_ok, traits::fungible::InspectHold};

use super::{
    open_recovery::{DELAY, Scene},
    *,
};
use crate::{
    mock::*,
    pallet::{Error, Recoveries},
};

fn reclaim(scene: &Scene) -> DispatchResult {
    let origin = RuntimeOrigin::signed(OTHER_PAYER);
    AutoId::reclaim_recovery(origin, scene.subject.identifier)
}

#[test]
fn gives_back_what_lapsed() {
    new_chain().execute_with(|| {
        let scene = Scene::new();
        let held = || Balances::balance_on_hold(&IdentityHold::get(), &PAYER);
        let before = held();
        refuses(|| reclaim(&scene), Error::NoRecovery);
        assert_ok!(scene.open(&scene.guardians[0]));
        assert!(held() > before);
        let last = u64::from(1 + 2 * DELAY + RECOVERY_WINDOW);
        go_to(last, NOW);
        refuses(|| reclaim(&scene), Error::RecoveryOpen);
        go_to(last + 1, NOW);
        assert_ok!(reclaim(&scene));
        assert_eq!(held(), before);
        assert!(!Recoveries::<Test>::contains_key(scene.subject.identifier));
        refuses(|| reclaim(&scene), Error::NoRecovery);
        AutoId::do_try_state().unwrap();
    });
}
