//! What the hook costs at its worst.

use super::*;
use frame_benchmarking::v2::*;
use frame_support::traits::{
    Get, Hooks,
    fungible::{Balanced, Inspect},
};

#[benchmarks]
mod benchmarks {
    use super::*;

    /// A block that earns something, from the fund as well. Who is paid is for the runtime to say; outside of a
    /// block that may be nobody, so the benchmark's author is an account that does not exist.
    #[benchmark]
    fn on_initialize() {
        let who: T::AccountId = account("author", 0, 0);
        let amount = T::Schedule::get().reward(1);
        T::Fund::give_back(T::Currency::issue(amount));

        #[block]
        {
            Pallet::<T>::on_initialize(1_u32.into());
            Pallet::<T>::reward(who.clone(), amount);
        }

        assert_eq!(T::Currency::balance(&who), amount);
    }

    impl_benchmark_test_suite!(Pallet, mock::new_test_ext(), mock::Test);
}
