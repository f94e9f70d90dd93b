//! Proof of space (§6): `k`, `seed`, `challenge`, `proof`, `quality`.
//!
//! A case without proof (missing, null or empty) claims that there is none. Each proof is verified
//! and its quality compared. For every K of which tables are made, proofs are also looked for in the
//! table of the case's seed: it must find only proofs that verify, and the given one among them.

use crate::{
    FileError, Outcome, Report,
    file::{Case, cases},
    report::Failures,
};
use allod_proof_of_space::{Error, SectorTable, Table, verify};
use serde_json::Value;
use std::collections::BTreeMap;

struct Answer {
    challenge: [u8; 32],
    proof: Option<Proof>,
}

struct Proof {
    bytes: Vec<u8>,
    /// None if the proof must be refused.
    quality: Option<[u8; 32]>,
}

/// What a table is made from.
type Origin = (u8, [u8; 32]);

fn read(case: &Case) -> Result<(Origin, Answer), FileError> {
    let proof = if case.is_empty("proof") {
        None
    } else {
        let quality = if case.valid()? {
            Some(case.array("quality")?)
        } else {
            None
        };
        Some(Proof {
            bytes: case.bytes("proof")?,
            quality,
        })
    };
    let answer = Answer {
        challenge: case.array("challenge")?,
        proof,
    };
    Ok(((case.number("k")?, case.array("seed")?), answer))
}

impl Answer {
    fn check(&self, (k, seed): &Origin, table: &Result<Table, Error>) -> Failures {
        let mut failures = Failures::default();
        if let Some(proof) = &self.proof {
            let computed = match verify(*k, seed, &self.challenge, &proof.bytes) {
                Ok(quality) => hex::encode(quality),
                Err(error) => format!("a refusal ({error})"),
            };
            match proof.quality {
                Some(quality) => failures.compare("quality", &hex::encode(quality), &computed),
                None if computed.starts_with("a refusal") => {}
                None => failures.compare("verification", "a refusal", &computed),
            }
        }
        match table {
            Ok(table) => self.check_found(*k, seed, table, &mut failures),
            Err(error) if self.proof.is_none() => {
                failures.add(format!("that there is no proof cannot be checked: {error}"));
            }
            Err(_) => {}
        }
        failures
    }

    fn check_found(&self, k: u8, seed: &[u8; 32], table: &Table, failures: &mut Failures) {
        let found = table.find_proofs(&self.challenge);
        for proof in &found {
            if let Err(error) = verify(k, seed, &self.challenge, proof) {
                let proof = hex::encode(proof);
                failures.add(format!("found {proof}, which is refused ({error})"));
            }
        }
        let text = || match &found[..] {
            [] => "none".to_string(),
            found => found.iter().map(hex::encode).collect::<Vec<_>>().join(" "),
        };
        match &self.proof {
            None => failures.compare("proofs found", "none", &text()),
            Some(proof) => {
                let expected = proof.quality.is_some();
                if found.contains(&proof.bytes) != expected {
                    let expected = if expected { "this one" } else { "others" };
                    failures.add(format!(
                        "proofs found: expected {expected}, found {}",
                        text()
                    ));
                }
            }
        }
    }
}

/// Checks all cases of a file.
///
/// # Errors
/// [`FileError::Form`], [`FileError::Field`].
pub fn check(file: &Value) -> Result<Report, FileError> {
    let cases = cases(file, "case")?;
    // Cases of one table are checked together, so that one table at a time is in memory.
    let mut by_table: BTreeMap<Origin, Vec<(usize, Answer)>> = BTreeMap::new();
    for (index, case) in cases.iter().enumerate() {
        let (origin, answer) = read(case)?;
        by_table.entry(origin).or_default().push((index, answer));
    }
    let mut failures: Vec<Failures> = cases.iter().map(|_| Failures::default()).collect();
    for (origin, answers) in &by_table {
        let (k, seed) = origin;
        let table = Table::new(*k, seed);
        for (index, answer) in answers {
            failures[*index] = answer.check(origin, &table);
        }
    }
    let outcomes = cases.into_iter().zip(failures);
    Report::of(
        outcomes
            .map(|(case, failures)| Outcome {
                case: case.name,
                failures: failures.0,
            })
            .collect(),
    )
}

/// The proof of space of a sector's table (K = 17) for an s-bucket, if there is one.
pub fn prove(seed: &[u8; 32], s_bucket: u16) -> Option<[u8; 136]> {
    SectorTable::new(seed).find_proof(s_bucket)
}
