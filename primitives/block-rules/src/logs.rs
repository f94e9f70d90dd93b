//! The consensus logs of a header.

use crate::{BlockError, Parent};
use allod_consensus_primitives::{ConsensusLog, PotParameters, consensus_logs};
use allod_core::{PotChange, SegmentHeader, time::raise_is_bounded};
use sp_runtime::traits::Header as HeaderT;

/// That a header carries the logs that are due, and no others.
#[derive(Debug)]
pub struct VerifiedLogs {
    _only_made_here: (),
}

impl Parent<'_> {
    /// The consensus logs are those that the parent's state leads to, followed by the segment
    /// headers that the archiver expects, and nothing else.
    ///
    /// # Errors
    /// [`BlockError::Digest`], [`BlockError::UnboundedRaise`], [`BlockError::SegmentHeaders`],
    /// [`BlockError::ConsensusDigest`].
    pub fn verify_logs<Header: HeaderT>(
        &self,
        header: &Header,
    ) -> Result<VerifiedLogs, BlockError> {
        let carried = consensus_logs(header)?;
        for log in &carried {
            match log {
                ConsensusLog::PotChange(change) => bounded_raise(&self.context.pot, change)?,
                // Whatever else they say is compared below.
                ConsensusLog::SolutionRange(_)
                | ConsensusLog::KeyBlocked(_)
                | ConsensusLog::SegmentHeader(_) => {}
            }
        }
        let headers: Vec<SegmentHeader> = carried.iter().filter_map(segment_header).collect();
        if headers != self.segment_headers {
            return Err(BlockError::SegmentHeaders {
                carried: headers,
                expected: self.segment_headers.to_vec(),
            });
        }
        let due = self.segment_headers.iter().copied();
        let expected: Vec<ConsensusLog> = self
            .context
            .logs
            .iter()
            .cloned()
            .chain(due.map(ConsensusLog::SegmentHeader))
            .collect();
        if carried == expected {
            Ok(VerifiedLogs {
                _only_made_here: (),
            })
        } else {
            Err(BlockError::ConsensusDigest { carried, expected })
        }
    }
}

/// A change that a block logs raises the iterations within the bound (§4). `parent` are the
/// parameters after its parent. Where there is a state to compare with, the log is the state's as
/// well; a header alone has no other limit.
///
/// # Errors
/// [`BlockError::UnboundedRaise`].
pub fn bounded_raise(parent: &PotParameters, change: &PotChange) -> Result<(), BlockError> {
    let (old, new) = (parent.decided_iterations(), change.iterations);
    if raise_is_bounded(old, new) {
        Ok(())
    } else {
        Err(BlockError::UnboundedRaise { old, new })
    }
}

