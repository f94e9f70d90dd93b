//! `conformance`: checks vector files against the primitives, case by case.
//!
//! Ends with 0 if all cases hold, with 1 if one does not, with 2 if the file or the command line
//! cannot be understood.

use clap::{Parser, Subcommand};
use conformance::{FileError, Report, file, kzg, proof_of_space, proof_of_time, x509};
use serde_json::Value;
use std::{
    io::{self, Write},
    path::{Path, PathBuf},
    process::ExitCode,
};

/// Checks vector files of other implementations against this one.
#[derive(Parser)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Verifies proofs of space and finds them in tables.
    ProofOfSpace {
        /// Vector file (form: tests/vectors/chia-pos.json).
        file: PathBuf,
    },
    /// Evaluates and verifies proofs of time on every back end.
    ProofOfTime {
        /// Vector file (form: tests/vectors/proof-of-time.json).
        file: PathBuf,
    },
    /// Compares commitments, extensions and openings.
    Kzg {
        /// Vector file (form: tests/vectors/kzg.json).
        file: PathBuf,
    },
    /// Validates certification paths: a suite in the format of x509-limbo.
    X509 {
        /// Suite file (version 1 of the format).
        file: PathBuf,
    },
    /// Prints a proof of space (K = 17) in hexadecimal, or `none`.
    ProveSpace {
        /// Seed of the table: 32 bytes in hexadecimal.
        #[arg(value_parser = seed)]
        seed: [u8; 32],
        /// S-bucket that the proof is for.
        #[arg(value_parser = clap::value_parser!(u16).range(..8192))]
        bucket: u16,
    },
}

fn seed(text: &str) -> Result<[u8; 32], hex::FromHexError> {
    let mut seed = [0; 32];
    hex::decode_to_slice(text, &mut seed)?;
    Ok(seed)
}

type Check = fn(&Value) -> Result<Report, FileError>;

fn check(path: &Path, check: Check) -> ExitCode {
    let report = file::read(path).and_then(|value| check(&value));
    match report {
        Ok(report) => {
            let code = if report.failed() == 0 { 0 } else { 1 };
            print(&report.to_string(), code)
        }
        Err(error) => {
            eprintln!("{}: {error}", path.display());
            ExitCode::from(2)
        }
    }
}

fn check_paths(path: &Path) -> ExitCode {
    match file::read(path).and_then(|value| x509::check(&value)) {
        Ok(report) => {
            let code = if report.failed() == 0 { 0 } else { 1 };
            print(&report.to_string(), code)
        }
        Err(error) => {
            eprintln!("{}: {error}", path.display());
            ExitCode::from(2)
        }
    }
}

/// Prints, and turns into `code` unless the output is closed.
fn print(text: &str, code: u8) -> ExitCode {
    let mut output = io::stdout().lock();
    match output
        .write_all(text.as_bytes())
        .and_then(|()| output.flush())
    {
        Ok(()) => ExitCode::from(code),
        Err(_) => ExitCode::FAILURE,
    }
}

fn main() -> ExitCode {
    match Arguments::parse().command {
        Command::ProofOfSpace { file } => check(&file, proof_of_space::check),
        Command::ProofOfTime { file } => check(&file, proof_of_time::check),
        Command::Kzg { file } => check(&file, kzg::check),
        Command::X509 { file } => check_paths(&file),
        Command::ProveSpace { seed, bucket } => {
            let proof = proof_of_space::prove(&seed, bucket);
            let text = proof.map_or_else(|| "none".to_string(), hex::encode);
            print(&format!("{text}\n"), 0)
        }
    }
}
