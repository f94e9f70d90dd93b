//! Constants of the protocol, and the parameters that a chain fixes at genesis (§3).

use crate::units::SolutionRange;
use alloc::{
    format,
    string::{String, ToString},
    vec::Vec,
};
use core::{fmt::Display, num::NonZeroU32, ops::RangeInclusive};
use parity_scale_codec::{Decode, DecodeWithMemTracking, Encode};
use scale_info::TypeInfo;

/// Bytes of a scalar as it is stored.
pub const SCALAR_BYTES: usize = 32;
/// Bytes of raw history in a scalar: the first of the 32 stays 0, so every value is below r.
pub const RAW_SCALAR_BYTES: usize = 31;
/// Scalars of a record, as many as an EIP-4844 blob has.
pub const RECORD_SCALARS: usize = 4096;
pub const RECORD_BYTES: usize = 131_072;
/// Bytes of raw history in a record.
pub const RAW_RECORD_BYTES: usize = 126_976;
/// Positions of a record after it was extended ×2.
pub const S_BUCKETS: u16 = 8192;
/// Bytes of a compressed G1 point.
pub const POINT_BYTES: usize = 48;
/// Bytes of a piece: record, record commitment, record witness.
pub const PIECE_BYTES: usize = 131_168;
/// Checkpoints that prove a slot's proof-of-time.
pub const CHECKPOINTS: usize = 8;
/// Parts of a sector, of which an audit reads one.
pub const AUDIT_GROUPS: u16 = 8;
/// Sector indices are below this.
pub const MAX_SECTORS: u32 = 1 << 19;
/// The K of the proof of space: `2^17 / 8,192 = 16` possible challenges for each s-bucket, one of which is used.
pub const SPACE_K: u8 = 17;
/// Bytes of a proof of space: 64 values of K bits.
pub const SPACE_PROOF_BYTES: usize = 8 * SPACE_K as usize;
/// Iterations of the delay function are a multiple of this: every checkpoint's span has a middle.
pub const ITERATIONS_MULTIPLE: u32 = 2 * CHECKPOINTS as u32;
/// Slots by which a block may run ahead of a node's own proof-of-time before it is held back (§8).
pub const MAX_SLOTS_AHEAD: u64 = 30;
/// Blocks within which an equivocation can be reported (§8).
pub const EQUIVOCATION_WINDOW: u32 = 4096;
/// Slots between a block and its parent after which the range for the block doubles, and doubles
/// again (§8). So a chain whose farmers are gone goes on with whatever space comes back.
pub const SLOTS_PER_DOUBLING: u64 = 4096;
/// Slots that one justification can prove. A timekeeper stops when it is this far ahead of the
/// best block, so that a chain which nobody farmed for hours can always be continued.
pub const MAX_SLOTS_PER_JUSTIFICATION: u32 = 32_768;
/// Seconds that the fullest block takes to execute on the reference machine: so much weight it may have, and so long an
/// author may fill it.
pub const MAX_BLOCK_SECONDS: u64 = 2;
/// Bytes that the extrinsics of a block may have.
pub const MAX_BLOCK_BYTES: u32 = 5 * 1024 * 1024;
/// Records per segment may not exceed this, so that a segment fits in memory (128 MiB of pieces).
pub const MAX_RAW_RECORDS_PER_SEGMENT: u16 = 512;
/// Fewest pieces of a sector: two for each of its parts.
pub const MIN_PIECES_PER_SECTOR: u16 = 2 * AUDIT_GROUPS;
/// Most intervals between a block that gives entropy and the one that injects it: so many sources the state keeps.
pub const MAX_ENTROPY_LOOKBACK: u32 = 1024;
/// Most bytes of external entropy in the genesis.
pub const MAX_EXTERNAL_ENTROPY_BYTES: usize = 1024;
/// Longest slot, in milliseconds: a minute.
pub const MAX_SLOT_DURATION_MS: u64 = 60_000;
/// Shortest slot, in milliseconds: what it takes to tell a neighbour of it.
pub const MIN_SLOT_DURATION_MS: u64 = 10;
/// Most blocks on top of one that is not final yet: of all of them a node keeps the states, and whatever it keeps beside
/// blocks it keeps for so many.
pub const MAX_CONFIRMATION_DEPTH: u32 = EQUIVOCATION_WINDOW;
/// Most blocks of an era: four days and a half, at a block in six seconds.
pub const MAX_ERA_LENGTH: u32 = 65_536;
/// Most blocks between two sources of entropy: so long a miner of seeds may know what comes.
pub const MAX_ENTROPY_INTERVAL: u32 = 65_536;
/// Narrowest first solution range. At it, half a zettabyte would have to be farmed for a block in every slot.
pub const MIN_INITIAL_SOLUTION_RANGE: u64 = 1 << 16;
/// Bytes of the longest header, in SCALE, that a farmer signs and a report of an equivocation may name. One with
/// the most segment headers and blocked keys that a block can log is shorter.
pub const MAX_HEADER_BYTES: usize = 16 * 1024;

