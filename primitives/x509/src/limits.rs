//! How much of a certificate, list, request or private key is read at all. Every other place names these constants.

/// Most bytes that a certificate may have (§11.1).
pub const MAX_CERTIFICATE_SIZE: u32 = 4096;
/// Most extensions in a certificate (§11.1).
pub const MAX_EXTENSIONS: usize = 32;
/// Most alternative names in a certificate (§11.1).
pub const MAX_ALTERNATIVE_NAMES: usize = 32;
/// Most name-constraint subtrees, permitted and excluded together (§11.1).
pub const MAX_NAME_CONSTRAINTS: usize = 16;
/// Most bytes that a revocation list may have (§11.1).
pub const MAX_CRL_SIZE: u32 = 32_768;
/// Most bytes that a certification request may have: a certificate's, and as many for what the certificate
/// will not say.
pub const MAX_REQUEST_SIZE: u32 = 2 * MAX_CERTIFICATE_SIZE;
/// Most purposes in the extended key usage.
pub const MAX_PURPOSES: usize = 32;
/// Most certificates in a chain, root and target included (§11.1).
pub const MAX_CHAIN: u8 = 8;
/// Most octets of a serial number (RFC 5280, 4.1.2.2).
pub const MAX_SERIAL_OCTETS: u32 = 20;
/// Most attributes of a certification request.
pub const MAX_ATTRIBUTES: usize = 16;
/// Most extensions of a revocation list, and of one of its entries.
pub const MAX_CRL_EXTENSIONS: usize = 16;
/// Fewest bits of an RSA modulus (§11.2).
pub const RSA_MIN_BITS: u32 = 2048;
/// Most bits of an RSA modulus (§11.2).
pub const RSA_MAX_BITS: u32 = 4096;
/// Greatest public exponent of an RSA key.
pub const RSA_MAX_EXPONENT: u32 = 65_537;
/// Most bytes of a private key; RSA with 4,096 bits has 2,375.
pub const MAX_PRIVATE_KEY_SIZE: usize = 8_192;
/// Most iterations that a private key under a password may ask of PBKDF2; a few seconds.
pub const MAX_ITERATIONS: u64 = 4_000_000;
/// Most bytes that a private key under a password may ask of scrypt, 128·N·r·p, where its time is this, too: half a
/// second. OpenSSL writes keys of 16 MiB, and opens none beyond 32.
pub const MAX_SCRYPT_BYTES: u64 = 128 << 20;
/// Most octets of salt of a private key under a password.
pub const MAX_SALT: usize = 128;
/// Most bytes of a signature by any algorithm: RSA with the longest key.
pub const MAX_SIGNATURE_SIZE: u32 = RSA_MAX_BITS / 8;

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
    /// The limits of §11.1.
    pub const CHAIN: Self = Self {
        certificate_size: MAX_CERTIFICATE_SIZE,
        extensions: MAX_EXTENSIONS,
        alternative_names: MAX_ALTERNATIVE_NAMES,
        name_constraints: MAX_NAME_CONSTRAINTS,
        purposes: MAX_PURPOSES,
        admits_policies: false,
    };
}
