//! What a request brought about: the event of its call, in a sentence.

use allod_identity::{
    GuardianSet, Identifier, KeyFingerprint, RevocationReason, Serial, api::PayloadQuery,
};
use allod_output::OutputError;
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
    pub fn print(&self, block: BlockReference, is_json: bool) -> Result<(), OutputError> {
        allod_output::line(self.line(block, is_json))
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
    match query {
        PayloadQuery::Register { certificate, .. }
        | PayloadQuery::RegisterIssued { certificate, .. } => registered(certificate, event),
        PayloadQuery::Renew {
            identifier,
            certificate,
            ..
        } => renewed(*identifier, certificate, event),
        PayloadQuery::ExecuteRecovery {
            identifier,
            certificate,
            ..
        } => recovered(*identifier, certificate, event),
        PayloadQuery::Reparent {
            identifier,
            issuer,
            certificate,
            ..
        } => reparented(*identifier, *issuer, certificate, event),
        PayloadQuery::Deactivate { identifier } => deactivated(*identifier, event),
        PayloadQuery::SetController {
            identifier,
            controller,
        } => controller_set(*identifier, *controller, event),
        PayloadQuery::SetGuardians {
            identifier,
            guardians,
        } => guardians_set(*identifier, guardians.as_ref(), event),
        PayloadQuery::SetServices {
            identifier,
            services,
        } => services_set(*identifier, services.len(), event),
        PayloadQuery::OpenRecovery { identifier, .. } => recovery_opened(*identifier, actor, event),
        PayloadQuery::ApproveRecovery {
            identifier, number, ..
        } => recovery_approved(*identifier, *number, actor, event),
        PayloadQuery::VetoRecovery { identifier, number } => {
            recovery_vetoed(*identifier, *number, event)
        }
        // A consent is no call.
        PayloadQuery::CoIssue { .. } => None,
        // Calls of `pallet-revocation`.
        PayloadQuery::Revoke { .. }
        | PayloadQuery::Hold { .. }
        | PayloadQuery::Release { .. }
        | PayloadQuery::PublishCrl { .. } => None,
    }
}

fn registered<T: pallet_auto_id::Config>(
    certificate: &[u8],
    event: &IdentityEvent<T>,
) -> Option<Outcome> {
    let IdentityEvent::Registered {
        identifier, key, ..
    } = event
    else {
        return None;
    };
    is_of(*key, certificate).then(|| {
        Outcome::new(
            format!("registered {identifier}"),
            json!({ "identifier": identifier }),
        )
    })
}

fn renewed<T: pallet_auto_id::Config>(
    identifier: Identifier,
    certificate: &[u8],
    event: &IdentityEvent<T>,
) -> Option<Outcome> {
    let IdentityEvent::Renewed {
        identifier: done,
        key,
        generation,
        ..
    } = event
    else {
        return None;
    };
    (*done == identifier && is_of(*key, certificate))
        .then(|| certified("renewed", identifier, certificate, *generation))
}

fn recovered<T: pallet_auto_id::Config>(
    identifier: Identifier,
    certificate: &[u8],
    event: &IdentityEvent<T>,
) -> Option<Outcome> {
    let IdentityEvent::Recovered {
        identifier: done,
        key,
        generation,
        ..
    } = event
    else {
        return None;
    };
    (*done == identifier && is_of(*key, certificate))
        .then(|| certified("recovered", identifier, certificate, *generation))
}

fn reparented<T: pallet_auto_id::Config>(
    identifier: Identifier,
    issuer: Identifier,
    certificate: &[u8],
    event: &IdentityEvent<T>,
) -> Option<Outcome> {
    let IdentityEvent::Reparented {
        identifier: done,
        issuer: new,
        generation,
        ..
    } = event
    else {
        return None;
    };
    (*done == identifier && *new == issuer).then(|| {
        let mut outcome = certified("moved", identifier, certificate, *generation);
        outcome.text.push_str(&format!(", under {issuer},"));
        outcome.json["issuer"] = json!(issuer);
        outcome
    })
}

