//! What the calls cost with as many stewards as there can be.

use super::*;
use alloc::vec::Vec;
use frame_benchmarking::v2::*;
use frame_system::RawOrigin;

#[benchmarks]
mod benchmarks {
    use super::*;

    fn members<T: Config>() -> Vec<T::AccountId> {
        (0..MAX_STEWARDS)
            .map(|index| account("steward", index, 0))
            .collect()
    }

    /// Names as many stewards as there can be; gives their account.
    fn stewards<T: Config>() -> T::AccountId {
        let council = Council::new(members::<T>(), 2, 10_u32.into()).expect("sixteen are allowed");
        Stewards::<T>::put(council);
        Pallet::<T>::account().expect("they were named")
    }

    #[benchmark]
    fn schedule() {
        let account = stewards::<T>();
        #[extrinsic_call]
        _(RawOrigin::Signed(account), T::Hash::repeat_byte(1), 1_000);
    }

    #[benchmark]
    fn cancel() {
        let account = stewards::<T>();
        let (hash, length) = (T::Hash::repeat_byte(1), 1_000);
        Pallet::<T>::schedule(RawOrigin::Signed(account.clone()).into(), hash, length)
            .expect("nothing is on the agenda");
        #[extrinsic_call]
        _(RawOrigin::Signed(account), hash);
    }

    #[benchmark]
    fn set_stewards() {
        #[extrinsic_call]
        _(RawOrigin::Root, members::<T>(), 16, 10_u32.into());
        assert!(Pallet::<T>::account().is_some());
    }

    impl_benchmark_test_suite!(Pallet, mock::new_test_ext(), mock::Test);
}
