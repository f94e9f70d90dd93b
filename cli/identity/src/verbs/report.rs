//! Reports in words.

use allod_identity::{CheckReport, Issuance, Outcome, RootTrust};
use allod_rpc_types::auto_id::{BlockReference, BlockRole, IdentityAnswer, VerifyAnswer};
use allod_x509::{ParsedCertificate, format_time};
use serde::Serialize;
use std::fmt::Write;

/// JSON for people.
pub fn pretty(value: &impl Serialize) -> Result<String, serde_json::Error> {
    serde_json::to_string_pretty(value)
}

/// The name that something has in JSON.
pub fn name(of: &impl Serialize) -> String {
    match serde_json::to_value(of) {
        Ok(serde_json::Value::String(name)) => name,
        _ => "?".into(),
    }
}

/// A report on an identity: verdict, root, and every check on every link.
pub fn verification(answer: &VerifyAnswer) -> String {
    let report = &answer.report;
    let mut lines = Lines::default();
    lines.add("identity", report.identifier);
    match &report.failure {
        None => lines.add("holds", "yes"),
        Some(failure) => lines.add("holds", format_args!("no: {failure}")),
    }
    match report.root {
        None => lines.add("root", "none"),
        Some(root) if root == report.identifier => lines.add("root", "itself"),
        Some(root) => lines.add("root", root),
    }
    lines.add("trusted", trust(report.root_trust));
    if let Some(purpose) = report.purpose {
        lines.add("purpose", name(&purpose));
    }
    lines.add("time", format_time(report.time));
    let role = match answer.role {
        BlockRole::Best if answer.holds => ", the best one, and at the finalized one",
        BlockRole::Best => ", the best one",
        BlockRole::Finalized => ", the finalized one; at the best one it holds",
        BlockRole::Given => "",
    };
    lines.add("as of", format_args!("{}{role}", block(&answer.block)));
    for (index, link) in report.links.iter().enumerate() {
        let title = format!("\nlink {} of {}", index + 1, report.links.len());
        lines.add(&title, link.identifier);
        for check in &link.checks {
            lines.add(&format!("  {}", name(&check.check)), outcome(check));
        }
    }
    lines.0
}

/// What the chain stores about an identity, without the certificate itself.
pub fn identity(answer: &IdentityAnswer) -> String {
    let mut lines = Lines::default();
    lines.add("identity", answer.identifier);
    lines.add("key", answer.key);
    lines.add("algorithm", answer.algorithm);
    match &answer.issuance {
        Issuance::SelfIssued => lines.add("issued by", "itself"),
        Issuance::Issued { issuer, co_issuers } => {
            lines.add("issued by", issuer.identifier);
            for co_issuer in co_issuers {
                lines.add("and by", co_issuer.identifier);
            }
        }
    }
    if let Ok(certificate) = ParsedCertificate::parse(answer.certificate.as_ref()) {
        let validity = certificate.validity();
        let (from, until) = (
            format_time(validity.not_before),
            format_time(validity.not_after),
        );
        lines.add("valid", format_args!("{from} to {until}"));
    }
    lines.add(
        "registered",
        format_args!("in block #{}", answer.registered_at),
    );
    lines.add("next nonce", answer.nonce);
    lines.add("as of", block(&answer.block));
    lines.0
}

fn trust(trust: RootTrust) -> &'static str {
    match trust {
        RootTrust::NotAsked => "not asked: --accept-root says whom you trust",
        RootTrust::Accepted => "yes: you accept the root",
        RootTrust::NotAccepted => "no: the root is none that you accept",
    }
}

fn outcome(check: &CheckReport) -> String {
    match check.outcome {
        Outcome::Passed => "passed".into(),
        Outcome::NotApplicable => "does not apply".into(),
        Outcome::Failed(reason) => format!("FAILED: {reason}"),
        Outcome::Noted(reason) => format!("noted: {reason}"),
    }
}

fn block(block: &BlockReference) -> String {
    format!("block #{} ({})", block.number, block.hash)
}

/// Lines of a title and a value, the values under one another.
#[derive(Default)]
struct Lines(String);

