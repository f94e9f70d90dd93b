//! The rules that verification applies to an identity and everything that stands above it.
//!
//! They need nothing but the certificates, who issued which, and what the chain knows about each:
//! [`Graph`] is put together by whoever can read the chain, and checked here.
//!
//! # Order and cost
//!
//! Vertices stand root down: every one comes after its issuers, the identity that is asked about is
//! the last. With one issuer each they form a chain; co-issuers make it a graph, of at most
//! [`MAX_VISITED`] vertices. Every check is made on every vertex, whether or not one before it
//! failed, so that a report is whole. Each vertex costs one signature check; comparing names with the
//! constraints of all ancestors costs at most [`Budget::CHAIN`], for the whole graph. The rules of one
//! link are those of [`allod_x509::path`].
//!
//! # What counts for whom
//!
//! A co-issuer did not sign the certificate but consented to it, which the chain checked when it was
//! registered; so the certificate's signature, issuer name and key identifier are held against the
//! issuer alone. Everything else counts for co-issuers as for the issuer: they must be certification
//! authorities, may have only so many certificates below, and their name constraints bind.

use alloc::{vec, vec::Vec};

use allod_x509::{Budget, KeyUsage, ParsedCertificate, PathError, path};

use crate::{
    Identifier, MAX_VISITED,
    report::{Check, CheckReport, LinkReport, Outcome, Purpose, Reason},
};

/// What the chain knows about a certificate and the certificate does not say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Facts {
    /// Whether the runtime's list has the certificate's algorithm.
    pub is_algorithm_accepted: bool,
    /// Why it has lost its standing: revoked, on hold, deactivated.
    pub status: Option<Reason>,
    /// Why the link to an issuer does not count any more.
    pub link: Option<Reason>,
    /// How the issuer's last revocation list stands, by the block's time: a time that somebody asks
    /// for moves windows of validity and nothing else.
    pub list: RevocationList,
}

/// How an issuer's last revocation list stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RevocationList {
    /// It published none.
    None,
    /// It is not older than it promised.
    Fresh,
    /// The issuer promised a newer one by then, in seconds since 1970.
    Stale {
        /// When.
        next_update: u64,
    },
}

impl RevocationList {
    /// Judges a promise (nextUpdate) by a time, both in seconds since 1970.
    pub fn judge(next_update: Option<u64>, now: u64) -> Self {
        match next_update {
            None => Self::None,
            Some(next_update) if now > next_update => Self::Stale { next_update },
            Some(_) => Self::Fresh,
        }
    }
}

/// One certificate of one identity.
#[derive(Debug, Clone)]
pub struct Vertex<'a> {
    /// The identity.
    pub identifier: Identifier,
    /// Its certificate, or why there is none.
    pub certificate: Result<ParsedCertificate<'a>, Reason>,
    /// Positions of its issuers among the vertices, all before its own; first the one whose key
    /// signed the certificate. None for a root.
    pub issuers: Vec<usize>,
    /// What the chain knows.
    pub facts: Facts,
}

/// An identity and everything above it.
#[derive(Debug, Clone)]
pub struct Graph<'a> {
    vertices: Vec<Vertex<'a>>,
    /// For each vertex, how many certificates that are not self-issued stand between it and the last
    /// one, on the longest way (RFC 5280, 4.2.1.9).
    between: Vec<u8>,
    /// For each vertex, whether it issued another one.
    is_issuer: Vec<bool>,
    /// For each vertex, its ancestors: bit n for the vertex n.
    ancestors: Vec<u32>,
}

/// Which signatures are verified.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signatures {
    /// All of them.
    All,
    /// Only the last certificate's: those above come from the chain's own storage, were verified
    /// when they were stored, and a signature does not change with time.
    Last,
    /// None, for the same reason.
    None,
}

