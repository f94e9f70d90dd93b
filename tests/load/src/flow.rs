//! Submits transactions and counts those that are in blocks.
//!
//! At most so many are outstanding: submitted, or on their way, and in no block of the best chain. Blocks are
//! followed by their parent hashes, so that none is missed, and those that the chain dropped are taken back. What
//! the pool has no room for is submitted again after the next block.
//!
//! The clock starts with the first block that has one of ours, which is not counted, and stops with the
//! last block before the time is over. So both ends are blocks, the filling of the empty pool is left
//! out, and whole pauses between blocks are in. What is outstanding then is waited for, but counts no more, so that
//! the next phase finds an empty pool. Afterwards, so as not to disturb the node before, the events of the counted
//! blocks tell which transactions failed; they do not count either.

use crate::{Error, node::Node, transactions::Transaction};
use allod_runtime::{Hash, Header};
use futures::stream::{FuturesUnordered, StreamExt};
use jsonrpsee::{core::client::Subscription, types::ErrorObjectOwned};
use parity_scale_codec::Encode;
use sp_io::hashing::blake2_256;
use std::{
    collections::{HashMap, HashSet, VecDeque},
    fmt,
    time::Duration,
};
use tokio::time::{Instant, sleep_until};

/// Transactions in one message.
const BATCH: usize = 64;
/// Messages on their way at once: enough that the node always has one to work on.
const PARALLEL: usize = 4;
/// How long to wait for a block with one of ours: some sixty times what a block takes on average.
const TIMEOUT: Duration = Duration::from_secs(120);
/// Blocks after the first one without which there is nothing to measure.
const FEWEST_BLOCKS: usize = 2;
/// Most blocks that are looked up at once.
const MOST_UNKNOWN: usize = 256;

/// The pool's codes for transactions that it may take another time: banned for now, no room, and no room for one
/// of so low a priority.
pub const NOT_NOW: [i32; 3] = [1012, 1016, 1014];
/// The pool has the transaction already.
pub const ALREADY_THERE: i32 = 1013;

const SILENT: &str = "the node stopped reporting new blocks";

/// A block of the best chain.
struct Seen {
    hash: Hash,
    at: Instant,
    /// Our transactions, and where they are in the block.
    ours: Vec<(usize, u32)>,
}

/// What became of a message.
struct Answer {
    positions: Vec<usize>,
    answers: Result<Vec<Result<(), ErrorObjectOwned>>, Error>,
}

/// Transactions on their way into blocks.
pub struct Flow<'a> {
    node: &'a Node,
    transactions: &'a [Transaction],
    /// Most that are outstanding.
    limit: usize,
    positions: HashMap<[u8; 32], usize>,
    heads: Subscription<Header>,
    chain: Vec<Seen>,
    /// The first that was never submitted.
    next: usize,
    /// Those that the pool had no room for.
    again: VecDeque<usize>,
    outstanding: HashSet<usize>,
    /// Whether the pool was full since the last block.
    is_full: bool,
    /// When the last one was submitted, or the time was over.
    fed_until: Option<Instant>,
    /// When the last block with one of ours came.
    progress: Instant,
}

/// What got into blocks.
#[derive(Debug)]
pub struct Measured {
    /// Transactions that succeeded.
    pub succeeded: usize,
    /// Transactions that failed.
    pub failed: usize,
    /// Why the first of them did.
    pub first_failure: Option<String>,
    /// In so many blocks.
    pub blocks: usize,
    /// In which time.
    pub elapsed: Duration,
}

impl Measured {
    /// Transactions that succeeded.
    pub fn per_second(&self) -> f64 {
        rate(self.succeeded, self.elapsed)
    }

    /// Blocks, full or not.
    pub fn blocks_per_second(&self) -> f64 {
        rate(self.blocks, self.elapsed)
    }
}

fn rate(count: usize, time: Duration) -> f64 {
    let count = u32::try_from(count).map_or(f64::MAX, f64::from);
    count / time.as_secs_f64()
}

