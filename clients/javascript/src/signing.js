// Signing with a key that lies here, and checking signatures, by Web Cryptography. Keys elsewhere sign
// `request.payload` themselves, as `openssl pkeyutl -sign -rawin` does.
//
// A key signs requests only, never bytes that somebody hands over. Nothing here prints or keeps a key, and
// no error carries what was in one.

import { algorithmOf, checkKey } from './algorithms.js';
import { certificateFacts } from './der.js';
import { AutoIdError } from './errors.js';
import { importParameters, readSigner } from './keys.js';
import { Request } from './requests.js';
import { checkSignature, sequenceOfBoth, sideBySide } from './signatures.js';
import { certificateOf } from './values.js';
import { subtle } from './web-crypto.js';

const fail = (code, message) => {
  throw new AutoIdError(code, message);
};

const checkRequest = (request) => {
  if (request instanceof Request) return;
  fail('not-a-request', 'a key signs requests only: hand over what register() and its like return');
};

// What Web Cryptography wants to know when a message is signed or a signature verified.
const parameters = (algorithm) => {
  const { name } = importParameters(algorithm);
  if (name === 'ECDSA') return { name, hash: `SHA-${algorithm.digest.slice(3)}` };
  return name === 'RSA-PSS' ? { name, saltLength: algorithm.salt } : { name };
};

const isEcdsa = (algorithm) => importParameters(algorithm).name === 'ECDSA';

/**
 * Signs a request.
 * @param {Request} request
 * @param {string | Uint8Array | CryptoKey | object} key a private key: PKCS #8 in PEM, a CryptoKey, or a KeyObject
 * @param {{algorithm?: string, passphrase?: string}} options
 * @returns {Promise<{algorithm: string, signature: Uint8Array}>}
 */
export const sign = async (request, key, { algorithm: name, passphrase } = {}) => {
  checkRequest(request);
  const requested = name === undefined ? undefined : algorithmOf(name);
  const signer = await readSigner(key, requested, passphrase);
  const { algorithm } = signer;
  const made = await subtle().sign(parameters(algorithm), signer.key, request.payload);
  const signature = new Uint8Array(made);
  return { algorithm: algorithm.name, signature: isEcdsa(algorithm) ? sequenceOfBoth(signature) : signature };
};

/**
 * Whether the certificate's key signed the request.
 * @param {Request} request
 * @param {{algorithm: string, signature: Uint8Array | string}} signed
 * @param {Uint8Array | string} certificate DER or PEM
 * @returns {Promise<boolean>}
 */
export const verify = async (request, signed, certificate) => {
  checkRequest(request);
  const algorithm = algorithmOf(signed?.algorithm);
  const checked = checkSignature(algorithm, signed.signature);
  const { kind, publicKey } = certificateFacts(certificateOf(certificate, 'certificate'));
  checkKey(algorithm, kind, "the certificate's key");
  const crypto = subtle();
  let key;
  try {
    key = await crypto.importKey('spki', publicKey, importParameters(algorithm), false, ['verify']);
  } catch {
    fail('key', "the certificate's key cannot be read");
  }
  const signature = isEcdsa(algorithm) ? sideBySide(algorithm, checked) : checked;
  return crypto.verify(parameters(algorithm), key, signature, request.payload);
};
