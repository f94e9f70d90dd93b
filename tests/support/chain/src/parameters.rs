//! The parameters of a small chain.

use allod_core::{ChainParameters, SolutionRange};
use std::num::NonZeroU32;

/// As the network `local`, but every ticket wins and slots cost little. Segments have 16 pieces; blocks prove slots up
/// to their own + 4.
pub fn parameters() -> ChainParameters {
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
        initial_solution_range: SolutionRange(u64::MAX),
        initial_iterations: NonZeroU32::new(16).unwrap(),
        external_entropy: b"entropy".to_vec(),
    }
}