fn deactivated<T: pallet_auto_id::Config>(
    identifier: Identifier,
    event: &IdentityEvent<T>,
) -> Option<Outcome> {
    let IdentityEvent::Deactivated { identifier: done } = event else {
        return None;
    };
    (*done == identifier).then(|| {
        Outcome::new(
            format!("deactivated {identifier}, for ever,"),
            json!({ "identifier": identifier }),
        )
    })
}

fn controller_set<T: pallet_auto_id::Config>(
    identifier: Identifier,
    controller: Option<Identifier>,
    event: &IdentityEvent<T>,
) -> Option<Outcome> {
    let IdentityEvent::ControllerSet {
        identifier: done,
        controller: new,
        effective_from,
    } = event
    else {
        return None;
    };
    (*done == identifier && *new == controller).then(|| {
        let whose = match controller {
            Some(controller) => format!("{controller} controls {identifier}"),
            None => format!("{identifier} has no controller"),
        };
        Outcome::new(
            format!("{whose} from block #{effective_from} on: set"),
            json!({
                "identifier": identifier,
                "controller": controller,
                "effectiveFrom": effective_from,
            }),
        )
    })
}

fn guardians_set<T: pallet_auto_id::Config>(
    identifier: Identifier,
    guardians: Option<&GuardianSet>,
    event: &IdentityEvent<T>,
) -> Option<Outcome> {
    let IdentityEvent::GuardiansSet {
        identifier: done,
        effective_from,
    } = event
    else {
        return None;
    };
    (*done == identifier).then(|| {
        let who = match guardians {
            Some(set) => format!(
                "{} of {} guardians may recover {identifier} after {} blocks",
                set.threshold,
                set.members.len(),
                set.delay
            ),
            None => format!("{identifier} has no guardians"),
        };
        Outcome::new(
            format!("{who}, from block #{effective_from} on: set"),
            json!({ "identifier": identifier, "effectiveFrom": effective_from }),
        )
    })
}

fn services_set<T: pallet_auto_id::Config>(
    identifier: Identifier,
    services: usize,
    event: &IdentityEvent<T>,
) -> Option<Outcome> {
    let IdentityEvent::ServicesSet { identifier: done } = event else {
        return None;
    };
    (*done == identifier).then(|| {
        Outcome::new(
            format!("{identifier} has {services} services: set"),
            json!({ "identifier": identifier, "services": services }),
        )
    })
}

fn recovery_opened<T: pallet_auto_id::Config>(
    identifier: Identifier,
    actor: Identifier,
    event: &IdentityEvent<T>,
) -> Option<Outcome> {
    let IdentityEvent::RecoveryOpened {
        identifier: done,
        number,
        guardian,
    } = event
    else {
        return None;
    };
    (*done == identifier && *guardian == actor).then(|| {
        Outcome::new(
            format!("opened recovery {number} of {identifier}, with one approval,"),
            json!({ "identifier": identifier, "number": number, "approvals": 1 }),
        )
    })
}

fn recovery_approved<T: pallet_auto_id::Config>(
    identifier: Identifier,
    number: u32,
    actor: Identifier,
    event: &IdentityEvent<T>,
) -> Option<Outcome> {
    let IdentityEvent::RecoveryApproved {
        identifier: done,
        number: approved,
        guardian,
        approvals,
    } = event
    else {
        return None;
    };
    (*done == identifier && *approved == number && *guardian == actor).then(|| {
        Outcome::new(
            format!("approved recovery {number} of {identifier}, which has {approvals} approvals,"),
            json!({ "identifier": identifier, "number": number, "approvals": approvals }),
        )
    })
}

