//! Storage of the segment headers that a block brings (§5), by the rules of
//! [`check_segment_header`].

use crate::{Config, Error, Event, LastSegmentHeader, Pallet, SegmentCommitments};
use allod_consensus_primitives::{ConsensusLog, SegmentHeaderError, check_segment_header};
use allod_core::SegmentHeader;
use frame_support::ensure;

impl<T> From<SegmentHeaderError> for Error<T> {
    fn from(error: SegmentHeaderError) -> Self {
        match error {
            SegmentHeaderError::NotConsecutive { .. } => Self::NotConsecutive,
            SegmentHeaderError::WrongPreviousHash(_) => Self::WrongPreviousHash,
            SegmentHeaderError::NotGrowing(_) => Self::NotGrowing,
            SegmentHeaderError::NotGenesis => Self::NotGenesis,
            SegmentHeaderError::WrongBlock { .. } => Self::WrongBlock,
        }
    }
}

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
            check_segment_header(header, previous.as_ref(), block, &parameters)?;
            previous = Some(*header);
        }
        for header in headers {
            Self::insert(*header);
        }
        Ok(())
    }

    fn insert(header: SegmentHeader) {
        SegmentCommitments::<T>::insert(header.segment_index, header.segment_commitment);
        LastSegmentHeader::<T>::put(header);
        frame_system::Pallet::<T>::deposit_log(ConsensusLog::SegmentHeader(header).into());
        Self::deposit_event(Event::SegmentHeaderStored { header });
    }
}