/// Bytes of the longest id of a chain: a folder on every node is called so, and DIDs name it.
pub const MAX_CHAIN_ID_BYTES: usize = 64;

/// The parameters of a chain: set by its genesis, readable through the runtime API, and read
/// from there by every client.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "camelCase", deny_unknown_fields)
)]
pub struct ChainParameters {
    /// Length of a slot in milliseconds, from [`MIN_SLOT_DURATION_MS`] to [`MAX_SLOT_DURATION_MS`].
    pub slot_duration_ms: u64,
    /// Share of slots that are to have a block, as numerator and denominator, from 1 / [`SLOTS_PER_DOUBLING`] to 1: with
    /// fewer blocks the range would double before every one.
    pub slot_probability: (u64, u64),
    /// Raw records per segment (R): a power of two, at most [`MAX_RAW_RECORDS_PER_SEGMENT`].
    /// A segment has 2R pieces.
    pub raw_records_per_segment: u16,
    /// Pieces per sector (P): a multiple of [`AUDIT_GROUPS`], at least [`MIN_PIECES_PER_SECTOR`].
    pub pieces_per_sector: u16,
    /// Blocks on top of a block after which it is archived and final, from 1 to [`MAX_CONFIRMATION_DEPTH`].
    pub confirmation_depth: u32,
    /// Blocks after which the solution range is adjusted, from 1 to [`MAX_ERA_LENGTH`].
    pub era_length: u32,
    /// How many of the newest segments are preferred by plots, above 0 and below 2^32.
    pub recent_segments: u64,
    /// Share of a sector that prefers recent segments, as numerator and denominator.
    pub recent_fraction: (u64, u64),
    /// Segments of history growth before a sector can expire (M), above 0 and below 2^32.
    pub min_sector_lifetime: u64,
    /// Slots between the slot that a block was won in and the newest slot that it proves.
    pub block_authoring_delay: u64,
    /// Blocks between two entropy sources, not below `entropy_delay` and at most [`MAX_ENTROPY_INTERVAL`].
    pub entropy_interval: u32,
    /// Intervals between the block that is a source and the block that injects it, from 1 to [`MAX_ENTROPY_LOOKBACK`].
    pub entropy_lookback: u32,
    /// Slots between the injecting block and the injection, above `block_authoring_delay`.
    pub entropy_delay: u64,
    /// The first era's solution range, at least [`MIN_INITIAL_SOLUTION_RANGE`].
    pub initial_solution_range: SolutionRange,
    /// Iterations of the delay function per slot at genesis: a multiple of [`ITERATIONS_MULTIPLE`].
    pub initial_iterations: NonZeroU32,
    /// Enters the first slot's seed; at most [`MAX_EXTERNAL_ENTROPY_BYTES`].
    pub external_entropy: Vec<u8>,
}