impl<'a> Graph<'a> {
    /// Puts vertices in order, the one in question last. `None` if there are none or more than
    /// [`MAX_VISITED`], or if an issuer does not stand before the vertex that it issued.
    pub fn new(vertices: Vec<Vertex<'a>>) -> Option<Self> {
        let count = vertices.len();
        let is_bounded = u32::try_from(count).is_ok_and(|count| count <= MAX_VISITED);
        let is_ordered = vertices
            .iter()
            .enumerate()
            .all(|(index, vertex)| vertex.issuers.iter().all(|issuer| *issuer < index));
        if count == 0 || !is_bounded || !is_ordered {
            return None;
        }
        let last = count.saturating_sub(1);
        let mut between = vec![0_u8; count];
        let mut is_issuer = vec![false; count];
        for (index, vertex) in vertices.iter().enumerate().rev() {
            let is_self_issued = vertex.certificate.as_ref().is_ok_and(path::is_self_issued);
            let own = between.get(index).copied().unwrap_or(0);
            let above = match index == last || is_self_issued {
                true => own,
                false => own.saturating_add(1),
            };
            for issuer in &vertex.issuers {
                if let Some(longest) = between.get_mut(*issuer) {
                    *longest = above.max(*longest);
                }
                if let Some(flag) = is_issuer.get_mut(*issuer) {
                    *flag = true;
                }
            }
        }
        let mut ancestors: Vec<u32> = Vec::with_capacity(count);
        for vertex in &vertices {
            let above = vertex.issuers.iter().fold(0, |bits: u32, issuer| {
                let own = u32::try_from(*issuer)
                    .ok()
                    .and_then(|shift| 1_u32.checked_shl(shift));
                bits | own.unwrap_or(0) | ancestors.get(*issuer).copied().unwrap_or(0)
            });
            ancestors.push(above);
        }
        Some(Self {
            vertices,
            between,
            is_issuer,
            ancestors,
        })
    }

    /// The vertices, root down.
    pub fn vertices(&self) -> &[Vertex<'a>] {
        &self.vertices
    }

    /// Whether every certificate has at most one issuer.
    pub fn is_chain(&self) -> bool {
        self.vertices.iter().all(|vertex| vertex.issuers.len() < 2)
    }

    /// Checks every vertex, root down. `time`: seconds since 1970, for windows of validity alone.
    pub fn check(
        &self,
        time: u64,
        purpose: Option<Purpose>,
        signatures: Signatures,
    ) -> Vec<LinkReport> {
        let last = self.vertices.len().saturating_sub(1);
        let mut budget = Budget::CHAIN;
        let mut links: Vec<_> = self
            .vertices
            .iter()
            .enumerate()
            .map(|(index, vertex)| match &vertex.certificate {
                Err(reason) => LinkReport::of_one(vertex.identifier, *reason),
                Ok(certificate) => {
                    let is_last = index == last;
                    let link = Link {
                        graph: self,
                        index,
                        vertex,
                        certificate,
                        purpose: purpose.filter(|_| is_last),
                        is_last,
                        is_signature_due: match signatures {
                            Signatures::All => true,
                            Signatures::Last => is_last,
                            Signatures::None => false,
                        },
                    };
                    link.check(time, &mut budget)
                }
            })
            .collect();
        let opinion = self.second_opinion(&links, time, purpose);
        if let Some(target) = links.last_mut() {
            target.checks.push(CheckReport {
                check: Check::SecondOpinion,
                outcome: opinion,
            });
        }
        links
    }

    /// What `rustls-webpki` says of the whole chain. It is asked if everything else holds, there is one
    /// issuer each, and the target is no certification authority: it knows no graphs, and takes no
    /// authority for a target.
    fn second_opinion(&self, links: &[LinkReport], time: u64, purpose: Option<Purpose>) -> Outcome {
        let fails = links.iter().any(|link| link.failure().is_some());
        let is_asked = !fails && self.is_chain() && self.vertices.len() > 1;
        let chain: Option<Vec<_>> = self
            .vertices
            .iter()
            .map(|vertex| vertex.certificate.clone().ok())
            .collect();
        let Some(chain) = chain.filter(|_| is_asked) else {
            return Outcome::NotApplicable;
        };
        if chain.last().is_none_or(ParsedCertificate::is_ca) {
            return Outcome::NotApplicable;
        }
        let opinion = path::check_second_opinion(&chain, time, purpose.map(path::Purpose::from));
        outcome(opinion.is_ok(), Reason::SecondOpinion)
    }

    /// The certificate of the issuer whose key signed: its own for a root.
    fn signer<'s>(&'s self, vertex: &'s Vertex<'a>) -> Result<&'s ParsedCertificate<'a>, Reason> {
        let signer = match vertex.issuers.first() {
            None => vertex,
            Some(issuer) => self.vertices.get(*issuer).unwrap_or(vertex),
        };
        signer
            .certificate
            .as_ref()
            .map_err(|_| Reason::IssuerCertificateDropped {
                issuer: signer.identifier,
            })
    }
}

/// One vertex while it is checked.
struct Link<'g, 'a> {
    graph: &'g Graph<'a>,
    index: usize,
    vertex: &'g Vertex<'a>,
    certificate: &'g ParsedCertificate<'a>,
    purpose: Option<Purpose>,
    is_last: bool,
    is_signature_due: bool,
}

