//! The rules that verification applies to the certificate of one link.
//!
//! They need nothing but the certificate, its issuer's, and what the chain knows about the link.

use alloc::vec::Vec;

use allod_x509::{KeyUsage, ParsedCertificate};

use crate::{
    Identifier,
    report::{Check, CheckReport, LinkReport, Outcome, Purpose, Reason},
};

/// A link to be checked.
#[derive(Debug, Clone, Copy)]
pub struct Link<'a> {
    /// The identity.
    pub identifier: Identifier,
    /// Its certificate.
    pub certificate: &'a ParsedCertificate<'a>,
    /// The certificate whose key must have signed it: its own, for a root.
    pub issuer: &'a ParsedCertificate<'a>,
    /// Whether the runtime's list has the certificate's algorithm.
    pub is_algorithm_accepted: bool,
    /// What the link is in the chain.
    pub position: Position,
}

/// What a link is in the chain of issue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Position {
    /// The identity that was asked about, and the purpose if one was named.
    Target(Option<Purpose>),
}

impl Link<'_> {
    /// Makes every check, in the order of [`Check`], whether or not one before it failed. Costs one
    /// signature check.
    pub fn check(&self, time: u64) -> LinkReport {
        let mut checks = Vec::with_capacity(10);
        let mut report = |check, outcome| checks.push(CheckReport { check, outcome });
        report(Check::Registered, Outcome::Passed);
        report(Check::Algorithm, self.algorithm());
        report(Check::Validity, self.validity(time));
        report(Check::BasicConstraints, self.basic_constraints());
        report(Check::KeyCertSign, self.key_cert_sign());
        // Nothing stands above a root whose constraints its names would have to keep.
        report(Check::NameConstraints, Outcome::NotApplicable);
        // A certificate with an unknown one is not parsed at all.
        report(Check::CriticalExtensions, Outcome::Passed);
        // There is no way yet to lose one's standing other than not to be registered.
        report(Check::Status, Outcome::Passed);
        report(Check::Signature, self.signature());
        report(Check::Purpose, self.purpose());
        LinkReport {
            identifier: self.identifier,
            checks,
        }
    }

    fn algorithm(&self) -> Outcome {
        outcome(
            self.is_algorithm_accepted,
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

    /// Whether the link has to be one that may issue.
    fn must_issue(&self) -> bool {
        self.position == Position::Target(Some(Purpose::KeyCertSign))
    }

    fn basic_constraints(&self) -> Outcome {
        if self.must_issue() {
            outcome(self.certificate.is_ca(), Reason::NotCa)
        } else {
            Outcome::NotApplicable
        }
    }

    fn key_cert_sign(&self) -> Outcome {
        if self.must_issue() {
            let may_sign = self.certificate.allows(KeyUsage::KEY_CERT_SIGN);
            outcome(may_sign, Reason::NoKeyCertSign)
        } else {
            Outcome::NotApplicable
        }
    }

    fn signature(&self) -> Outcome {
        let is_signed = self.certificate.verify_signed_by(self.issuer).is_ok();
        outcome(is_signed, Reason::SignatureInvalid)
    }

    fn purpose(&self) -> Outcome {
        let Position::Target(purpose) = self.position;
        let (usage, reason) = match purpose {
            // keyCertSign has a check of its own, above.
            None | Some(Purpose::KeyCertSign) => return Outcome::NotApplicable,
            Some(Purpose::CrlSign) => (KeyUsage::CRL_SIGN, Reason::NoCrlSign),
            Some(Purpose::DigitalSignature) => {
                (KeyUsage::DIGITAL_SIGNATURE, Reason::NoDigitalSignature)
            }
        };
        outcome(self.certificate.allows(usage), reason)
    }
}

fn outcome(holds: bool, reason: Reason) -> Outcome {
    if holds {
        Outcome::Passed
    } else {
        Outcome::Failed(reason)
    }
}

#[cfg(test)]
mod tests {
    use allod_x509::{
        SigningKey,
        builder::{CertificateBuilder, basic_constraints, key_usage},
    };

    use super::*;
    use crate::{RootTrust, VerificationReport};

    const NOW: u64 = 1_800_000_000;

    struct Case {
        builder: CertificateBuilder,
        signer: SigningKey,
        is_algorithm_accepted: bool,
        time: u64,
        purpose: Option<Purpose>,
    }

    impl Case {
        fn new() -> Self {
            Self {
                builder: CertificateBuilder::self_issued("agent"),
                signer: SigningKey::ed25519([1; 32]),
                is_algorithm_accepted: true,
                time: NOW,
                purpose: None,
            }
        }

        fn report(&self, accepted_roots: Option<&[Identifier]>) -> VerificationReport {
            let subject = SigningKey::ed25519([1; 32]);
            let der = self.builder.sign(&subject.spki(), &self.signer);
            let certificate = &ParsedCertificate::parse(&der).unwrap();
            let link = Link {
                identifier: Identifier::of(certificate),
                certificate,
                issuer: certificate,
                is_algorithm_accepted: self.is_algorithm_accepted,
                position: Position::Target(self.purpose),
            };
            let links = vec![link.check(self.time)];
            VerificationReport::new(
                link.identifier,
                self.time,
                self.purpose,
                links,
                accepted_roots,
            )
        }

        fn failure(&self) -> Option<(Check, Reason)> {
            let report = self.report(None);
            assert_eq!(report.root, Some(report.identifier), "always named");
            assert_eq!(report.links[0].checks.len(), 10);
            report
                .failure
                .map(|failure| (failure.check, failure.reason))
        }
    }

    #[test]
    fn first_failure_of_each_kind() {
        assert_eq!(Case::new().failure(), None);

        let mut case = Case::new();
        case.is_algorithm_accepted = false;
        let algorithm = allod_x509::SignatureAlgorithm::Ed25519;
        let retired = Reason::AlgorithmRetired { algorithm };
        assert_eq!(case.failure(), Some((Check::Algorithm, retired)));

        let mut case = Case::new();
        let (not_before, not_after) = (case.builder.not_before, case.builder.not_after);
        for (time, expected) in [
            (0, Some(Reason::NotYetValid { not_before })),
            (not_before - 1, Some(Reason::NotYetValid { not_before })),
            (not_before, None),
            (not_after, None),
            (not_after + 1, Some(Reason::Expired { not_after })),
            (u64::MAX, Some(Reason::Expired { not_after })),
        ] {
            case.time = time;
            let expected = expected.map(|reason| (Check::Validity, reason));
            assert_eq!(case.failure(), expected, "{time}");
        }

        let mut case = Case::new();
        case.signer = SigningKey::ed25519([2; 32]);
        assert_eq!(
            case.failure(),
            Some((Check::Signature, Reason::SignatureInvalid))
        );
    }

    #[test]
    fn purposes() {
        let purposes = [
            Purpose::KeyCertSign,
            Purpose::CrlSign,
            Purpose::DigitalSignature,
        ];
        let mut case = Case::new();
        let failures = |case: &mut Case| {
            purposes.map(|purpose| {
                case.purpose = Some(purpose);
                case.failure()
            })
        };
        // OpenSSL's default: a certification authority without keyUsage may do everything.
        assert_eq!(failures(&mut case), [None; 3]);

        case.builder.extensions = vec![
            basic_constraints(true, None),
            key_usage(&[KeyUsage::DIGITAL_SIGNATURE]),
        ];
        assert_eq!(
            failures(&mut case),
            [
                Some((Check::KeyCertSign, Reason::NoKeyCertSign)),
                Some((Check::Purpose, Reason::NoCrlSign)),
                None,
            ]
        );

        case.builder.extensions = vec![key_usage(&[KeyUsage::KEY_CERT_SIGN, KeyUsage::CRL_SIGN])];
        assert_eq!(
            failures(&mut case),
            [
                Some((Check::BasicConstraints, Reason::NotCa)),
                None,
                Some((Check::Purpose, Reason::NoDigitalSignature)),
            ]
        );
        case.purpose = None;
        assert_eq!(case.failure(), None);
    }

    #[test]
    fn roots_are_trusted_only_by_name() {
        let case = Case::new();
        let report = case.report(None);
        assert!(report.holds());
        assert_eq!(report.root_trust, RootTrust::NotAsked);
        let root = report.identifier;
        let report = case.report(Some(&[Identifier([0; 32]), root]));
        assert!(report.holds());
        assert_eq!(report.root_trust, RootTrust::Accepted);
        for stranger in [&[][..], &[Identifier([0; 32])]] {
            let report = case.report(Some(stranger));
            assert_eq!(report.root_trust, RootTrust::NotAccepted);
            let failure = report.failure.unwrap();
            assert_eq!(failure.check, Check::Root);
            assert_eq!(failure.reason, Reason::RootNotAccepted);
            assert_eq!(failure.identifier, root);
        }
    }

    #[test]
    fn unregistered_has_no_root() {
        let identifier = Identifier([9; 32]);
        for accepted in [None, Some(&[identifier][..])] {
            let links = vec![LinkReport::unregistered(identifier)];
            let report = VerificationReport::new(identifier, NOW, None, links, accepted);
            assert_eq!(report.root, None);
            assert_eq!(report.failure.unwrap().reason, Reason::NotRegistered);
        }
    }

    #[test]
    fn json_names_checks_and_reasons() {
        let mut case = Case::new();
        case.time = 0;
        let json = serde_json::to_value(case.report(None)).unwrap();
        assert_eq!(json["failure"]["check"], "validity");
        assert_eq!(json["failure"]["reason"]["kind"], "notYetValid");
        assert_eq!(json["failure"]["reason"]["notBefore"], 1_577_836_800);
        assert_eq!(json["rootTrust"], "notAsked");
        let checks = &json["links"][0]["checks"];
        assert_eq!(checks[0]["check"], "registered");
        assert_eq!(checks[0]["outcome"], "passed");
        assert_eq!(checks[2]["outcome"], "failed");
        assert_eq!(checks[3]["outcome"], "notApplicable");
        let back: VerificationReport = serde_json::from_value(json).unwrap();
        assert_eq!(back, case.report(None));
    }
}
