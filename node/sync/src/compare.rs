//! Fetches a branch that peers claim to be heavier, and judges it.

mod judging;

use crate::{
    branch::{Branch, BranchError},
    chain::{AllodBlock, ChainClient, OwnChain},
    checkpoint::CheckpointMemory,
    judge::Judge,
    protocol::{self, HeaderRecord, HeadersRequest, MAX_HEADERS, REQUEST_TIMEOUT, Tip},
};
use allod_block_rules::{VerifyDelayFunction, fork_choice::BlockWeight};
use allod_consensus_primitives::{PreDigest, justification_hash, pre_digest};
use allod_core::{Hash, blake2b_256, hash::HexHash};
use futures::channel::oneshot;
use parity_scale_codec::{DecodeAll, Encode};
use sc_network::{IfDisconnected, PeerId, ProtocolName};
use sc_network_sync::service::network::NetworkServiceHandle;
use sp_blockchain::Error as ClientError;
use sp_core::traits::SpawnNamed;
use sp_runtime::traits::Header as HeaderT;
use std::{
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

/// How long a branch may take beyond what was delivered of it before it is the last in line.
pub const DELIVERY_TIMEOUT: Duration = Duration::from_secs(60);
/// Headers a second that a branch must be delivered at on average, so that a trickle stops nobody for long:
/// some 400 KiB.
const LEAST_HEADERS_PER_SECOND: u32 = 256;
/// Pause after an answer that was none.
const RETRY_PAUSE: Duration = Duration::from_secs(1);

/// A tip as it is claimed: the number belongs to it, since whoever claims another one for the same block lies, and nobody
/// else.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Claim {
    /// Hash of the tip.
    pub hash: Hash,
    /// Its number.
    pub number: u32,
}

impl From<&Tip> for Claim {
    fn from(tip: &Tip) -> Self {
        let Tip { hash, number, .. } = *tip;
        Self { hash, number }
    }
}

/// A claim that leads to a branch which is said to be heavier than the own chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// The branch's tip.
    pub claim: Claim,
    /// Who makes the claim, and the weight that each of them says.
    pub claimants: Vec<(PeerId, BlockWeight)>,
}

/// What became of a comparison.
#[derive(Debug)]
pub enum BranchVerdict {
    /// It parts above the final block, too short to be compared.
    Short,
    /// Verified to be heavier than the own chain, or to have the checkpoint, which that lacks. Without the blocks whose
    /// rules are not known here, and without those from a wrong one on.
    Heavier(Arc<Branch>, BlockWeight),
    /// Not heavier.
    NotHeavier,
    /// A block of it breaks a rule, or its tip is not what was claimed.
    Wrong(String),
    /// It does not keep the checkpoint: no candidate, and nobody's fault.
    OffCheckpoint,
    /// Nobody delivered it.
    NotDelivered,
    /// This node could not tell.
    Local(String),
}

/// A verdict, and the peers that lied for it.
#[derive(Debug)]
pub struct Outcome {
    /// What became of it.
    pub verdict: BranchVerdict,
    /// Who lied.
    pub liars: Vec<PeerId>,
}

/// A comparison that runs; given up when dropped.
#[derive(Debug)]
pub struct Running {
    /// What is compared.
    pub candidate: Candidate,
    /// Its result.
    pub outcome: oneshot::Receiver<Outcome>,
    /// Whether verified blocks back the claim.
    pub backed: Arc<AtomicBool>,
    /// Tells it to end.
    pub stop: Arc<AtomicBool>,
}

impl Running {
    /// Whether verified blocks back the claim.
    pub fn is_backed(&self) -> bool {
        self.backed.load(Ordering::Relaxed)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
    }
}

/// Starts comparisons.
pub trait Compare: Send {
    /// Starts one.
    fn start(&self, candidate: Candidate, network: NetworkServiceHandle) -> Running;
}

