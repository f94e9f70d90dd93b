//! The farmer as a whole: follows its node and keeps its plot.
//!
//! Five things go on at once in one future, the heavy work in two thread pools:
//!
//! | module | does |
//! |---|---|
//! | `slots` | audits every slot, proves the nearest winner, hands the solution over |
//! | `seals` | seals the blocks that the node made of those solutions |
//! | `segments` | follows the segment headers |
//! | `plots` | plots what is missing, damaged or expiring, one sector at a time; gives up what has a successor |
//! | `scrub` | reads the plot once, from end to end, after the start |
//!
//! The node may go away and come back: subscriptions are made again with growing pauses. Only what
//! cannot heal by itself ends the farmer: see [`FarmerError`].

mod connection;
mod copies;
mod plots;
mod scrub;
mod seals;
mod segments;
mod slots;
#[cfg(test)]
mod tests;

use crate::{
    events::{EventHandler, FarmerEvent, SectorEvent},
    files::FileError,
    history::SegmentHistory,
    plot_directory::{self, DirectoryError, PlotDirectory},
    pool::{Panicked, Pool, PoolError, Urgency},
    proving::Prover,
    sector_file::{SectorError, SectorFile},
    sectors::Sectors,
    signed_claims::SignedClaimsError,
    signing::Signer,
};
use allod_core::{
    ChainParameters, Hash, HistorySize, PublicKey, RewardAddress, Slot, hash::HexHash,
    parameters::MAX_SECTORS,
};
use allod_farmer_rpc::NodeClient;
use allod_kzg::Kzg;
use allod_rpc_types::farmer::FarmerChainInfo;
use parking_lot::{Mutex, RwLock};
use rayon::prelude::*;
use std::{
    future::Future,
    num::NonZeroUsize,
    path::PathBuf,
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};
use tokio::sync::Notify;

/// Files that are open beside the sectors: libraries, sockets, a database in the same process.
const OTHER_FILES: u64 = 1024;

/// What a farmer is told to do.
#[derive(Clone)]
pub struct FarmerConfig {
    /// Where the plot is, or is to be.
    pub directory: PathBuf,
    /// How many sectors to farm: the space pledged by [`sector_bytes`](crate::sector_bytes). From 1
    /// to 2^19.
    pub sectors: u32,
    /// Where rewards go.
    pub reward_address: RewardAddress,
    /// Threads that plot; as many as there are processors unless given.
    pub plotting_threads: Option<NonZeroUsize>,
    /// Threads that audit and prove; as many as there are processors unless given.
    pub farming_threads: Option<NonZeroUsize>,
    /// Is told what happens; what happens is logged if there is nobody to tell.
    pub on_event: Option<EventHandler>,
}

