//! What a request brought about: the event of its call, in a sentence.

use allod_identity::{Identifier, KeyFingerprint, Serial, api::PayloadQuery};
use allod_rpc_types::auto_id::{BlockReference, SerialNumber};
use allod_x509::{ParsedCertificate, format_time};
use pallet_auto_id::Event as IdentityEvent;
use pallet_revocation::Event as RevocationEvent;
use serde_json::{Value, json};

/// What happened.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    /// In words, up to the block's number.
    pub text: String,
    /// For programs: an object.
    pub json: Value,
}

impl Outcome {
    fn new(text: String, json: Value) -> Self {
        Self { text, json }
    }

    /// Writes it, with the block in which it happened.
    pub fn print(&self, block: BlockReference, is_json: bool) {
        println!("{}", self.line(block, is_json));
    }

    fn line(&self, block: BlockReference, is_json: bool) -> String {
        if !is_json {
            return format!("{} in block #{} ({})", self.text, block.number, block.hash);
        }
        let mut json = self.json.clone();
        json["block"] = json!(block);
        json.to_string()
    }
}

/// What an event of the pallet of identities says, if it is the one that `query` of `actor` must bring about.
pub fn identity_outcome<T: pallet_auto_id::Config>(
    query: &PayloadQuery,
    actor: Identifier,
    event: &IdentityEvent<T>,
) -> Option<Outcome> {
    of_certificate(query, event).or_else(|| of_control(query, actor, event))
}

/// The calls that bring a certificate.
fn of_certificate<T: pallet_auto_id::Config>(
    query: &PayloadQuery,
    event: &IdentityEvent<T>,
) -> Option<Outcome> {
    match (query, event) {
        (
            PayloadQuery::Register { certificate, .. }
            | PayloadQuery::RegisterIssued { certificate, .. },
            IdentityEvent::Registered {
                identifier, key, ..
            },
        ) if is_of(*key, certificate) => Some(Outcome::new(
            format!("registered {identifier}"),
            json!({ "identifier": identifier }),
        )),
        (
            PayloadQuery::Renew {
                identifier,
                certificate,
                ..
            },
            IdentityEvent::Renewed {
                identifier: done,
                key,
                generation,
                ..
            },
        ) if done == identifier && is_of(*key, certificate) => {
            Some(certified("renewed", *identifier, certificate, *generation))
        }
        (
            PayloadQuery::ExecuteRecovery {
                identifier,
                certificate,
                ..
            },
            IdentityEvent::Recovered {
                identifier: done,
                key,
                generation,
                ..
            },
        ) if done == identifier && is_of(*key, certificate) => Some(certified(
            "recovered",
            *identifier,
            certificate,
            *generation,
        )),
        (
            PayloadQuery::Reparent {
                identifier,
                issuer,
                certificate,
                ..
            },
            IdentityEvent::Reparented {
                identifier: done,
                issuer: new,
                generation,
                ..
            },
        ) if done == identifier && new == issuer => {
            let mut outcome = certified("moved", *identifier, certificate, *generation);
            outcome.text.push_str(&format!(", under {issuer},"));
            outcome.json["issuer"] = json!(issuer);
            Some(outcome)
        }
        _ => None,
    }
}

/// The calls about control, recovery and services.
fn of_control<T: pallet_auto_id::Config>(
    query: &PayloadQuery,
    actor: Identifier,
    event: &IdentityEvent<T>,
) -> Option<Outcome> {
    match (query, event) {
        (
            PayloadQuery::Deactivate { identifier },
            IdentityEvent::Deactivated { identifier: done },
        ) if done == identifier => Some(Outcome::new(
            format!("deactivated {identifier}, for ever,"),
            json!({ "identifier": identifier }),
        )),
        (
            PayloadQuery::SetController {
                identifier,
                controller,
            },
            IdentityEvent::ControllerSet {
                identifier: done,
                controller: new,
                effective_from,
            },
        ) if done == identifier && new == controller => {
            let whose = match controller {
                Some(controller) => format!("{controller} controls {identifier}"),
                None => format!("{identifier} has no controller"),
            };
            Some(Outcome::new(
                format!("{whose} from block #{effective_from} on: set"),
                json!({
                    "identifier": identifier,
                    "controller": controller,
                    "effectiveFrom": effective_from,
                }),
            ))
        }
        (
            PayloadQuery::SetGuardians {
                identifier,
                guardians,
            },
            IdentityEvent::GuardiansSet {
                identifier: done,
                effective_from,
            },
        ) if done == identifier => {
            let who = match guardians {
                Some(set) => format!(
                    "{} of {} guardians may recover {identifier} after {} blocks",
                    set.threshold,
                    set.members.len(),
                    set.delay
                ),
                None => format!("{identifier} has no guardians"),
            };
            Some(Outcome::new(
                format!("{who}, from block #{effective_from} on: set"),
                json!({ "identifier": identifier, "effectiveFrom": effective_from }),
            ))
        }
        (
            PayloadQuery::SetServices {
                identifier,
                services,
            },
            IdentityEvent::ServicesSet { identifier: done },
        ) if done == identifier => Some(Outcome::new(
            format!("{identifier} has {} services: set", services.len()),
            json!({ "identifier": identifier, "services": services.len() }),
        )),
        _ => of_recovery(query, actor, event),
    }
}

