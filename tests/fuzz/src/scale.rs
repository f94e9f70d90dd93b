//! SCALE, whose decoders here must take one encoding of each value only.

use parity_scale_codec::{DecodeAll, Encode};

/// The value, decoded to the last byte; its encoding are the bytes again.
pub(crate) fn canonical<T: DecodeAll + Encode>(bytes: &[u8]) -> Option<T> {
    let value = T::decode_all(&mut &bytes[..]).ok()?;
    assert_eq!(value.encode(), bytes, "another encoding of the same value");
    Some(value)
}
