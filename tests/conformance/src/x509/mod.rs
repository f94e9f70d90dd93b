//! Certification paths: suites in the format of x509-limbo, version 1.
//!
//! Every case names trusted certificates, others that may stand between, a certificate to be judged (the
//! peer's), perhaps lists of revoked ones, and what has to come out. What comes out here is RFC 5280's verdict by
//! the rules of `allod-x509`: each link by [`allod_x509::path`], each certificate by [`allod_x509::profile`], lists by
//! [`allod_x509::crl`].
//!
//! # What differs from the chain
//!
//! - The chain follows stored links. Here a path is searched by names ([`search`]), bounded in depth, steps and
//!   signature checks. A search that runs out of these has found no path.
//! - Certificates of other people's tests exceed the sizes of §11.1. They are read within wider [`LIMITS`], so that
//!   the verdict is about the path. The comparisons of names with constraints have a budget of their own.
//! - Certificate policies are processed ([`policy`]), by RFC 5280, 6.1, for a user who accepts any policy. The
//!   chain refuses critical ones.
//! - A trusted certificate is a name and a key (6.1.1 (d)). If its own signature is by an algorithm that nobody may
//!   use any more, or its serial number is zero, that does not matter ([`anchor`]).
//! - The rules of the profile are asked of every certificate of a path, since the suite does; all but the one that
//!   a CA has key usage, which the standard's algorithms do not ask for, nor does the suite.
//!
//! # What is not understood
//!
//! A case that lacks something, or says it in words that nobody knows here, fails, and its line says why; the others
//! are judged all the same. Fields that are not known are not looked at.
//!
//! # Not applicable
//!
//! - Everything in the namespace `webpki::`, the rules of browsers.
//! - Cases with one of the features `pedantic-public-suffix-wildcard` and `pedantic-webpki-*`.
//! - Cases for programs that do not process policies, where the suite has a case in conflict with it.
//! - Cases that turn on the expected peer name: the path holds, the name is not in the peer's certificate, and the
//!   case expects a failure. Names are matched by applications, not by paths.

mod anchor;
mod case;
mod peer;
mod policy;
mod report;
mod search;
mod verdict;

use allod_x509::Limits;
use case::{Case, Expected};
pub use report::{PathOutcome, PathReport, Status};
use serde_json::Value;
use std::time::{SystemTime, UNIX_EPOCH};
use verdict::judge;

use crate::{FileError, file};

/// What is read of a certificate.
pub const LIMITS: Limits = Limits {
    certificate_size: 65_535,
    extensions: 64,
    alternative_names: 1_024,
    name_constraints: 1_024,
    purposes: 256,
    admits_policies: true,
};

/// Judges all cases of a suite. Cases without a time are judged now.
///
/// # Errors
/// [`FileError::Form`] if it is no suite of version 1, or one without cases.
pub fn check(file: &Value) -> Result<PathReport, FileError> {
    if file.get("version").and_then(Value::as_u64) != Some(1) {
        let form = "no `version` 1, which is the only one known".to_string();
        return Err(FileError::Form(form));
    }
    let list = file
        .get("testcases")
        .ok_or_else(|| FileError::Form("no list `testcases`".to_string()))?;
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |elapsed| elapsed.as_secs());
    let cases = file::cases(list, "case")?;
    let outcomes = cases.iter().map(|case| match Case::read(case) {
        Ok(case) => outcome(&case, now),
        Err(error) => not_understood(case, &error),
    });
    PathReport::of(outcomes.collect())
}

fn not_understood(case: &file::Case<'_>, error: &FileError) -> PathOutcome {
    let id = case.text("id").unwrap_or(&case.name);
    let features = case.texts("features").unwrap_or_default();
    PathOutcome {
        id: id.to_string(),
        expected: Expected::read(case).ok(),
        actual: Err(error.to_string()),
        status: of_browsers(id, &features).map_or(Status::Failed, Status::NotApplicable),
    }
}

fn outcome(case: &Case, now: u64) -> PathOutcome {
    let verdict = judge(case, now);
    let status = match not_applicable(case, verdict.is_ok()) {
        Some(reason) => Status::NotApplicable(reason),
        None if verdict.is_ok() == (case.expected == Expected::Success) => Status::Passed,
        None => Status::Failed,
    };
    PathOutcome {
        id: case.id.clone(),
        expected: Some(case.expected),
        actual: verdict.map_err(|error| error.to_string()),
        status,
    }
}

/// Why the case is about browsers, if it is.
fn of_browsers(id: &str, features: &[impl AsRef<str>]) -> Option<&'static str> {
    let is_theirs = |name: &str| {
        name == "pedantic-public-suffix-wildcard" || name.starts_with("pedantic-webpki-")
    };
    if id.starts_with("webpki::") {
        return Some("rules of browsers");
    }
    let has_theirs = features.iter().any(|name| is_theirs(name.as_ref()));
    has_theirs.then_some("a feature of browsers")
}

/// Why the case is not about RFC 5280, if it is not.
fn not_applicable(case: &Case, holds: bool) -> Option<&'static str> {
    if let Some(reason) = of_browsers(&case.id, &case.features) {
        return Some(reason);
    }
    if case.features.iter().any(|name| name == "no-cert-policies") && case.is_in_conflict {
        return Some("in conflict with a case that processes policies");
    }
    if holds && case.expected == Expected::Failure && !peer::names_match(case) {
        return Some("turns on the expected peer name");
    }
    None
}