impl fmt::Display for Measured {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:.1} per second ({} in {} blocks, {:.1} s)",
            self.per_second(),
            self.succeeded,
            self.blocks,
            self.elapsed.as_secs_f64()
        )
    }
}

impl<'a> Flow<'a> {
    /// Nothing is submitted yet.
    pub async fn start(
        node: &'a Node,
        transactions: &'a [Transaction],
        limit: usize,
    ) -> Result<Self, Error> {
        let mut heads = node.heads().await?;
        // The first one is the best block of now, so that none is missed and none comes that is older.
        let head = heads.next().await.ok_or(SILENT)??;
        let start = Seen {
            hash: head.hash(),
            at: Instant::now(),
            ours: Vec::new(),
        };
        let hashes = transactions.iter().map(|transaction| transaction.hash);
        Ok(Self {
            node,
            transactions,
            limit,
            positions: hashes.zip(0..).collect(),
            heads,
            chain: vec![start],
            next: 0,
            again: VecDeque::new(),
            outstanding: HashSet::new(),
            is_full: false,
            fed_until: None,
            progress: Instant::now(),
        })
    }

    /// Submits transactions for some time, or all of them, and waits until those are in blocks.
    pub async fn run(&mut self, time: Option<Duration>) -> Result<(), Error> {
        let node = self.node;
        let transactions = self.transactions;
        let mut deadline = time.map(|time| Instant::now() + time);
        let mut on_their_way = FuturesUnordered::new();
        self.progress = Instant::now();
        loop {
            while on_their_way.len() < PARALLEL {
                let Some(positions) = self.batch() else {
                    break;
                };
                on_their_way.push(async move {
                    let batch = positions.iter().map(|position| &transactions[*position]);
                    let answers = node.submit(batch.collect()).await;
                    Answer { positions, answers }
                });
            }
            let is_fed = self.next == transactions.len() && self.again.is_empty();
            if on_their_way.is_empty() && is_fed {
                self.fed_until.get_or_insert_with(Instant::now);
            }
            if on_their_way.is_empty() && self.outstanding.is_empty() && self.fed_until.is_some() {
                return Ok(());
            }
            let alarm = self.progress + TIMEOUT;
            let end = deadline
                .filter(|_| self.fed_until.is_none())
                .unwrap_or(alarm);
            tokio::select! {
                Some(answer) = on_their_way.next(), if !on_their_way.is_empty() => {
                    self.answered(answer)?;
                }
                head = self.heads.next() => {
                    let head = head.ok_or(SILENT)??;
                    self.follow(head).await?;
                }
                () = sleep_until(end.min(alarm)) => {
                    let now = Instant::now();
                    if now >= alarm && time.is_some() && self.fed_until.is_some() {
                        // They are not counted, and the next phase has other accounts.
                        eprintln!("{}", self.stuck());
                        return Ok(());
                    }
                    if now >= alarm {
                        return Err(self.stuck().into());
                    }
                    if self.window(now).len() < FEWEST_BLOCKS {
                        // Slots were not won so long: allow a bit more time.
                        deadline = Some(now + Duration::from_secs(1));
                    } else {
                        self.fed_until = Some(now);
                        self.again.clear();
                    }
                }
            }
        }
    }

    fn stuck(&self) -> String {
        format!(
            "no block with one of {} outstanding transactions in {} s",
            self.outstanding.len(),
            TIMEOUT.as_secs()
        )
    }

    /// The next transactions to be submitted.
    fn batch(&mut self) -> Option<Vec<usize>> {
        if self.fed_until.is_some() || self.is_full {
            return None;
        }
        let room = self.limit.saturating_sub(self.outstanding.len()).min(BATCH);
        let again = self.again.len().min(room);
        let mut positions: Vec<_> = self.again.drain(..again).collect();
        let new = (room - again).min(self.transactions.len() - self.next);
        positions.extend(self.next..self.next + new);
        self.next += new;
        self.outstanding.extend(&positions);
        (!positions.is_empty()).then_some(positions)
    }

