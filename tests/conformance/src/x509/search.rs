//! Finds a path by names: depth first from the peer's certificate up, trusted issuers first.
//!
//! A candidate is an issuer whose subject is the name looked for. It is followed only if the link to it holds, so
//! that signatures prune the search. The bounds below are for the whole of it.

use super::verdict::{Reason, Rules};
use allod_x509::{ParsedCertificate, path};
use std::collections::HashMap;

/// Most certificates of a path.
const MAX_DEPTH: usize = 32;
/// Most signature checks.
const MAX_SIGNATURES: u32 = 256;
/// Most candidates that are followed.
const MAX_STEPS: u32 = 4_096;

/// A certificate, and whether it is trusted.
pub(super) struct Candidate<'a> {
    pub certificate: ParsedCertificate<'a>,
    pub is_trusted: bool,
}

/// The state of one search.
pub(super) struct Search<'a> {
    /// The peer's certificate first.
    candidates: Vec<Candidate<'a>>,
    /// What came out for links, by child and issuer.
    links: HashMap<(usize, usize), bool>,
    signatures_left: u32,
    steps_left: u32,
}

impl<'a> Search<'a> {
    pub(super) fn new(candidates: Vec<Candidate<'a>>) -> Self {
        Self {
            candidates,
            links: HashMap::new(),
            signatures_left: MAX_SIGNATURES,
            steps_left: MAX_STEPS,
        }
    }

    /// The first path for which the rules hold, else why the last one did not.
    pub(super) fn find(&mut self, rules: &mut Rules<'_>) -> Result<(), Reason> {
        let mut path = vec![0];
        let mut last = Reason::NoPath;
        if self.extend(&mut path, rules, &mut last)? {
            Ok(())
        } else {
            Err(last)
        }
    }

    /// Whether a path that begins so (target first) can be completed. Fails if a bound is hit.
    fn extend(
        &mut self,
        path: &mut Vec<usize>,
        rules: &mut Rules<'_>,
        last: &mut Reason,
    ) -> Result<bool, Reason> {
        let Some(&head) = path.last() else {
            return Ok(false);
        };
        self.steps_left = self.steps_left.checked_sub(1).ok_or(Reason::SearchBound)?;
        if self.candidates[head].is_trusted {
            let chain: Vec<_> = path
                .iter()
                .rev()
                .map(|index| &self.candidates[*index].certificate)
                .collect();
            match rules.check(&chain) {
                Ok(()) => return Ok(true),
                Err(reason) => *last = reason,
            }
        }
        if path.len() == MAX_DEPTH {
            return Ok(false);
        }
        let mut order: Vec<usize> = (0..self.candidates.len()).collect();
        order.sort_by_key(|index| !self.candidates[*index].is_trusted);
        for issuer in order {
            if self.is_in(path, issuer) || !self.link_holds(head, issuer)? {
                continue;
            }
            path.push(issuer);
            let is_found = self.extend(path, rules, last)?;
            path.pop();
            if is_found {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Whether a certificate of the path has the same subject and key: going on would be a loop.
    fn is_in(&self, path: &[usize], candidate: usize) -> bool {
        let candidate = &self.candidates[candidate].certificate;
        path.iter().any(|index| {
            let certificate = &self.candidates[*index].certificate;
            certificate.spki() == candidate.spki() && certificate.subject() == candidate.subject()
        })
    }

    fn link_holds(&mut self, child: usize, issuer: usize) -> Result<bool, Reason> {
        if let Some(known) = self.links.get(&(child, issuer)) {
            return Ok(*known);
        }
        let (one, other) = (
            &self.candidates[child].certificate,
            &self.candidates[issuer].certificate,
        );
        let may_hold = path::check_issuer_name(one, other).is_ok()
            && path::check_key_identifiers(one, other).is_ok();
        let holds = may_hold && {
            self.signatures_left = self
                .signatures_left
                .checked_sub(1)
                .ok_or(Reason::SearchBound)?;
            path::check_signature(one, other).is_ok()
        };
        self.links.insert((child, issuer), holds);
        Ok(holds)
    }
}
