//! The checks of one vertex and its link to what issued it.

use alloc::vec::Vec;

use allod_x509::{Budget, KeyUsage, ParsedCertificate, PathError, path};

use super::{Graph, RevocationList, Vertex};
use crate::report::{Check, CheckReport, LinkReport, Outcome, Purpose, Reason};

/// One vertex while it is checked.
pub(super) struct Link<'g, 'a> {
    pub graph: &'g Graph<'a>,
    pub index: usize,
    pub vertex: &'g Vertex<'a>,
    pub certificate: &'g ParsedCertificate<'a>,
    pub purpose: Option<Purpose>,
    pub is_last: bool,
    pub is_signature_due: bool,
}

impl Link<'_, '_> {
    /// Makes every check, in the order of [`Check`], whether or not one before it failed.
    pub fn check(&self, time: u64, budget: &mut Budget) -> LinkReport {
        let mut checks = Vec::with_capacity(13);
        let mut report = |check, outcome| checks.push(CheckReport { check, outcome });
        report(Check::Registered, Outcome::Passed);
        report(Check::Algorithm, self.algorithm());
        report(Check::Validity, self.validity(time));
        report(Check::BasicConstraints, self.basic_constraints());
        report(Check::KeyCertSign, self.key_cert_sign());
        report(Check::NameConstraints, self.name_constraints(budget));
        // A certificate with an unknown one is not parsed at all.
        report(Check::CriticalExtensions, Outcome::Passed);
        report(Check::Status, none_or(self.vertex.facts.status));
        report(Check::Signature, self.signature());
        report(Check::Purpose, self.purpose());
        report(Check::IssuerName, self.issuer_name());
        report(Check::Link, self.link());
        report(Check::RevocationList, self.revocation_list());
        LinkReport {
            identifier: self.vertex.identifier,
            checks,
        }
    }

    fn algorithm(&self) -> Outcome {
        outcome(
            self.vertex.facts.is_algorithm_accepted,
            Reason::AlgorithmRetired {
                algorithm: self.certificate.signature_algorithm(),
            },
        )
    }

    fn validity(&self, time: u64) -> Outcome {
        let validity = self.certificate.validity();
        let reason = if time < validity.not_before {
            Reason::NotYetValid {
                not_before: validity.not_before,
            }
        } else {
            Reason::Expired {
                not_after: validity.not_after,
            }
        };
        outcome(validity.contains(time), reason)
    }

    /// Whether the certificate issued the one below it, or is wanted for issuing.
    fn must_issue(&self) -> bool {
        let is_issuer = self.graph.is_issuer.get(self.index).copied();
        is_issuer.unwrap_or(false) || self.purpose == Some(Purpose::KeyCertSign)
    }

    fn basic_constraints(&self) -> Outcome {
        if !self.must_issue() {
            return Outcome::NotApplicable;
        }
        let below = self.graph.between.get(self.index).copied().unwrap_or(0);
        if path::check_is_ca(self.certificate).is_err() {
            Outcome::Failed(Reason::NotCa)
        } else {
            let is_short = path::check_path_length(self.certificate, below).is_ok();
            outcome(is_short, Reason::PathTooLong)
        }
    }

    fn key_cert_sign(&self) -> Outcome {
        if self.must_issue() {
            let may_sign = path::check_key_cert_sign(self.certificate).is_ok();
            outcome(may_sign, Reason::NoKeyCertSign)
        } else {
            Outcome::NotApplicable
        }
    }

    /// The names in this certificate against the constraints of everyone above it.
    fn name_constraints(&self, budget: &mut Budget) -> Outcome {
        let above = self.graph.ancestors.get(self.index).copied().unwrap_or(0);
        if above == 0 {
            return Outcome::NotApplicable;
        }
        let ancestors = self
            .graph
            .vertices
            .iter()
            .zip(0_u32..)
            .filter(|(_, bit)| above.checked_shr(*bit).is_some_and(|bits| bits & 1 == 1));
        for (ancestor, _) in ancestors {
            let Ok(issuer) = &ancestor.certificate else {
                continue;
            };
            let checked =
                path::check_name_constraints(issuer, self.certificate, self.is_last, budget);
            match checked {
                Ok(()) => {}
                Err(PathError::BudgetExhausted) => {
                    return Outcome::Failed(Reason::TooManyNames);
                }
                Err(_) => {
                    return Outcome::Failed(Reason::NameOutsideConstraints {
                        issuer: ancestor.identifier,
                    });
                }
            }
        }
        Outcome::Passed
    }

    fn signature(&self) -> Outcome {
        if !self.is_signature_due {
            return Outcome::Passed;
        }
        match self.graph.signer(self.vertex) {
            Err(reason) => Outcome::Failed(reason),
            Ok(signer) => {
                let is_signed = self.certificate.verify_signed_by(signer).is_ok();
                outcome(is_signed, Reason::SignatureInvalid)
            }
        }
    }

    fn purpose(&self) -> Outcome {
        let (usage, reason) = match self.purpose {
            // keyCertSign has a check of its own, above.
            None | Some(Purpose::KeyCertSign) => return Outcome::NotApplicable,
            Some(Purpose::CrlSign) => (KeyUsage::CRL_SIGN, Reason::NoCrlSign),
            Some(Purpose::DigitalSignature) => {
                (KeyUsage::DIGITAL_SIGNATURE, Reason::NoDigitalSignature)
            }
        };
        outcome(self.certificate.allows(usage), reason)
    }

    fn issuer_name(&self) -> Outcome {
        let Ok(signer) = self.graph.signer(self.vertex) else {
            // The check of the signature says so.
            return Outcome::NotApplicable;
        };
        if path::check_issuer_name(self.certificate, signer).is_err() {
            return Outcome::Failed(Reason::IssuerNameMismatch);
        }
        outcome(
            path::check_key_identifiers(self.certificate, signer).is_ok(),
            Reason::KeyIdentifierMismatch,
        )
    }

    fn link(&self) -> Outcome {
        if self.vertex.issuers.is_empty() && self.vertex.facts.link.is_none() {
            return Outcome::NotApplicable;
        }
        none_or(self.vertex.facts.link)
    }

    fn revocation_list(&self) -> Outcome {
        match self.vertex.facts.list {
            RevocationList::None => Outcome::NotApplicable,
            RevocationList::Fresh => Outcome::Passed,
            RevocationList::Stale { next_update } => {
                Outcome::Noted(Reason::RevocationListStale { next_update })
            }
        }
    }
}

pub(super) fn outcome(holds: bool, reason: Reason) -> Outcome {
    if holds {
        Outcome::Passed
    } else {
        Outcome::Failed(reason)
    }
}

fn none_or(reason: Option<Reason>) -> Outcome {
    reason.map_or(Outcome::Passed, Outcome::Failed)
}