/// What ends a farmer.
#[derive(Debug, thiserror::Error)]
pub enum FarmerError {
    /// No plot has so many sectors, or none.
    #[error("{0} sectors: a plot has 1 to {MAX_SECTORS}")]
    Sectors(u32),
    /// The node's chain is not one.
    #[error("the node has impossible chain parameters: {0}")]
    Parameters(#[from] allod_core::parameters::ParameterError),
    /// The plot cannot be used.
    #[error(transparent)]
    Directory(#[from] DirectoryError),
    /// Files of the plot cannot be used.
    #[error(transparent)]
    File(#[from] FileError),
    /// Nothing could be signed.
    #[error(transparent)]
    SignedClaims(#[from] SignedClaimsError),
    /// Somebody else farms with this farmer's key.
    #[error(
        "block {} of slot {slot} was sealed with this farmer's key, {public_key}, and not by this \
         farmer: a copy of the plot is farmed elsewhere, and two blocks of one solution would have \
         the key blocked; end one of the two, then start the other again",
        HexHash(header_hash)
    )]
    ForeignBlock {
        /// This farmer's key.
        public_key: PublicKey,
        /// Slot of the block.
        slot: Slot,
        /// `H` of its header without seal.
        header_hash: Hash,
    },
    /// No threads.
    #[error(transparent)]
    Pool(#[from] PoolError),
    /// Opening the plot panicked.
    #[error(transparent)]
    Panicked(#[from] Panicked),
    /// The node was replaced by one of another chain.
    #[error("the node is now on the chain with genesis {found}, not {expected}")]
    AnotherChain {
        /// Genesis hash of the plot.
        expected: String,
        /// Genesis hash of the node.
        found: String,
    },
}

/// What the farmer's tasks share.
struct Shared<C> {
    client: Arc<C>,
    directory: Arc<PlotDirectory>,
    parameters: Arc<ChainParameters>,
    pledged: u32,
    kzg: Kzg,
    prover: Prover,
    signer: Mutex<Signer>,
    sectors: RwLock<Sectors>,
    history: Arc<RwLock<SegmentHistory>>,
    /// That of the best block's state, as of the newest slot; none before the first one.
    history_size: Mutex<Option<HistorySize>>,
    /// Something changed that may give the plotter work.
    plot_changed: Notify,
    /// There may be open slots that were not audited by all sectors.
    look_for_open_slots: Notify,
    farming: Pool,
    plotting: Arc<Pool>,
    cancelled: Arc<AtomicBool>,
    on_event: Option<EventHandler>,
}

pub struct Farmer;

impl Farmer {
    /// Farms until `shutdown` is ready or something happens that cannot heal by itself. Needs a
    /// tokio runtime with timers.
    pub async fn run<C: NodeClient>(
        config: FarmerConfig,
        client: Arc<C>,
        kzg: Kzg,
        shutdown: impl Future<Output = ()>,
    ) -> Result<(), FarmerError> {
        let mut shutdown = pin!(shutdown);
        let shared = tokio::select! {
            opened = open(config, client, kzg) => Arc::new(opened?),
            () = &mut shutdown => return Ok(()),
        };
        let _cancel = CancelOnDrop(shared.cancelled.clone());
        let ended = tokio::select! {
            error = segments::follow(&shared) => Err(error),
            () = slots::follow(&shared) => Ok(()),
            () = seals::follow(&shared) => Ok(()),
            () = plots::keep(&shared) => Ok(()),
            error = copies::watch(&shared) => Err(error),
            () = scrub::once(&shared) => Ok(()),
            () = shutdown => Ok(()),
        };
        // What is under way uses the plot, so the lock is kept until it is done.
        shared.cancelled.store(true, Ordering::Relaxed);
        shared.plotting.idle().await;
        shared.farming.idle().await;
        ended
    }
}

/// Tells work that is still in the pools that nobody waits for it any more.
struct CancelOnDrop(Arc<AtomicBool>);

impl Drop for CancelOnDrop {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

impl<C> Shared<C> {
    fn emit(&self, event: FarmerEvent) {
        emit(self.on_event.as_ref(), &event);
    }

    /// Notes the history size of the best block's state, which a reorganisation may make smaller.
    fn follow_best_block(&self, history_size: HistorySize) {
        let before = self.history_size.lock().replace(history_size);
        if before != Some(history_size) {
            self.plot_changed.notify_one();
        }
    }

    /// Stops farming a damaged sector and has it plotted again.
    fn give_up(&self, sector: &Arc<SectorFile>, error: &dyn std::error::Error) {
        if self.sectors.write().remove(sector) {
            let error = error.to_string();
            let damaged = SectorEvent::Damaged { error };
            self.emit(FarmerEvent::Sector(sector.sector_index(), damaged));
            self.plot_changed.notify_one();
        }
    }
}

fn emit(handler: Option<&EventHandler>, event: &FarmerEvent) {
    match handler {
        Some(handler) => handler(event),
        None => event.log(),
    }
}

async fn open<C: NodeClient>(
    config: FarmerConfig,
    client: Arc<C>,
    kzg: Kzg,
) -> Result<Shared<C>, FarmerError> {
    if config.sectors == 0 || config.sectors > MAX_SECTORS {
        return Err(FarmerError::Sectors(config.sectors));
    }
    let on_event = config.on_event;
    let info = connection::chain_info(&*client, on_event.as_ref()).await;
    info.parameters.check()?;
    let directory = PlotDirectory::open(&config.directory, info.genesis_hash, &info.parameters)?;
    let directory = Arc::new(directory);
    let signer = Signer::new(
        directory.keypair().clone(),
        info.genesis_hash,
        config.reward_address,
        directory.signed_claims()?,
    );
    let farming = Pool::new(Urgency::Farming, config.farming_threads)?;
    raise_file_limit(config.sectors);
    let (opening, pledged) = (directory.clone(), config.sectors);
    let (sectors, damaged) = farming
        .run(move || open_sectors(&opening, pledged))
        .await??;
    for event in damaged {
        emit(on_event.as_ref(), &event);
    }
    let event = FarmerEvent::Started {
        sectors: u32::try_from(sectors.len()).unwrap_or(pledged),
        pledged,
    };
    emit(on_event.as_ref(), &event);
    Ok(Shared {
        client,
        prover: Prover::new(
            kzg.clone(),
            directory.key().public_key,
            config.reward_address,
        ),
        directory,
        parameters: Arc::new(info.parameters),
        pledged,
        kzg,
        signer: Mutex::new(signer),
        sectors: RwLock::new(sectors),
        history: Arc::default(),
        history_size: Mutex::default(),
        plot_changed: Notify::new(),
        look_for_open_slots: Notify::new(),
        farming,
        plotting: Arc::new(Pool::new(Urgency::Background, config.plotting_threads)?),
        cancelled: Arc::default(),
        on_event,
    })
}

/// Opens the sectors that are there. Those that are damaged are reported and left out, so that they
/// are plotted again; one that the system does not let us open is an error.
fn open_sectors(
    directory: &PlotDirectory,
    pledged: u32,
) -> Result<(Sectors, Vec<FarmerEvent>), FarmerError> {
    let (farmed, beyond): (Vec<_>, Vec<_>) = plot_directory::sectors(directory.path())?
        .into_iter()
        .partition(|(index, _)| *index < pledged);
    if let Some((_, first)) = beyond.first() {
        tracing::warn!(
            "{} sectors beyond the {pledged} pledged are not farmed; they may be deleted, from {} on",
            beyond.len(),
            first.display()
        );
    }
    let opened: Vec<_> = farmed
        .into_par_iter()
        .map(|(index, path)| (index, SectorFile::open(&path, directory.key())))
        .collect();
    let (mut sectors, mut damaged) = (Sectors::default(), Vec::new());
    for (sector_index, opened) in opened {
        match opened {
            Ok(sector) => sectors.insert(Arc::new(sector)),
            Err(SectorError::File(error)) if error.action == "open" => return Err(error.into()),
            Err(error) => {
                let error = error.to_string();
                let event = SectorEvent::Damaged { error };
                damaged.push(FarmerEvent::Sector(sector_index, event));
            }
        }
    }
    Ok((sectors, damaged))
}

/// Each sector's file stays open, and at worst a second one that is too new for the best block.
fn raise_file_limit(sectors: u32) {
    use rustix::process::{Resource, getrlimit, setrlimit};
    let needed = u64::from(sectors)
        .saturating_mul(2)
        .saturating_add(OTHER_FILES);
    let mut limit = getrlimit(Resource::Nofile);
    if limit.current.is_none_or(|current| current >= needed) {
        return;
    }
    limit.current = Some(limit.maximum.map_or(needed, |maximum| maximum.min(needed)));
    let raised = setrlimit(Resource::Nofile, limit);
    if raised.is_err() || limit.current < Some(needed) {
        tracing::warn!("{sectors} sectors need {needed} open files: raise the limit (ulimit -n)");
    }
}

/// Compares the node's chain with the plot's.
fn check_chain(expected: &Hash, info: &FarmerChainInfo) -> Result<(), FarmerError> {
    if info.genesis_hash == *expected {
        return Ok(());
    }
    Err(FarmerError::AnotherChain {
        expected: hex::encode(expected),
        found: hex::encode(info.genesis_hash),
    })
}
