// SCALE, as far as calls need it: https://docs.polkadot.com/polkadot-protocol/basics/data-encoding
//
// Values are checked in `values.js` before they come here.

/** @param {Uint8Array[]} parts */
export const concat = (parts) => {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  parts.reduce((at, part) => {
    whole.set(part, at);
    return at + part.length;
  }, 0);
  return whole;
};

/** An unsigned integer of so many bytes, little-endian. */
export const unsigned = (value, size) => {
  const wide = BigInt(value);
  return Uint8Array.from({ length: size }, (_, index) => Number((wide >> BigInt(8 * index)) & 0xffn));
};

/** A length in its compact form. Ours are below 2^30, where it has one, two or four bytes. */
export const compact = (length) => {
  if (length < 1 << 6) return unsigned(length * 4, 1);
  if (length < 1 << 14) return unsigned(length * 4 + 1, 2);
  return unsigned(length * 4 + 2, 4);
};

/** A byte string: its length, then the bytes. */
export const octets = (bytes) => concat([compact(bytes.length), bytes]);

/** A list: its length, then the members. */
export const sequence = (members) => concat([compact(members.length), ...members]);

/** A byte 0, or a byte 1 and the value. */
export const option = (value, encode) =>
  value === null ? Uint8Array.of(0) : concat([Uint8Array.of(1), encode(value)]);

/** A text that was checked to be ASCII. */
export const text = (value) => octets(new TextEncoder().encode(value));
