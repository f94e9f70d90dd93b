//! The two rules. Amounts are in ALD, space is in bytes; the chain's own rule is asked in whole smallest units, as in
//! the runtime.

use allod_runtime::configs::{ALD, StoragePrice};
use pallet_storage_fees::{PriceRule, Pricing, SpaceMeasure, price};

pub const ERA_BLOCKS: u32 = 2_016;
/// Bytes of normal transactions in the largest block.
pub const LARGEST_BLOCK: f64 = 0.75 * 5.0 * 1024.0 * 1024.0;

/// What an era's blocks pay.
#[derive(Debug, Clone, Copy, Default)]
pub struct Paid {
    /// To the authors, all in all, without the fees that Subspace's rule gives them at once.
    pub authors: f64,
    /// Of that, minted.
    pub minted: f64,
    /// Fees that go to the author of the very block.
    pub at_once: f64,
}

/// A rule, with its state.
pub trait Rule {
    /// Price of a byte of pieces.
    fn price(&self) -> f64;
    /// Bytes of normal transactions that a block may have.
    fn block_bytes(&self) -> f64;
    /// An era ends, whose transactions paid `fees` for `used` of what blocks could hold, where a block is to earn
    /// `scheduled`.
    fn pay(&mut self, fees: f64, used: f64, scheduled: f64) -> Paid;
    /// The next price.
    fn end_era(&mut self, pledged: f64, history: f64, issued: f64);
}

/// The chain's own rule.
#[derive(Debug, Clone)]
pub struct Allod {
    rule: PriceRule,
    pricing: Pricing,
    fund: f64,
}

fn measure(pledged: f64, history: f64) -> SpaceMeasure {
    SpaceMeasure {
        pledged: pledged as u128,
        history: history as u128,
    }
}

fn units(ald: f64) -> u128 {
    (ald * ALD as f64) as u128
}

impl Allod {
    /// The runtime's rule, but for `copies`.
    pub fn new(copies: u32, pledged: f64, history: f64, issued: f64) -> Self {
        let rule = PriceRule {
            copies,
            ..StoragePrice::get()
        };
        Self {
            rule,
            pricing: Pricing::first(&rule, measure(pledged, history), units(issued)),
            fund: 0.0,
        }
    }
}

impl Rule for Allod {
    fn price(&self) -> f64 {
        self.pricing.price() as f64 / ALD as f64
    }

    fn block_bytes(&self) -> f64 {
        let bytes = self.pricing.normal_block_bytes();
        bytes.map_or(LARGEST_BLOCK, f64::from).min(LARGEST_BLOCK)
    }

    fn pay(&mut self, fees: f64, _used: f64, scheduled: f64) -> Paid {
        let each = fees / f64::from(ERA_BLOCKS);
        let mut paid = Paid::default();
        for _ in 0..ERA_BLOCKS {
            let share = price::fund_share(units(self.fund)) as f64 / ALD as f64;
            let minted = (scheduled - share).max(0.0);
            paid.authors += share + minted;
            paid.minted += minted;
            self.fund += each - share;
        }
        paid
    }

    fn end_era(&mut self, pledged: f64, history: f64, issued: f64) {
        let space = measure(pledged, history);
        self.pricing = self.pricing.after_era(&self.rule, space, units(issued));
    }
}

/// Subspace's: the price is what was issued over the space that is free, at once, and all that was issued where none
/// is. Fees for storage go to the author; what is minted shrinks with the use of blocks.
#[derive(Debug, Clone)]
pub struct Subspace {
    copies: f64,
    price: f64,
}

impl Subspace {
    /// With as many copies as the other rule, so that both fill the same space.
    pub fn new(copies: u32, pledged: f64, history: f64, issued: f64) -> Self {
        let mut rule = Self {
            copies: copies.into(),
            price: 0.0,
        };
        rule.end_era(pledged, history, issued);
        rule
    }
}

impl Rule for Subspace {
    fn price(&self) -> f64 {
        self.price
    }

    fn block_bytes(&self) -> f64 {
        LARGEST_BLOCK
    }

    fn pay(&mut self, fees: f64, used: f64, scheduled: f64) -> Paid {
        let full = self.price * LARGEST_BLOCK;
        let minted = (scheduled - used * scheduled.min(full)) * f64::from(ERA_BLOCKS);
        Paid {
            authors: minted,
            minted,
            at_once: fees,
        }
    }

    fn end_era(&mut self, pledged: f64, history: f64, issued: f64) {
        let free = pledged / self.copies - history;
        self.price = if free >= 1.0 { issued / free } else { issued };
    }
}