impl Lines {
    fn add(&mut self, title: &str, value: impl std::fmt::Display) {
        // A line break before the title does not count; writing to a String does not fail.
        let bare = title.trim_start_matches('\n');
        let breaks = &title[..title.len() - bare.len()];
        let _ = writeln!(self.0, "{breaks}{bare:<20} {value}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use allod_identity::{
        Check, Identifier, KeyFingerprint, LinkReport, Purpose, Reason, SignatureAlgorithm,
        VerificationReport,
    };
    use allod_rpc_types::auto_id::BlockHash;
    use allod_x509::builder::{CertificateBuilder, SigningKey};

    const ID: Identifier = Identifier([0xa0; 32]);

    fn answer(checks: &[(Check, Outcome)], roots: Option<&[Identifier]>) -> VerifyAnswer {
        let checks = checks.iter().map(|(check, outcome)| CheckReport {
            check: *check,
            outcome: *outcome,
        });
        let links = vec![LinkReport {
            identifier: ID,
            checks: checks.collect(),
        }];
        let purpose = Some(Purpose::KeyCertSign);
        let report = VerificationReport::new(ID, 86_400, purpose, links, roots);
        VerifyAnswer {
            holds: report.holds(),
            role: BlockRole::Best,
            block: block_reference(),
            report,
        }
    }

    fn block_reference() -> BlockReference {
        BlockReference {
            number: 12,
            hash: BlockHash([0xcd; 32]),
        }
    }

    #[test]
    fn a_report_in_full() {
        let checks = [
            (Check::Registered, Outcome::Passed),
            (Check::NameConstraints, Outcome::NotApplicable),
        ];
        let (id, hash) = ("a0".repeat(32), "cd".repeat(32));
        let expected = format!(
            "identity             {id}\n\
             holds                yes\n\
             root                 itself\n\
             trusted              not asked: --accept-root says whom you trust\n\
             purpose              keyCertSign\n\
             time                 1970-01-02T00:00:00Z\n\
             as of                block #12 (0x{hash}), the best one, and at the finalized one\n\
             \n\
             link 1 of 1          {id}\n  \
               registered         passed\n  \
               nameConstraints    does not apply\n"
        );
        assert_eq!(verification(&answer(&checks, None)), expected);
    }

    #[test]
    fn failures_are_said_above_and_where_they_are() {
        let expired = Outcome::Failed(Reason::Expired { not_after: 0 });
        let text = verification(&answer(&[(Check::Validity, expired)], Some(&[ID])));
        let why = "expired on 1970-01-01T00:00:00Z";
        assert!(
            text.contains(&format!("holds                no: {ID}: {why}\n")),
            "{text}"
        );
        assert!(
            text.contains(&format!("  validity           FAILED: {why}\n")),
            "{text}"
        );
        assert!(text.contains("trusted              yes"), "{text}");

        let passed = [(Check::Validity, Outcome::Passed)];
        let text = verification(&answer(&passed, Some(&[])));
        assert!(text.contains("trusted              no"), "{text}");
        assert!(
            text.contains("the root is none of the accepted ones"),
            "{text}"
        );

        let unknown = Outcome::Failed(Reason::NotRegistered);
        let text = verification(&answer(&[(Check::Registered, unknown)], None));
        assert!(text.contains("root                 none"), "{text}");
        assert!(text.contains("), the best one\n"), "{text}");
    }

    #[test]
    fn an_identity_in_full() {
        let der = CertificateBuilder::self_issued("agent").sign_self(&SigningKey::ed25519([1; 32]));
        let text = identity(&IdentityAnswer {
            identifier: ID,
            key: KeyFingerprint([1; 32]),
            algorithm: SignatureAlgorithm::Ed25519,
            issuance: Issuance::SelfIssued,
            nonce: 1,
            registered_at: 9,
            certificate: der.try_into().unwrap(),
            block: block_reference(),
        });
        for line in [
            "algorithm            ed25519",
            "issued by            itself",
            "valid                2020-01-01T00:00:00Z to 2049-01-01T00:00:00Z",
            "registered           in block #9",
            "next nonce           1",
        ] {
            assert!(text.lines().any(|other| other == line), "{line}: {text}");
        }
    }
}
