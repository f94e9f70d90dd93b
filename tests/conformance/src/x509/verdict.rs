//! The verdict on a case: which rules a path has to satisfy, and on what a failure rests.

use super::{
    LIMITS,
    anchor::Anchor,
    case::Case,
    policy::{self, PolicyError},
    search::{Candidate, Search},
};
use allod_x509::{
    Budget, CertificateError, CrlError, ParsedCertificate, ParsedCrl, PathError,
    SignatureAlgorithm, oid, path,
    profile::{self, ProfileError},
};

/// Most bytes of a revocation list.
const MAX_CRL_SIZE: u32 = 1 << 20;
/// What comparing names with constraints may cost, for all paths that are tried.
const NAME_BUDGET: u32 = 250_000;

/// Why no path holds.
#[derive(Debug, thiserror::Error)]
pub(super) enum Reason {
    #[error("the peer's certificate: {0}")]
    Peer(CertificateError),
    #[error("a revocation list: {0}")]
    Crl(#[from] CrlError),
    #[error("no path to a trusted certificate")]
    NoPath,
    #[error("no path to a trusted certificate; one of the certificates cannot be read: {0}")]
    Unreadable(CertificateError),
    #[error("no path found within the bounds of the search")]
    SearchBound,
    #[error("certificate {place} of the path: {error}")]
    Path { place: usize, error: PathError },
    #[error("certificate {place} of the path: {error}")]
    Profile { place: usize, error: ProfileError },
    #[error("certificate {place} of the path: {error}")]
    Policy { place: usize, error: PolicyError },
    #[error(
        "certificate {place} of the path: signed with {algorithm}, which the case does not allow"
    )]
    Algorithm {
        place: usize,
        algorithm: SignatureAlgorithm,
    },
    #[error("more than {0} intermediate certificates")]
    Depth(u64),
    #[error("the peer's keyUsage does not allow what the case wants")]
    KeyUsage,
    #[error("certificate {place} of the path: extKeyUsage does not allow what the case wants")]
    Purpose { place: usize },
    #[error("certificate {place} of the path is revoked")]
    Revoked { place: usize },
    #[error("the revocation list of the issuer of certificate {place} is not valid at this time")]
    CrlTime { place: usize },
}

/// Whether a path holds, by RFC 5280.
pub(super) fn judge(case: &Case, now: u64) -> Result<(), Reason> {
    let peer = ParsedCertificate::parse_within(&case.peer, &LIMITS).map_err(Reason::Peer)?;
    let mut candidates = vec![Candidate {
        certificate: peer,
        is_trusted: case.trusted.contains(&case.peer),
    }];
    let anchors: Vec<_> = case.trusted.iter().map(|der| Anchor::new(der)).collect();
    let trusted = anchors.iter().map(|anchor| (&anchor.der, true));
    let others = case.intermediates.iter().map(|der| (der, false));
    // What cannot be read cannot be part of a path, and disturbs no other.
    let mut unreadable = None;
    for (der, is_trusted) in trusted.chain(others) {
        match ParsedCertificate::parse_within(der, &LIMITS) {
            Ok(certificate) => candidates.push(Candidate {
                certificate,
                is_trusted,
            }),
            Err(error) => unreadable = unreadable.or(Some(error)),
        }
    }
    let crls = case
        .crls
        .iter()
        .map(|der| ParsedCrl::parse_within(der, MAX_CRL_SIZE))
        .collect::<Result<Vec<_>, _>>()?;
    let mut rules = Rules {
        case,
        time: case.time.unwrap_or(now),
        crls,
        bare: anchors
            .iter()
            .filter(|anchor| anchor.is_bare)
            .map(|anchor| anchor.der.as_slice())
            .collect(),
        budget: Budget::new(NAME_BUDGET),
    };
    let outcome = Search::new(candidates).find(&mut rules);
    outcome.map_err(|reason| match (reason, unreadable) {
        (Reason::NoPath, Some(error)) => Reason::Unreadable(error),
        (reason, _) => reason,
    })
}

/// What a path, whose links are known to hold, has to satisfy besides.
pub(super) struct Rules<'a> {
    case: &'a Case,
    time: u64,
    crls: Vec<ParsedCrl<'a>>,
    /// Trusted certificates without a signature.
    bare: Vec<&'a [u8]>,
    budget: Budget,
}

