//! Guardians and service endpoints: what an identity says about itself beside its certificate.

use parity_scale_codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;
use sp_runtime::{BoundedVec, traits::ConstU32};

use crate::Identifier;

/// Most guardians of an identity. All of them may be looked at in one call.
pub const MAX_GUARDIANS: u32 = 8;
/// Longest delay of a recovery, in blocks: two years at one block in six seconds.
pub const MAX_RECOVERY_DELAY: u32 = 10_512_000;
/// Blocks after a recovery's longest delay in which it can still be executed: a week at one block in
/// six seconds. After them it is over, as if it had never been opened.
pub const RECOVERY_WINDOW: u32 = 100_800;

/// Most service endpoints of an identity.
pub const MAX_SERVICES: u32 = 8;
/// Most bytes of a service's name and of its type.
pub const MAX_SERVICE_WORD: u32 = 64;
/// Most bytes of a service's address.
pub const MAX_SERVICE_URI: u32 = 256;

/// Who may give an identity a new key when its own is lost, and how many of them it takes.
#[derive(
    Debug, Clone, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct GuardianSet {
    /// The guardians, each once, in any order.
    pub members: BoundedVec<Identifier, ConstU32<MAX_GUARDIANS>>,
    /// How many of them must approve: from 1 to all.
    pub threshold: u8,
    /// Blocks between the opening of a recovery and its execution, and between a change of the
    /// guardians and its effect: from 1 to [`MAX_RECOVERY_DELAY`].
    pub delay: u32,
}

/// Why a set of guardians is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum GuardianSetError {
    /// An identity occurs twice.
    #[error("a guardian occurs twice")]
    Duplicate,
    /// The threshold is zero, or more than there are guardians.
    #[error("threshold {0}: it must be at least 1 and at most the number of guardians")]
    Threshold(u8),
    /// The delay is out of range.
    #[error("delay of {0} blocks: it must be from 1 to {MAX_RECOVERY_DELAY}")]
    Delay(u32),
}

impl GuardianSet {
    /// Checks everything that needs nothing but the set.
    pub fn check(&self) -> Result<(), GuardianSetError> {
        let is_duplicate = self.members.iter().enumerate().any(|(index, member)| {
            self.members
                .iter()
                .take(index)
                .any(|earlier| earlier == member)
        });
        if is_duplicate {
            return Err(GuardianSetError::Duplicate);
        }
        let threshold = usize::from(self.threshold);
        if threshold == 0 || threshold > self.members.len() {
            return Err(GuardianSetError::Threshold(self.threshold));
        }
        if self.delay == 0 || self.delay > MAX_RECOVERY_DELAY {
            return Err(GuardianSetError::Delay(self.delay));
        }
        Ok(())
    }
}

/// A service at which an identity can be reached, as a DID document lists it.
#[derive(
    Debug, Clone, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct Service {
    /// Its name within the document: letters, digits and `-._~`.
    pub name: BoundedVec<u8, ConstU32<MAX_SERVICE_WORD>>,
    /// Its type: letters, digits and `-._~`.
    pub kind: BoundedVec<u8, ConstU32<MAX_SERVICE_WORD>>,
    /// Its address: a URI, printable ASCII without spaces.
    pub uri: BoundedVec<u8, ConstU32<MAX_SERVICE_URI>>,
}

/// The service endpoints of an identity.
pub type Services = BoundedVec<Service, ConstU32<MAX_SERVICES>>;

/// Why a list of services is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ServiceError {
    /// A name or a type is empty or has other characters than allowed.
    #[error("a service's name and type are letters, digits and -._~ (RFC 3986, 2.3)")]
    Word,
    /// The address is not a URI.
    #[error("a service's address is a URI: a scheme, a colon, printable ASCII without spaces")]
    Uri,
    /// A name occurs twice.
    #[error("a service's name occurs twice")]
    Duplicate,
}

