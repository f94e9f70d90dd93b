//! What a byte of history costs: pure functions of whole numbers.
//!
//! Every byte of a block is archived, and each farmer keeps pieces of the archive. So a byte costs the more the less
//! of the pledged space is free. Amounts are in the currency's smallest unit, space is in bytes. Divisions that a
//! price or a fee comes from round up, those of space round down: in doubt a byte is dearer.

use allod_core::parameters::{PIECE_BYTES, RAW_RECORD_BYTES};
use frame_support::pallet_prelude::*;

/// Bytes of normal transactions that a block of the smallest network may have.
pub const LEAST_BLOCK_BYTES: u32 = 64 * 1024;
/// Part of the free space that a block may fill, as a power of two: 1 / 2^16.
pub const BLOCK_SHARE_BITS: u32 = 16;
/// Part of the fund that a block pays to its author, as a power of two: 1 / 2^18. So the fund is paid out over 18 days
/// on average, at a block in six seconds.
pub const FUND_SHARE_BITS: u32 = 18;

/// How a price follows the space. Every field is above 0.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Encode,
    Decode,
    DecodeWithMemTracking,
    MaxEncodedLen,
    TypeInfo,
)]
pub struct PriceRule {
    /// Copies of each byte of history that the pledged space is to hold (ρ).
    pub copies: u32,
    /// Eras over which the pledged space is averaged.
    pub eras: u32,
    /// A price moves in an era by this factor at most, either way, as numerator and denominator, at least 1.
    pub step: (u32, u32),
    /// The lowest price of a byte.
    pub floor: u128,
    /// The highest price of a byte, not below `floor`.
    pub ceiling: u128,
}

/// Space in bytes, as a block's state tells it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SpaceMeasure {
    /// Pledged by all farmers together, as the solution range in force tells.
    pub pledged: u128,
    /// One copy of all pieces of the history, with those of the segment that is being filled.
    pub history: u128,
}

impl PriceRule {
    /// Whether every field is in its range.
    pub fn is_sound(&self) -> bool {
        let positive = [self.copies, self.eras, self.step.0, self.step.1];
        positive.into_iter().all(|field| field > 0)
            && self.step.0 >= self.step.1
            && (1..=self.ceiling).contains(&self.floor)
    }

    /// The average after an era that ended with `pledged`: `⌊(average · (eras − 1) + pledged) / eras⌋`.
    pub fn averaged(&self, average: u128, pledged: u128) -> u128 {
        let eras = u128::from(self.eras);
        average
            .saturating_mul(eras.saturating_sub(1))
            .saturating_add(pledged)
            .checked_div(eras)
            .unwrap_or(average)
    }

    /// Space that is free for one more copy of whatever is written: `max(⌊average / copies⌋ − history, 1)`. Where
    /// none is, blocks are the smallest and the price rises until people write less or space comes.
    pub fn free(&self, average: u128, history: u128) -> u128 {
        let per_copy = average.checked_div(self.copies.into()).unwrap_or(0);
        per_copy.saturating_sub(history).max(1)
    }

    /// The price of a byte at which all that was issued buys the free space: `⌈issuance / free⌉`, within floor and
    /// ceiling.
    pub fn wanted(&self, issuance: u128, free: u128) -> u128 {
        self.bounded(divided_up(issuance, free))
    }

    /// The price after an era: as wanted, but no farther from the one before it than a step.
    pub fn moved(&self, price: u128, wanted: u128) -> u128 {
        let (numerator, denominator) = (u128::from(self.step.0), u128::from(self.step.1));
        let lowest = divided_up(price.saturating_mul(denominator), numerator);
        let highest = divided_up(price.saturating_mul(numerator), denominator);
        self.bounded(wanted.max(lowest).min(highest))
    }

    fn bounded(&self, price: u128) -> u128 {
        price.max(self.floor).min(self.ceiling)
    }
}

/// What `length` bytes of a block cost at a `price` of a byte of pieces: `⌈price · length · 2 · 131,168 / 126,976⌉`.
/// A record of 126,976 bytes of history becomes two pieces of 131,168.
pub fn storage_fee(price: u128, length: u32) -> u128 {
    let pieces = price
        .saturating_mul(u128::from(length))
        .saturating_mul(2)
        .saturating_mul(PIECE_BYTES as u128);
    divided_up(pieces, RAW_RECORD_BYTES as u128)
}

/// Bytes of normal transactions that a block may have: `max(65,536, ⌊free / 2^16⌋)`, so that nobody fills a small
/// network's space in a day.
pub fn normal_block_bytes(free: u128) -> u32 {
    let share = free.checked_shr(BLOCK_SHARE_BITS).unwrap_or(0);
    u32::try_from(share)
        .unwrap_or(u32::MAX)
        .max(LEAST_BLOCK_BYTES)
}

/// What a block's author gets of a fund: `⌊fund / 2^18⌋`.
pub fn fund_share(fund: u128) -> u128 {
    fund.checked_shr(FUND_SHARE_BITS).unwrap_or(0)
}

/// `⌈numerator / denominator⌉`; the numerator where the denominator is 0, which no caller has.
fn divided_up(numerator: u128, denominator: u128) -> u128 {
    match (
        numerator.checked_div(denominator),
        numerator.checked_rem(denominator),
    ) {
        (Some(quotient), Some(0)) => quotient,
        (Some(quotient), Some(_)) => quotient.saturating_add(1),
        (None, _) | (_, None) => numerator,
    }
}
