// Just so much of X.509 as a request needs to know: where a certificate's parts are, which algorithms it
// names, how many entries a revocation list has. Whether they are any good is for the chain to judge.
//
// Sizes are bounded before anything is read; every element lies within the one around it.

import { ALGORITHM_NAMES, KEY_KINDS, algorithmByIdentifier, keyByIdentifier } from './algorithms.js';
import { fromBase64, toHex as hex } from './bytes.js';
import constants from './constants.js';
import { AutoIdError } from './errors.js';
import { sha256 } from './hashes.js';

const { certificateSize: MAX_CERTIFICATE_SIZE, crlSize: MAX_CRL_SIZE } = constants.limits;

export const INTEGER = 0x02;
const BIT_STRING = 0x03;
export const OCTET_STRING = 0x04;
export const OBJECT_IDENTIFIER = 0x06;
const UTC_TIME = 0x17;
const GENERALIZED_TIME = 0x18;
export const SEQUENCE = 0x30;
const VERSION = 0xa0;

/** Reads the elements of one constructed value (X.690, 8.1 and 10.1). */
export class Cursor {
  constructor(bytes, what) {
    this.bytes = bytes;
    this.what = what;
    this.at = 0;
  }

  /** The elements of the next SEQUENCE. */
  sequence(name) {
    return new Cursor(this.next(SEQUENCE, name).contents, this.what);
  }

  fail(why) {
    throw new AutoIdError('der', `${this.what} is not DER as RFC 5280 describes it: ${why}`);
  }

  get isAtEnd() {
    return this.at === this.bytes.length;
  }

  /** The tag of what comes next, 0 at the end. */
  get tag() {
    return this.bytes[this.at] ?? 0;
  }

  length() {
    const first = this.bytes[this.at];
    this.at += 1;
    if (first === undefined) this.fail('it ends within an element');
    if (first < 0x80) return first;
    const size = first & 0x7f;
    if (size === 0 || size > 3) this.fail('a length is indefinite or out of bounds');
    const digits = this.bytes.subarray(this.at, this.at + size);
    this.at += size;
    const length = digits.reduce((sum, digit) => sum * 256 + digit, 0);
    if (digits.length < size || length < (size === 1 ? 0x80 : 256 ** (size - 1))) {
      this.fail('a length is cut off or longer than it need be');
    }
    return length;
  }

  /** The next element: all of it, and its contents. */
  next(tag, name) {
    const start = this.at;
    if (this.tag !== tag) this.fail(`${name} is missing`);
    this.at += 1;
    const length = this.length();
    const contents = this.bytes.subarray(this.at, this.at + length);
    if (contents.length < length) this.fail(`${name} ends behind what is around it`);
    this.at += length;
    return { whole: this.bytes.subarray(start, this.at), contents };
  }

  finish(name) {
    if (!this.isAtEnd) this.fail(`bytes follow the end of ${name}`);
  }
}

const checkSize = (der, most, what) => {
  if (der.length === 0 || der.length > most) {
    throw new AutoIdError('length', `${what} has ${der.length} bytes; it must have from 1 to ${most}`);
  }
};

// What certificates and lists have in common: the part that is signed, and its signature's algorithm.
const signedPart = (der, what) => {
  const outer = new Cursor(der, what);
  const fields = new Cursor(outer.next(SEQUENCE, what).contents, what);
  outer.finish(what);
  const inner = new Cursor(fields.next(SEQUENCE, 'the part that is signed').contents, what);
  const algorithm = hex(fields.next(SEQUENCE, 'the signature algorithm').whole);
  fields.next(BIT_STRING, 'the signature');
  fields.finish('the signature');
  return { inner, algorithm };
};

