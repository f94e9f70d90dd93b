// Requests of Auto ID identities. README.md is the way in; `index.d.ts` has every type.

import { certificateFacts, crlFacts } from './der.js';
import { certificateOf, crlOf, toHex } from './values.js';

export { ALGORITHM_NAMES } from './algorithms.js';
export { AutoIdError } from './errors.js';
export { blake2b256 } from './hashes.js';
export { REQUEST_CONTEXT, REVOCATION_CONTEXT } from './layouts.js';
export * from './requests.js';
export { sign, verify } from './signing.js';
export { REASONS, toHex } from './values.js';

/** The identifier of the identity whose first certificate this is: SHA-256 of the DER, 64 hex digits. */
export const identifierOf = (certificate) => readCertificate(certificate).identifier;

/** What requests need of a certificate. */
export const readCertificate = (certificate) => {
  const der = certificateOf(certificate, 'certificate');
  const { algorithm, kind, serial, fingerprint } = certificateFacts(der);
  return { der, identifier: toHex(fingerprint), algorithm: algorithm.name, keyKind: kind, serial: toHex(serial) };
};

/** What requests need of a revocation list. */
export const readCrl = (crl) => {
  const der = crlOf(crl, 'crl');
  const { algorithm, entries } = crlFacts(der);
  return { der, algorithm: algorithm.name, entries };
};
