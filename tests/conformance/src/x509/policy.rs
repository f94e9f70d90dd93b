//! Certificate policies (RFC 5280, 6.1), for a user who accepts any policy and demands none.
//!
//! Such a user sees a path fail only where a certificate of it demands a policy (policyConstraints) and none is valid
//! for all of it, or where an extension is malformed. The standard grows a tree of policies. Whether one is valid
//! depends on the tree's deepest nodes alone, so that these are all that is kept: each policy once, with those that
//! the next certificate may name for it. That bounds the work by the certificates' sizes.

use super::anchor::{sequence_values, values};
use allod_x509::{ParsedCertificate, oid, path::is_self_issued};
use der::{AnyRef, Encode, Tag, TagNumber, Tagged};
use std::collections::{BTreeMap, BTreeSet};

/// `anyPolicy`, contents of the identifier.
const ANY_POLICY: &[u8] = &[0x55, 0x1d, 0x20, 0];
/// Most policies, and most mappings, of a certificate.
const MAX_POLICIES: usize = 256;

/// Why a path fails for its policies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum PolicyError {
    #[error(
        "an extension about policies is malformed (RFC 5280, 4.2.1.4, 4.2.1.5, 4.2.1.11, 4.2.1.14)"
    )]
    Malformed,
    #[error("more than {MAX_POLICIES} policies or mappings")]
    TooMany,
    #[error("anyPolicy is mapped (RFC 5280, 6.1.4 (a))")]
    AnyPolicyMapped,
    #[error("a policy is demanded, and none is valid (RFC 5280, 6.1.3 (f), 6.1.5 (g))")]
    NoPolicy,
}

/// Contents of an identifier.
type Policy = Vec<u8>;

/// What the standard's state variables hold.
struct State {
    /// The deepest nodes: policy and expected policies.
    nodes: BTreeMap<Policy, BTreeSet<Policy>>,
    /// Certificates until a policy is demanded, none is mapped any more, and anyPolicy counts for nothing.
    explicit_policy: u32,
    policy_mapping: u32,
    inhibit_any: u32,
}

/// Checks the policies of a path: the certificates below the trusted one.
///
/// # Errors
/// What is wrong, and with which certificate.
pub(super) fn check(path: &[&ParsedCertificate<'_>]) -> Result<(), (usize, PolicyError)> {
    let length = u32::try_from(path.len())
        .unwrap_or(u32::MAX)
        .saturating_add(1);
    let any = || ANY_POLICY.to_vec();
    let mut state = State {
        nodes: BTreeMap::from([(any(), BTreeSet::from([any()]))]),
        explicit_policy: length,
        policy_mapping: length,
        inhibit_any: length,
    };
    for (place, certificate) in path.iter().enumerate() {
        let is_last = place + 1 == path.len();
        let outcome = state
            .take_policies(certificate, is_last)
            .and_then(|()| state.prepare(certificate, is_last));
        outcome.map_err(|error| (place, error))?;
    }
    Ok(())
}

impl State {
    /// 6.1.3 (d) to (f).
    fn take_policies(
        &mut self,
        certificate: &ParsedCertificate<'_>,
        is_last: bool,
    ) -> Result<(), PolicyError> {
        let mut next = BTreeMap::new();
        if let Some(policies) = policies(certificate)? {
            let own = |policy: &Policy| (policy.clone(), BTreeSet::from([policy.clone()]));
            let has_any = self.nodes.contains_key(ANY_POLICY);
            let expected: BTreeSet<&Policy> = self.nodes.values().flatten().collect();
            for policy in policies.iter().filter(|policy| *policy != ANY_POLICY) {
                if has_any || expected.contains(policy) {
                    next.extend([own(policy)]);
                }
            }
            let counts_any = self.inhibit_any > 0 || !is_last && is_self_issued(certificate);
            if counts_any && policies.contains(ANY_POLICY) {
                for policy in expected {
                    next.entry(policy.clone())
                        .or_insert_with(|| BTreeSet::from([policy.clone()]));
                }
            }
        }
        self.nodes = next;
        self.check()
    }

    fn check(&self) -> Result<(), PolicyError> {
        if self.explicit_policy == 0 && self.nodes.is_empty() {
            Err(PolicyError::NoPolicy)
        } else {
            Ok(())
        }
    }

    /// 6.1.4 (a), (b), (h) to (j); 6.1.5 (a), (b), (g) after the last one.
    fn prepare(
        &mut self,
        certificate: &ParsedCertificate<'_>,
        is_last: bool,
    ) -> Result<(), PolicyError> {
        let (require_explicit, inhibit_mapping) = constraints(certificate)?;
        if is_last {
            self.explicit_policy = self.explicit_policy.saturating_sub(1);
            if require_explicit == Some(0) {
                self.explicit_policy = 0;
            }
            return self.check();
        }
        self.map(certificate)?;
        if !is_self_issued(certificate) {
            self.explicit_policy = self.explicit_policy.saturating_sub(1);
            self.policy_mapping = self.policy_mapping.saturating_sub(1);
            self.inhibit_any = self.inhibit_any.saturating_sub(1);
        }
        let lower = |count: &mut u32, limit: Option<u32>| {
            *count = limit.map_or(*count, |limit| limit.min(*count));
        };
        lower(&mut self.explicit_policy, require_explicit);
        lower(&mut self.policy_mapping, inhibit_mapping);
        lower(&mut self.inhibit_any, inhibit_any_policy(certificate)?);
        Ok(())
    }

    fn map(&mut self, certificate: &ParsedCertificate<'_>) -> Result<(), PolicyError> {
        for (policy, mapped) in mappings(certificate)? {
            if self.policy_mapping == 0 {
                self.nodes.remove(&policy);
            } else if self.nodes.contains_key(&policy) || self.nodes.contains_key(ANY_POLICY) {
                self.nodes.insert(policy, mapped);
            }
        }
        Ok(())
    }
}

/// The value of an extension, read as a SEQUENCE; `None` if it is not there.
fn read<'a>(
    certificate: &ParsedCertificate<'a>,
    identifier: &[u8],
) -> Result<Option<Vec<AnyRef<'a>>>, PolicyError> {
    let Some(extension) = certificate.extension(identifier) else {
        return Ok(None);
    };
    let values = sequence_values(extension.value).ok_or(PolicyError::Malformed)?;
    if values.is_empty() {
        return Err(PolicyError::Malformed);
    }
    if values.len() > MAX_POLICIES {
        return Err(PolicyError::TooMany);
    }
    Ok(Some(values))
}

