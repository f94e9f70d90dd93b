// The signature algorithms of Auto ID. Their index is what SCALE has for them.

import { AutoIdError, shown } from './errors.js';

const RSA = '06092a864886f70d0101';
const SHA2 = '06096086480165030402';

// RSASSA-PSS with one digest throughout and as many octets of salt as it has (RFC 4055, 3.1).
const pss = (digest, salt) => {
  const hash = `300d${SHA2}${digest}0500`;
  return `3041${RSA}0a3034a00f${hash}a11c301a${RSA}08${hash}a2030201${salt}`;
};

const ALGORITHMS = [
  { name: 'ed25519', key: 'ed25519', digest: null, identifier: '300506032b6570' },
  { name: 'ecdsa-p256-sha256', key: 'p256', digest: 'sha256', identifier: '300a06082a8648ce3d040302' },
  { name: 'ecdsa-p384-sha384', key: 'p384', digest: 'sha384', identifier: '300a06082a8648ce3d040303' },
  { name: 'rsa-pkcs1-sha256', key: 'rsa', digest: 'sha256', identifier: `300d${RSA}0b0500` },
  { name: 'rsa-pkcs1-sha384', key: 'rsa', digest: 'sha384', identifier: `300d${RSA}0c0500` },
  { name: 'rsa-pkcs1-sha512', key: 'rsa', digest: 'sha512', identifier: `300d${RSA}0d0500` },
  { name: 'rsa-pss-sha256', key: 'rsa', digest: 'sha256', salt: 32, identifier: pss('01', '20') },
  { name: 'rsa-pss-sha384', key: 'rsa', digest: 'sha384', salt: 48, identifier: pss('02', '30') },
  { name: 'rsa-pss-sha512', key: 'rsa', digest: 'sha512', salt: 64, identifier: pss('03', '40') },
].map((algorithm, index) => Object.freeze({ index, ...algorithm }));

// `AlgorithmIdentifier` of a `subjectPublicKeyInfo`, DER (RFC 8410, 3; RFC 5480, 2.1.1; RFC 3279, 2.3.1).
const KEYS = {
  '300506032b6570': 'ed25519',
  '301306072a8648ce3d020106082a8648ce3d030107': 'p256',
  '301006072a8648ce3d020106052b81040022': 'p384',
  [`300d${RSA}010500`]: 'rsa',
};

/** The names of all algorithms, in order of index. */
export const ALGORITHM_NAMES = Object.freeze(ALGORITHMS.map(({ name }) => name));

/** The algorithm of this name. */
export const algorithmOf = (name) => {
  const found = ALGORITHMS.find((algorithm) => algorithm.name === name);
  if (found) return found;
  throw new AutoIdError(
    'algorithm-unknown',
    `${shown(name)} is no signature algorithm; there are ${ALGORITHM_NAMES.join(', ')}`,
  );
};

/** The algorithm that a key of this kind signs requests with, unless another one is wished. */
export const defaultFor = (kind) => ALGORITHMS.find(({ key }) => key === kind);

/** The algorithm with this `AlgorithmIdentifier` (DER in hex), or none. */
export const algorithmByIdentifier = (der) => ALGORITHMS.find(({ identifier }) => identifier === der);

/** The kind of key with this `AlgorithmIdentifier` (DER in hex), or none. */
export const keyByIdentifier = (der) => KEYS[der];

/** Refuses an algorithm that a key of this kind cannot sign with. */
export const checkKey = (algorithm, kind, whose) => {
  if (algorithm.key === kind) return;
  const fitting = ALGORITHMS.filter(({ key }) => key === kind).map(({ name }) => name);
  throw new AutoIdError(
    'algorithm-of-key',
    `${algorithm.name} does not go with ${whose}, which is of kind ${kind}: it signs with ${fitting.join(', ')}`,
  );
};
