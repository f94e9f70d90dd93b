//! Rules for the segment headers that a block brings (§5).

use crate::{Config, Error, Event, LastSegmentHeader, Pallet, SegmentCommitments};
use allod_consensus_primitives::ConsensusLog;
use allod_core::{
    ArchivedProgress, LastArchivedBlock, SegmentHeader, SegmentIndex, history::HeaderHash,
};
use frame_support::ensure;

/// How far the history reaches: two such positions compare as the history grows.
fn reach(last: &LastArchivedBlock) -> (u32, u64) {
    let bytes = match last.progress {
        ArchivedProgress::Partial(bytes) => u64::from(bytes.get()),
        ArchivedProgress::Complete => u64::MAX,
    };
    (last.number, bytes)
}

/// The first segment holds the genesis block, padded to fill it, and nothing else.
const GENESIS_ONLY: LastArchivedBlock = LastArchivedBlock {
    number: 0,
    progress: ArchivedProgress::Complete,
};

impl<T: Config> Pallet<T> {
    /// Stores the headers of one block, or none of them.
    pub(crate) fn store(headers: &[SegmentHeader]) -> Result<(), Error<T>> {
        ensure!(!headers.is_empty(), Error::<T>::NoHeaders);
        let parameters = Self::parameters();
        let block = Self::block_number();
        let due = parameters.segments_end_in(block);
        let stored = LastSegmentHeader::<T>::get();
        let already = stored.is_some_and(|header| Some(header.last_archived_block.number) == due);
        ensure!(!already, Error::<T>::SecondCall);

        let mut previous = stored;
        for header in headers {
            Self::check_header(header, previous.as_ref(), due)?;
            previous = Some(*header);
        }
        for header in headers {
            Self::insert(*header);
        }
        Ok(())
    }

    /// Checks one header against the one before it. `due`: the block that its segment must end in.
    fn check_header(
        header: &SegmentHeader,
        previous: Option<&SegmentHeader>,
        due: Option<u32>,
    ) -> Result<(), Error<T>> {
        let (index, hash) = match previous {
            Some(previous) => (previous.segment_index.saturating_add(1), previous.hash()),
            None => (SegmentIndex(0), HeaderHash::default()),
        };
        ensure!(header.segment_index == index, Error::<T>::NotConsecutive);
        ensure!(
            header.previous_header_hash == hash,
            Error::<T>::WrongPreviousHash
        );
        let last = &header.last_archived_block;
        match previous {
            Some(previous) => ensure!(
                reach(last) > reach(&previous.last_archived_block),
                Error::<T>::NotGrowing
            ),
            None => ensure!(*last == GENESIS_ONLY, Error::<T>::NotGenesis),
        }
        ensure!(Some(last.number) == due, Error::<T>::WrongBlock);
        Ok(())
    }

    fn insert(header: SegmentHeader) {
        SegmentCommitments::<T>::insert(header.segment_index, header.segment_commitment);
        LastSegmentHeader::<T>::put(header);
        frame_system::Pallet::<T>::deposit_log(ConsensusLog::SegmentHeader(header).into());
        Self::deposit_event(Event::SegmentHeaderStored { header });
    }
}