fn recovery_vetoed<T: pallet_auto_id::Config>(
    identifier: Identifier,
    number: u32,
    event: &IdentityEvent<T>,
) -> Option<Outcome> {
    let IdentityEvent::RecoveryVetoed {
        identifier: done,
        number: vetoed,
    } = event
    else {
        return None;
    };
    (*done == identifier && *vetoed == number).then(|| {
        Outcome::new(
            format!("vetoed recovery {number} of {identifier}, which is over,"),
            json!({ "identifier": identifier, "number": number }),
        )
    })
}

/// What an event of the pallet of revocation says, if it is the one that `query` of `actor` must bring about.
pub fn revocation_outcome<T: pallet_revocation::Config>(
    query: &PayloadQuery,
    actor: Identifier,
    event: &RevocationEvent<T>,
) -> Option<Outcome> {
    match query {
        PayloadQuery::Revoke { serial, reason, .. } => revoked(serial, *reason, actor, event),
        PayloadQuery::Hold { serial, .. } => {
            let RevocationEvent::OnHold {
                issuer,
                serial: done,
            } = event
            else {
                return None;
            };
            (*issuer == actor && done == serial).then(|| {
                let serial = number_of(serial);
                Outcome::new(
                    format!("put serial {serial} of {issuer} on hold"),
                    json!({ "identifier": issuer, "serial": serial }),
                )
            })
        }
        PayloadQuery::Release { serial, .. } => {
            let RevocationEvent::Released {
                issuer,
                serial: done,
            } = event
            else {
                return None;
            };
            (*issuer == actor && done == serial).then(|| {
                let serial = number_of(serial);
                Outcome::new(
                    format!("released serial {serial} of {issuer}"),
                    json!({ "identifier": issuer, "serial": serial }),
                )
            })
        }
        PayloadQuery::PublishCrl { .. } => crl_published(actor, event),
        // A consent is no call.
        PayloadQuery::CoIssue { .. } => None,
        // Calls of `pallet-auto-id`.
        PayloadQuery::Register { .. }
        | PayloadQuery::RegisterIssued { .. }
        | PayloadQuery::Renew { .. }
        | PayloadQuery::Reparent { .. }
        | PayloadQuery::Deactivate { .. }
        | PayloadQuery::SetController { .. }
        | PayloadQuery::SetGuardians { .. }
        | PayloadQuery::OpenRecovery { .. }
        | PayloadQuery::ApproveRecovery { .. }
        | PayloadQuery::VetoRecovery { .. }
        | PayloadQuery::ExecuteRecovery { .. }
        | PayloadQuery::SetServices { .. } => None,
    }
}

fn revoked<T: pallet_revocation::Config>(
    serial: &Serial,
    reason: RevocationReason,
    actor: Identifier,
    event: &RevocationEvent<T>,
) -> Option<Outcome> {
    let RevocationEvent::Revoked {
        issuer,
        serial: done,
        reason: why,
    } = event
    else {
        return None;
    };
    (*issuer == actor && done == serial && *why == reason).then(|| {
        let serial = number_of(serial);
        Outcome::new(
            format!("revoked serial {serial} of {issuer} ({reason}), for ever,"),
            json!({ "identifier": issuer, "serial": serial, "reason": reason.name() }),
        )
    })
}

fn crl_published<T: pallet_revocation::Config>(
    actor: Identifier,
    event: &RevocationEvent<T>,
) -> Option<Outcome> {
    let RevocationEvent::CrlPublished {
        issuer,
        entries,
        newly_revoked,
    } = event
    else {
        return None;
    };
    (*issuer == actor).then(|| {
        Outcome::new(
            format!(
                "published a list of {issuer} with {}, {newly_revoked} of them newly revoked,",
                certificates(usize::try_from(*entries).unwrap_or(usize::MAX))
            ),
            json!({ "identifier": issuer, "entries": entries, "newlyRevoked": newly_revoked }),
        )
    })
}

/// A serial number as one writes it.
fn number_of(serial: &Serial) -> String {
    SerialNumber::from_contents(serial).map_or_else(|| hex::encode(serial), |it| it.to_string())
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
