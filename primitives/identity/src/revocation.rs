//! What is known about a certificate that its issuer took back.

use allod_x509::{MAX_SERIAL_OCTETS, RevocationReason, check_serial};
use parity_scale_codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;
use sp_runtime::{BoundedVec, traits::ConstU32};

/// A serial number: the contents of its DER INTEGER, big-endian, positive, 1 to
/// [`MAX_SERIAL_OCTETS`] octets.
pub type Serial = BoundedVec<u8, ConstU32<MAX_SERIAL_OCTETS>>;

/// Whether these bytes are a serial number in the one form that it has: see [`check_serial`].
pub fn is_serial(bytes: &[u8]) -> bool {
    check_serial(bytes).is_ok()
}

/// What the issuer of a certificate said about it.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Encode,
    Decode,
    DecodeWithMemTracking,
    MaxEncodedLen,
    TypeInfo,
)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(tag = "kind", rename_all = "camelCase")
)]
pub enum CertificateStatus {
    /// It counts no more, for ever.
    #[codec(index = 0)]
    Revoked {
        /// Why.
        reason: RevocationReason,
        /// Since when, in seconds since 1970.
        since: u64,
    },
    /// It does not count until it is released.
    #[codec(index = 1)]
    OnHold {
        /// Since when, in seconds since 1970.
        since: u64,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn serials() {
        for good in [&[1][..], &[0x7f], &[0, 0x80], &[0x7f; 20]] {
            assert!(is_serial(good), "{good:?}");
        }
        let long = [&[0][..], &[0xff; 20]].concat();
        for wrong in [&[][..], &[0], &[0x80], &[0, 0x7f], &[0, 0], &[1; 21], &long] {
            assert!(!is_serial(wrong), "{wrong:?}");
        }
    }
}
