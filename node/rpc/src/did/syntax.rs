//! DIDs as text: `did:allod:<64 lower-case hex>`, the network's name before the digits off production.

use allod_core::parameters::MAX_CHAIN_ID_BYTES;
use allod_identity::Identifier;
use allod_rpc_types::did::ResolutionError;
use std::fmt;

/// The identifier of the production chain's specification.
const PRODUCTION: &str = "allod";
/// What the identifiers of other chains begin with, which is not part of the network's name.
const CHAIN_PREFIX: &str = "allod-";

/// Which network DIDs are of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Network(Option<String>);

/// Why a text is no DID of this network.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DidError {
    /// It does not begin with `did:`, a method and a colon.
    NotADid,
    /// It is one of another method.
    OtherMethod(String),
    /// It has a path, a query or a fragment.
    Url,
    /// What follows the method is not one or two parts, the last one 64 lower-case hex digits.
    Form,
    /// It is of another network.
    OtherNetwork {
        /// The network that it names, none for production.
        named: Network,
        /// The node's.
        own: Network,
    },
}

impl DidError {
    /// The name that DID Core has for it.
    pub fn code(&self) -> ResolutionError {
        match self {
            Self::NotADid | Self::Url | Self::Form => ResolutionError::InvalidDid,
            Self::OtherMethod(_) => ResolutionError::MethodNotSupported,
            Self::OtherNetwork { .. } => ResolutionError::NotFound,
        }
    }
}

impl fmt::Display for DidError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotADid => f.write_str("a DID is `did:`, a method, a colon and more"),
            Self::OtherMethod(method) => {
                write!(f, "the method is {method}: this node resolves allod")
            }
            Self::Url => f.write_str("a DID has no path, query or fragment; with one it is a URL"),
            Self::Form => f.write_str(
                "after `did:allod:` come 64 lower-case hex digits, off production with the network's \
                 name and a colon before them",
            ),
            Self::OtherNetwork { named, own } => {
                write!(f, "a DID of {named}: this node is one of {own}")
            }
        }
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            None => f.write_str("the production network"),
            Some(name) => write!(f, "the network {name}"),
        }
    }
}

impl Network {
    /// The network of the chain whose specification has this identifier: production is `allod`; of others
    /// the name is what follows `allod-`, or the whole, in lower case, with `-` for whatever a
    /// DID cannot have.
    pub fn of_chain(id: &str) -> Self {
        if id == PRODUCTION {
            return Self(None);
        }
        let name: String = id
            .strip_prefix(CHAIN_PREFIX)
            .filter(|name| !name.is_empty())
            .unwrap_or(id)
            .chars()
            .take(MAX_CHAIN_ID_BYTES)
            .map(|c| match c.to_ascii_lowercase() {
                c @ ('a'..='z' | '0'..='9' | '-' | '.' | '_') => c,
                _ => '-',
            })
            .collect();
        Self(Some(name))
    }

    /// The DID of an identity.
    pub fn did(&self, identifier: Identifier) -> String {
        match &self.0 {
            None => format!("did:allod:{identifier}"),
            Some(name) => format!("did:allod:{name}:{identifier}"),
        }
    }

    /// Reads a DID of this network.
    ///
    /// # Errors
    /// One variant of [`DidError`] for each cause.
    pub fn parse(&self, text: &str) -> Result<Identifier, DidError> {
        if text.contains(['/', '?', '#', ';']) {
            return Err(DidError::Url);
        }
        let rest = text.strip_prefix("did:").ok_or(DidError::NotADid)?;
        let (method, specific) = rest.split_once(':').ok_or(DidError::NotADid)?;
        let is_method = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
        if method.is_empty() || !method.chars().all(is_method) {
            return Err(DidError::NotADid);
        }
        if method != "allod" {
            return Err(DidError::OtherMethod(method.into()));
        }
        let (network, digits) = match specific.split_once(':') {
            None => (None, specific),
            Some((network, digits)) => (Some(network), digits),
        };
        let is_lower_hex = |c: char| matches!(c, '0'..='9' | 'a'..='f');
        if digits.len() != 64 || !digits.chars().all(is_lower_hex) {
            return Err(DidError::Form);
        }
        let is_name = |c: char| matches!(c, 'a'..='z' | '0'..='9' | '-' | '.' | '_');
        if network.is_some_and(|name| name.is_empty() || !name.chars().all(is_name)) {
            return Err(DidError::Form);
        }
        let named = Self(network.map(Into::into));
        if named != *self {
            let own = self.clone();
            return Err(DidError::OtherNetwork { named, own });
        }
        digits.parse().map_err(|_| DidError::Form)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks_have_their_chain_s_name() {
        let name = |id| Network::of_chain(id).0;
        assert_eq!(name("allod"), None);
        assert_eq!(name("allod-dev").as_deref(), Some("dev"));
        assert_eq!(name("allod-local").as_deref(), Some("local"));
        assert_eq!(name("My Chain:1").as_deref(), Some("my-chain-1"));
        assert_eq!(name("allod-").as_deref(), Some("allod-"));
    }

    #[test]
    fn an_identity_has_one_did() {
        let identifier = Identifier([0xab; 32]);
        let digits = "ab".repeat(32);
        let production = Network::of_chain("allod");
        let dev = Network::of_chain("allod-dev");
        assert_eq!(production.did(identifier), format!("did:allod:{digits}"));
        assert_eq!(dev.did(identifier), format!("did:allod:dev:{digits}"));
        for network in [&production, &dev] {
            assert_eq!(network.parse(&network.did(identifier)), Ok(identifier));
        }
        for (wrong, code) in [
            (String::new(), ResolutionError::InvalidDid),
            (digits.clone(), ResolutionError::InvalidDid),
            ("did:allod".into(), ResolutionError::InvalidDid),
            (format!("DID:allod:{digits}"), ResolutionError::InvalidDid),
            (format!("did:Allod:{digits}"), ResolutionError::InvalidDid),
            (
                format!("did:allod:{}", digits.to_uppercase()),
                ResolutionError::InvalidDid,
            ),
            (format!("did:allod:0x{digits}"), ResolutionError::InvalidDid),
            (
                format!("did:allod:{digits}#key:0"),
                ResolutionError::InvalidDid,
            ),
            (format!("did:allod::{digits}"), ResolutionError::InvalidDid),
            (
                format!("did:allod:a:b:{digits}"),
                ResolutionError::InvalidDid,
            ),
            (
                format!("did:allod:{}", &digits[..62]),
                ResolutionError::InvalidDid,
            ),
            (
                "did:web:example.org".into(),
                ResolutionError::MethodNotSupported,
            ),
            (format!("did:allod:dev:{digits}"), ResolutionError::NotFound),
        ] {
            let error = production.parse(&wrong).unwrap_err();
            assert_eq!(error.code(), code, "{wrong}: {error}");
        }
        let error = dev.parse(&production.did(identifier)).unwrap_err();
        assert!(
            error.to_string().contains("the production network"),
            "{error}"
        );
    }
}