    fn answered(&mut self, answer: Answer) -> Result<(), Error> {
        for (position, answer) in answer.positions.into_iter().zip(answer.answers?) {
            let Err(error) = answer else {
                continue;
            };
            if error.code() == ALREADY_THERE || !self.outstanding.contains(&position) {
                continue;
            }
            if !NOT_NOW.contains(&error.code()) {
                let (code, message) = (error.code(), error.message());
                return Err(format!("the pool refuses a transaction: {message} ({code})").into());
            }
            self.outstanding.remove(&position);
            self.is_full = true;
            if self.fed_until.is_none() {
                self.again.push_back(position);
            }
        }
        Ok(())
    }

    /// Takes a new best block, and those between it and the last one.
    async fn follow(&mut self, head: Header) -> Result<(), Error> {
        let at = Instant::now();
        let mut hash = head.hash();
        let mut unknown = Vec::new();
        let known = loop {
            if let Some(known) = self.chain.iter().rposition(|seen| seen.hash == hash) {
                break known;
            }
            if unknown.len() == MOST_UNKNOWN {
                return Err("the chain went another way than where this began".into());
            }
            let block = self.node.block(hash).await?;
            let hashes = block.extrinsics.iter().map(|one| blake2_256(&one.encode()));
            let ours = hashes
                .zip(0..)
                .filter_map(|(hash, index)| Some((*self.positions.get(&hash)?, index)))
                .collect();
            unknown.push(Seen { hash, at, ours });
            hash = block.header.parent_hash;
        };
        for dropped in self.chain.drain(known + 1..) {
            let ours = dropped.ours.iter().map(|(position, _)| *position);
            self.outstanding.extend(ours);
        }
        for seen in unknown.into_iter().rev() {
            for (position, _) in &seen.ours {
                self.outstanding.remove(position);
                self.progress = at;
            }
            self.chain.push(seen);
        }
        self.is_full = false;
        Ok(())
    }

    /// The blocks that count, after the first one with one of ours, up to a time.
    fn window(&self, end: Instant) -> &[Seen] {
        let Some(first) = self.chain.iter().position(|seen| !seen.ours.is_empty()) else {
            return &[];
        };
        let after = &self.chain[first + 1..];
        let count = after.partition_point(|seen| seen.at <= end);
        &after[..count]
    }

    /// All blocks since the start.
    pub fn blocks(&self) -> Vec<Hash> {
        self.chain[1..].iter().map(|seen| seen.hash).collect()
    }

    /// Which of our transactions in these blocks failed, and why.
    pub async fn failed(&self, blocks: &[Hash]) -> Result<Vec<(usize, String)>, Error> {
        let mut all = Vec::new();
        let seen = self.chain.iter().filter(|seen| blocks.contains(&seen.hash));
        for Seen { hash, ours, .. } in seen.filter(|seen| !seen.ours.is_empty()) {
            let ours: HashMap<u32, usize> = ours
                .iter()
                .map(|(position, index)| (*index, *position))
                .collect();
            let failures = self.node.failures(*hash).await?;
            all.extend(
                failures
                    .into_iter()
                    .filter_map(|(index, error)| Some((*ours.get(&index)?, format!("{error:?}")))),
            );
        }
        Ok(all)
    }

    /// What got into the blocks that count.
    pub async fn measured(&self) -> Result<Measured, Error> {
        let window = self.window(self.fed_until.unwrap_or_else(Instant::now));
        let first = self.chain.iter().find(|seen| !seen.ours.is_empty());
        let (Some(first), Some(last)) = (first, window.last()) else {
            return Err("too few blocks to measure: more --seconds, or more --outstanding".into());
        };
        let elapsed = last.at - first.at;
        if elapsed.is_zero() {
            return Err("all blocks came at once: more --seconds".into());
        }
        let hashes: Vec<_> = window.iter().map(|seen| seen.hash).collect();
        let mut failed = self.failed(&hashes).await?;
        let included: usize = window.iter().map(|seen| seen.ours.len()).sum();
        Ok(Measured {
            succeeded: included - failed.len(),
            failed: failed.len(),
            first_failure: (!failed.is_empty()).then(|| failed.swap_remove(0).1),
            blocks: window.len(),
            elapsed,
        })
    }
}
