// Private keys: PKCS #8 in PEM (RFC 5958), under a password or not (PBES2, RFC 8018), as `CryptoKey`, or as
// `KeyObject`. No error carries what was in one.

import { KEY_KINDS, algorithmsFor, checkKey, keyByIdentifier } from './algorithms.js';
import { toHex } from './bytes.js';
import constants from './constants.js';
import { Cursor, INTEGER, OBJECT_IDENTIFIER, OCTET_STRING, SEQUENCE, pemToDer } from './der.js';
import { AutoIdError } from './errors.js';
import { subtle } from './web-crypto.js';

const { rsaMinBits, rsaMaxBits, keySize: MAX_KEY_SIZE, keyIterations } = constants.limits;

const fail = (code, message) => {
  throw new AutoIdError(code, message);
};

const CURVES = { p256: 'P-256', p384: 'P-384' };

/** What Web Cryptography calls an algorithm when a key is imported. */
export const importParameters = ({ key, digest, salt }) => {
  if (key === 'ed25519') return { name: 'Ed25519' };
  if (CURVES[key]) return { name: 'ECDSA', namedCurve: CURVES[key] };
  const hash = `SHA-${digest.slice(3)}`;
  return salt === null ? { name: 'RSASSA-PKCS1-v1_5', hash } : { name: 'RSA-PSS', hash };
};

// The digests of PBKDF2's HMAC and the lengths of AES's keys, by the identifier.
const HMACS = {
  '2a864886f70d0207': 'SHA-1',
  '2a864886f70d0209': 'SHA-256',
  '2a864886f70d020a': 'SHA-384',
  '2a864886f70d020b': 'SHA-512',
};
const CIPHERS = { '608648016503040102': 128, '60864801650304012a': 256 };
const PBES2 = '2a864886f70d01050d';
const PBKDF2 = '2a864886f70d01050c';

const unreadable = () => fail('key', 'this is no private key in PEM, or the passphrase is missing or wrong');
const unknownScheme = () =>
  fail(
    'key',
    'the key is encrypted in a way that is not read here: openssl pkcs8 -topk8 -v2 aes-256-cbc makes what is',
  );

const identifierIn = (fields) => toHex(fields.next(OBJECT_IDENTIFIER, 'an identifier').contents);
const numberIn = (fields) => Number(`0x${toHex(fields.next(INTEGER, 'a number').contents)}`);

// The cost of opening it is looked at before anything is derived.
const readScheme = (der) => {
  const file = new Cursor(der, 'the key').sequence('the key');
  const scheme = file.sequence('the scheme');
  if (identifierIn(scheme) !== PBES2) unknownScheme();
  const parameters = scheme.sequence('the parameters');
  const derivation = parameters.sequence('the derivation');
  if (identifierIn(derivation) !== PBKDF2) unknownScheme();
  const costs = derivation.sequence('its parameters');
  const salt = costs.next(OCTET_STRING, 'the salt').contents;
  const iterations = numberIn(costs);
  if (!(iterations >= 1 && iterations <= keyIterations)) {
    fail('key', `PBKDF2 with ${iterations} iterations is not worked on: 1 to ${keyIterations} are`);
  }
  if (costs.tag === INTEGER) numberIn(costs);
  // Where nothing is said it is HMAC-SHA-1.
  const hash = costs.isAtEnd ? 'SHA-1' : HMACS[identifierIn(costs.sequence('the digest'))];
  const cipher = parameters.sequence('the cipher');
  const length = CIPHERS[identifierIn(cipher)];
  if (!hash || !length) unknownScheme();
  const vector = cipher.next(OCTET_STRING, 'the vector').contents;
  return { salt, iterations, hash, length, vector, data: file.next(OCTET_STRING, 'the data').contents };
};

const decrypt = async (der, passphrase) => {
  if (passphrase === undefined) unreadable();
  const { salt, iterations, hash, length, vector, data } = readScheme(der);
  const crypto = subtle();
  const password = await crypto.importKey('raw', new TextEncoder().encode(passphrase), 'PBKDF2', false, ['deriveKey']);
  const derivation = { name: 'PBKDF2', salt, iterations, hash };
  const key = await crypto.deriveKey(derivation, password, { name: 'AES-CBC', length }, false, ['decrypt']);
  return new Uint8Array(await crypto.decrypt({ name: 'AES-CBC', iv: vector }, key, data));
};

const textOf = (key) => (key instanceof Uint8Array ? new TextDecoder('latin1').decode(key) : key);

// The DER of PKCS #8.
const readPkcs8 = async (key, passphrase) => {
  if (key?.type === 'private' && typeof key.export === 'function') {
    return new Uint8Array(key.export({ type: 'pkcs8', format: 'der' }));
  }
  const text = textOf(key);
  if (typeof text !== 'string') unreadable();
  if (/-----BEGIN (EC|RSA) PRIVATE KEY-----/.test(text)) {
    fail('key', 'this private key is not PKCS #8: openssl pkcs8 -topk8 -nocrypt makes it so');
  }
  if (!text.includes('-----BEGIN ENCRYPTED PRIVATE KEY-----')) return pemToDer(text, 'PRIVATE KEY', MAX_KEY_SIZE);
  return decrypt(pemToDer(text, 'ENCRYPTED PRIVATE KEY', MAX_KEY_SIZE), passphrase);
};