/// The calls about a recovery that bring no certificate.
fn of_recovery<T: pallet_auto_id::Config>(
    query: &PayloadQuery,
    actor: Identifier,
    event: &IdentityEvent<T>,
) -> Option<Outcome> {
    match (query, event) {
        (
            PayloadQuery::OpenRecovery { identifier, .. },
            IdentityEvent::RecoveryOpened {
                identifier: done,
                number,
                guardian,
            },
        ) if done == identifier && *guardian == actor => Some(Outcome::new(
            format!("opened recovery {number} of {identifier}, with one approval,"),
            json!({ "identifier": identifier, "number": number, "approvals": 1 }),
        )),
        (
            PayloadQuery::ApproveRecovery {
                identifier, number, ..
            },
            IdentityEvent::RecoveryApproved {
                identifier: done,
                number: approved,
                guardian,
                approvals,
            },
        ) if done == identifier && approved == number && *guardian == actor => Some(Outcome::new(
            format!("approved recovery {number} of {identifier}, which has {approvals} approvals,"),
            json!({ "identifier": identifier, "number": number, "approvals": approvals }),
        )),
        (
            PayloadQuery::VetoRecovery { identifier, number },
            IdentityEvent::RecoveryVetoed {
                identifier: done,
                number: vetoed,
            },
        ) if done == identifier && vetoed == number => Some(Outcome::new(
            format!("vetoed recovery {number} of {identifier}, which is over,"),
            json!({ "identifier": identifier, "number": number }),
        )),
        _ => None,
    }
}

/// What an event of the pallet of revocation says, if it is the one that `query` of `actor` must bring about.
pub fn revocation_outcome<T: pallet_revocation::Config>(
    query: &PayloadQuery,
    actor: Identifier,
    event: &RevocationEvent<T>,
) -> Option<Outcome> {
    let about = |serial: &Serial| {
        SerialNumber::from_contents(serial).map_or_else(|| hex::encode(serial), |it| it.to_string())
    };
    match (query, event) {
        (
            PayloadQuery::Revoke { serial, reason, .. },
            RevocationEvent::Revoked {
                issuer,
                serial: done,
                reason: why,
            },
        ) if *issuer == actor && done == serial && why == reason => Some(Outcome::new(
            format!(
                "revoked serial {} of {issuer} ({reason}), for ever,",
                about(serial)
            ),
            json!({ "identifier": issuer, "serial": about(serial), "reason": reason.name() }),
        )),
        (
            PayloadQuery::Hold { serial, .. },
            RevocationEvent::OnHold {
                issuer,
                serial: done,
            },
        ) if *issuer == actor && done == serial => Some(Outcome::new(
            format!("put serial {} of {issuer} on hold", about(serial)),
            json!({ "identifier": issuer, "serial": about(serial) }),
        )),
        (
            PayloadQuery::Release { serial, .. },
            RevocationEvent::Released {
                issuer,
                serial: done,
            },
        ) if *issuer == actor && done == serial => Some(Outcome::new(
            format!("released serial {} of {issuer}", about(serial)),
            json!({ "identifier": issuer, "serial": about(serial) }),
        )),
        (
            PayloadQuery::PublishCrl { .. },
            RevocationEvent::CrlPublished {
                issuer,
                entries,
                newly_revoked,
            },
        ) if *issuer == actor => Some(Outcome::new(
            format!(
                "published a list of {issuer} with {}, {newly_revoked} of them newly revoked,",
                certificates(usize::try_from(*entries).unwrap_or(usize::MAX))
            ),
            json!({ "identifier": issuer, "entries": entries, "newlyRevoked": newly_revoked }),
        )),
        _ => None,
    }
}

