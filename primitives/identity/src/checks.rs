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

mod link;
#[cfg(test)]
mod tests;

use alloc::{vec, vec::Vec};

use allod_x509::{Budget, ParsedCertificate, path};

use self::link::{Link, outcome};
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
