//! Fills a chain with random remarks, so that its history grows by a wanted number of bytes.
//!
//! Nothing is prepared: each remark is made when there is room for it. After every block the account's nonce
//! in the state says how many got into blocks; what a reorganisation or a node that was killed lost is
//! submitted again, so that this may be ended and begun anew at any time.

use crate::{
    Error,
    flow::{ALREADY_THERE, NOT_NOW},
    node::Node,
    transactions::Maker,
};
use allod_runtime::{
    Nonce,
    configs::{MAX_BLOCK_BYTES, NORMAL_SHARE},
};
use std::{ops::Range, time::Duration};
use tokio::time::{Instant, timeout};

/// Bytes of a remark: ten of them fill the part of a block that transactions may take.
pub const REMARK_BYTES: usize = 390_000;
/// How long to wait for a block, and for one with a remark.
const TIMEOUT: Duration = Duration::from_secs(120);
/// Remarks that got into no block for so long are submitted again.
const LOST_AFTER: Duration = Duration::from_secs(20);
/// Full blocks that wait in the pool where blocks are to be full.
const BLOCKS_AHEAD: u32 = 2;
/// The pool's code for a transaction whose nonce has been used meanwhile.
const OUTDATED: i32 = 1010;

/// What got into blocks.
#[derive(Debug, Clone, Copy)]
pub struct Filled {
    pub remarks: u32,
    /// Best blocks that were seen meanwhile.
    pub blocks: u32,
}

/// How many remarks fill a block as far as transactions may.
fn per_block(maker: &Maker) -> u32 {
    let each = u32::try_from(maker.remark(0, REMARK_BYTES).bytes()).unwrap_or(u32::MAX);
    (NORMAL_SHARE * MAX_BLOCK_BYTES / each).max(1)
}

/// Brings so many MiB of remarks into blocks, each of which they fill by one part in `share` at most.
pub async fn fill(node: &Node, maker: &Maker, mebibytes: u32, share: u32) -> Result<Filled, Error> {
    let per_block = per_block(maker);
    let ahead = match share {
        0 | 1 => per_block.saturating_mul(BLOCKS_AHEAD),
        _ => (per_block / share).max(1),
    };
    let wanted = (u64::from(mebibytes) << 20).div_ceil(REMARK_BYTES as u64);
    let wanted = u32::try_from(wanted)?;
    let payer = maker.payer();
    let first = node.nonce_at(&payer, node.best_hash().await?).await?;
    let goal = first.checked_add(wanted).ok_or("no nonces are left")?;
    let mut next = node.next_nonce(&payer).await?;
    let mut heads = node.heads().await?;
    let (mut blocks, mut reached, mut progress) = (0, first, Instant::now());
    loop {
        let head = timeout(TIMEOUT, heads.next()).await;
        let head = head.map_err(|_| stuck(reached - first))?;
        let head = head.ok_or("the node stopped reporting new blocks")??;
        blocks += 1;
        let in_state = node.nonce_at(&payer, head.hash()).await?;
        if in_state >= goal {
            return Ok(Filled {
                remarks: wanted,
                blocks,
            });
        }
        if in_state > reached {
            (reached, progress) = (in_state, Instant::now());
        } else if progress.elapsed() > TIMEOUT {
            return Err(stuck(reached - first));
        } else if progress.elapsed() > LOST_AFTER {
            next = in_state;
        }
        next = next.max(in_state);
        let until = in_state.saturating_add(ahead).min(goal).max(next);
        next = submit(node, maker, next..until).await?;
    }
}

fn stuck(remarks: u32) -> Error {
    format!(
        "no block with another remark in {} s, after {remarks} of them",
        TIMEOUT.as_secs()
    )
    .into()
}

/// Submits remarks with these nonces until the pool is full; returns the nonce to go on with.
async fn submit(node: &Node, maker: &Maker, nonces: Range<Nonce>) -> Result<Nonce, Error> {
    let end = nonces.end;
    for nonce in nonces {
        let remark = maker.remark(nonce, REMARK_BYTES);
        for answer in node.submit(vec![&remark]).await? {
            match answer {
                Ok(()) => {}
                Err(error) if error.code() == ALREADY_THERE => {}
                Err(error) if error.code() == OUTDATED => {}
                Err(error) if NOT_NOW.contains(&error.code()) => return Ok(nonce),
                Err(error) => {
                    let (code, message) = (error.code(), error.message());
                    return Err(format!("the pool refuses a remark: {message} ({code})").into());
                }
            }
        }
    }
    Ok(end)
}
