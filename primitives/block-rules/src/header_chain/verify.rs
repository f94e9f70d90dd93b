//! The rules of a followed header that cost much: seal, solution, delay function.

use super::{FollowedHeader, HeaderRules};
use crate::{
    BlockError, ChainData, ClaimedTime, Evidence, Parent, VerifiedLogs, VerifiedSeal,
    VerifyDelayFunction,
};
use allod_consensus_primitives::PreDigest;
use allod_kzg::Kzg;
use allod_verification::CheckedSolution;
use sp_runtime::traits::Header as HeaderT;

/// One of many headers is wrong.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("header {position} of the batch: {error}")]
pub struct WrongHeader {
    /// Which, from 0: the first that is wrong.
    pub position: usize,
    /// The first rule that it breaks.
    pub error: BlockError,
}

/// Why headers were not verified together.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unverified {
    /// One is wrong.
    #[error(transparent)]
    Wrong(#[from] WrongHeader),
    /// Nobody waits for the verdict any more.
    #[error("given up")]
    GivenUp,
}

/// All that a header needs to be a parent, but that the openings of its solution hold, and its slots' time.
struct Unopened<'a> {
    seal: VerifiedSeal,
    solution: CheckedSolution,
    time: ClaimedTime<'a>,
    logs: VerifiedLogs,
}

impl<Header: HeaderT> FollowedHeader<Header> {
    /// What its author claims.
    pub fn pre_digest(&self) -> &PreDigest {
        self.sealed.pre_digest()
    }

    /// The rules that cost much: seal, solution, delay function, in this order. Returns the consensus data of the
    /// header, proven.
    ///
    /// # Errors
    /// The first rule that the header breaks.
    pub fn verify<B>(
        &self,
        rules: &HeaderRules<'_, B>,
        kzg: &Kzg,
        delay_function: &impl VerifyDelayFunction,
    ) -> Result<ChainData, BlockError> {
        let parent = self.judged_by(rules);
        let unopened = self.verify_unopened(&parent)?;
        Ok(self.parent.child(Evidence {
            seal: unopened.seal,
            solution: unopened.solution.verify(kzg)?,
            logs: unopened.logs,
            time: unopened.time.verify(delay_function)?,
        }))
    }

    /// The same without the openings and the delay function.
    fn verify_unopened<'a>(&'a self, parent: &Parent<'a>) -> Result<Unopened<'a>, BlockError> {
        let claim = self.sealed.pre_digest();
        let (ticket, seal) = parent.proven_ticket(&self.sealed)?;
        Ok(Unopened {
            seal,
            solution: parent.openings(claim, ticket)?,
            logs: parent.verify_logs(self.sealed.header())?,
            time: parent.claimed_time(claim, &self.justification)?,
        })
    }

    fn judged_by<'a, B>(&'a self, rules: &'a HeaderRules<'_, B>) -> Parent<'a> {
        Parent {
            genesis_hash: rules.genesis_hash,
            parameters: rules.parameters,
            chain_data: &self.parent,
            context: &self.context,
            segment_headers: &self.segment_headers,
        }
    }
}

/// Verifies headers, the openings of all in one pairing product: about a fifth of the time that
/// [`FollowedHeader::verify`] takes for one after the other. Returns what that does, in the same order. The delay function,
/// which costs the most by far, is checked last, and of no header after one that is wrong otherwise. Before each step
/// `go_on` is asked.
///
/// # Errors
/// The first wrong header, with the verdict of [`FollowedHeader::verify`]; [`Unverified::GivenUp`] if `go_on` says no.
pub fn verify_many<Header: HeaderT, B>(
    headers: &[FollowedHeader<Header>],
    rules: &HeaderRules<'_, B>,
    kzg: &Kzg,
    delay_function: &impl VerifyDelayFunction,
    go_on: impl Fn() -> bool,
) -> Result<Vec<ChainData>, Unverified> {
    let asked = || {
        if go_on() {
            Ok(())
        } else {
            Err(Unverified::GivenUp)
        }
    };
    let (mut solutions, mut others) = (Vec::new(), Vec::new());
    let mut wrong = None;
    for (position, header) in headers.iter().enumerate() {
        asked()?;
        match header.verify_unopened(&header.judged_by(rules)) {
            Ok(unopened) => {
                solutions.push(unopened.solution);
                others.push((header, unopened.seal, unopened.time, unopened.logs));
            }
            Err(error) => {
                wrong = Some(WrongHeader { position, error });
                break;
            }
        }
    }
    let solutions = allod_verification::verify_many(solutions, kzg).unwrap_or_else(|broken| {
        // It belongs to a header before the one that is wrong otherwise.
        others.truncate(broken.position);
        wrong = Some(WrongHeader {
            position: broken.position,
            error: broken.error.into(),
        });
        Vec::new()
    });
    let mut timed = Vec::new();
    for (position, (header, seal, time, logs)) in others.into_iter().enumerate() {
        asked()?;
        let time = time.verify(delay_function);
        let time = time.map_err(|error| WrongHeader { position, error })?;
        timed.push((header, seal, time, logs));
    }
    if let Some(wrong) = wrong {
        return Err(wrong.into());
    }
    let proven = solutions.into_iter().zip(timed);
    let proven = proven.map(|(solution, (header, seal, time, logs))| {
        header.parent.child(Evidence {
            seal,
            solution,
            time,
            logs,
        })
    });
    Ok(proven.collect())
}
