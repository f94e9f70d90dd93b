//! Fetches a branch that peers claim to be heavier, and judges it.

mod fetching;
mod judging;

use crate::{
    branch::{Branch, BranchError},
    chain::{AllodBlock, ChainClient},
    checkpoint::CheckpointMemory,
    judge::Judge,
    protocol::Tip,
};
use allod_block_rules::{VerifyDelayFunction, fork_choice::BlockWeight};
use allod_core::Hash;
use futures::channel::oneshot;
use sc_network::{PeerId, ProtocolName};
use sc_network_sync::service::network::NetworkServiceHandle;
use sp_blockchain::Error as ClientError;
use sp_core::traits::SpawnNamed;
use std::{
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

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
}
