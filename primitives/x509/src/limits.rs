//! How much of a certificate is read at all.

use crate::{
    MAX_ALTERNATIVE_NAMES, MAX_CERTIFICATE_SIZE, MAX_EXTENSIONS, MAX_NAME_CONSTRAINTS, MAX_PURPOSES,
};

/// Bounds of a certificate's size and parts. What exceeds one is refused with an error that names it,
/// before anything is done with the part.
///
/// The chain knows [`Limits::CHAIN`] only. Programs that judge foreign certificates set wider ones, so
/// that a verdict is not about our limits; the cost of parsing and of name constraints grows with them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Most bytes of DER.
    pub certificate_size: u32,
    /// Most extensions.
    pub extensions: usize,
    /// Most alternative names.
    pub alternative_names: usize,
    /// Most name-constraint subtrees, permitted and excluded together.
    pub name_constraints: usize,
    /// Most purposes in the extended key usage.
    pub purposes: usize,
    /// Whether critical extensions about policies (RFC 5280, 4.2.1.4, 4.2.1.5, 4.2.1.11, 4.2.1.14) are let
    /// through. Only for callers who process policies themselves: this crate does not, and `rustls-webpki`,
    /// which does not either, is not asked about such a certificate.
    pub admits_policies: bool,
}

impl Limits {
    /// The limits of §11.
    pub const CHAIN: Self = Self {
        certificate_size: MAX_CERTIFICATE_SIZE,
        extensions: MAX_EXTENSIONS,
        alternative_names: MAX_ALTERNATIVE_NAMES,
        name_constraints: MAX_NAME_CONSTRAINTS,
        purposes: MAX_PURPOSES,
        admits_policies: false,
    };
}