/// A parameter that no chain can have.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {expected}")]
pub struct ParameterError {
    /// Name of the field, as in a chain specification.
    pub field: &'static str,
    /// What would be right.
    pub expected: String,
}

/// A rule about a parameter, and whether it is kept.
struct Rule {
    holds: bool,
    field: &'static str,
    expected: String,
    value: String,
}

impl Rule {
    fn new(
        field: &'static str,
        holds: bool,
        expected: impl Into<String>,
        value: impl ToString,
    ) -> Self {
        Self {
            holds,
            field,
            expected: expected.into(),
            value: value.to_string(),
        }
    }

    fn within<N: PartialOrd + Display>(
        field: &'static str,
        legal: RangeInclusive<N>,
        value: N,
    ) -> Self {
        let expected = format!("must be from {} to {}", legal.start(), legal.end());
        Self::new(field, legal.contains(&value), expected, value)
    }

    /// A count that arithmetic multiplies in 64 bits.
    fn positive_below_2_32(field: &'static str, value: u64) -> Self {
        let holds = value > 0 && is_below_2_32(value);
        Self::new(field, holds, "must be above 0 and below 2^32", value)
    }
}

fn is_below_2_32(number: u64) -> bool {
    number <= u64::from(u32::MAX)
}

impl ChainParameters {
    /// Checks every field against its legal range.
    pub fn check(&self) -> Result<(), ParameterError> {
        match self.rules().find(|rule| !rule.holds) {
            Some(Rule {
                field,
                expected,
                value,
                ..
            }) => Err(ParameterError {
                field,
                expected: format!("{expected}, not {value}"),
            }),
            None => Ok(()),
        }
    }

    /// The rules of every field. Whoever adds one has to name it here, and an argument that nobody uses is an error.
    fn rules(&self) -> impl Iterator<Item = Rule> {
        let Self {
            slot_duration_ms,
            slot_probability,
            raw_records_per_segment,
            pieces_per_sector,
            confirmation_depth,
            era_length,
            recent_segments,
            recent_fraction,
            min_sector_lifetime,
            block_authoring_delay,
            entropy_interval,
            entropy_lookback,
            entropy_delay,
            initial_solution_range,
            initial_iterations,
            external_entropy,
        } = self;
        let slots = rules_of_slots(*slot_duration_ms, *slot_probability);
        let history = rules_of_history(*raw_records_per_segment, *confirmation_depth);
        let sectors = rules_of_sectors(
            *pieces_per_sector,
            *recent_segments,
            *recent_fraction,
            *min_sector_lifetime,
        );
        let entropy = rules_of_entropy(
            *block_authoring_delay,
            *entropy_delay,
            *entropy_interval,
            *entropy_lookback,
            external_entropy,
        );
        let difficulty =
            rules_of_difficulty(*era_length, *initial_solution_range, *initial_iterations);
        let rules = slots.into_iter().chain(history).chain(sectors);
        rules.chain(entropy).chain(difficulty)
    }

    /// The newest block that is final, and archived, when block `best` is the best one; `None` while there are fewer
    /// blocks than the confirmation depth.
    pub fn confirmed_by(&self, best: u32) -> Option<u32> {
        best.checked_sub(self.confirmation_depth)
    }

    /// The block whose segment headers block `number` brings: those of the segments that end in it. `None` if it
    /// brings none.
    ///
    /// The genesis block's come at once, those of others as soon as the parent confirms the block that they end in.
    pub fn segments_end_in(&self, number: u32) -> Option<u32> {
        let parent = number.checked_sub(1)?;
        if parent == 0 {
            return Some(0);
        }
        self.confirmed_by(parent).filter(|last| *last > 0)
    }

    /// The block that brings the headers of segments that end in block `last`, and the only one that may; `None` if no
    /// block can have that number.
    pub fn segments_enter_in(&self, last: u32) -> Option<u32> {
        if last == 0 {
            return Some(1);
        }
        last.checked_add(self.confirmation_depth)?.checked_add(1)
    }

