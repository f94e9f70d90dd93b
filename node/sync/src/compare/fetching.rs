//! Fetches the headers of a branch, from its tip back to where it parts from the own chain.

use super::{BranchVerdict, Claim, Comparison, Ended};
use crate::{
    branch::Branch,
    chain::{AllodBlock, ChainClient, OwnChain},
    protocol::{self, HeaderRecord, HeadersRequest, MAX_HEADERS, REQUEST_TIMEOUT},
};
use allod_block_rules::VerifyDelayFunction;
use allod_consensus_primitives::{PreDigest, justification_hash, pre_digest};
use allod_core::{Hash, blake2b_256, hash::HexHash};
use futures::channel::oneshot;
use parity_scale_codec::{DecodeAll, Encode};
use sc_network::{IfDisconnected, PeerId};
use sp_runtime::traits::Header as HeaderT;
use std::{
    sync::atomic::Ordering,
    time::{Duration, Instant},
};

/// How long a branch may take beyond what was delivered of it before it is the last in line.
pub const DELIVERY_TIMEOUT: Duration = Duration::from_secs(60);
/// Headers a second that a branch must be delivered at on average, so that a trickle stops nobody for long:
/// some 400 KiB.
const LEAST_HEADERS_PER_SECOND: u32 = 256;
/// Pause after an answer that was none.
const RETRY_PAUSE: Duration = Duration::from_secs(1);

/// How far a branch was fetched.
struct Fetched {
    branch: Branch,
    /// The block that is sought next: its hash, and its number by its child's header; the tip's is a claim.
    next: Hash,
    number: u32,
    started_at: Instant,
    /// Of whom it is sought.
    turn: usize,
}

impl Fetched {
    /// Whether it was delivered fast enough so far.
    fn is_in_time(&self) -> bool {
        let delivered = self.branch.blocks().div_euclid(LEAST_HEADERS_PER_SECOND);
        let limit = DELIVERY_TIMEOUT.saturating_add(Duration::from_secs(delivered.into()));
        self.started_at.elapsed() <= limit
    }

    fn push(
        &mut self,
        header: &impl HeaderT<Hash = sp_core::H256>,
        record: &HeaderRecord,
    ) -> Result<(), Ended> {
        self.branch.push(self.next, record)?;
        self.next = (*header.parent_hash()).into();
        self.number = self.number.saturating_sub(1);
        Ok(())
    }
}

