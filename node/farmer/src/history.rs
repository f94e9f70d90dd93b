//! The segment headers that the farmer follows: pieces are checked against them, and they say when
//! sectors expire (§6).

use allod_core::{
    ChainParameters, HistorySize, SectorId, SegmentCommitment, SegmentHeader, SegmentIndex,
};

/// All segment headers from the first on, each naming the one before.
#[derive(Debug, Default, Clone)]
pub struct SegmentHistory {
    headers: Vec<SegmentHeader>,
}

/// A header that does not continue the history.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum HistoryError {
    /// Headers between are missing.
    #[error("segment {found} came where segment {expected} was expected")]
    Gap {
        /// Next segment.
        expected: SegmentIndex,
        /// Segment that came.
        found: SegmentIndex,
    },
    /// It continues another history.
    #[error("segment header {0} does not hold the hash of the one before it")]
    NotLinked(SegmentIndex),
    /// It differs from the one that was there.
    #[error("segment header {0} differs from the one that the node sent before")]
    Changed(SegmentIndex),
}

impl SegmentHistory {
    /// How many segments there are.
    pub fn size(&self) -> HistorySize {
        HistorySize(self.headers.len() as u64)
    }

    /// The next segment.
    pub fn next(&self) -> SegmentIndex {
        SegmentIndex(self.headers.len() as u64)
    }

    fn header(&self, segment: SegmentIndex) -> Option<&SegmentHeader> {
        let position = usize::try_from(segment.0).ok()?;
        self.headers.get(position)
    }

    /// The commitment of a segment.
    pub fn commitment(&self, segment: SegmentIndex) -> Option<SegmentCommitment> {
        self.header(segment).map(|header| header.segment_commitment)
    }

    /// Takes the next header. One that is there already is fine if it is the same.
    pub fn push(&mut self, header: SegmentHeader) -> Result<(), HistoryError> {
        let index = header.segment_index;
        if let Some(known) = self.header(index) {
            return if *known == header {
                Ok(())
            } else {
                Err(HistoryError::Changed(index))
            };
        }
        let expected = self.next();
        if index != expected {
            return Err(HistoryError::Gap {
                expected,
                found: index,
            });
        }
        let previous = self.headers.last().map(SegmentHeader::hash);
        if header.previous_header_hash != previous.unwrap_or_default() {
            return Err(HistoryError::NotLinked(index));
        }
        self.headers.push(header);
        Ok(())
    }

    /// The history size at which a sector expires; none while that is not decided.
    pub fn expires_at(
        &self,
        sector_id: &SectorId,
        made_at: HistorySize,
        parameters: &ChainParameters,
    ) -> Option<HistorySize> {
        let segment = SectorId::expiry_segment(made_at, parameters);
        let commitment = self.commitment(segment)?;
        Some(sector_id.expires_at(made_at, &commitment, parameters))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_chain::{header_after, parameters};
    use allod_core::PublicKey;

    fn headers(count: u64) -> Vec<SegmentHeader> {
        let mut headers: Vec<SegmentHeader> = Vec::new();
        for number in 0..count {
            let commitment = SegmentCommitment([number as u8; 48]);
            headers.push(header_after(headers.last(), commitment));
        }
        headers
    }

    #[test]
    fn headers_follow_one_another() {
        let headers = headers(4);
        let mut history = SegmentHistory::default();
        for header in &headers[..3] {
            history.push(*header).unwrap();
            history.push(*header).unwrap();
        }
        assert_eq!(history.size(), HistorySize(3));
        assert_eq!(
            history.commitment(SegmentIndex(2)),
            Some(SegmentCommitment([2; 48]))
        );
        assert_eq!(history.commitment(SegmentIndex(3)), None);

        let mut changed = headers[1];
        changed.segment_commitment = SegmentCommitment([9; 48]);
        assert_eq!(
            history.push(changed),
            Err(HistoryError::Changed(SegmentIndex(1)))
        );
        let foreign = header_after(Some(&changed), SegmentCommitment([1; 48]));
        let foreign = header_after(Some(&foreign), SegmentCommitment([1; 48]));
        assert_eq!(
            history.push(foreign),
            Err(HistoryError::NotLinked(SegmentIndex(3)))
        );
        let mut gap = headers[3];
        gap.segment_index = SegmentIndex(5);
        assert_eq!(
            history.push(gap),
            Err(HistoryError::Gap {
                expected: SegmentIndex(3),
                found: SegmentIndex(5)
            })
        );
        assert_eq!(history.size(), HistorySize(3));
    }

    #[test]
    fn expiry_is_decided_by_a_later_segment() {
        let parameters = parameters();
        let made_at = HistorySize(2);
        let id = SectorId::new(&PublicKey([1; 32]), 0, made_at);
        let deciding = SectorId::expiry_segment(made_at, &parameters);
        let mut history = SegmentHistory::default();
        for header in headers(deciding.0 + 1) {
            assert_eq!(history.expires_at(&id, made_at, &parameters), None);
            history.push(header).unwrap();
        }
        let commitment = SegmentCommitment([deciding.0 as u8; 48]);
        let expected = id.expires_at(made_at, &commitment, &parameters);
        assert_eq!(
            history.expires_at(&id, made_at, &parameters),
            Some(expected)
        );
    }
}