    /// Pieces of a segment, source and parity: 2R.
    pub fn pieces_per_segment(&self) -> u64 {
        u64::from(self.raw_records_per_segment).saturating_mul(2)
    }

    /// Whether block `number` is the last one of an era. An era of 0 blocks, which no chain has, never ends.
    pub fn ends_era(&self, number: u32) -> bool {
        number.checked_rem(self.era_length) == Some(0)
    }

    /// Raw history in a segment, in bytes.
    pub fn segment_bytes(&self) -> usize {
        usize::from(self.raw_records_per_segment).saturating_mul(RAW_RECORD_BYTES)
    }
}

fn rules_of_slots(duration_ms: u64, (numerator, denominator): (u64, u64)) -> [Rule; 4] {
    let share = format!("[{numerator}, {denominator}]");
    let of_share = |holds, expected| Rule::new("slotProbability", holds, expected, &share);
    [
        Rule::within(
            "slotDurationMs",
            MIN_SLOT_DURATION_MS..=MAX_SLOT_DURATION_MS,
            duration_ms,
        ),
        of_share(
            numerator > 0 && numerator <= denominator,
            "must be above 0 and at most 1, as [numerator, denominator]".into(),
        ),
        of_share(
            is_below_2_32(denominator),
            "must have a denominator below 2^32".into(),
        ),
        of_share(
            numerator.saturating_mul(SLOTS_PER_DOUBLING) >= denominator,
            format!("must be at least 1 / {SLOTS_PER_DOUBLING}"),
        ),
    ]
}

fn rules_of_history(raw_records_per_segment: u16, confirmation_depth: u32) -> [Rule; 2] {
    [
        Rule::new(
            "rawRecordsPerSegment",
            raw_records_per_segment.is_power_of_two()
                && raw_records_per_segment <= MAX_RAW_RECORDS_PER_SEGMENT,
            format!("must be a power of two, at most {MAX_RAW_RECORDS_PER_SEGMENT}"),
            raw_records_per_segment,
        ),
        Rule::within(
            "confirmationDepth",
            1..=MAX_CONFIRMATION_DEPTH,
            confirmation_depth,
        ),
    ]
}

fn rules_of_sectors(
    pieces_per_sector: u16,
    recent_segments: u64,
    (recent, of): (u64, u64),
    min_sector_lifetime: u64,
) -> [Rule; 4] {
    [
        Rule::new(
            "piecesPerSector",
            pieces_per_sector >= MIN_PIECES_PER_SECTOR
                && pieces_per_sector.checked_rem(AUDIT_GROUPS) == Some(0),
            format!("must be a multiple of {AUDIT_GROUPS}, at least {MIN_PIECES_PER_SECTOR}"),
            pieces_per_sector,
        ),
        Rule::positive_below_2_32("recentSegments", recent_segments),
        Rule::new(
            "recentFraction",
            recent > 0 && recent < of && is_below_2_32(of),
            "must be above 0 and below 1, as [numerator, denominator below 2^32]",
            format!("[{recent}, {of}]"),
        ),
        Rule::positive_below_2_32("minSectorLifetime", min_sector_lifetime),
    ]
}

fn rules_of_entropy(
    block_authoring_delay: u64,
    delay: u64,
    interval: u32,
    lookback: u32,
    external: &[u8],
) -> [Rule; 5] {
    [
        Rule::new(
            "blockAuthoringDelay",
            block_authoring_delay > 0
                && block_authoring_delay < u64::from(MAX_SLOTS_PER_JUSTIFICATION),
            format!("must be above 0 and below {MAX_SLOTS_PER_JUSTIFICATION}"),
            block_authoring_delay,
        ),
        Rule::new(
            "entropyDelay",
            delay > block_authoring_delay,
            format!("must be above blockAuthoringDelay, {block_authoring_delay}"),
            delay,
        ),
        Rule::new(
            "entropyInterval",
            u64::from(interval) >= delay && interval <= MAX_ENTROPY_INTERVAL,
            format!("must be from entropyDelay, {delay}, to {MAX_ENTROPY_INTERVAL}"),
            interval,
        ),
        Rule::within("entropyLookback", 1..=MAX_ENTROPY_LOOKBACK, lookback),
        Rule::new(
            "externalEntropy",
            external.len() <= MAX_EXTERNAL_ENTROPY_BYTES,
            format!("must have at most {MAX_EXTERNAL_ENTROPY_BYTES} bytes"),
            external.len(),
        ),
    ]
}

