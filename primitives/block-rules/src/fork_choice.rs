//! Fork choice and finality (§8): which of several chains a node follows, and from when on it does not
//! change its mind.
//!
//! The heaviest chain is the best one; of two equally heavy ones, the first seen stays. A block
//! weighs by the range that it was won in and by the iterations of its time: space × sequential work
//! that winning it takes. The block at confirmation depth below the best one is final, and a block
//! that does not build on it is refused.

use allod_core::{Hash, SolutionRange, hash::HexHash, parameters::ITERATIONS_MULTIPLE};
use std::{fmt, num::NonZeroU32};

/// What a chain of blocks weighs: the sum of its blocks' weights.
pub type BlockWeight = u128;

/// What a block weighs: `⌊u64::MAX / max(range, 1)⌋ · iterations / 16`, rounded down. `range` is the
/// one that its solution was judged by, `iterations` are those of the newest slot that it proves.
///
/// A block of a branch that forked off before a raise of the iterations weighs less than one after
/// it, as it took less sequential work. A block weighs less than 2^92, so that the weights of
/// as many blocks as there are numbers for add up below 2^124.
pub fn block_weight(range: SolutionRange, iterations: NonZeroU32) -> BlockWeight {
    let space = u64::MAX.checked_div(range.0.max(1)).unwrap_or(u64::MAX);
    BlockWeight::from(space)
        .saturating_mul(BlockWeight::from(iterations.get()))
        .checked_div(BlockWeight::from(ITERATIONS_MULTIPLE))
        .unwrap_or(0)
}

/// Whether a new block's chain takes the place of the best one.
pub fn becomes_best(weight: BlockWeight, best: BlockWeight) -> bool {
    // Not `>=`: of two equally heavy chains the first seen stays.
    weight > best
}

/// Number of the block that becomes final with the best block of number `best`; none if
/// `finalized`, the last final one, is that far already.
pub fn next_final(best: u32, finalized: u32, confirmation_depth: u32) -> Option<u32> {
    best.checked_sub(confirmation_depth)
        .filter(|number| *number > finalized)
}

/// A block by number and hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BlockId<H> {
    /// Its height above genesis.
    pub number: u32,
    /// By which children name it.
    pub hash: H,
}

/// The tree of blocks that a node has.
pub trait BlockTree {
    /// By which a block is found.
    type Hash: Copy + Eq + Into<Hash>;
    /// A look-up failed.
    type Error;

    /// The last final block.
    fn finalized(&self) -> BlockId<Self::Hash>;

    /// Hash of the best block.
    fn best(&self) -> Self::Hash;

    /// Hash of the block with this number on the best chain.
    fn on_best_chain(&self, number: u32) -> Result<Option<Self::Hash>, Self::Error>;

    /// Number and parent hash of a block.
    ///
    /// # Errors
    /// The look-up failed, or there is no such block.
    fn number_and_parent(&self, hash: Self::Hash) -> Result<(u32, Self::Hash), Self::Error>;
}

/// A block forks off below what is final here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BelowFinal {
    /// Number of the foreign block.
    pub number: u32,
    /// Hash of the foreign block.
    pub theirs: Hash,
    /// Hash of the final block.
    pub ours: Hash,
}

impl fmt::Display for BelowFinal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "block #{} {} does not build on {}, which is final here; if the network is right, \
             `allod node --resync` joins it",
            self.number,
            HexHash(&self.theirs),
            HexHash(&self.ours),
        )
    }
}

impl std::error::Error for BelowFinal {}