impl Link<'_, '_> {
    /// Makes every check, in the order of [`Check`], whether or not one before it failed.
    fn check(&self, time: u64, budget: &mut Budget) -> LinkReport {
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

fn outcome(holds: bool, reason: Reason) -> Outcome {
    if holds {
        Outcome::Passed
    } else {
        Outcome::Failed(reason)
    }
}

fn none_or(reason: Option<Reason>) -> Outcome {
    reason.map_or(Outcome::Passed, Outcome::Failed)
}

#[cfg(test)]
mod tests {
    use allod_x509::{
        SigningKey,
        builder::{CertificateBuilder, basic_constraints, key_usage, name},
    };

    use super::*;
    use crate::{RootTrust, VerificationReport};

    const NOW: u64 = 1_800_000_000;
    const GOOD: Facts = Facts {
        is_algorithm_accepted: true,
        status: None,
        link: None,
        list: RevocationList::None,
    };

    fn vertex<'a>(
        certificate: ParsedCertificate<'a>,
        issuers: &[usize],
        facts: Facts,
    ) -> Vertex<'a> {
        Vertex {
            identifier: Identifier::of(&certificate),
            certificate: Ok(certificate),
            issuers: issuers.to_vec(),
            facts,
        }
    }

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
            let certificate = ParsedCertificate::parse(&der).unwrap();
            let identifier = Identifier::of(&certificate);
            let facts = Facts {
                is_algorithm_accepted: self.is_algorithm_accepted,
                ..GOOD
            };
            let graph = Graph::new(vec![vertex(certificate, &[], facts)]).unwrap();
            let links = graph.check(self.time, self.purpose, Signatures::All);
            VerificationReport::new(identifier, self.time, self.purpose, links, accepted_roots)
        }

        fn failure(&self) -> Option<(Check, Reason)> {
            let report = self.report(None);
            assert_eq!(report.root, Some(report.identifier), "always named");
            assert_eq!(report.links[0].checks.len(), 14);
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
        let mut case = Case::new();
        let failures = |case: &mut Case| {
            Purpose::ALL.map(|purpose| {
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

    /// The certificate of `subject`, issued by `issuer`, both named by their numbers.
    fn issued(subject: u8, issuer: u8, extensions: Vec<Vec<u8>>) -> Vec<u8> {
        let mut builder = CertificateBuilder::self_issued(&format!("{subject}"));
        builder.issuer = name(&[&format!("{issuer}")]);
        builder.extensions = extensions;
        let key = |number| SigningKey::ed25519([number; 32]);
        builder.sign(&key(subject).spki(), &key(issuer))
    }

    fn authority(path_length: Option<u8>) -> Vec<Vec<u8>> {
        vec![basic_constraints(true, path_length)]
    }

    /// Checks a graph of (certificate, its issuers' positions) and names the first failure.
    fn first_failure(parts: &[(Vec<u8>, &[usize])]) -> Option<(usize, Check, Reason)> {
        let vertices = parts
            .iter()
            .map(|(der, issuers)| vertex(ParsedCertificate::parse(der).unwrap(), issuers, GOOD))
            .collect();
        let graph = Graph::new(vertices).unwrap();
        let links = graph.check(NOW, None, Signatures::All);
        assert_eq!(links.len(), parts.len(), "every link is reported");
        links.iter().enumerate().find_map(|(index, link)| {
            link.failure()
                .map(|failure| (index, failure.check, failure.reason))
        })
    }

    #[test]
    fn a_chain_of_issue() {
        let root = issued(1, 1, authority(None));
        let middle = issued(2, 1, authority(None));
        let leaf = issued(3, 2, vec![]);
        let chain = [
            (root.clone(), &[][..]),
            (middle.clone(), &[0][..]),
            (leaf.clone(), &[1][..]),
        ];
        assert_eq!(first_failure(&chain), None);

        // Whoever is no certification authority issues nothing.
        let powerless = (issued(2, 1, vec![]), &[0][..]);
        let broken = [chain[0].clone(), powerless, chain[2].clone()];
        assert_eq!(
            first_failure(&broken),
            Some((1, Check::BasicConstraints, Reason::NotCa))
        );
        let usage = vec![
            basic_constraints(true, None),
            key_usage(&[KeyUsage::CRL_SIGN]),
        ];
        let lists_only = (issued(2, 1, usage), &[0][..]);
        let broken = [chain[0].clone(), lists_only, chain[2].clone()];
        assert_eq!(
            first_failure(&broken),
            Some((1, Check::KeyCertSign, Reason::NoKeyCertSign))
        );

        // The name of one issuer, the key of another.
        let misnamed = (issued(3, 1, vec![]), &[1][..]);
        let broken = [chain[0].clone(), chain[1].clone(), misnamed];
        assert_eq!(
            first_failure(&broken),
            Some((2, Check::Signature, Reason::SignatureInvalid))
        );
    }

    /// `rustls-webpki` is asked about chains that end in something that is no authority.
    #[test]
    fn a_second_opinion_on_the_whole_chain() {
        let parts = [
            issued(1, 1, authority(None)),
            issued(2, 1, authority(None)),
            issued(3, 2, vec![]),
        ];
        let opinion = |count: usize| {
            let vertices = parts.iter().take(count).enumerate().map(|(index, der)| {
                let above: Vec<_> = index.checked_sub(1).into_iter().collect();
                vertex(ParsedCertificate::parse(der).unwrap(), &above, GOOD)
            });
            let graph = Graph::new(vertices.collect()).unwrap();
            let links = graph.check(NOW, None, Signatures::All);
            let last = *links.last().unwrap().checks.last().unwrap();
            assert_eq!(last.check, Check::SecondOpinion);
            last.outcome
        };
        assert_eq!(opinion(1), Outcome::NotApplicable, "a root");
        assert_eq!(opinion(2), Outcome::NotApplicable, "an authority");
        assert_eq!(opinion(3), Outcome::Passed);
    }

    #[test]
    fn path_length_counts_what_stands_between() {
        for (path_length, expected) in [
            (None, None),
            (Some(1), None),
            (
                Some(0),
                Some((0, Check::BasicConstraints, Reason::PathTooLong)),
            ),
        ] {
            let chain = [
                (issued(1, 1, authority(path_length)), &[][..]),
                (issued(2, 1, authority(None)), &[0][..]),
                (issued(3, 2, authority(None)), &[1][..]),
            ];
            assert_eq!(first_failure(&chain), expected);
        }
        // The longest way counts, also where it leads over a co-issuer.
        let graph = [
            (issued(1, 1, authority(Some(0))), &[][..]),
            (issued(2, 1, authority(None)), &[0][..]),
            (issued(3, 1, vec![]), &[0, 1][..]),
        ];
        assert_eq!(
            first_failure(&graph),
            Some((0, Check::BasicConstraints, Reason::PathTooLong))
        );
    }

    #[test]
    fn co_issuers_must_be_authorities() {
        let graph = [
            (issued(1, 1, authority(None)), &[][..]),
            (issued(2, 2, vec![]), &[][..]),
            (issued(3, 1, vec![]), &[0, 1][..]),
        ];
        assert_eq!(
            first_failure(&graph),
            Some((1, Check::BasicConstraints, Reason::NotCa))
        );
    }

    #[test]
    fn what_the_chain_knows_fails_the_link() {
        let der = issued(1, 1, authority(None));
        let deactivated = Facts {
            status: Some(Reason::Deactivated),
            ..GOOD
        };
        let compromised = Facts {
            link: Some(Reason::IssuedAfterCompromise {
                issuer: Identifier([1; 32]),
                good_until: 5,
            }),
            ..GOOD
        };
        for (facts, check) in [(deactivated, Check::Status), (compromised, Check::Link)] {
            let certificate = ParsedCertificate::parse(&der).unwrap();
            let graph = Graph::new(vec![vertex(certificate, &[], facts)]).unwrap();
            let links = graph.check(NOW, None, Signatures::Last);
            assert_eq!(links[0].failure().unwrap().check, check);
        }
        // A list that is late is noted, and nothing more.
        let late = Facts {
            list: RevocationList::judge(Some(NOW - 1), NOW),
            ..GOOD
        };
        let certificate = ParsedCertificate::parse(&der).unwrap();
        let graph = Graph::new(vec![vertex(certificate, &[], late)]).unwrap();
        let links = graph.check(NOW, None, Signatures::Last);
        assert_eq!(links[0].failure(), None);
        let noted = Outcome::Noted(Reason::RevocationListStale {
            next_update: NOW - 1,
        });
        assert!(links[0].checks.iter().any(|check| check.outcome == noted));
    }

    #[test]
    fn graphs_are_bounded_and_without_circles() {
        let der = issued(1, 1, authority(None));
        let of = |issuers: &[usize]| vertex(ParsedCertificate::parse(&der).unwrap(), issuers, GOOD);
        assert!(Graph::new(vec![]).is_none());
        assert!(Graph::new(vec![of(&[0])]).is_none(), "its own issuer");
        assert!(Graph::new(vec![of(&[1]), of(&[])]).is_none(), "upside down");
        let sixteen: Vec<_> = (0..16).map(|_| of(&[])).collect();
        assert!(Graph::new(sixteen.clone()).is_some());
        let seventeen = [sixteen, vec![of(&[])]].concat();
        assert!(Graph::new(seventeen).is_none());
    }
}
