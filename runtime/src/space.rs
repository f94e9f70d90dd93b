//! The chain's space, and what it means for the price of a byte and for the size of blocks.

use crate::{
    Farming, Runtime, StorageFees, System,
    configs::{MAX_BLOCK_BYTES, NORMAL_SHARE},
};
use allod_core::parameters::PIECE_BYTES;
use frame_support::{dispatch::DispatchClass, traits::Get};
use frame_system::limits::BlockLength;
use pallet_storage_fees::{ChainSpace, SpaceMeasure};

/// Space as [`Farming`] has it, for [`StorageFees`].
pub struct FarmedSpace;

impl ChainSpace for FarmedSpace {
    /// Pledged is what the range in force tells; the history is all segments and the one that is being filled.
    fn measured() -> Option<SpaceMeasure> {
        let parameters = pallet_farming::Parameters::<Runtime>::get()?.0;
        let segments = u128::from(Farming::history_size().0).saturating_add(1);
        let pieces = segments.saturating_mul(parameters.pieces_per_segment().into());
        Some(SpaceMeasure {
            pledged: Farming::solution_range().pledged_bytes(parameters.slot_probability),
            history: pieces.saturating_mul(PIECE_BYTES as u128),
        })
    }

    fn ends_era() -> bool {
        pallet_farming::Parameters::<Runtime>::get()
            .is_some_and(|parameters| parameters.0.ends_era(System::block_number()))
    }
}

/// 5 MiB, of which normal transactions may take three quarters, and where the price of a byte follows the space no more
/// than their part of the free space.
///
/// So may operational ones, since anybody can make those; but for a runtime that root has authorized, which somebody
/// has to bring.
pub struct SpaceLength;

impl Get<BlockLength> for SpaceLength {
    fn get() -> BlockLength {
        let whole = NORMAL_SHARE * MAX_BLOCK_BYTES;
        let (normal, operational) = match StorageFees::normal_block_bytes() {
            None => (whole, MAX_BLOCK_BYTES),
            Some(bytes) if System::authorized_upgrade().is_some() => {
                (bytes.min(whole), MAX_BLOCK_BYTES)
            }
            Some(bytes) => (bytes.min(whole), bytes.min(whole)),
        };
        BlockLength::builder()
            .max_length(MAX_BLOCK_BYTES)
            .modify_max_length_for_class(DispatchClass::Normal, |bytes| *bytes = normal)
            .modify_max_length_for_class(DispatchClass::Operational, |bytes| *bytes = operational)
            .build()
    }
}