/// A block, a child of `parent`, must build on what is final here.
///
/// Every block above the final one that `tree` has must have passed this check: then the walk is as
/// short as the distance to the best chain, and never longer than to the final block.
///
/// # Errors
/// [`BelowFinal`], or that of a look-up.
pub fn builds_on_final<T: BlockTree>(
    block: BlockId<T::Hash>,
    parent: T::Hash,
    tree: &T,
) -> Result<(), T::Error>
where
    T::Error: From<BelowFinal>,
{
    let (finalized, best) = (tree.finalized(), tree.best());
    let below = BelowFinal {
        number: block.number,
        theirs: block.hash.into(),
        ours: finalized.hash.into(),
    };
    if block.number <= finalized.number {
        return Err(below.into());
    }
    let mut ancestor = parent;
    while ancestor != best && ancestor != finalized.hash {
        let (number, parent) = tree.number_and_parent(ancestor)?;
        if number <= finalized.number {
            return Err(below.into());
        }
        if tree.on_best_chain(number)? == Some(ancestor) {
            break;
        }
        ancestor = parent;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::{cell::Cell, collections::HashMap};

    #[test]
    fn a_block_weighs_by_its_range() {
        let max = u128::from(u64::MAX);
        for (range, weight) in [
            (0, max),
            (1, max),
            (2, max / 2),
            (3, max / 3),
            (u64::MAX / 2, 2),
            (u64::MAX / 2 + 1, 1),
            (u64::MAX, 1),
        ] {
            assert_eq!(weigh(range, 16), weight, "{range}");
        }
    }

    fn weigh(range: u64, iterations: u32) -> BlockWeight {
        block_weight(
            SolutionRange(range),
            NonZeroU32::new(iterations).expect("above 0"),
        )
    }

    #[test]
    fn a_block_weighs_by_its_iterations() {
        let max = u128::from(u64::MAX);
        for (range, iterations, weight) in [
            (u64::MAX, 16, 1),
            (u64::MAX, 32, 2),
            (u64::MAX, 65_536, 4096),
            (u64::MAX / 3, 48, 9),
            (1, 32, 2 * max),
            // No chain has such iterations, and the sum is rounded once, at the end.
            (u64::MAX, 15, 0),
            (u64::MAX / 2, 15, 1),
            (1, u32::MAX, max * u128::from(u32::MAX) / 16),
        ] {
            assert_eq!(weigh(range, iterations), weight, "{range} {iterations}");
        }
        // A fork from before a raise needs twice the blocks.
        assert_eq!(2 * weigh(12_345, 16_000), weigh(12_345, 32_000));
    }

    /// Decimal digits, the least first: arithmetic as on paper, in which nothing overflows.
    #[derive(PartialEq, Debug)]
    struct Digits(Vec<u8>);

    impl Digits {
        fn of(number: impl ToString) -> Self {
            Self(
                number
                    .to_string()
                    .bytes()
                    .rev()
                    .map(|digit| digit - b'0')
                    .collect(),
            )
        }

        fn times(&self, other: &Self) -> Self {
            let mut product = vec![0_u8; self.0.len() + other.0.len()];
            for (left, a) in self.0.iter().enumerate() {
                let mut carry = 0;
                for right in 0..product.len() - left {
                    let b = other.0.get(right).copied().unwrap_or(0);
                    let sum = product[left + right] + a * b + carry;
                    (product[left + right], carry) = (sum % 10, sum / 10);
                }
            }
            Self(product).trimmed()
        }

        fn divided_by(&self, divisor: u64) -> Self {
            let mut rest = 0_u128;
            let mut quotient = Vec::new();
            for digit in self.0.iter().rev() {
                rest = rest * 10 + u128::from(*digit);
                quotient.push((rest / u128::from(divisor)) as u8);
                rest %= u128::from(divisor);
            }
            quotient.reverse();
            Self(quotient).trimmed()
        }

        fn trimmed(mut self) -> Self {
            while self.0.len() > 1 && self.0.last() == Some(&0) {
                self.0.pop();
            }
            self
        }
    }

    #[test]
    fn the_heavier_chain_wins_and_ties_keep_the_first_seen() {
        assert!(becomes_best(11, 10));
        assert!(!becomes_best(10, 10));
        assert!(!becomes_best(9, 10));
        assert!(becomes_best(u128::MAX, u128::MAX - 1));
        assert!(!becomes_best(u128::MAX, u128::MAX));
    }

    #[test]
    fn final_is_what_lies_at_confirmation_depth() {
        for (best, finalized, depth, expected) in [
            (29, 0, 30, None),
            // Genesis is final from the start.
            (30, 0, 30, None),
            (31, 0, 30, Some(1)),
            (31, 1, 30, None),
            (32, 1, 30, Some(2)),
            // A lighter best chain after a heavier one leaves what is final.
            (31, 2, 30, None),
            (5, 3, 1, Some(4)),
            (u32::MAX, 0, 1, Some(u32::MAX - 1)),
            (0, 0, u32::MAX, None),
        ] {
            let found = next_final(best, finalized, depth);
            assert_eq!(found, expected, "best {best}, final {finalized}, {depth}");
        }
    }

    #[derive(Debug, PartialEq, Eq)]
    enum WalkError {
        BelowFinal(BelowFinal),
        Unknown(Hash),
    }

    impl From<BelowFinal> for WalkError {
        fn from(error: BelowFinal) -> Self {
            Self::BelowFinal(error)
        }
    }

    /// Blocks by hash, each with number and parent.
    #[derive(Default)]
    struct Tree {
        blocks: HashMap<Hash, (u32, Hash)>,
        best: Hash,
        finalized: u32,
        looked_up: Cell<u32>,
    }

    /// The n-th block of a branch.
    fn hash(branch: u8, number: u32) -> Hash {
        let mut hash = [branch; 32];
        hash[..4].copy_from_slice(&number.to_le_bytes());
        hash
    }

    impl Tree {
        /// A main branch 0 up to `best`.
        fn new(best: u32, finalized: u32) -> Self {
            let mut tree = Self {
                finalized,
                best: hash(0, best),
                ..Self::default()
            };
            tree.blocks.insert(hash(0, 0), (0, [0xff; 32]));
            tree.fork(0, 0, best);
            tree
        }

        /// Blocks `from + 1 ..= to` of a branch that leaves the main one after block `from`.
        fn fork(&mut self, branch: u8, from: u32, to: u32) {
            for number in from + 1..=to {
                let parent = match number == from + 1 {
                    true => hash(0, from),
                    false => hash(branch, number - 1),
                };
                self.blocks.insert(hash(branch, number), (number, parent));
            }
        }

        fn check(&self, branch: u8, number: u32, parent: Hash) -> Result<(), WalkError> {
            let block = BlockId {
                number,
                hash: hash(branch, number),
            };
            self.looked_up.set(0);
            builds_on_final(block, parent, self)
        }

        fn below(&self, branch: u8, number: u32) -> Result<(), WalkError> {
            Err(WalkError::BelowFinal(BelowFinal {
                number,
                theirs: hash(branch, number),
                ours: hash(0, self.finalized),
            }))
        }

        /// The twin: the ancestor at the final block's number is the final block.
        fn descends(&self, number: u32, parent: Hash) -> bool {
            if number <= self.finalized {
                return false;
            }
            let (mut number, mut hash_) = (number - 1, parent);
            while number > self.finalized {
                (number, hash_) = (number - 1, self.blocks[&hash_].1);
            }
            hash_ == hash(0, self.finalized)
        }
    }

    impl BlockTree for Tree {
        type Hash = Hash;
        type Error = WalkError;

        fn finalized(&self) -> BlockId<Hash> {
            BlockId {
                number: self.finalized,
                hash: hash(0, self.finalized),
            }
        }

        fn best(&self) -> Hash {
            self.best
        }

        fn on_best_chain(&self, number: u32) -> Result<Option<Hash>, WalkError> {
            let found = hash(0, number);
            Ok(self.blocks.contains_key(&found).then_some(found))
        }

        fn number_and_parent(&self, hash: Hash) -> Result<(u32, Hash), WalkError> {
            self.looked_up.set(self.looked_up.get() + 1);
            let found = self.blocks.get(&hash).copied();
            found.ok_or(WalkError::Unknown(hash))
        }
    }

    #[test]
    fn a_block_builds_on_what_is_final_or_is_refused() {
        let mut tree = Tree::new(10, 6);
        tree.fork(1, 6, 9);
        tree.fork(2, 5, 8);
        // On the best block nothing is looked up.
        assert_eq!(tree.check(0, 11, hash(0, 10)), Ok(()));
        assert_eq!(tree.looked_up.get(), 0);
        // On the final block, and on a fork that begins there.
        assert_eq!(tree.check(3, 7, hash(0, 6)), Ok(()));
        assert_eq!(tree.check(1, 10, hash(1, 9)), Ok(()));
        assert_eq!(tree.looked_up.get(), 3);
        // On an older block of the best chain.
        assert_eq!(tree.check(3, 9, hash(0, 8)), Ok(()));
        assert_eq!(tree.looked_up.get(), 1);
        // At the final number, below it, and on a fork that begins one block too early.
        assert_eq!(tree.check(3, 6, hash(0, 5)), tree.below(3, 6));
        assert_eq!(tree.check(3, 5, hash(0, 4)), tree.below(3, 5));
        assert_eq!(tree.check(2, 9, hash(2, 8)), tree.below(2, 9));
        assert_eq!(tree.check(3, 7, hash(0, 5)), tree.below(3, 7));
        let unknown = hash(9, 8);
        assert_eq!(tree.check(9, 9, unknown), Err(WalkError::Unknown(unknown)));
    }

    #[test]
    fn both_hashes_and_the_remedy_are_named() {
        let error = BelowFinal {
            number: 7,
            theirs: [0xab; 32],
            ours: [0xcd; 32],
        };
        assert_eq!(
            error.to_string(),
            format!(
                "block #7 0x{} does not build on 0x{}, which is final here; if the network is \
                 right, `allod node --resync` joins it",
                "ab".repeat(32),
                "cd".repeat(32)
            )
        );
    }

    proptest! {
        #[test]
        fn weights_agree_with_arithmetic_on_paper(
            range in prop_oneof![any::<u64>(), 0_u64..1000, any::<u64>().prop_map(|n| n >> 40)],
            iterations in 1_u32..,
        ) {
            let space = Digits::of(u64::MAX).divided_by(range.max(1));
            let paper = space.times(&Digits::of(iterations)).divided_by(16);
            prop_assert_eq!(Digits::of(weigh(range, iterations)), paper);
        }

        #[test]
        fn the_walk_agrees_with_going_all_the_way(
            finalized in 0_u32..8,
            more in 0_u32..8,
            from in 0_u32..16,
            length in 0_u32..8,
        ) {
            let best = finalized + more;
            let from = from.min(best);
            let mut tree = Tree::new(best, finalized);
            // Only what passes the check gets into the tree.
            let mut parent = hash(0, from);
            for number in from + 1..=from + length + 1 {
                let passes = tree.descends(number, parent);
                prop_assert_eq!(tree.check(1, number, parent).is_ok(), passes);
                if !passes {
                    break;
                }
                tree.blocks.insert(hash(1, number), (number, parent));
                parent = hash(1, number);
            }
        }
    }
}
