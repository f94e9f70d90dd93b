//! What the hook costs at its worst.

use super::*;
use frame_benchmarking::v2::*;
use frame_support::traits::{Get, Hooks, fungible::Inspect};

#[benchmarks]
mod benchmarks {
    use super::*;

    /// The last block of an era. Which block that is, is for the runtime to say; so the end is made beside the hook.
    #[benchmark]
    fn on_initialize() {
        let space = SpaceMeasure {
            pledged: 1 << 60,
            history: 1 << 40,
        };
        let issuance = T::Currency::total_issuance();
        Current::<T>::put(Pricing::first(&T::Rule::get(), space, issuance));

        #[block]
        {
            Pallet::<T>::on_initialize(1_u32.into());
            Pallet::<T>::end_era();
        }

        assert!(matches!(Current::<T>::get(), Some(Pricing::BySpace { .. })));
    }

    impl_benchmark_test_suite!(Pallet, mock::new_test_ext(), mock::Test);
}
