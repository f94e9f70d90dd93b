//! RSA public keys (RFC 3279, 2.3.1; RFC 8017, A.1.1): which ones are accepted, so that checking a
//! signature takes bounded time.
//!
//! - The modulus is odd and has [`RSA_MIN_BITS`] to [`RSA_MAX_BITS`] bits, a multiple of eight, so that modulus,
//!   signature and padding are all the same number of whole bytes.
//! - The exponent is odd and at least 3; at most 65,537, so that a signature costs at most 17
//!   multiplications. Every key in use has 3, 17 or 65,537.

use der::Tag;
use rsa::{BigUint, RsaPublicKey};

use crate::{
    error::{CertificateError, Field},
    limits::{RSA_MAX_BITS, RSA_MAX_EXPONENT, RSA_MIN_BITS},
    reader::Cursor,
};

/// Both numbers of a public key, big-endian, without zeros in front.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct RsaNumbers<'a> {
    pub modulus: &'a [u8],
    pub exponent: &'a [u8],
}

impl<'a> RsaNumbers<'a> {
    /// Reads the DER of `RSAPublicKey`, the whole of `bytes`, and checks the rules above.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, CertificateError> {
        let mut outer = Cursor::new(bytes, Field::PublicKey);
        let mut fields = outer.sequence()?;
        outer.finish()?;
        let modulus = positive(&mut fields)?;
        let exponent = positive(&mut fields)?;
        fields.finish()?;
        let bits = bit_length(modulus);
        let is_in_range = (RSA_MIN_BITS..=RSA_MAX_BITS).contains(&bits) && bits.is_multiple_of(8);
        if !is_in_range {
            return Err(CertificateError::RsaModulusSize(bits));
        }
        if !is_odd(modulus) {
            return Err(CertificateError::RsaModulusEven);
        }
        let value = number(exponent).ok_or(CertificateError::RsaExponent)?;
        if !is_odd(exponent) || !(3..=RSA_MAX_EXPONENT).contains(&value) {
            return Err(CertificateError::RsaExponent);
        }
        Ok(Self { modulus, exponent })
    }

    /// For the `rsa` crate; `None` if that refuses it.
    pub fn key(&self) -> Option<RsaPublicKey> {
        let modulus = BigUint::from_bytes_be(self.modulus);
        RsaPublicKey::new(modulus, BigUint::from_bytes_be(self.exponent)).ok()
    }
}

/// A positive INTEGER in its shortest form; the zero in front that keeps it positive is left out.
fn positive<'a>(fields: &mut Cursor<'a>) -> Result<&'a [u8], CertificateError> {
    match fields.expect(Tag::Integer)?.value {
        [0, rest @ ..] if rest.first().is_some_and(|byte| *byte >= 0x80) => Ok(rest),
        all @ [1..=0x7f, ..] => Ok(all),
        _ => Err(CertificateError::KeyEncoding),
    }
}

pub(crate) fn bit_length(number: &[u8]) -> u32 {
    let Some((first, rest)) = number.split_first() else {
        return 0;
    };
    let rest = u32::try_from(rest.len()).unwrap_or(u32::MAX);
    let first = u8::BITS.saturating_sub(first.leading_zeros());
    rest.saturating_mul(8).saturating_add(first)
}

fn is_odd(number: &[u8]) -> bool {
    number.last().is_some_and(|byte| byte & 1 == 1)
}

fn number(bytes: &[u8]) -> Option<u32> {
    let mut padded = [0; 4];
    let start = padded.len().checked_sub(bytes.len())?;
    padded.get_mut(start..)?.copy_from_slice(bytes);
    Some(u32::from_be_bytes(padded))
}