fn segment_header(log: &ConsensusLog) -> Option<SegmentHeader> {
    match log {
        ConsensusLog::SegmentHeader(header) => Some(*header),
        ConsensusLog::SolutionRange(_)
        | ConsensusLog::PotChange(_)
        | ConsensusLog::KeyBlocked(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Example, Header, header, segment_header};
    use allod_consensus_primitives::{DigestError, ENGINE_ID};
    use allod_core::{PotChange, PublicKey, Slot, SolutionRange, time::PotEntropy};
    use parity_scale_codec::Encode;
    use sp_runtime::DigestItem;
    use std::num::NonZeroU32;

    /// One of each kind that the state leads to.
    fn due() -> Vec<ConsensusLog> {
        vec![
            ConsensusLog::SolutionRange(SolutionRange(5)),
            ConsensusLog::PotChange(PotChange {
                slot: Slot(9),
                iterations: NonZeroU32::new(16).unwrap(),
                entropy: PotEntropy([1; 32]),
            }),
            ConsensusLog::KeyBlocked(PublicKey([2; 32])),
        ]
    }

    fn example() -> Example {
        let mut example = Example::default();
        example.context.logs = due();
        example.segment_headers = vec![segment_header(4, 1), segment_header(5, 2)];
        example
    }

    fn carrying(logs: &[ConsensusLog]) -> Header {
        header(logs.iter().cloned().map(DigestItem::from).collect())
    }

    /// What a right block carries.
    fn right() -> Vec<ConsensusLog> {
        let headers = example().segment_headers;
        let headers = headers.into_iter().map(ConsensusLog::SegmentHeader);
        due().into_iter().chain(headers).collect()
    }

    fn error_of(logs: &[ConsensusLog]) -> BlockError {
        let example = example();
        let result = example.parent().verify_logs(&carrying(logs));
        result.expect_err("a log is wrong")
    }

    #[test]
    fn the_logs_that_are_due_and_no_others() {
        let example = example();
        assert!(example.parent().verify_logs(&carrying(&right())).is_ok());
        // Items of other engines are the runtime's to judge.
        let mut beside = carrying(&right());
        let foreign = DigestItem::Consensus(*b"FRNK", vec![1]);
        beside.digest.logs.insert(2, foreign);
        assert!(example.parent().verify_logs(&beside).is_ok());
        let nothing_due = Example::default();
        assert!(nothing_due.parent().verify_logs(&carrying(&[])).is_ok());
    }

    #[test]
    fn each_log_that_the_state_leads_to_counts() {
        for position in 0..3 {
            let mut without = right();
            without.remove(position);
            let mut twice = right();
            twice.insert(position, twice[position].clone());
            for carried in [without, twice] {
                assert_eq!(
                    error_of(&carried),
                    BlockError::ConsensusDigest {
                        carried: carried.clone(),
                        expected: right()
                    }
                );
            }
        }
        let mut changed = right();
        changed[0] = ConsensusLog::SolutionRange(SolutionRange(6));
        let mut swapped = right();
        swapped.swap(0, 1);
        // Headers follow the logs of the state.
        let mut headers_first = right();
        headers_first.rotate_left(3);
        for carried in [changed, swapped, headers_first] {
            assert_eq!(
                error_of(&carried),
                BlockError::ConsensusDigest {
                    carried: carried.clone(),
                    expected: right()
                }
            );
        }
    }

    #[test]
    fn iterations_are_raised_within_the_bound() {
        let number = |number| NonZeroU32::new(number).unwrap();
        let with = |iterations| {
            let mut logs = right();
            if let ConsensusLog::PotChange(change) = &mut logs[1] {
                change.iterations = iterations;
            }
            logs
        };
        let old = number(16);
        for new in [8, 15, 17, 48, u32::MAX].map(number) {
            let expected = BlockError::UnboundedRaise { old, new };
            assert_eq!(error_of(&with(new)), expected);
        }
        // Within the bound, and yet not what the state leads to.
        assert!(matches!(
            error_of(&with(number(32))),
            BlockError::ConsensusDigest { .. }
        ));
        // A change that is scheduled counts as if it were in force.
        let mut example = example();
        let change = |iterations| PotChange {
            slot: Slot(9),
            iterations: number(iterations),
            entropy: PotEntropy([1; 32]),
        };
        example.context.pot.next_change = Some(change(32));
        let again = |iterations| bounded_raise(&example.context.pot, &change(iterations));
        let [down, same, twice, more] = [16, 32, 64, 80].map(again);
        assert!(down.is_err() && same.is_ok() && twice.is_ok() && more.is_err());
    }

    #[test]
    fn segment_headers_are_those_of_the_archiver() {
        let expected = example().segment_headers;
        let [first, second] = [expected[0], expected[1]];
        let forged = segment_header(4, 9);
        for carried in [
            vec![],
            vec![first],
            vec![second],
            vec![second, first],
            vec![forged, second],
            vec![first, second, second],
        ] {
            let mut logs = due();
            logs.extend(carried.iter().copied().map(ConsensusLog::SegmentHeader));
            assert_eq!(
                error_of(&logs),
                BlockError::SegmentHeaders {
                    carried,
                    expected: expected.clone()
                }
            );
        }
    }

    #[test]
    fn a_log_that_does_not_decode_is_named() {
        let mut bytes = right()[1].encode();
        bytes.push(0);
        let mut broken = carrying(&right());
        broken.digest.logs[1] = DigestItem::Consensus(ENGINE_ID, bytes);
        let result = example().parent().verify_logs(&broken).map(|_| ());
        let expected = DigestError::MalformedLog(1);
        assert_eq!(result, Err(BlockError::Digest(expected)));
    }
}
