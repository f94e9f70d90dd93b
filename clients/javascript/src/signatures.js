// The form of a signature, in X.509's own encoding: 64 bytes for Ed25519 (RFC 8410, 6), a DER SEQUENCE of two
// INTEGERs for ECDSA (RFC 3279, 2.2.3), as many bytes as the modulus for RSA.

import constants from './constants.js';
import { AutoIdError } from './errors.js';
import { concat } from './scale.js';
import { bytesOf } from './values.js';

const { signatureSize: MAX_SIGNATURE_SIZE, rsaMinBits, rsaMaxBits } = constants.limits;

// Bytes of a number on the curve.
const CURVES = { p256: 32, p384: 48 };

// One INTEGER of at most `size` bytes, and one more where its first bit is set; where it ends, or -1.
const integerEnd = (der, at, size) => {
  const [tag, length, first, second] = der.subarray(at, at + 4);
  const isPositive = tag === 2 && length >= 1 && first < 0x80 && at + 2 + length <= der.length;
  const isMinimal = first !== 0 || (length > 1 && second >= 0x80);
  const isShort = length <= size || (length === size + 1 && first === 0);
  return isPositive && isMinimal && isShort ? at + 2 + length : -1;
};

const isEcdsa = (der, size) => {
  if (der[0] !== 0x30 || der[1] !== der.length - 2) return false;
  const middle = integerEnd(der, 2, size);
  return middle > 0 && integerEnd(der, middle, size) === der.length;
};

/** The signature's bytes, if they have the form that goes with the algorithm. */
export const checkSignature = ({ name, key }, given) => {
  const signature = bytesOf(given, MAX_SIGNATURE_SIZE, 'the signature');
  const fail = (rule) => {
    throw new AutoIdError('signature-form', `a signature by ${name} ${rule}; this one has ${signature.length} bytes`);
  };
  if (key === 'ed25519' && signature.length !== 64) fail('has 64 bytes');
  if (key === 'rsa' && signature.length < rsaMinBits / 8) {
    fail(`has as many bytes as the modulus, from ${rsaMinBits / 8} to ${rsaMaxBits / 8}`);
  }
  if (CURVES[key] && !isEcdsa(signature, CURVES[key])) {
    fail('is a DER SEQUENCE of two INTEGERs, as OpenSSL writes it, not the two numbers side by side');
  }
  return signature;
};

/** An ECDSA signature as Web Cryptography has it, both numbers side by side, from its DER, which was checked. */
export const sideBySide = ({ key }, der) => {
  const size = CURVES[key];
  const both = new Uint8Array(2 * size);
  const number = (at, place) => {
    const digits = der.subarray(at + 2, at + 2 + der[at + 1]);
    const significant = digits.subarray(Math.max(0, digits.length - size));
    both.set(significant, place + size - significant.length);
    return at + 2 + digits.length;
  };
  number(number(2, 0), size);
  return both;
};

// The INTEGER of a number, big-endian.
const integer = (digits) => {
  const first = digits.findIndex((digit) => digit !== 0);
  const significant = first < 0 ? Uint8Array.of(0) : digits.subarray(first);
  const contents = significant[0] < 0x80 ? significant : concat([Uint8Array.of(0), significant]);
  return concat([Uint8Array.of(2, contents.length), contents]);
};

/** The DER of an ECDSA signature from both numbers side by side. */
export const sequenceOfBoth = (both) => {
  const middle = both.length / 2;
  const numbers = concat([integer(both.subarray(0, middle)), integer(both.subarray(middle))]);
  return concat([Uint8Array.of(0x30, numbers.length), numbers]);
};