fn policy(value: &AnyRef<'_>) -> Result<Policy, PolicyError> {
    if value.tag() == Tag::ObjectIdentifier {
        Ok(value.value().to_vec())
    } else {
        Err(PolicyError::Malformed)
    }
}

/// A SEQUENCE of (policy, qualifiers), each policy once.
fn policies(certificate: &ParsedCertificate<'_>) -> Result<Option<BTreeSet<Policy>>, PolicyError> {
    let Some(all) = read(certificate, oid::CERTIFICATE_POLICIES)? else {
        return Ok(None);
    };
    let mut found = BTreeSet::new();
    for information in all {
        let fields = values(information.value()).ok_or(PolicyError::Malformed)?;
        let (first, rest) = fields.split_first().ok_or(PolicyError::Malformed)?;
        let is_new = found.insert(policy(first)?);
        if !is_new || rest.len() > 1 || information.tag() != Tag::Sequence {
            return Err(PolicyError::Malformed);
        }
    }
    Ok(Some(found))
}

/// A SEQUENCE of pairs; what each first one is mapped to.
fn mappings(
    certificate: &ParsedCertificate<'_>,
) -> Result<BTreeMap<Policy, BTreeSet<Policy>>, PolicyError> {
    let mut found: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
    for pair in read(certificate, oid::POLICY_MAPPINGS)?.unwrap_or_default() {
        let fields = values(pair.value()).ok_or(PolicyError::Malformed)?;
        let [from, to] = fields.as_slice() else {
            return Err(PolicyError::Malformed);
        };
        let (from, to) = (policy(from)?, policy(to)?);
        if from == ANY_POLICY || to == ANY_POLICY {
            return Err(PolicyError::AnyPolicyMapped);
        }
        found.entry(from).or_default().insert(to);
    }
    Ok(found)
}

/// `requireExplicitPolicy [0]` and `inhibitPolicyMapping [1]`, one of them at least.
fn constraints(
    certificate: &ParsedCertificate<'_>,
) -> Result<(Option<u32>, Option<u32>), PolicyError> {
    let (mut require_explicit, mut inhibit_mapping) = (None, None);
    for field in read(certificate, oid::POLICY_CONSTRAINTS)?.unwrap_or_default() {
        let tagged = |number| Tag::ContextSpecific {
            constructed: false,
            number,
        };
        let place = match field.tag() {
            tag if tag == tagged(TagNumber::N0) && inhibit_mapping.is_none() => {
                &mut require_explicit
            }
            tag if tag == tagged(TagNumber::N1) => &mut inhibit_mapping,
            _ => return Err(PolicyError::Malformed),
        };
        if place.replace(count(field.value())?).is_some() {
            return Err(PolicyError::Malformed);
        }
    }
    Ok((require_explicit, inhibit_mapping))
}

/// An INTEGER.
fn inhibit_any_policy(certificate: &ParsedCertificate<'_>) -> Result<Option<u32>, PolicyError> {
    let Some(extension) = certificate.extension(oid::INHIBIT_ANY_POLICY) else {
        return Ok(None);
    };
    let malformed = |_| PolicyError::Malformed;
    let value = der::Decode::from_der(extension.value).map_err(malformed)?;
    let value: AnyRef<'_> = value;
    if value.tag() != Tag::Integer || value.to_der().map_err(malformed)? != extension.value {
        return Err(PolicyError::Malformed);
    }
    count(value.value()).map(Some)
}

/// Contents of a non-negative INTEGER. What exceeds 32 bits is never reached.
fn count(contents: &[u8]) -> Result<u32, PolicyError> {
    match contents {
        [] | [0x80..=0xff, ..] | [0, 0..=0x7f, ..] => Err(PolicyError::Malformed),
        _ if contents.len() > 5 => Ok(u32::MAX),
        _ => {
            let value = contents
                .iter()
                .fold(0_u64, |value, byte| value << 8 | u64::from(*byte));
            Ok(u32::try_from(value).unwrap_or(u32::MAX))
        }
    }
}
