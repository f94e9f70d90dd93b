//! The inherent that brings segment headers into a block.

use alloc::vec::Vec;
use allod_core::SegmentHeader;
use sp_inherents::InherentIdentifier;
use sp_runtime::traits::ConstU32;

/// Identifier of the inherent data: a SCALE-encoded `Vec<SegmentHeader>`.
pub const INHERENT_IDENTIFIER: InherentIdentifier = *b"alodsegs";

/// The most segments that one block can complete: a block of 5 MiB with the longest justification
/// spans 75 of the smallest segments.
pub const MAX_SEGMENT_HEADERS_PER_BLOCK: u32 = 128;

/// Segment headers of one block.
pub type SegmentHeaders =
    sp_runtime::BoundedVec<SegmentHeader, ConstU32<MAX_SEGMENT_HEADERS_PER_BLOCK>>;

/// Provides the headers that the archiver expects in a block.
#[cfg(feature = "std")]
#[derive(Debug, Clone, Default)]
pub struct SegmentHeadersProvider(
    /// In the order of their indices.
    pub Vec<SegmentHeader>,
);

#[cfg(feature = "std")]
#[async_trait::async_trait]
impl sp_inherents::InherentDataProvider for SegmentHeadersProvider {
    async fn provide_inherent_data(
        &self,
        inherent_data: &mut sp_inherents::InherentData,
    ) -> Result<(), sp_inherents::Error> {
        inherent_data.put_data(INHERENT_IDENTIFIER, &self.0)
    }

    async fn try_handle_error(
        &self,
        _: &InherentIdentifier,
        _: &[u8],
    ) -> Option<Result<(), sp_inherents::Error>> {
        None
    }
}

/// Reads the headers from inherent data, none if there are none.
pub fn segment_headers(
    data: &sp_inherents::InherentData,
) -> Result<Vec<SegmentHeader>, sp_inherents::Error> {
    Ok(data.get_data(&INHERENT_IDENTIFIER)?.unwrap_or_default())
}