impl Rules<'_> {
    /// The chain begins with the trusted certificate and ends with the peer's.
    pub(super) fn check(&mut self, chain: &[&ParsedCertificate<'_>]) -> Result<(), Reason> {
        for (place, certificate) in chain.iter().enumerate() {
            let (above, below) = (&chain[..place], &chain[place + 1..]);
            self.check_certificate(above, certificate, below)
                .map_err(|error| Reason::Path { place, error })?;
            profile::check_for_path(certificate)
                .map_err(|error| Reason::Profile { place, error })?;
            self.check_purposes(place, certificate)?;
            if let Some(issuer) = above.last() {
                self.check_algorithm(place, certificate)?;
                self.check_revocation(place, certificate, issuer)?;
            }
        }
        self.check_depth(chain)?;
        if let Some((_anchor, path)) = chain.split_first() {
            let place_in_chain = |(place, error)| Reason::Policy {
                place: place + 1,
                error,
            };
            policy::check(path).map_err(place_in_chain)?;
        }
        let Some(target) = chain.last() else {
            return Err(Reason::NoPath);
        };
        let allows = |usage| target.allows(usage);
        if self.case.key_usage.iter().copied().all(allows) {
            Ok(())
        } else {
            Err(Reason::KeyUsage)
        }
    }

    fn check_certificate(
        &mut self,
        above: &[&ParsedCertificate<'_>],
        certificate: &ParsedCertificate<'_>,
        below: &[&ParsedCertificate<'_>],
    ) -> Result<(), PathError> {
        path::check_validity(certificate, self.time)?;
        // A trusted certificate that another CA issued is where the path begins: nobody above it is known.
        if above.is_empty() && path::is_self_issued(certificate) {
            path::check_key_identifiers(certificate, certificate)?;
            if !self.bare.contains(&certificate.der()) {
                path::check_signature(certificate, certificate)?;
            }
        }
        if let Some((_target, intermediates)) = below.split_last() {
            path::check_may_issue(certificate, count_non_self_issued(intermediates))?;
        }
        for ca in above {
            let is_target = below.is_empty();
            path::check_name_constraints(ca, certificate, is_target, &mut self.budget)?;
        }
        Ok(())
    }

    fn check_purposes(
        &self,
        place: usize,
        certificate: &ParsedCertificate<'_>,
    ) -> Result<(), Reason> {
        let allows = |purpose: &Vec<u8>| {
            purpose.as_slice() == oid::ANY_PURPOSE || certificate.allows_purpose(purpose)
        };
        if self.case.purposes.iter().all(allows) {
            Ok(())
        } else {
            Err(Reason::Purpose { place })
        }
    }

    fn check_algorithm(
        &self,
        place: usize,
        certificate: &ParsedCertificate<'_>,
    ) -> Result<(), Reason> {
        let algorithm = certificate.signature_algorithm();
        match &self.case.algorithms {
            Some(allowed) if !allowed.contains(&algorithm) => {
                Err(Reason::Algorithm { place, algorithm })
            }
            _ => Ok(()),
        }
    }

    /// Every list that names the issuer counts; it must be the issuer's, and valid now.
    fn check_revocation(
        &self,
        place: usize,
        certificate: &ParsedCertificate<'_>,
        issuer: &ParsedCertificate<'_>,
    ) -> Result<(), Reason> {
        for crl in &self.crls {
            if !crl.issuer_name().matches(&certificate.issuer_name()) {
                continue;
            }
            crl.verify_issued_by(issuer)?;
            profile::check_crl(crl).map_err(|error| Reason::Profile { place, error })?;
            if !(crl.this_update()..=crl.next_update()).contains(&self.time) {
                return Err(Reason::CrlTime { place });
            }
            if crl.find(certificate.serial()).is_some() {
                return Err(Reason::Revoked { place });
            }
        }
        Ok(())
    }

    fn check_depth(&self, chain: &[&ParsedCertificate<'_>]) -> Result<(), Reason> {
        let intermediates = match chain {
            [_anchor, intermediates @ .., _target] => intermediates,
            _ => &[],
        };
        let depth = u64::from(count_non_self_issued(intermediates));
        match self.case.max_depth {
            Some(max) if depth > max => Err(Reason::Depth(max)),
            _ => Ok(()),
        }
    }
}

fn count_non_self_issued(chain: &[&ParsedCertificate<'_>]) -> u8 {
    let counted = chain
        .iter()
        .filter(|certificate| !path::is_self_issued(certificate));
    u8::try_from(counted.count()).unwrap_or(u8::MAX)
}
