//! KZG (§5, §7): commitments to records, their extension, openings.
//!
//! `blobs`: element i of a blob follows from its `rule` and `tag`:
//!
//! | rule | element |
//! |---|---|
//! | `31-byte` | the byte 0, then the first 31 bytes of `SHA-256(tag ‖ i)`, i as 4 bytes, big-endian |
//! | `mod-r` | `SHA-256(tag ‖ i)` as a big-endian number, mod r |
//! | `zero` | 0 |
//!
//! Its `commitment` and the `extension_sha256` of its 8,192 chunks are compared.
//!
//! `openings`: `commitment` opened for `bucket` at `z` with value `y` and `proof`. It is `valid` if
//! z is the bucket's point and the proof holds. A valid one whose commitment belongs to a blob of
//! the file is made once more from the blob.

use crate::{
    FileError, Outcome, Report,
    file::{Case, cases},
    report::Failures,
};
use allod_kzg::{G1Bytes, Kzg, RECORD_SCALARS, SCALAR_BYTES, ScalarBytes};
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::collections::HashMap;

/// The order of the scalar field, big-endian.
const ORDER: &str = "73eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff00000001";

#[derive(Clone, Copy)]
enum Rule {
    Zero,
    Raw,
    ModR,
}

struct Blob {
    rule: Rule,
    tag: Vec<u8>,
    commitment: G1Bytes,
    extension_sha256: [u8; 32],
}

impl Blob {
    fn read(case: &Case) -> Result<Self, FileError> {
        let rule = match case.text("rule")? {
            "zero" => Rule::Zero,
            "31-byte" => Rule::Raw,
            "mod-r" => Rule::ModR,
            other => {
                let problem = format!("{other:?} is none of zero, 31-byte and mod-r");
                return Err(case.wrong("rule", problem));
            }
        };
        Ok(Self {
            rule,
            tag: match rule {
                Rule::Zero if case.is_empty("tag") => Vec::new(),
                _ => case.bytes("tag")?,
            },
            commitment: case.array("commitment")?,
            extension_sha256: case.array("extension_sha256")?,
        })
    }

    fn record(&self) -> Vec<u8> {
        let count = u32::try_from(RECORD_SCALARS).unwrap_or(u32::MAX);
        (0..count).flat_map(|index| self.element(index)).collect()
    }

    fn element(&self, index: u32) -> ScalarBytes {
        let mut hash = Sha256::new_with_prefix(&self.tag);
        hash.update(index.to_be_bytes());
        let mut element: ScalarBytes = hash.finalize().into();
        match self.rule {
            Rule::Zero => [0; SCALAR_BYTES],
            Rule::Raw => {
                element.rotate_right(1);
                element[0] = 0;
                element
            }
            Rule::ModR => reduce(element),
        }
    }

    fn check(&self, kzg: &Kzg, record: &[u8]) -> Failures {
        let mut failures = Failures::default();
        let text = |computed: Result<Vec<u8>, allod_kzg::Error>| match computed {
            Ok(bytes) => hex::encode(bytes),
            Err(error) => format!("an error ({error})"),
        };
        let commitment = kzg.commit_record(record).map(Vec::from);
        let expected = hex::encode(self.commitment);
        failures.compare("commitment", &expected, &text(commitment));
        let extension = kzg.extend_record(record).map(|chunks| {
            let (source, _) = chunks.as_flattened().split_at(record.len());
            if source != record {
                failures.add("the extension does not begin with the blob".to_string());
            }
            Sha256::digest(chunks.as_flattened()).to_vec()
        });
        let expected = hex::encode(self.extension_sha256);
        failures.compare("extension_sha256", &expected, &text(extension));
        failures
    }
}