const checkAlgorithm = (inside, outside, what) => {
  if (hex(inside) !== outside) {
    throw new AutoIdError(
      'algorithm-mismatch',
      `${what} names one signature algorithm inside and another outside; RFC 5280, 4.1.1.2, wants the same`,
    );
  }
  const algorithm = algorithmByIdentifier(outside);
  if (algorithm) return algorithm;
  throw new AutoIdError(
    'algorithm-refused',
    `${what} is signed with an algorithm that the chain does not take: issue it with one of ` +
      ALGORITHM_NAMES.join(', '),
  );
};

/**
 * What a request needs to know of a certificate.
 * @param {Uint8Array} der
 */
export const certificateFacts = (der) => {
  checkSize(der, MAX_CERTIFICATE_SIZE, 'the certificate');
  const { inner, algorithm: outside } = signedPart(der, 'the certificate');
  if (inner.tag === VERSION) inner.next(VERSION, 'the version');
  const serial = inner.next(INTEGER, 'the serial number').contents;
  const algorithm = checkAlgorithm(inner.next(SEQUENCE, 'the algorithm').whole, outside, 'the certificate');
  inner.next(SEQUENCE, 'the issuer');
  inner.next(SEQUENCE, 'the validity');
  inner.next(SEQUENCE, 'the subject');
  const publicKey = inner.next(SEQUENCE, 'the public key');
  const key = new Cursor(publicKey.contents, 'the certificate');
  const kind = keyByIdentifier(hex(key.next(SEQUENCE, 'the algorithm of the public key').whole));
  if (kind === undefined) {
    throw new AutoIdError(
      'key-refused',
      `the certificate's key is of a kind that the chain does not take: there are ${KEY_KINDS.join(', ')}`,
    );
  }
  return { algorithm, kind, serial, publicKey: publicKey.whole, fingerprint: sha256(der) };
};

/**
 * What a request needs to know of a revocation list (RFC 5280, 5.1).
 * @param {Uint8Array} der
 */
export const crlFacts = (der) => {
  checkSize(der, MAX_CRL_SIZE, 'the revocation list');
  const what = 'the revocation list';
  const { inner, algorithm: outside } = signedPart(der, what);
  inner.next(INTEGER, 'the version');
  const algorithm = checkAlgorithm(inner.next(SEQUENCE, 'the algorithm').whole, outside, what);
  inner.next(SEQUENCE, 'the issuer');
  const isTime = () => [UTC_TIME, GENERALIZED_TIME].includes(inner.tag);
  if (!isTime()) inner.fail('thisUpdate is missing');
  while (isTime()) inner.next(inner.tag, 'a time');
  let entries = 0;
  if (inner.tag === SEQUENCE) {
    const list = new Cursor(inner.next(SEQUENCE, 'the entries').contents, what);
    for (; !list.isAtEnd; entries += 1) list.next(SEQUENCE, 'an entry');
  }
  return { algorithm, entries };
};

const PEM = /-----BEGIN ([A-Z0-9 ]+)-----([A-Za-z0-9+/=\s]*)-----END ([A-Z0-9 ]+)-----/g;

/**
 * The DER within a PEM text (RFC 7468). What stands around the block is passed over, as
 * `openssl x509 -text` writes it there.
 * @param {string} text at most 32 times as long as the DER may be
 */
export const pemToDer = (text, label, most) => {
  if (text.length > 32 * most) {
    throw new AutoIdError('pem', `this PEM text has ${text.length} characters; at most ${32 * most} are read`);
  }
  const blocks = [...text.matchAll(PEM)].filter(([, begin, , end]) => begin === label && end === label);
  if (blocks.length !== 1) {
    throw new AutoIdError('pem', `this PEM text has ${blocks.length} blocks "${label}"; it must have exactly one`);
  }
  const digits = blocks[0][2].replace(/\s/g, '');
  if (digits.length === 0 || !/^(?:[^=]{4})*(?:[^=]{4}|[^=]{3}=|[^=]{2}==)$/.test(digits)) {
    throw new AutoIdError('pem', `the block "${label}" is not base64`);
  }
  return fromBase64(digits);
};