fn is_of(key: KeyFingerprint, certificate: &[u8]) -> bool {
    ParsedCertificate::parse(certificate).is_ok_and(|parsed| KeyFingerprint::of(&parsed) == key)
}

fn certified(what: &str, identifier: Identifier, certificate: &[u8], generation: u32) -> Outcome {
    let parsed = ParsedCertificate::parse(certificate).ok();
    let until = parsed.as_ref().map_or_else(
        || "?".into(),
        |parsed| format_time(parsed.validity().not_after),
    );
    let fingerprint = parsed.map(|parsed| hex::encode(parsed.fingerprint()));
    Outcome::new(
        format!("{what} {identifier}, whose certificate {generation} is valid until {until},"),
        json!({
            "identifier": identifier,
            "generation": generation,
            "certificate": fingerprint,
        }),
    )
}

/// A number of certificates in words.
pub fn certificates(number: usize) -> String {
    match number {
        1 => "1 certificate".into(),
        number => format!("{number} certificates"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use allod_identity::RevocationReason;
    use allod_rpc_types::auto_id::BlockHash;
    use allod_runtime::Runtime;

    const ACTOR: Identifier = Identifier([1; 32]);
    const OTHER: Identifier = Identifier([2; 32]);

    fn serial(byte: u8) -> Serial {
        vec![byte].try_into().unwrap()
    }

    fn revoke() -> PayloadQuery {
        PayloadQuery::Revoke {
            issuer: ACTOR,
            serial: serial(0x2a),
            reason: RevocationReason::KeyCompromise,
        }
    }

    fn revoked(
        issuer: Identifier,
        serial_byte: u8,
        reason: RevocationReason,
    ) -> RevocationEvent<Runtime> {
        RevocationEvent::Revoked {
            issuer,
            serial: serial(serial_byte),
            reason,
        }
    }

    #[test]
    fn only_the_own_event_counts() {
        let reason = RevocationReason::KeyCompromise;
        let block = BlockReference {
            number: 7,
            hash: BlockHash([0xab; 32]),
        };
        let own = revoked(ACTOR, 0x2a, reason);
        let outcome = revocation_outcome(&revoke(), ACTOR, &own).unwrap();
        let hash = "ab".repeat(32);
        assert_eq!(
            outcome.line(block, false),
            format!(
                "revoked serial 0x2a of {ACTOR} (keyCompromise), for ever, in block #7 (0x{hash})"
            )
        );
        let json: Value = serde_json::from_str(&outcome.line(block, true)).unwrap();
        assert_eq!(json["reason"], "keyCompromise");
        assert_eq!(json["serial"], "0x2a");
        assert_eq!(json["block"]["number"], 7);
        for wrong in [
            revoked(OTHER, 0x2a, reason),
            revoked(ACTOR, 0x2b, reason),
            revoked(ACTOR, 0x2a, RevocationReason::Superseded),
        ] {
            assert_eq!(revocation_outcome(&revoke(), ACTOR, &wrong), None);
        }
    }

    #[test]
    fn changes_that_wait_say_so() {
        let query = PayloadQuery::SetController {
            identifier: ACTOR,
            controller: Some(OTHER),
        };
        let event = |controller| IdentityEvent::<Runtime>::ControllerSet {
            identifier: ACTOR,
            controller,
            effective_from: 99,
        };
        let outcome = identity_outcome(&query, ACTOR, &event(Some(OTHER))).unwrap();
        assert!(
            outcome.text.contains("from block #99 on"),
            "{}",
            outcome.text
        );
        assert_eq!(outcome.json["effectiveFrom"], 99);
        assert_eq!(identity_outcome(&query, ACTOR, &event(None)), None);
    }

    #[test]
    fn recoveries_are_told_by_number() {
        let query = PayloadQuery::ApproveRecovery {
            guardian: ACTOR,
            identifier: OTHER,
            number: 3,
            certificate_hash: [0; 32],
        };
        let event = |number, guardian| IdentityEvent::<Runtime>::RecoveryApproved {
            identifier: OTHER,
            number,
            guardian,
            approvals: 2,
        };
        let outcome = identity_outcome(&query, ACTOR, &event(3, ACTOR)).unwrap();
        assert!(outcome.text.contains("has 2 approvals"), "{}", outcome.text);
        assert_eq!(identity_outcome(&query, ACTOR, &event(4, ACTOR)), None);
        assert_eq!(identity_outcome(&query, ACTOR, &event(3, OTHER)), None);
    }
}
