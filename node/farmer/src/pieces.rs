//! Getting pieces to plot, checked.

use crate::{
    history::SegmentHistory,
    pool::{Panicked, Pool},
};
use allod_archiving::verification::{WrongPieces, verify_pieces_of_segment};
use allod_core::{Piece, PieceIndex, SegmentCommitment, SegmentIndex};
use allod_farmer_rpc::{NodeClient, NodeError};
use allod_kzg::Kzg;
use async_trait::async_trait;
use futures::{StreamExt, TryStreamExt, stream};
use parking_lot::{Mutex, RwLock};
use std::{
    collections::{BTreeMap, VecDeque},
    sync::Arc,
};

/// Pieces asked for at once.
const CONCURRENT_REQUESTS: usize = 8;
/// Pieces that are kept, because a sector of a short history wants each of them often: 8 MiB.
const CACHED_PIECES: usize = 64;

/// Why pieces cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum PieceError {
    /// The node fails.
    #[error("piece {index}: {source}")]
    Node {
        index: PieceIndex,
        /// How.
        source: NodeError,
    },
    /// The node cannot find it.
    #[error("piece {0} cannot be had from the node now")]
    Unavailable(PieceIndex),
    /// The piece lies beyond the history that the farmer knows.
    #[error("segment {0} is not known, so its pieces cannot be checked")]
    UnknownSegment(SegmentIndex),
    /// The node sent something else.
    #[error("the node sent wrong pieces of segment {segment}: {source}")]
    Wrong {
        segment: SegmentIndex,
        /// Which, and what is wrong with them.
        source: WrongPieces,
    },
    /// A check panicked.
    #[error(transparent)]
    Panicked(#[from] Panicked),
}

/// Where plotting gets its pieces from.
#[async_trait]
pub trait PieceGetter: Send + Sync {
    /// The pieces with these indices, in their order, each checked against the commitment of its
    /// segment.
    async fn pieces(&self, indices: &[PieceIndex]) -> Result<Vec<Arc<Piece>>, PieceError>;
}

/// Pieces from the node, which is not trusted to send the right ones.
pub struct NodePieces<C: ?Sized> {
    client: Arc<C>,
    kzg: Kzg,
    pool: Arc<Pool>,
    history: Arc<RwLock<SegmentHistory>>,
    pieces_per_segment: u64,
    cache: Mutex<VecDeque<(PieceIndex, Arc<Piece>)>>,
}

impl<C: NodeClient + ?Sized> NodePieces<C> {
    /// `history` holds the commitments to check against.
    pub fn new(
        client: Arc<C>,
        kzg: Kzg,
        pool: Arc<Pool>,
        history: Arc<RwLock<SegmentHistory>>,
        pieces_per_segment: u64,
    ) -> Self {
        Self {
            client,
            kzg,
            pool,
            history,
            pieces_per_segment,
            cache: Mutex::default(),
        }
    }

    fn cached(&self, wanted: PieceIndex) -> Option<Arc<Piece>> {
        let cache = self.cache.lock();
        let found = cache.iter().find(|(index, _)| *index == wanted);
        found.map(|(_, piece)| piece.clone())
    }

    fn keep(&self, pieces: &BTreeMap<PieceIndex, Arc<Piece>>) {
        let mut cache = self.cache.lock();
        for (index, piece) in pieces {
            if cache.len() == CACHED_PIECES {
                cache.pop_front();
            }
            cache.push_back((*index, piece.clone()));
        }
    }

    async fn fetch(&self, index: PieceIndex) -> Result<(PieceIndex, Arc<Piece>), PieceError> {
        match self.client.piece(index).await {
            Ok(Some(piece)) => Ok((index, Arc::new(piece))),
            Ok(None) => Err(PieceError::Unavailable(index)),
            Err(source) => Err(PieceError::Node { index, source }),
        }
    }

    /// Checks pieces segment by segment.
    async fn check(&self, pieces: &BTreeMap<PieceIndex, Arc<Piece>>) -> Result<(), PieceError> {
        let mut by_segment: BTreeMap<SegmentIndex, Vec<(u64, Arc<Piece>)>> = BTreeMap::new();
        for (index, piece) in pieces {
            let segment = index.segment(self.pieces_per_segment);
            let position = index.position(self.pieces_per_segment);
            let pieces = by_segment.entry(segment).or_default();
            pieces.push((position, piece.clone()));
        }
        for (segment, pieces) in by_segment {
            let commitment = self.history.read().commitment(segment);
            let commitment = commitment.ok_or(PieceError::UnknownSegment(segment))?;
            self.check_segment(segment, commitment, pieces).await?;
        }
        Ok(())
    }