/// What all comparisons of a node share.
pub struct Comparer<Block, Client, V> {
    /// Who judges.
    pub judge: Arc<Judge<Block, Client, V>>,
    /// A block that the chain must have.
    pub checkpoint: Option<Arc<CheckpointMemory>>,
    /// Where branches are kept.
    pub folder: PathBuf,
    /// Protocol by which headers are asked for.
    pub protocol: ProtocolName,
    /// Runs it.
    pub spawner: Box<dyn SpawnNamed>,
}

impl<Block, Client, V> Compare for Comparer<Block, Client, V>
where
    Block: AllodBlock,
    Client: ChainClient<Block>,
    V: VerifyDelayFunction + Send + Sync + 'static,
{
    fn start(&self, candidate: Candidate, network: NetworkServiceHandle) -> Running {
        let (sender, outcome) = oneshot::channel();
        let running = Running {
            candidate: candidate.clone(),
            outcome,
            backed: Arc::default(),
            stop: Arc::default(),
        };
        let mut comparison = Comparison {
            judge: self.judge.clone(),
            checkpoint: self.checkpoint.clone(),
            folder: self.folder.clone(),
            protocol: self.protocol.clone(),
            network,
            claim: candidate.claim,
            claimants: candidate.claimants,
            liars: Vec::new(),
            backed: running.backed.clone(),
            stop: running.stop.clone(),
        };
        let work = async move {
            let verdict = comparison.run().await;
            let liars = std::mem::take(&mut comparison.liars);
            let _ = sender.send(Outcome { verdict, liars });
        };
        // It keeps a thread busy for as long as verification takes.
        let group = Some("networking");
        self.spawner
            .spawn_blocking("compare-branches", group, Box::pin(work));
        running
    }
}

struct Comparison<Block, Client, V> {
    judge: Arc<Judge<Block, Client, V>>,
    checkpoint: Option<Arc<CheckpointMemory>>,
    folder: PathBuf,
    protocol: ProtocolName,
    network: NetworkServiceHandle,
    claim: Claim,
    claimants: Vec<(PeerId, BlockWeight)>,
    liars: Vec<PeerId>,
    backed: Arc<AtomicBool>,
    stop: Arc<AtomicBool>,
}

/// Why fetching ended before the branch was whole.
enum Ended {
    Verdict(BranchVerdict),
    Local(String),
}

impl From<BranchError> for Ended {
    fn from(error: BranchError) -> Self {
        match error {
            // Nobody can be told to wait for it: it is no candidate.
            BranchError::TooLong => Self::Verdict(BranchVerdict::NotDelivered),
            BranchError::Io { .. } => Self::Local(error.to_string()),
        }
    }
}

impl From<ClientError> for Ended {
    fn from(error: ClientError) -> Self {
        Self::Local(error.to_string())
    }
}

