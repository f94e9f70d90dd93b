//! The chain's parameters of a network: their types, and the ranges in which a network on the internet can live.

use super::{NetworkError, NetworkFile, NetworkKind, wrong};
use allod_core::{ChainParameters, SolutionRange, parameters::MAX_EXTERNAL_ENTROPY_BYTES};
use serde_json::{Map, Value};
use std::num::NonZeroU32;

/// Most sectors at the start: 2 PiB, far above what one network begins with.
pub const MAX_LAUNCH_SECTORS: u64 = 1 << 24;

/// Iterations of the delay function in a millisecond, of the slowest and of the fastest core that a chain's first
/// timekeeper may be thought to run on: a tenth and ten times of what was measured.
const ITERATIONS_PER_MS: (u64, u64) = (10_000, 1_000_000);
/// Shortest slot on the internet, in milliseconds: what a message takes to the other side of the world.
const LEAST_SLOT_DURATION_MS: u64 = 100;
/// Fewest blocks on top of a final one on the internet, where nodes are cut off from one another for a minute or two.
const LEAST_CONFIRMATION_DEPTH: u32 = 16;
/// Fewest blocks of an era on the internet: fewer tell the space by chance.
const LEAST_ERA_LENGTH: u32 = 64;

impl NetworkFile {
    /// Those of the genesis: what the file says, and else the test network's.
    pub(super) fn genesis_parameters(&self, testnet: &Value) -> Result<Value, NetworkError> {
        let defaults = testnet.pointer("/farming/parameters");
        let defaults = defaults.and_then(Value::as_object).cloned();
        if self.parameters.contains_key("externalEntropy") {
            let expected = "is given as a text, by the field `entropy` beside `parameters`";
            return Err(wrong("parameters.externalEntropy", expected));
        }
        let parameters =
            read_parameters("parameters", defaults.unwrap_or_default(), &self.parameters)?;
        let parameters = ChainParameters {
            initial_solution_range: self.range(&parameters)?,
            external_entropy: self.entropy()?,
            ..parameters
        };
        parameters
            .check()
            .map_err(|error| wrong(format!("parameters.{}", error.field), error.expected))?;
        match self.kind {
            NetworkKind::Live => check_live(&parameters)?,
            NetworkKind::Local | NetworkKind::Development => {}
        }
        serde_json::to_value(parameters).map_err(NetworkError::Json)
    }

    fn range(&self, parameters: &ChainParameters) -> Result<SolutionRange, NetworkError> {
        check_sectors(self.sectors)?;
        if self.parameters.contains_key("initialSolutionRange") {
            return Ok(parameters.initial_solution_range);
        }
        Ok(range_for(parameters, self.sectors))
    }

    fn entropy(&self) -> Result<Vec<u8>, NetworkError> {
        let text = self.entropy.as_ref().unwrap_or(&self.name);
        let length = text.len();
        if text.trim().is_empty() || length > MAX_EXTERNAL_ENTROPY_BYTES {
            let expected = format!(
                "must have 1 to {MAX_EXTERNAL_ENTROPY_BYTES} bytes that are no blanks, not {length}; left out, it is the name"
            );
            return Err(wrong("entropy", expected));
        }
        Ok(text.as_bytes().to_vec())
    }
}

/// Checks the number of sectors at the start.
///
/// # Errors
/// What would be right.
pub fn check_sectors(sectors: u64) -> Result<(), NetworkError> {
    if (1..=MAX_LAUNCH_SECTORS).contains(&sectors) {
        return Ok(());
    }
    let expected = format!("must be from 1 to {MAX_LAUNCH_SECTORS}, not {sectors}");
    Err(wrong("sectors", expected))
}

fn range_for(parameters: &ChainParameters, sectors: u64) -> SolutionRange {
    SolutionRange::initial(
        parameters.pieces_per_sector,
        sectors,
        parameters.slot_probability,
    )
}

