use crate::{Error, Event, mock::*};
use frame_support::{assert_noop, assert_ok, weights::Weight};

fn stewards() -> RuntimeOrigin {
    RuntimeOrigin::signed(Stewards::account().unwrap())
}

#[test]
fn what_two_stewards_schedule_is_dispatched_as_root_after_the_delay() {
    new_test_ext().execute_with(|| {
        assert_ok!(Balances::transfer_keep_alive(
            RuntimeOrigin::signed(1),
            Stewards::account().unwrap(),
            100
        ));
        let (hash, length) = noted(root_call(7));
        let call: RuntimeCall = crate::Call::schedule { hash, length }.into();
        let weight = Weight::from_parts(1_000_000_000_000, 1_000_000);
        let sign = |who: u64, others: Vec<u64>, timepoint| {
            Multisig::as_multi(
                RuntimeOrigin::signed(who),
                2,
                others,
                timepoint,
                Box::new(call.clone()),
                weight,
            )
        };
        assert_ok!(sign(1, vec![2, 3], None));
        assert_eq!(System::read_events_for_pallet::<Event<Test>>(), []);
        let begun = Some(Multisig::timepoint());
        assert_ok!(sign(3, vec![1, 2], begun));
        let block = 1 + DELAY;
        assert_eq!(
            System::read_events_for_pallet::<Event<Test>>(),
            [Event::Scheduled { hash, block }]
        );
        go_on_to(block - 1);
        assert_eq!(Balances::free_balance(4), 1_000_000);
        go_on_to(block);
        assert_eq!(Balances::free_balance(4), 7);
    });
}

#[test]
fn the_preimage_may_come_later() {
    new_test_ext().execute_with(|| {
        let call = root_call(7);
        let bytes = parity_scale_codec::Encode::encode(&call);
        let hash = sp_io::hashing::blake2_256(&bytes).into();
        assert_ok!(Stewards::schedule(stewards(), hash, bytes.len() as u32));
        go_on_to(3);
        // It was asked for: whoever brings it pays no deposit.
        assert_ok!(Preimage::note_preimage(RuntimeOrigin::signed(4), bytes));
        go_on_to(1 + DELAY);
        assert_eq!(Balances::free_balance(4), 7);
    });
}

#[test]
fn nobody_else_schedules() {
    new_test_ext().execute_with(|| {
        let (hash, length) = noted(root_call(7));
        for origin in [1, 2, 3, 4].map(RuntimeOrigin::signed) {
            assert_noop!(
                Stewards::schedule(origin, hash, length),
                Error::<Test>::NotStewards
            );
        }
        assert!(Stewards::schedule(RuntimeOrigin::none(), hash, length).is_err());
    });
    chain(vec![]).execute_with(|| {
        let (hash, length) = noted(root_call(7));
        assert_noop!(
            Stewards::schedule(RuntimeOrigin::signed(1), hash, length),
            Error::<Test>::NotStewards
        );
    });
}

#[test]
fn a_call_is_on_the_agenda_once() {
    new_test_ext().execute_with(|| {
        let (hash, length) = noted(root_call(7));
        assert_ok!(Stewards::schedule(stewards(), hash, length));
        assert_noop!(
            Stewards::schedule(stewards(), hash, length),
            pallet_scheduler::Error::<Test>::FailedToSchedule
        );
        go_on_to(1 + DELAY);
        // After its dispatch it may come again.
        assert_ok!(Stewards::schedule(stewards(), hash, length));
    });
}
