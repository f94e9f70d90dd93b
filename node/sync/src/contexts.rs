//! What the own chain leads to at some of its final blocks, so that a comparison need not follow all of its headers anew.

use allod_block_rules::header_chain::HeaderContext;
use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
};

/// Contexts that are kept. Each holds the commitment of every segment up to there: half a megabyte for a tebibyte of
/// history.
pub const MAX_CONTEXTS: usize = 8;

/// Contexts of final blocks, spread over the chain.
#[derive(Debug, Default)]
pub struct Contexts {
    by_number: Mutex<BTreeMap<u32, HeaderContext>>,
}

impl Contexts {
    /// That of the highest block that is not above `number`.
    pub fn up_to(&self, number: u32) -> Option<HeaderContext> {
        let known = self.known();
        known
            .range(..=number)
            .next_back()
            .map(|(_, found)| found.clone())
    }

    /// Keeps the context of a block that is final. If there are too many, the one goes without which the most blocks are
    /// the fewest away; never the newest.
    pub fn keep(&self, context: HeaderContext) {
        let mut known = self.known();
        known.insert(context.number, context);
        if known.len() > MAX_CONTEXTS {
            let numbers: Vec<u32> = known.keys().copied().collect();
            if let Some(number) = most_crowded(&numbers) {
                known.remove(&number);
            }
        }
    }

    fn known(&self) -> std::sync::MutexGuard<'_, BTreeMap<u32, HeaderContext>> {
        // Whatever panicked, contexts are whole.
        self.by_number
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

/// Of ascending numbers, the one whose neighbours are the closest to one another; genesis is known anyway.
fn most_crowded(numbers: &[u32]) -> Option<u32> {
    let below = [0].into_iter().chain(numbers.iter().copied());
    let above = numbers.iter().copied().skip(1);
    let gaps = below.zip(numbers).zip(above);
    let crowded = gaps.min_by_key(|((below, _), above)| above.saturating_sub(*below));
    crowded.map(|((_, number), _)| *number)
}

#[cfg(test)]
mod tests {
    use super::*;
    use allod_block_rules::ChainData;
    use allod_consensus_primitives::PotParameters;
    use allod_core::{Slot, SolutionRange};

    fn context(number: u32) -> HeaderContext {
        let pot = PotParameters {
            iterations: 16.try_into().unwrap(),
            next_change: None,
        };
        let hash = [u8::try_from(number % 251).unwrap(); 32];
        let (data, range) = (ChainData::default(), SolutionRange(1));
        HeaderContext::of_block(number, hash, data, range, Slot(0), pot, None)
    }

    #[test]
    fn the_nearest_one_below_is_found() {
        let contexts = Contexts::default();
        assert_eq!(contexts.up_to(100), None);
        contexts.keep(context(10));
        contexts.keep(context(20));
        assert_eq!(contexts.up_to(9), None);
        for (number, found) in [(10, 10), (19, 10), (20, 20), (99, 20)] {
            assert_eq!(contexts.up_to(number), Some(context(found)));
        }
    }

    #[test]
    fn few_are_kept_and_they_are_spread_over_the_chain() {
        let contexts = Contexts::default();
        for number in 1..=10_000 {
            contexts.keep(context(number));
            assert_eq!(contexts.up_to(number), Some(context(number)), "the newest");
        }
        let known = contexts.known();
        assert_eq!(known.len(), MAX_CONTEXTS);
        // But for the newest, which moves, they are equally far apart within a factor of four.
        let mut numbers: Vec<u32> = known.keys().copied().collect();
        numbers.pop();
        let below = [0].into_iter().chain(numbers.iter().copied());
        let gaps: Vec<u32> = below
            .zip(&numbers)
            .map(|(below, number)| number - below)
            .collect();
        let (least, most) = (gaps.iter().min().unwrap(), gaps.iter().max().unwrap());
        assert!(most <= &(4 * least), "{numbers:?}");
    }
}
