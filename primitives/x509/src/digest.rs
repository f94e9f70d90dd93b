//! Digests that signatures are over.

use alloc::vec::Vec;

use rsa::{Pkcs1v15Sign, Pss};
use sha2::{Digest as _, Sha256, Sha384, Sha512};

crate::named_enum! {
    /// A digest of SHA-2 (FIPS 180-4), by the name that OpenSSL and Web Cryptography have for it in small letters.
    pub enum Digest {
        Sha256 => "sha256",
        Sha384 => "sha384",
        Sha512 => "sha512",
    }
}

impl Digest {
    /// Octets of a digest.
    pub const fn size(self) -> u8 {
        match self {
            Self::Sha256 => 32,
            Self::Sha384 => 48,
            Self::Sha512 => 64,
        }
    }

    /// The last number of its identifier, below NIST's arc of digests (RFC 4055, 2.1).
    pub(crate) const fn arc(self) -> u8 {
        match self {
            Self::Sha256 => 1,
            Self::Sha384 => 2,
            Self::Sha512 => 3,
        }
    }

    /// The digest of a message.
    pub(crate) fn of(self, message: &[u8]) -> Vec<u8> {
        match self {
            Self::Sha256 => Sha256::digest(message).to_vec(),
            Self::Sha384 => Sha384::digest(message).to_vec(),
            Self::Sha512 => Sha512::digest(message).to_vec(),
        }
    }

    /// RSASSA-PKCS1-v1_5 with it.
    pub(crate) fn pkcs1(self) -> Pkcs1v15Sign {
        match self {
            Self::Sha256 => Pkcs1v15Sign::new::<Sha256>(),
            Self::Sha384 => Pkcs1v15Sign::new::<Sha384>(),
            Self::Sha512 => Pkcs1v15Sign::new::<Sha512>(),
        }
    }

    /// RSASSA-PSS with it, and a salt of its size. Signing is blinded.
    pub(crate) fn pss(self) -> Pss {
        match self {
            Self::Sha256 => Pss::new_blinded::<Sha256>(),
            Self::Sha384 => Pss::new_blinded::<Sha384>(),
            Self::Sha512 => Pss::new_blinded::<Sha512>(),
        }
    }
}