// 1.3.132.0.10, from the contents of an identifier.
const dotted = (contents) => {
  const numbers = [];
  let number = 0;
  for (const octet of contents) {
    number = number * 128 + (octet & 0x7f);
    if (octet >= 0x80) continue;
    numbers.push(number);
    number = 0;
  }
  const first = Math.min(2, Math.floor(numbers[0] / 40));
  return [first, numbers[0] - 40 * first, ...numbers.slice(1)].join('.');
};

const checkBits = (bits) => {
  if (bits >= rsaMinBits && bits <= rsaMaxBits && bits % 8 === 0) return;
  const rule = `from ${rsaMinBits} to ${rsaMaxBits}, a multiple of 8`;
  fail('key-refused', `an RSA key of ${bits} bits: the chain takes ${rule}`);
};

// Bits of the modulus in `RSAPrivateKey` (RFC 8017, A.1.2).
const modulusBits = (pkcs1) => {
  const fields = new Cursor(pkcs1, 'the key').sequence('the RSA key');
  numberIn(fields);
  const modulus = fields.next(INTEGER, 'the modulus').contents;
  return modulus.length === 0 ? 0 : BigInt(`0x${toHex(modulus)}`).toString(2).length;
};

// What kind of key PKCS #8 holds.
const kindOf = (der) => {
  const fields = new Cursor(der, 'the key').sequence('the key');
  numberIn(fields);
  const { whole, contents } = fields.next(SEQUENCE, 'its algorithm');
  const kind = keyByIdentifier(toHex(whole));
  if (kind === undefined) {
    const algorithm = new Cursor(contents, 'the key');
    const identifiers = [algorithm.next(OBJECT_IDENTIFIER, 'its algorithm').contents];
    if (algorithm.tag === OBJECT_IDENTIFIER) identifiers.push(algorithm.next(OBJECT_IDENTIFIER, 'its curve').contents);
    const named = identifiers.map(dotted).join(' with ');
    fail('key-refused', `a key of kind ${named}: the chain takes ${KEY_KINDS.join(', ')}`);
  }
  if (kind === 'rsa') checkBits(modulusBits(fields.next(OCTET_STRING, 'the RSA key').contents));
  return kind;
};

const isCryptoKey = (key) => key?.type === 'private' && typeof key.algorithm?.name === 'string';

const KINDS_OF_NAMES = { Ed25519: 'ed25519', 'RSASSA-PKCS1-v1_5': 'rsa', 'RSA-PSS': 'rsa' };

// A CryptoKey is bound to its algorithm.
const signerOf = (key, requested) => {
  const { name, namedCurve, modulusLength, hash } = key.algorithm;
  const curve = Object.keys(CURVES).find((kind) => CURVES[kind] === namedCurve);
  const kind = name === 'ECDSA' ? curve : KINDS_OF_NAMES[name];
  if (kind === undefined) {
    fail('key-refused', `a key of kind ${namedCurve ?? name}: the chain takes ${KEY_KINDS.join(', ')}`);
  }
  if (kind === 'rsa') checkBits(modulusLength);
  if (requested) checkKey(requested, kind, 'the key');
  const fits = (algorithm) => {
    const parameters = importParameters(algorithm);
    return parameters.name === name && (parameters.hash ?? hash?.name) === hash?.name;
  };
  const algorithm = (requested ? [requested] : algorithmsFor(kind)).find(fits);
  if (algorithm) return { key, algorithm };
  return fail('algorithm-of-key', `this CryptoKey signs with ${name} and ${hash?.name} only; import it for another algorithm`);
};

/**
 * A key that can sign, and with which algorithm.
 * @param {string | Uint8Array | object} given
 * @param {object | undefined} requested an algorithm, unless the usual one of the key's kind
 * @param {string | undefined} passphrase
 */
export const readSigner = async (given, requested, passphrase) => {
  const crypto = subtle();
  if (isCryptoKey(given)) return signerOf(given, requested);
  let der;
  try {
    der = await readPkcs8(given, passphrase);
  } catch (error) {
    if (error instanceof AutoIdError && error.code === 'key') throw error;
    // The cause may quote its input.
    unreadable();
  }
  let kind;
  try {
    kind = kindOf(der);
  } catch (error) {
    if (error.code === 'key-refused') throw error;
    unreadable();
  }
  const algorithm = requested ?? algorithmsFor(kind)[0];
  checkKey(algorithm, kind, 'the key');
  try {
    const key = await crypto.importKey('pkcs8', der, importParameters(algorithm), false, ['sign']);
    return { key, algorithm };
  } catch {
    return unreadable();
  }
};
