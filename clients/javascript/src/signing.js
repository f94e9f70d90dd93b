// Signing with a key that lies here, and checking signatures. Keys elsewhere sign `request.payload`
// themselves, as `openssl pkeyutl -sign -rawin` does.
//
// A key signs requests only, never bytes that somebody hands over. Nothing here prints or keeps a key, and
// no error carries what was in one.

import { X509Certificate, constants, createPrivateKey, sign as cryptoSign, verify as cryptoVerify } from 'node:crypto';

import { algorithmOf, checkKey, defaultFor } from './algorithms.js';
import { certificateFacts } from './der.js';
import { AutoIdError } from './errors.js';
import { Request } from './requests.js';
import { checkSignature } from './signatures.js';
import { certificateOf } from './values.js';

const MIN_RSA_BITS = 2048;
const MAX_RSA_BITS = 4096;

const fail = (code, message) => {
  throw new AutoIdError(code, message);
};

const readKey = (key, passphrase) => {
  if (key?.type === 'private') return key;
  try {
    return createPrivateKey(passphrase === undefined ? key : { key, passphrase });
  } catch {
    // The cause may quote its input.
    return fail('key', 'this is no private key in PEM, or the passphrase is missing or wrong');
  }
};

const kindOf = (key) => {
  const { namedCurve, modulusLength } = key.asymmetricKeyDetails ?? {};
  if (key.asymmetricKeyType === 'ed25519') return 'ed25519';
  if (key.asymmetricKeyType === 'ec' && namedCurve === 'prime256v1') return 'p256';
  if (key.asymmetricKeyType === 'ec' && namedCurve === 'secp384r1') return 'p384';
  if (key.asymmetricKeyType !== 'rsa') {
    const kind = namedCurve ?? key.asymmetricKeyType;
    fail('key-refused', `a key of kind ${kind}: the chain takes Ed25519, P-256, P-384 and RSA`);
  }
  if (modulusLength < MIN_RSA_BITS || modulusLength > MAX_RSA_BITS || modulusLength % 8) {
    const rule = `from ${MIN_RSA_BITS} to ${MAX_RSA_BITS}, a multiple of 8`;
    fail('key-refused', `an RSA key of ${modulusLength} bits: the chain takes ${rule}`);
  }
  return 'rsa';
};

const options = ({ key, salt }) => {
  if (key === 'ed25519') return {};
  if (key !== 'rsa') return { dsaEncoding: 'der' };
  if (salt === undefined) return { padding: constants.RSA_PKCS1_PADDING };
  return { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: salt };
};

const checkRequest = (request) => {
  if (request instanceof Request) return;
  fail('not-a-request', 'a key signs requests only: hand over what register() and its like return');
};

/**
 * Signs a request.
 * @param {Request} request
 * @param {string | Buffer | import('node:crypto').KeyObject} key a private key: PEM or a KeyObject
 * @param {{algorithm?: string, passphrase?: string}} wishes
 * @returns {{algorithm: string, signature: Uint8Array}}
 */
export const sign = (request, key, { algorithm, passphrase } = {}) => {
  checkRequest(request);
  const wished = algorithm === undefined ? undefined : algorithmOf(algorithm);
  const privateKey = readKey(key, passphrase);
  const kind = kindOf(privateKey);
  const chosen = wished ?? defaultFor(kind);
  checkKey(chosen, kind, 'the key');
  const signature = cryptoSign(chosen.digest, request.payload, { key: privateKey, ...options(chosen) });
  return { algorithm: chosen.name, signature: new Uint8Array(signature) };
};

/**
 * Whether the certificate's key signed the request.
 * @param {Request} request
 * @param {{algorithm: string, signature: Uint8Array | string}} signed
 * @param {Uint8Array | string} certificate DER or PEM
 */
export const verify = (request, signed, certificate) => {
  checkRequest(request);
  const algorithm = algorithmOf(signed?.algorithm);
  const signature = checkSignature(algorithm, signed.signature);
  const der = certificateOf(certificate, 'certificate');
  checkKey(algorithm, certificateFacts(der).kind, "the certificate's key");
  let key;
  try {
    key = new X509Certificate(der).publicKey;
  } catch {
    fail('key', "the certificate's key cannot be read");
  }
  return cryptoVerify(algorithm.digest, request.payload, { key, ...options(algorithm) }, signature);
};
