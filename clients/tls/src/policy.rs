//! Whom one wants to talk to.
//!
//! That an identity holds says that its key is its own and that nobody revoked it. It does not say
//! that this is somebody one wants to talk to: whoever pays the deposit registers one. So every
//! verifier, connector and acceptor takes a [`Policy`], and there is none that a caller gets without
//! having named anybody.

use crate::{Peer, Refusal};
use allod_identity::Identifier;
use allod_rpc_types::auto_id::BlockRole;
use std::{fmt, sync::Arc};

/// Most identities, or roots, that a policy may name.
pub const MAX_NAMED: usize = 16;

/// Whom one wants to talk to, among the identities that hold.
#[derive(Clone)]
pub struct Policy(Arc<Kind>);

enum Kind {
    Identities(Vec<Identifier>),
    Roots(Vec<Identifier>),
    Predicate(Box<Predicate>),
}

type Predicate = dyn Fn(&Peer) -> bool + Send + Sync;

/// Why identifiers make no policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PolicyError {
    /// It would refuse everybody.
    #[error("a policy must name at least one identity")]
    Empty,
    /// More than may be named.
    #[error("a policy may name {MAX_NAMED} identities, this has {0}")]
    TooMany(usize),
}

impl Policy {
    /// The peer is this identity.
    pub fn identity(identifier: Identifier) -> Self {
        Self(Arc::new(Kind::Identities(vec![identifier])))
    }

    /// The peer is one of these identities, 1 to [`MAX_NAMED`].
    pub fn identities(identifiers: Vec<Identifier>) -> Result<Self, PolicyError> {
        let identifiers = checked(identifiers)?;
        Ok(Self(Arc::new(Kind::Identities(identifiers))))
    }

    /// The peer's chain of issue begins at one of these roots, 1 to [`MAX_NAMED`], both at the best
    /// and at the finalized block. A root is accepted itself, too.
    pub fn roots(roots: Vec<Identifier>) -> Result<Self, PolicyError> {
        let roots = checked(roots)?;
        Ok(Self(Arc::new(Kind::Roots(roots))))
    }

    /// The peer, which holds, satisfies a predicate. It is called within the handshake and again
    /// after every block, so it must be quick, must not block, and should depend on nothing but its
    /// argument. **One that is always true lets everybody in who pays a deposit.**
    pub fn predicate(predicate: impl Fn(&Peer) -> bool + Send + Sync + 'static) -> Self {
        Self(Arc::new(Kind::Predicate(Box::new(predicate))))
    }

    /// The identities, if it names them one by one.
    pub(crate) fn named(&self) -> Option<&[Identifier]> {
        match &*self.0 {
            Kind::Identities(named) => Some(named),
            Kind::Roots(_) | Kind::Predicate(_) => None,
        }
    }

    /// Whether a peer, which holds, is one of those that are meant.
    pub(crate) fn admits(&self, peer: &Peer) -> Result<(), Refusal> {
        let identifier = peer.identifier();
        match &*self.0 {
            Kind::Identities(named) if named.contains(&identifier) => Ok(()),
            Kind::Identities(_) => Err(Refusal::NotNamed(identifier)),
            Kind::Roots(roots) => {
                for (role, standing) in [
                    (BlockRole::Best, peer.best()),
                    (BlockRole::Finalized, peer.finalized()),
                ] {
                    let root = standing.root;
                    if !root.is_some_and(|root| roots.contains(&root)) {
                        return Err(Refusal::RootNotNamed { role, root });
                    }
                }
                Ok(())
            }
            Kind::Predicate(predicate) if predicate(peer) => Ok(()),
            Kind::Predicate(_) => Err(Refusal::PredicateFalse(identifier)),
        }
    }
}

impl fmt::Debug for Policy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &*self.0 {
            Kind::Identities(named) => f.debug_tuple("Identities").field(named).finish(),
            Kind::Roots(roots) => f.debug_tuple("Roots").field(roots).finish(),
            Kind::Predicate(_) => f.write_str("Predicate"),
        }
    }
}

fn checked(named: Vec<Identifier>) -> Result<Vec<Identifier>, PolicyError> {
    match named.len() {
        0 => Err(PolicyError::Empty),
        1..=MAX_NAMED => Ok(named),
        more => Err(PolicyError::TooMany(more)),
    }
}
