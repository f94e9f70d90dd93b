//! Reads an identity and everything above it from storage.
//!
//! Every read follows a stored link upwards; nothing here depends on how much anybody has issued.
//! A reading visits at most [`MAX_VISITED`] certificates and says how many it was, so that calls can
//! be charged for what they did.

use alloc::vec::Vec;

use allod_identity::{
    CertificateReference, CertificateStatus, CertificateStatuses, Identifier, Issuance,
    KeyFingerprint, MAX_DEPTH, MAX_VISITED, Reason,
    checks::{Facts, Graph, RevocationList, Vertex},
};
use allod_x509::ParsedCertificate;
use frame_support::traits::Contains;
use frame_system::pallet_prelude::BlockNumberFor;
use sp_runtime::traits::UniqueSaturatedInto;

use crate::{
    pallet::{Certificates, Config, Identities, Keys, Pallet, Superseded},
    types::CertificateBytes,
};

/// One certificate as it was read.
pub(crate) struct Reading<T: Config> {
    pub reference: CertificateReference,
    pub certificate: Result<CertificateBytes, Reason>,
    pub issuance: Issuance,
    /// Positions of the issuers among the readings.
    pub issuers: Vec<usize>,
    /// The block in which the certificate was registered.
    pub since: BlockNumberFor<T>,
    /// What became of the identity as it is now, where this is not its current certificate.
    pub identity_status: Option<Reason>,
}

/// More certificates stand above than verification visits.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct TooMany;

/// Certificates in the order of [`Graph`]: issuers first.
pub(crate) struct Readings<T: Config> {
    list: Vec<Reading<T>>,
    /// How many certificates have been read, those included whose issuers are still being read.
    visited: u32,
}

impl<T: Config> Readings<T> {
    pub fn new() -> Self {
        Self {
            list: Vec::new(),
            visited: 0,
        }
    }

    /// How many certificates were read.
    pub fn visited(&self) -> u32 {
        self.visited
    }

    /// Whether one of them is this identity's.
    pub fn contains(&self, identifier: Identifier) -> bool {
        self.list
            .iter()
            .any(|reading| reading.reference.identifier == identifier)
    }

    /// Reads a certificate and everything above it, each once; its position.
    pub fn read(&mut self, reference: CertificateReference) -> Result<usize, TooMany> {
        self.read_below(reference, 1)
    }

    fn read_below(&mut self, reference: CertificateReference, depth: u8) -> Result<usize, TooMany> {
        let known = |reading: &Reading<T>| reading.reference == reference;
        if let Some(position) = self.list.iter().position(known) {
            return Ok(position);
        }
        if self.visited == MAX_VISITED || depth > MAX_DEPTH {
            return Err(TooMany);
        }
        self.visited = self.visited.saturating_add(1);
        let mut reading = read_one::<T>(reference);
        let above = depth.saturating_add(1);
        let issuers: Vec<_> = reading.issuance.issuers().collect();
        for issuer in issuers {
            reading.issuers.push(self.read_below(issuer, above)?);
        }
        self.list.push(reading);
        Ok(self.list.len().saturating_sub(1))
    }

    /// The graph of what was read, with one more certificate below if it is given. `None` if the two
    /// together are too many, or nothing was read.
    pub fn graph<'a>(&'a self, below: Option<Vertex<'a>>) -> Option<Graph<'a>> {
        let now = Pallet::<T>::now();
        let mut vertices: Vec<Vertex<'a>> = Vec::with_capacity(self.list.len().saturating_add(1));
        for reading in &self.list {
            let certificate = match &reading.certificate {
                Ok(der) => ParsedCertificate::parse(der).map_err(|_| Reason::Unreadable),
                Err(reason) => Err(*reason),
            };
            let facts = match &certificate {
                Ok(parsed) => reading.facts(parsed, &vertices, now),
                Err(_) => NO_FACTS,
            };
            vertices.push(Vertex {
                identifier: reading.reference.identifier,
                certificate,
                issuers: reading.issuers.clone(),
                facts,
            });
        }
        vertices.extend(below);
        Graph::new(vertices)
    }
}

/// For a certificate that is not there: its absence is what fails.
const NO_FACTS: Facts = Facts {
    is_algorithm_accepted: false,
    status: None,
    link: None,
    list: RevocationList::None,
};

impl<T: Config> Reading<T> {
    fn facts(&self, parsed: &ParsedCertificate<'_>, above: &[Vertex<'_>], now: u64) -> Facts {
        let issuer = self.issuance.issuer_of(self.reference.identifier);
        let issuers = self.issuers.iter().filter_map(|index| above.get(*index));
        Facts {
            is_algorithm_accepted: T::Algorithms::contains(&parsed.signature_algorithm()),
            status: status::<T>(issuer, parsed.serial()).or(self.identity_status),
            link: issuers
                .filter_map(|vertex| link_failure::<T>(vertex, self.since))
                .next(),
            list: RevocationList::judge(T::Statuses::next_update(issuer), now),
        }
    }
}

/// Why a certificate that was registered in the block `since` does not count any more under the issuer
/// `vertex`, if it does not: the issuer has given up its key since.
fn link_failure<T: Config>(vertex: &Vertex<'_>, since: BlockNumberFor<T>) -> Option<Reason> {
    let Ok(certificate) = &vertex.certificate else {
        // The issuer's own link says what is wrong with it.
        return None;
    };
    let key = Keys::<T>::get(KeyFingerprint::of(certificate))?;
    let good_until = key.good_until.filter(|good_until| since > *good_until)?;
    Some(Reason::IssuedAfterCompromise {
        issuer: vertex.identifier,
        good_until: good_until.unique_saturated_into(),
    })
}

/// What an issuer said about its certificate with this serial number.
pub(crate) fn status<T: Config>(issuer: Identifier, serial: &[u8]) -> Option<Reason> {
    let status = T::Statuses::status(issuer, serial)?;
    Some(match status {
        CertificateStatus::Revoked { reason, since } => Reason::Revoked { reason, since },
        CertificateStatus::OnHold { since } => Reason::OnHold { since },
    })
}

/// Reads one certificate. Where it is not there any more, the identity's present issuers are
/// followed, so that a report still names the root.
fn read_one<T: Config>(reference: CertificateReference) -> Reading<T> {
    let CertificateReference {
        identifier,
        generation,
    } = reference;
    let mut reading = Reading {
        reference,
        certificate: Err(Reason::NotRegistered),
        issuance: Issuance::SelfIssued,
        issuers: Vec::new(),
        since: 0_u32.into(),
        identity_status: None,
    };
    let Some(record) = Identities::<T>::get(identifier) else {
        return reading;
    };
    reading.since = record.certified_at;
    if record.is_deactivated {
        reading.certificate = Err(Reason::Deactivated);
        reading.issuance = record.issuance;
    } else if record.generation == generation {
        let certificate = Certificates::<T>::get(identifier);
        reading.certificate = certificate.ok_or(Reason::Unreadable);
        reading.issuance = record.issuance;
    } else if let Some(superseded) = Superseded::<T>::get(identifier, generation) {
        // A superseded certificate verifies children only as long as its identity has its standing.
        let issuer = record.issuance.issuer_of(identifier);
        reading.identity_status = status::<T>(issuer, &record.serial);
        reading.certificate = Ok(superseded.certificate);
        reading.issuance = superseded.issuance;
        reading.since = superseded.since;
    } else {
        reading.certificate = Err(Reason::IssuerCertificateDropped { issuer: identifier });
        reading.issuance = record.issuance;
    }
    reading
}