impl<Block, Client, V> Comparison<Block, Client, V>
where
    Block: AllodBlock,
    Client: ChainClient<Block>,
    V: VerifyDelayFunction,
{
    /// Every header from the tip back to where the branch parts from the own chain, and the hash of the
    /// block there.
    pub(super) async fn fetch(&mut self) -> Result<(Branch, Hash), Ended> {
        let Claim { hash, number } = self.claim;
        let mut fetched = Fetched {
            branch: Branch::new(&self.folder, number)?,
            next: hash,
            number,
            started_at: Instant::now(),
            turn: 0,
        };
        while !self.has_parted(&fetched)? {
            self.is_worth_more(&fetched)?;
            match self.delivery(&mut fetched).await? {
                Some((peer, records)) => self.take(&mut fetched, peer, records)?,
                None => tokio::time::sleep(RETRY_PAUSE).await,
            }
        }
        Ok((fetched.branch, fetched.next))
    }

    /// Whether the block that is sought next is of the own chain.
    fn has_parted(&self, fetched: &Fetched) -> Result<bool, Ended> {
        let own = self.judge.chain.on_best_chain(fetched.number)?;
        Ok(own == Some(fetched.next))
    }

    /// Ends what leads nowhere, or is waited for no more.
    fn is_worth_more(&mut self, fetched: &Fetched) -> Result<(), Ended> {
        let is_lacking = match fetched.branch.blocks() {
            // So far the number is a claim: what is not at the checkpoint's height is not in its place.
            0 => self.is_remembered(fetched.next),
            _ => self.lacks_checkpoint(fetched.number, fetched.next),
        };
        if is_lacking {
            return Err(Ended::Verdict(self.off_checkpoint()));
        }
        if fetched.number == 0 {
            return Err(self.wrong("it begins with another genesis block".into()));
        }
        match self.stop.load(Ordering::Relaxed) {
            true => Err(Ended::Verdict(BranchVerdict::NotDelivered)),
            false => Ok(()),
        }
    }

    /// Asks whose turn it is for the next headers; none if it has none.
    async fn delivery(
        &mut self,
        fetched: &mut Fetched,
    ) -> Result<Option<(PeerId, Vec<HeaderRecord>)>, Ended> {
        let Some(peer) = self.deliverer(fetched.turn) else {
            return Err(Ended::Verdict(BranchVerdict::NotDelivered));
        };
        let asked_at = Instant::now();
        let records = self.ask(peer, fetched.next).await.unwrap_or_default();
        if !fetched.is_in_time() {
            return Err(Ended::Verdict(BranchVerdict::NotDelivered));
        }
        // Who delivers is asked again, so that those who do not take their time once.
        if !is_fast(records.len(), asked_at.elapsed()) {
            fetched.turn = fetched.turn.wrapping_add(1);
        }
        Ok((!records.is_empty()).then_some((peer, records)))
    }

    /// Takes what a peer delivers, up to where the branch parts or to what is not what was sought.
    fn take(
        &mut self,
        fetched: &mut Fetched,
        peer: PeerId,
        records: Vec<HeaderRecord>,
    ) -> Result<(), Ended> {
        for record in records {
            let Some(header) = self.sought(fetched, &record)? else {
                // This peer alone is to blame.
                self.blame(peer);
                break;
            };
            if self.lacks_checkpoint(fetched.number, fetched.next) {
                return Err(Ended::Verdict(self.off_checkpoint()));
            }
            fetched.push(&header, &record)?;
            let is_over =
                fetched.number == 0 || self.lacks_checkpoint(fetched.number, fetched.next);
            if is_over || self.has_parted(fetched)? {
                break;
            }
        }
        Ok(())
    }

    /// The header in a record, if the record is what was asked for by its hash; what the hash stands for may be wrong.
    fn sought(
        &mut self,
        fetched: &Fetched,
        record: &HeaderRecord,
    ) -> Result<Option<Block::Header>, Ended> {
        let (number, hash) = (fetched.number, fetched.next);
        let Some(header) = header_of::<Block>(record, hash) else {
            return Ok(None);
        };
        // What a block says by rules that are not known here, nobody is blamed for.
        if self.judge.rules.version_of(number).is_ok() {
            match pre_digest(&header) {
                Ok(claim) if is_justification(&claim, record) => {}
                Ok(_) => return Ok(None),
                Err(error) => return Err(self.wrong(format!("block #{number}: {error}"))),
            }
        }
        if *header.number() != number {
            return Err(self.wrong(format!(
                "block {} has number {}, not {number}",
                HexHash(&hash),
                header.number(),
            )));
        }
        Ok(Some(header))
    }

    fn deliverer(&self, turn: usize) -> Option<PeerId> {
        let position = turn.checked_rem(self.claimants.len())?;
        self.claimants.get(position).map(|(peer, _)| *peer)
    }

    /// Asks a peer for the headers from a block on backwards.
    async fn ask(&self, peer: PeerId, from: Hash) -> Option<Vec<HeaderRecord>> {
        let request = HeadersRequest {
            from,
            count: MAX_HEADERS,
        };
        let (sender, response) = oneshot::channel();
        self.network.start_request(
            peer,
            self.protocol.clone(),
            request.encode(),
            sender,
            IfDisconnected::ImmediateError,
        );
        let response = tokio::time::timeout(REQUEST_TIMEOUT, response).await;
        let (bytes, _) = response.ok()?.ok()?.ok()?;
        protocol::read_headers(&bytes, MAX_HEADERS)
    }
}

/// Whether so many headers are enough for the time that they took.
fn is_fast(headers: usize, took: Duration) -> bool {
    let least = took
        .as_secs()
        .saturating_mul(LEAST_HEADERS_PER_SECOND.into());
    headers > 0 && u64::try_from(headers).is_ok_and(|headers| headers >= least)
}

/// Whether a record has the justification that its header names.
fn is_justification(claim: &PreDigest, record: &HeaderRecord) -> bool {
    justification_hash(&record.justification) == claim.justification_hash
}

/// The header in a record, if it is the one of this hash.
fn header_of<Block: AllodBlock>(record: &HeaderRecord, hash: Hash) -> Option<Block::Header> {
    if blake2b_256(&record.header) != hash {
        return None;
    }
    Block::Header::decode_all(&mut &record.header[..]).ok()
}
