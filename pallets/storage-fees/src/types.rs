//! What the pallet stores, and what it asks.

use crate::price::{PriceRule, SpaceMeasure, normal_block_bytes};
use frame_support::pallet_prelude::*;

/// Where the chain's space is known. Pallets do not name one another: the runtime says who answers.
pub trait ChainSpace {
    /// What is pledged and written; none where the chain's genesis said too little to tell.
    fn measured() -> Option<SpaceMeasure>;
    /// Whether the block that is being executed is the last one of an era.
    fn ends_era() -> bool;
}

/// What a byte costs now, and what the next price follows from.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Encode,
    Decode,
    DecodeWithMemTracking,
    MaxEncodedLen,
    TypeInfo,
)]
pub enum Pricing {
    /// A price that genesis fixed.
    Fixed {
        /// Of a byte of pieces, in the smallest unit.
        price: u128,
    },
    /// A price that follows the space.
    BySpace {
        /// Of a byte of pieces, in the smallest unit.
        price: u128,
        /// Average of the space pledged, in bytes.
        average: u128,
        /// Space free for one copy of whatever is written, in bytes; at least 1.
        free: u128,
    },
}

impl Pricing {
    /// How a price that follows the space begins.
    pub fn first(rule: &PriceRule, space: SpaceMeasure, issuance: u128) -> Self {
        let free = rule.free(space.pledged, space.history);
        Self::BySpace {
            price: rule.wanted(issuance, free),
            average: space.pledged,
            free,
        }
    }

    /// What an era's end makes of it.
    #[must_use]
    pub fn after_era(self, rule: &PriceRule, space: SpaceMeasure, issuance: u128) -> Self {
        match self {
            Self::Fixed { price } => Self::Fixed { price },
            Self::BySpace { price, average, .. } => {
                let average = rule.averaged(average, space.pledged);
                let free = rule.free(average, space.history);
                Self::BySpace {
                    price: rule.moved(price, rule.wanted(issuance, free)),
                    average,
                    free,
                }
            }
        }
    }

    /// Price of a byte of pieces, in the smallest unit.
    pub fn price(&self) -> u128 {
        match self {
            Self::Fixed { price } | Self::BySpace { price, .. } => *price,
        }
    }

    /// The most bytes of normal transactions in a block; none where whoever pays may fill it.
    pub fn normal_block_bytes(&self) -> Option<u32> {
        match self {
            Self::Fixed { .. } => None,
            Self::BySpace { free, .. } => Some(normal_block_bytes(*free)),
        }
    }
}