/// Field, whether it can be lived with, and what can.
type LiveRule = (&'static str, bool, String);

/// Refuses what a network on the internet cannot live with. One for trying things out may have it.
fn check_live(parameters: &ChainParameters) -> Result<(), NetworkError> {
    let rules = live_blocks(parameters).into_iter();
    let mut rules = rules.chain(live_difficulty(parameters));
    match rules.find(|(_, holds, _)| !holds) {
        None => Ok(()),
        Some((field, _, expected)) => {
            let expected = format!("{expected} (kind `live`)");
            Err(wrong(format!("parameters.{field}"), expected))
        }
    }
}

/// How fast blocks may follow one another, and how soon they may be final.
fn live_blocks(parameters: &ChainParameters) -> [LiveRule; 4] {
    let (numerator, denominator) = parameters.slot_probability;
    [
        (
            "slotDurationMs",
            parameters.slot_duration_ms >= LEAST_SLOT_DURATION_MS,
            format!(
                "must be at least {LEAST_SLOT_DURATION_MS}, not {}: shorter slots are over before others hear of them",
                parameters.slot_duration_ms
            ),
        ),
        (
            "slotProbability",
            numerator.saturating_mul(2) <= denominator,
            format!(
                "must be at most 1 / 2, not [{numerator}, {denominator}]: with a block in nearly every slot, farmers \
                 build beside one another"
            ),
        ),
        (
            "confirmationDepth",
            parameters.confirmation_depth >= LEAST_CONFIRMATION_DEPTH,
            format!(
                "must be at least {LEAST_CONFIRMATION_DEPTH}, not {}: nodes that were cut off for longer never come \
                 together again",
                parameters.confirmation_depth
            ),
        ),
        (
            "eraLength",
            parameters.era_length >= LEAST_ERA_LENGTH,
            format!(
                "must be at least {LEAST_ERA_LENGTH}, not {}: shorter eras tell the space by chance",
                parameters.era_length
            ),
        ),
    ]
}

/// How long slots last, and how much space a network may begin with.
fn live_difficulty(parameters: &ChainParameters) -> [LiveRule; 2] {
    let of_slot = |per_ms: u64| {
        let iterations = per_ms.saturating_mul(parameters.slot_duration_ms);
        iterations.min(u32::MAX.into())
    };
    let (fewest, most) = (of_slot(ITERATIONS_PER_MS.0), of_slot(ITERATIONS_PER_MS.1));
    let iterations = parameters.initial_iterations.get();
    let narrowest = range_for(parameters, MAX_LAUNCH_SECTORS).0;
    let widest = range_for(parameters, 1).0;
    let range = parameters.initial_solution_range.0;
    [
        (
            "initialIterations",
            (fewest..=most).contains(&iterations.into()),
            format!(
                "must be from {fewest} to {most}, not {iterations}: they are the clock, and a slot is to last {} ms",
                parameters.slot_duration_ms
            ),
        ),
        (
            "initialSolutionRange",
            (narrowest..=widest).contains(&range),
            format!(
                "must be from {narrowest} to {widest}, not {range}: the first is for {MAX_LAUNCH_SECTORS} sectors, the \
                 last for one; left out, it is that for `sectors`"
            ),
        ),
    ]
}

/// Parameters that are `given`, and for the rest those of `base`, which are right; `path` is where they are given.
pub(crate) fn read_parameters(
    path: &str,
    base: Map<String, Value>,
    given: &Map<String, Value>,
) -> Result<ChainParameters, NetworkError> {
    let mut fields = base;
    for (name, value) in given {
        let field = format!("{path}.{name}");
        let Some(before) = fields.get(name).cloned() else {
            let known: Vec<&str> = fields.keys().map(String::as_str).collect();
            let expected = format!("there is no such parameter; there are {}", known.join(", "));
            return Err(wrong(field, expected));
        };
        fields.insert(name.clone(), value.clone());
        // One at a time, so that the error is that of this field.
        if !are_parameters(&fields) {
            let expected = expected(&mut fields, name, &before);
            return Err(wrong(field, format!("must be {expected}, not {value}")));
        }
    }
    serde_json::from_value(fields.into()).map_err(|error| wrong(path, error.to_string()))
}

fn are_parameters(fields: &Map<String, Value>) -> bool {
    serde_json::from_value::<ChainParameters>(fields.clone().into()).is_ok()
}

/// What a parameter must be, of which `before` is an example.
fn expected(fields: &mut Map<String, Value>, name: &str, before: &Value) -> String {
    let widths = [u64::MAX, u32::MAX.into(), u16::MAX.into()];
    let largest = widths.into_iter().find(|largest| {
        fields.insert(name.to_owned(), (*largest).into());
        are_parameters(fields)
    });
    match largest {
        Some(largest) => {
            fields.insert(name.to_owned(), 0.into());
            let smallest = u8::from(!are_parameters(fields));
            format!("a whole number from {smallest} to {largest}")
        }
        None => format!("like {before}"),
    }
}

/// Parameters that are right, as an example of their types.
pub(crate) fn example() -> ChainParameters {
    let slot_probability = (1, 6);
    ChainParameters {
        slot_duration_ms: 1_000,
        slot_probability,
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
        initial_solution_range: SolutionRange::initial(64, 4, slot_probability),
        initial_iterations: NonZeroU32::MIN.saturating_add(65_535),
        external_entropy: b"entropy".to_vec(),
    }
}
