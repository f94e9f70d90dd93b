//! Proof-of-time (§4): `seed`, `iterations`, the eight `checkpoints`.
//!
//! Each case is evaluated and verified by every back end that this machine has.

use crate::{
    FileError, Outcome, Report,
    file::{Case, cases},
    report::Failures,
};
use allod_proof_of_time::{Backend, Error, prove, prove_on, verify, verify_on};
use serde_json::Value;
use std::num::NonZeroU32;

type Checkpoints = [[u8; 16]; 8];

struct Slot {
    seed: [u8; 16],
    iterations: NonZeroU32,
    checkpoints: Checkpoints,
    valid: bool,
}

impl Slot {
    fn read(case: &Case) -> Result<Self, FileError> {
        Ok(Self {
            seed: case.array("seed")?,
            iterations: NonZeroU32::new(case.number("iterations")?)
                .ok_or_else(|| case.wrong("iterations", "0 is out of range"))?,
            checkpoints: case.arrays("checkpoints")?,
            valid: case.valid()?,
        })
    }

    fn check(&self) -> Failures {
        let mut failures = Failures::default();
        self.check_evaluation(&mut failures, "prove", prove(self.seed, self.iterations));
        let verdict = verify(self.seed, self.iterations, &self.checkpoints);
        self.check_verdict(&mut failures, "verify", verdict);
        for backend in Backend::available() {
            let evaluated = prove_on(backend, self.seed, self.iterations);
            self.check_evaluation(&mut failures, &format!("prove on {backend:?}"), evaluated);
            let verdict = verify_on(backend, self.seed, self.iterations, &self.checkpoints);
            self.check_verdict(&mut failures, &format!("verify on {backend:?}"), verdict);
        }
        failures
    }

    fn check_evaluation(
        &self,
        failures: &mut Failures,
        how: &str,
        evaluated: Result<Checkpoints, Error>,
    ) {
        match evaluated {
            // What is no legal input has no valid proof.
            Err(_) if !self.valid => {}
            Err(error) => failures.add(format!("{how}: {error}")),
            Ok(checkpoints) if self.valid => {
                let text = |checkpoints: &Checkpoints| checkpoints.map(hex::encode).join(" ");
                failures.compare(how, &text(&self.checkpoints), &text(&checkpoints));
            }
            Ok(checkpoints) => {
                if checkpoints == self.checkpoints {
                    failures.add(format!("{how}: expected other checkpoints"));
                }
            }
        }
    }

    fn check_verdict(&self, failures: &mut Failures, how: &str, verdict: Result<bool, Error>) {
        match verdict {
            Err(error) if self.valid => failures.add(format!("{how}: {error}")),
            verdict => {
                let computed = verdict.is_ok_and(|holds| holds);
                failures.compare(how, &self.valid.to_string(), &computed.to_string());
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
    let slots: Vec<(String, Slot)> = cases
        .iter()
        .map(|case| Ok((case.name.clone(), Slot::read(case)?)))
        .collect::<Result<_, FileError>>()?;
    let outcomes = slots.into_iter().map(|(case, slot)| Outcome {
        case,
        failures: slot.check().0,
    });
    Report::of(outcomes.collect())
}
