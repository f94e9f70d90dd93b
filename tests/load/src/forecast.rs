//! What the weights allow: how many transactions of a kind a block has room for.
//!
//! As the runtime counts them: a transaction has the weight of its call, of the checks around it, and the base
//! weight of every transaction; together they may have three quarters of a block's weight and of its length.
//! Weights come from this program's own runtime, which is the node's (see [`crate::node::Node::check_chain`]).

use allod_runtime::{
    Runtime, UncheckedExtrinsic,
    configs::{MAX_BLOCK_BYTES, NORMAL_SHARE},
};
use frame_support::dispatch::{DispatchClass, GetDispatchInfo};
use parity_scale_codec::Encode;

/// Room for transactions of one kind.
#[derive(Debug, Clone, Copy)]
pub struct Forecast {
    /// How many of them a block has room for, if it has nothing else but inherents.
    pub per_block: u64,
}

impl Forecast {
    /// For transactions like this one.
    pub fn of(sample: &UncheckedExtrinsic) -> Self {
        let weights = <Runtime as frame_system::Config>::BlockWeights::get();
        let normal = weights.get(DispatchClass::Normal);
        let limit = normal.max_total.unwrap_or(weights.max_block);
        let own = sample.get_dispatch_info().total_weight() + normal.base_extrinsic;
        let by_weight = limit.ref_time() / own.ref_time().max(1);
        let bytes = u64::from(NORMAL_SHARE * MAX_BLOCK_BYTES);
        let by_length = bytes / u64::try_from(sample.encoded_size()).unwrap_or(u64::MAX);
        Self {
            per_block: by_weight.min(by_length).max(1),
        }
    }

    /// At a pace of blocks.
    pub fn per_second(&self, blocks_per_second: f64) -> f64 {
        let per_block = u32::try_from(self.per_block).map_or(f64::MAX, f64::from);
        per_block * blocks_per_second
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transactions::{Kind, Maker};
    use allod_runtime::Hash;

    #[test]
    fn registrations_weigh_more_than_transfers() {
        let maker = Maker::new(Hash::repeat_byte(1), Hash::repeat_byte(2));
        let [transfers, registrations] =
            [Kind::Transfer, Kind::Registration].map(|kind| Forecast::of(&maker.sample(kind)));
        assert!(registrations.per_block < transfers.per_block);
        // Two signatures of a fifth of a millisecond each fit in a block thousands of times at most.
        assert!((100..5_000).contains(&registrations.per_block));
        assert_eq!(
            Forecast { per_block: 100 }.per_second(0.5).to_string(),
            "50"
        );
    }
}