impl<Block, Client, V> Comparison<Block, Client, V>
where
    Block: AllodBlock,
    Client: ChainClient<Block>,
    V: VerifyDelayFunction,
{
    async fn run(&mut self) -> BranchVerdict {
        let judged = match self.fetch().await {
            Ok((branch, fork)) => self.judge(branch, fork),
            Err(ended) => Err(ended),
        };
        match judged {
            Ok(verdict) | Err(Ended::Verdict(verdict)) => verdict,
            Err(Ended::Local(cause)) => BranchVerdict::Local(cause),
        }
    }

    /// Every header from the tip back to where the branch parts from the own chain, and the hash of the
    /// block there.
    async fn fetch(&mut self) -> Result<(Branch, Hash), Ended> {
        let Claim {
            hash: mut next,
            mut number,
        } = self.claim;
        let mut branch = Branch::new(&self.folder, number)?;
        let started_at = Instant::now();
        let mut turn = 0_usize;
        loop {
            if self.judge.chain.on_best_chain(number)? == Some(next) {
                return Ok((branch, next));
            }
            let is_lacking = match branch.blocks() {
                // So far the number is a claim: what is not at the checkpoint's height is not in its place.
                0 => self.is_remembered(next),
                _ => self.lacks_checkpoint(number, next),
            };
            if is_lacking {
                return Err(Ended::Verdict(self.off_checkpoint()));
            }
            if number == 0 {
                return Err(self.wrong("it begins with another genesis block".into()));
            }
            if self.stop.load(Ordering::Relaxed) {
                return Err(Ended::Verdict(BranchVerdict::NotDelivered));
            }
            let Some(peer) = self.deliverer(turn) else {
                return Err(Ended::Verdict(BranchVerdict::NotDelivered));
            };
            let asked_at = Instant::now();
            let records = self.ask(peer, next).await;
            let delivered = branch.blocks().div_euclid(LEAST_HEADERS_PER_SECOND);
            let limit = DELIVERY_TIMEOUT.saturating_add(Duration::from_secs(delivered.into()));
            if started_at.elapsed() > limit {
                return Err(Ended::Verdict(BranchVerdict::NotDelivered));
            }
            // Who delivers is asked again, so that those who do not take their time once.
            if !is_fast(records.as_deref().unwrap_or(&[]).len(), asked_at.elapsed()) {
                turn = turn.wrapping_add(1);
            }
            let Some(records) = records.filter(|records| !records.is_empty()) else {
                tokio::time::sleep(RETRY_PAUSE).await;
                continue;
            };
            for record in records {
                let Some(header) = header_of::<Block>(&record, next) else {
                    // Not what was asked for by its hash: this peer alone is to blame.
                    self.blame(peer);
                    break;
                };
                match pre_digest(&header) {
                    // What a block says by rules that are not known here, nobody is blamed for.
                    _ if self.judge.rules.version_of(number).is_err() => {}
                    Ok(claim) if is_justification(&claim, &record) => {}
                    Ok(_) => {
                        self.blame(peer);
                        break;
                    }
                    Err(error) => return Err(self.wrong(format!("block #{number}: {error}"))),
                }
                if *header.number() != number {
                    return Err(self.wrong(format!(
                        "block {} has number {}, not {number}",
                        HexHash(&next),
                        header.number(),
                    )));
                }
                if self.lacks_checkpoint(number, next) {
                    return Err(Ended::Verdict(self.off_checkpoint()));
                }
                branch.push(next, &record)?;
                next = (*header.parent_hash()).into();
                number = number.saturating_sub(1);
                let is_over = number == 0 || self.lacks_checkpoint(number, next);
                if is_over || self.judge.chain.on_best_chain(number)? == Some(next) {
                    break;
                }
            }
        }
    }

    fn is_remembered(&self, hash: Hash) -> bool {
        let checkpoint = self.checkpoint.as_ref();
        checkpoint.is_some_and(|checkpoint| checkpoint.is_remembered(hash))
    }

    fn lacks_checkpoint(&self, number: u32, hash: Hash) -> bool {
        let checkpoint = self.checkpoint.as_ref();
        checkpoint.is_some_and(|checkpoint| checkpoint.is_lacked_by(number, hash))
    }

    /// The branch is no candidate, and none that grows from its tip will be.
    fn off_checkpoint(&self) -> BranchVerdict {
        if let Some(checkpoint) = &self.checkpoint {
            let Claim { hash, number } = self.claim;
            checkpoint.remember(number, hash);
        }
        BranchVerdict::OffCheckpoint
    }

    /// The branch is wrong: whoever claimed its tip lied.
    fn wrong(&mut self, cause: String) -> Ended {
        self.blame_claimants();
        Ended::Verdict(BranchVerdict::Wrong(cause))
    }

    fn blame_claimants(&mut self) {
        let claimants = self.claimants.drain(..).map(|(peer, _)| peer);
        self.liars.extend(claimants);
    }

    /// One peer lied by itself.
    fn blame(&mut self, liar: PeerId) {
        self.claimants.retain(|(peer, _)| *peer != liar);
        self.liars.push(liar);
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