/// The number mod r, by subtraction: r fits at most twice into 256 bits.
fn reduce(mut number: ScalarBytes) -> ScalarBytes {
    let mut order = [0; SCALAR_BYTES];
    // A constant of the right length.
    let _ = hex::decode_to_slice(ORDER, &mut order);
    while number >= order {
        let mut borrow = false;
        for (digit, subtrahend) in number.iter_mut().zip(order).rev() {
            let (difference, first) = digit.overflowing_sub(subtrahend);
            let (difference, second) = difference.overflowing_sub(u8::from(borrow));
            *digit = difference;
            borrow = first || second;
        }
    }
    number
}

struct Opening {
    commitment: G1Bytes,
    bucket: u16,
    z: ScalarBytes,
    y: ScalarBytes,
    proof: G1Bytes,
    valid: bool,
}

impl Opening {
    fn read(case: &Case) -> Result<Self, FileError> {
        Ok(Self {
            commitment: case.array("commitment")?,
            bucket: case.number("bucket")?,
            z: case.array("z")?,
            y: case.array("y")?,
            proof: case.array("proof")?,
            valid: case.required_valid()?,
        })
    }

    fn check(&self, kzg: &Kzg, records: &HashMap<G1Bytes, Vec<u8>>) -> Failures {
        let mut failures = Failures::default();
        let verdict = match self.verify(kzg) {
            Ok(()) => "valid".to_string(),
            Err(reason) => format!("invalid ({reason})"),
        };
        match (self.valid, verdict.as_str()) {
            (true, _) => failures.compare("verification", "valid", &verdict),
            (false, "valid") => failures.compare("verification", "invalid", &verdict),
            (false, _) => {}
        }
        if let Some(record) = records.get(&self.commitment).filter(|_| self.valid) {
            match kzg.open_chunk(record, self.bucket) {
                Ok((y, proof)) => {
                    failures.compare("y of the blob", &hex::encode(self.y), &hex::encode(y));
                    let expected = hex::encode(self.proof);
                    failures.compare("proof from the blob", &expected, &hex::encode(proof));
                }
                Err(error) => failures.add(format!("opening the blob: {error}")),
            }
        }
        failures
    }

    /// Why the opening is invalid, if it is.
    fn verify(&self, kzg: &Kzg) -> Result<(), String> {
        let at = kzg
            .chunk_point(self.bucket)
            .map_err(|error| error.to_string())?;
        if at != self.z {
            return Err(format!("the bucket's z is {}", hex::encode(at)));
        }
        match kzg.verify_chunk(&self.commitment, self.bucket, &self.y, &self.proof) {
            Ok(true) => Ok(()),
            Ok(false) => Err("the pairing product is not 1".to_string()),
            Err(error) => Err(error.to_string()),
        }
    }
}

/// Checks all cases of a file.
///
/// # Errors
/// [`FileError::Form`], [`FileError::Field`].
pub fn check(file: &Value) -> Result<Report, FileError> {
    let list = |name: &str, kind: &str| {
        let list = file.get(name);
        let list = list.ok_or_else(|| FileError::Form(format!("no list `{name}`")))?;
        cases(list, kind)
    };
    let blob_cases = list("blobs", "blob")?;
    let opening_cases = list("openings", "opening")?;
    let blobs: Vec<Blob> = blob_cases
        .iter()
        .map(Blob::read)
        .collect::<Result<_, _>>()?;
    let openings: Vec<Opening> = opening_cases
        .iter()
        .map(Opening::read)
        .collect::<Result<_, _>>()?;

    let kzg = Kzg::new();
    let mut outcomes = Vec::new();
    let mut records = HashMap::new();
    for (case, blob) in blob_cases.into_iter().zip(blobs) {
        let record = blob.record();
        outcomes.push(Outcome {
            case: case.name,
            failures: blob.check(&kzg, &record).0,
        });
        records.insert(blob.commitment, record);
    }
    for (case, opening) in opening_cases.into_iter().zip(openings) {
        outcomes.push(Outcome {
            case: case.name,
            failures: opening.check(&kzg, &records).0,
        });
    }
    Report::of(outcomes)
}