/// How hard it is to win a block, and how fast that follows the space.
fn rules_of_difficulty(
    era_length: u32,
    initial_range: SolutionRange,
    initial_iterations: NonZeroU32,
) -> [Rule; 3] {
    [
        Rule::within("eraLength", 1..=MAX_ERA_LENGTH, era_length),
        Rule::new(
            "initialSolutionRange",
            initial_range.0 >= MIN_INITIAL_SOLUTION_RANGE,
            format!("must be at least {MIN_INITIAL_SOLUTION_RANGE}"),
            initial_range.0,
        ),
        Rule::new(
            "initialIterations",
            initial_iterations.get().checked_rem(ITERATIONS_MULTIPLE) == Some(0),
            format!("must be a multiple of {ITERATIONS_MULTIPLE}"),
            initial_iterations,
        ),
    ]
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use alloc::collections::BTreeSet;
    use scale_info::TypeDef;

    /// The parameters of `local` in the design's table.
    pub(crate) fn local() -> ChainParameters {
        ChainParameters {
            slot_duration_ms: 1000,
            slot_probability: (1, 6),
            raw_records_per_segment: 8,
            pieces_per_sector: 64,
            confirmation_depth: 30,
            era_length: 64,
            recent_segments: 5,
            recent_fraction: (1, 10),
            min_sector_lifetime: 4,
            block_authoring_delay: 4,
            entropy_interval: 30,
            entropy_lookback: 1,
            entropy_delay: 15,
            initial_solution_range: SolutionRange::initial(64, 2, (1, 6)),
            initial_iterations: NonZeroU32::new(1024).unwrap(),
            external_entropy: Vec::new(),
        }
    }

    #[test]
    fn constants_fit_together() {
        assert_eq!(RECORD_BYTES, RECORD_SCALARS * SCALAR_BYTES);
        assert_eq!(RAW_RECORD_BYTES, RECORD_SCALARS * RAW_SCALAR_BYTES);
        assert_eq!(usize::from(S_BUCKETS), RECORD_SCALARS * 2);
        assert_eq!(PIECE_BYTES, RECORD_BYTES + 2 * POINT_BYTES);
    }

    #[test]
    fn segment_headers_enter_when_their_last_block_is_confirmed() {
        let parameters = local();
        for (number, last) in [
            (0, None),
            (1, Some(0)),
            (2, None),
            (31, None),
            (32, Some(1)),
        ] {
            assert_eq!(parameters.segments_end_in(number), last, "{number}");
        }
        for last in 0..1000 {
            let number = parameters.segments_enter_in(last).unwrap();
            assert_eq!(parameters.segments_end_in(number), Some(last));
            assert!(last == 0 || parameters.confirmed_by(number - 1) == Some(last));
        }
        assert_eq!(parameters.segments_enter_in(u32::MAX - 31), Some(u32::MAX));
        assert_eq!(parameters.segments_enter_in(u32::MAX - 30), None);
    }

    /// The fields, as specifications call them.
    fn fields() -> BTreeSet<String> {
        let TypeDef::Composite(parameters) = ChainParameters::type_info().type_def else {
            panic!("parameters are a struct");
        };
        let names = parameters.fields.iter().filter_map(|field| field.name);
        let camel_case = |name: &str| {
            let (first, rest) = name.split_once('_').unwrap_or((name, ""));
            let rest = rest.split('_').filter(|word| !word.is_empty()).map(|word| {
                let (initial, end) = word.split_at(1);
                initial.to_uppercase() + end
            });
            core::iter::once(first.to_string()).chain(rest).collect()
        };
        names.map(camel_case).collect()
    }

    #[test]
    fn the_local_chain_is_legal_and_each_broken_field_is_named() {
        assert_eq!(local().check(), Ok(()));
        type Break = fn(&mut ChainParameters);
        let broken: &[(&str, Break)] = &[
            ("slotDurationMs", |p| p.slot_duration_ms = 9),
            ("slotDurationMs", |p| p.slot_duration_ms = 60_001),
            ("slotProbability", |p| p.slot_probability = (2, 1)),
            ("slotProbability", |p| p.slot_probability = (1, 4_097)),
            ("slotProbability", |p| {
                p.slot_probability = (1 << 32, 1 << 32)
            }),
            ("rawRecordsPerSegment", |p| p.raw_records_per_segment = 12),
            ("piecesPerSector", |p| p.pieces_per_sector = 60),
            ("confirmationDepth", |p| p.confirmation_depth = 0),
            ("confirmationDepth", |p| p.confirmation_depth = 4_097),
            ("eraLength", |p| p.era_length = 0),
            ("eraLength", |p| p.era_length = 65_537),
            ("recentSegments", |p| p.recent_segments = 0),
            ("recentSegments", |p| p.recent_segments = 1 << 32),
            ("recentFraction", |p| p.recent_fraction = (1, 1)),
            ("minSectorLifetime", |p| p.min_sector_lifetime = 0),
            ("minSectorLifetime", |p| p.min_sector_lifetime = 1 << 32),
            ("blockAuthoringDelay", |p| p.block_authoring_delay = 0),
            ("entropyDelay", |p| p.entropy_delay = 4),
            ("entropyInterval", |p| p.entropy_interval = 14),
            ("entropyInterval", |p| p.entropy_interval = 65_537),
            ("entropyLookback", |p| p.entropy_lookback = 0),
            ("entropyLookback", |p| p.entropy_lookback = 1_025),
            ("initialSolutionRange", |p| {
                p.initial_solution_range = SolutionRange(65_535)
            }),
            ("initialIterations", |p| {
                p.initial_iterations = NonZeroU32::new(24).unwrap()
            }),
            ("externalEntropy", |p| {
                p.external_entropy = alloc::vec![0; 1025]
            }),
        ];
        for (field, break_it) in broken {
            let mut parameters = local();
            break_it(&mut parameters);
            assert_eq!(parameters.check().map_err(|error| error.field), Err(*field));
        }
        let broken: BTreeSet<&str> = broken.iter().map(|(field, _)| *field).collect();
        let fields = fields();
        assert_eq!(broken, fields.iter().map(String::as_str).collect());
    }

    #[test]
    fn the_ends_of_each_range_are_legal() {
        let smallest = ChainParameters {
            slot_duration_ms: 10,
            slot_probability: (1, 4_096),
            confirmation_depth: 1,
            era_length: 1,
            min_sector_lifetime: 1,
            initial_solution_range: SolutionRange(65_536),
            initial_iterations: NonZeroU32::new(16).unwrap(),
            ..local()
        };
        let largest = ChainParameters {
            slot_duration_ms: 60_000,
            slot_probability: (1, 1),
            confirmation_depth: 4_096,
            era_length: 65_536,
            min_sector_lifetime: u64::from(u32::MAX),
            entropy_interval: 65_536,
            entropy_delay: 65_536,
            entropy_lookback: 1_024,
            initial_solution_range: SolutionRange(u64::MAX),
            ..local()
        };
        assert_eq!((smallest.check(), largest.check()), (Ok(()), Ok(())));
    }

    #[test]
    fn an_error_names_field_range_and_value() {
        let parameters = ChainParameters {
            confirmation_depth: u32::MAX,
            ..local()
        };
        assert_eq!(
            parameters.check().unwrap_err().to_string(),
            "confirmationDepth: must be from 1 to 4096, not 4294967295"
        );
    }
}