    async fn check_segment(
        &self,
        segment: SegmentIndex,
        commitment: SegmentCommitment,
        pieces: Vec<(u64, Arc<Piece>)>,
    ) -> Result<(), PieceError> {
        let (kzg, pieces_per_segment) = (self.kzg.clone(), self.pieces_per_segment);
        let check = move || {
            let pieces: Vec<(u64, &Piece)> =
                pieces.iter().map(|(at, piece)| (*at, &**piece)).collect();
            verify_pieces_of_segment(&kzg, &pieces, &commitment, pieces_per_segment)
        };
        let checked = self.pool.run(check).await?;
        checked.map_err(|source| PieceError::Wrong { segment, source })
    }
}

#[async_trait]
impl<C: NodeClient + ?Sized> PieceGetter for NodePieces<C> {
    async fn pieces(&self, indices: &[PieceIndex]) -> Result<Vec<Arc<Piece>>, PieceError> {
        let mut pieces: BTreeMap<PieceIndex, Arc<Piece>> = indices
            .iter()
            .filter_map(|index| Some((*index, self.cached(*index)?)))
            .collect();
        let mut missing = indices.to_vec();
        missing.retain(|index| !pieces.contains_key(index));
        missing.sort_unstable();
        missing.dedup();
        let fetched: BTreeMap<PieceIndex, Arc<Piece>> = stream::iter(missing)
            .map(|index| self.fetch(index))
            .buffer_unordered(CONCURRENT_REQUESTS)
            .try_collect()
            .await?;
        self.check(&fetched).await?;
        self.keep(&fetched);
        pieces.extend(fetched);
        indices
            .iter()
            .map(|index| {
                let piece = pieces.get(index).cloned();
                piece.ok_or(PieceError::Unavailable(*index))
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        pool::Urgency,
        test_chain::{KZG, SEGMENTS, piece},
        test_node::TestNode,
    };
    use std::sync::atomic::Ordering;

    fn getter(node: TestNode, segments: usize) -> NodePieces<TestNode> {
        let mut history = SegmentHistory::default();
        for segment in &SEGMENTS[..segments] {
            history.push(segment.header).unwrap();
        }
        NodePieces::new(
            Arc::new(node),
            KZG.clone(),
            Arc::new(Pool::new(Urgency::Background, None).unwrap()),
            Arc::new(RwLock::new(history)),
            4,
        )
    }

    fn indices(numbers: &[u64]) -> Vec<PieceIndex> {
        numbers.iter().copied().map(PieceIndex).collect()
    }

    #[tokio::test]
    async fn pieces_come_in_order_and_each_is_asked_for_once() {
        let (node, _received) = TestNode::new(4);
        let getter = getter(node, 4);
        let wanted = indices(&[9, 0, 15, 9, 3, 0]);
        let pieces = getter.pieces(&wanted).await.unwrap();
        for (index, found) in wanted.iter().zip(&pieces) {
            assert_eq!(&**found, piece(*index));
        }
        getter.pieces(&indices(&[3, 9, 4])).await.unwrap();
        assert_eq!(getter.client.pieces_served.load(Ordering::Relaxed), 5);
    }

    #[tokio::test]
    async fn wrong_pieces_are_refused_and_not_kept() {
        let (node, _received) = TestNode::new(4);
        // Right for another position of the segment.
        *node.change_piece.lock() = Box::new(|index, right| {
            Some(if index.0 == 5 {
                piece(PieceIndex(4)).clone()
            } else {
                right
            })
        });
        let getter = getter(node, 4);
        for _ in 0..2 {
            match getter.pieces(&indices(&[1, 5])).await {
                Err(PieceError::Wrong { segment, source }) => {
                    assert_eq!(segment, SegmentIndex(1));
                    assert_eq!(source.0.len(), 1);
                }
                other => panic!("{other:?}"),
            }
        }
        // A record with another scalar.
        *getter.client.change_piece.lock() = Box::new(|_, right| {
            let mut bytes = right.as_bytes().to_vec();
            bytes[77] ^= 1;
            Piece::try_from(bytes).ok()
        });
        let wrong = getter.pieces(&indices(&[2])).await;
        assert!(matches!(wrong, Err(PieceError::Wrong { .. })));
    }

    #[tokio::test]
    async fn what_cannot_be_had_or_checked_is_named() {
        let (node, _received) = TestNode::new(4);
        let getter = getter(node, 2);
        let unknown = getter.pieces(&indices(&[1, 8])).await;
        assert!(matches!(
            unknown,
            Err(PieceError::UnknownSegment(SegmentIndex(2)))
        ));
        *getter.client.change_piece.lock() = Box::new(|_, _| None);
        let missing = getter.pieces(&indices(&[6])).await;
        assert!(matches!(
            missing,
            Err(PieceError::Unavailable(PieceIndex(6)))
        ));
    }
}