/// Checks a list of services.
pub fn check_services(services: &[Service]) -> Result<(), ServiceError> {
    for (index, service) in services.iter().enumerate() {
        if !is_word(&service.name) || !is_word(&service.kind) {
            return Err(ServiceError::Word);
        }
        if !is_uri(&service.uri) {
            return Err(ServiceError::Uri);
        }
        let mut earlier = services.iter().take(index);
        if earlier.any(|other| other.name == service.name) {
            return Err(ServiceError::Duplicate);
        }
    }
    Ok(())
}

/// The characters that need no escape in a URI (RFC 3986, 2.3), since the name is a fragment in one.
fn is_word(text: &[u8]) -> bool {
    let is_unreserved = |byte: &u8| byte.is_ascii_alphanumeric() || b"-._~".contains(byte);
    !text.is_empty() && text.iter().all(is_unreserved)
}

/// A scheme (RFC 3986, 3.1), a colon, and something printable. The rest is for whoever calls there.
fn is_uri(text: &[u8]) -> bool {
    let mut parts = text.splitn(2, |byte| *byte == b':');
    let (Some(scheme), Some(rest)) = (parts.next(), parts.next()) else {
        return false;
    };
    let is_scheme = scheme.first().is_some_and(u8::is_ascii_alphabetic)
        && scheme
            .iter()
            .all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(byte));
    let is_printable = |byte: &u8| byte.is_ascii_graphic() && !b"\"<>\\^`{|}".contains(byte);
    is_scheme && !rest.is_empty() && rest.iter().all(is_printable)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(members: &[u8], threshold: u8, delay: u32) -> GuardianSet {
        let members: Vec<_> = members.iter().map(|byte| Identifier([*byte; 32])).collect();
        GuardianSet {
            members: members.try_into().unwrap(),
            threshold,
            delay,
        }
    }

    #[test]
    fn guardian_sets() {
        assert_eq!(set(&[1, 2, 3], 2, 10).check(), Ok(()));
        assert_eq!(
            set(&[1, 2, 1], 2, 10).check(),
            Err(GuardianSetError::Duplicate)
        );
        for threshold in [0, 4] {
            assert_eq!(
                set(&[1, 2, 3], threshold, 10).check(),
                Err(GuardianSetError::Threshold(threshold))
            );
        }
        assert_eq!(set(&[], 1, 10).check(), Err(GuardianSetError::Threshold(1)));
        for delay in [0, MAX_RECOVERY_DELAY + 1, u32::MAX] {
            assert_eq!(
                set(&[1], 1, delay).check(),
                Err(GuardianSetError::Delay(delay))
            );
        }
    }

    fn service(name: &str, kind: &str, uri: &str) -> Service {
        Service {
            name: name.as_bytes().to_vec().try_into().unwrap(),
            kind: kind.as_bytes().to_vec().try_into().unwrap(),
            uri: uri.as_bytes().to_vec().try_into().unwrap(),
        }
    }

    #[test]
    fn services() {
        let good = service("agent", "A2A", "https://example.org/agent?x=1#y");
        assert_eq!(check_services(&[]), Ok(()));
        assert_eq!(check_services(std::slice::from_ref(&good)), Ok(()));
        assert_eq!(check_services(&[service("a", "b", "did:allod:00")]), Ok(()));
        assert_eq!(
            check_services(&[good.clone(), good.clone()]),
            Err(ServiceError::Duplicate)
        );
        for word in ["", "a b", "a#b", "ä", "a/b"] {
            let wrong = service(word, "A2A", "https://example.org");
            assert_eq!(check_services(&[wrong]), Err(ServiceError::Word), "{word}");
        }
        for uri in [
            "", "https", ":x", "1a:x", "https:", "a:b c", "a:\u{7f}", "a:<b>",
        ] {
            let wrong = service("a", "b", uri);
            assert_eq!(check_services(&[wrong]), Err(ServiceError::Uri), "{uri}");
        }
    }
}
