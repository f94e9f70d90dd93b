// The signature algorithms of Auto ID, as `constants.js` lists them. Their index is what SCALE has for them.

import constants from './constants.js';
import { AutoIdError, shown } from './errors.js';

const ALGORITHMS = constants.algorithms.map(Object.freeze);

/** The names of all algorithms, in order of index. */
export const ALGORITHM_NAMES = Object.freeze(ALGORITHMS.map(({ name }) => name));

/** The kinds of keys. */
export const KEY_KINDS = Object.freeze(constants.keys.map(({ name }) => name));

/** The algorithm of this name. */
export const algorithmOf = (name) => {
  const found = ALGORITHMS.find((algorithm) => algorithm.name === name);
  if (found) return found;
  throw new AutoIdError(
    'algorithm-unknown',
    `${shown(name)} is no signature algorithm; there are ${ALGORITHM_NAMES.join(', ')}`,
  );
};

/** All algorithms that a key of this kind signs with, the one that requests have unless told otherwise first. */
export const algorithmsFor = (kind) => {
  const usual = constants.keys.find(({ name }) => name === kind).default;
  const fitting = ALGORITHMS.filter(({ key }) => key === kind);
  return [...fitting.filter(({ name }) => name === usual), ...fitting.filter(({ name }) => name !== usual)];
};

/** The algorithm with this `AlgorithmIdentifier` (DER in hex), or none. */
export const algorithmByIdentifier = (der) => ALGORITHMS.find(({ identifier }) => identifier === der);

/** The kind of key with this `AlgorithmIdentifier` in its `subjectPublicKeyInfo` (DER in hex), or none. */
export const keyByIdentifier = (der) => constants.keys.find(({ identifier }) => identifier === der)?.name;

/** Refuses an algorithm that a key of this kind cannot sign with. */
export const checkKey = (algorithm, kind, whose) => {
  if (algorithm.key === kind) return;
  const fitting = algorithmsFor(kind).map(({ name }) => name);
  throw new AutoIdError(
    'algorithm-of-key',
    `${algorithm.name} does not go with ${whose}, which is of kind ${kind}: it signs with ${fitting.join(', ')}`,
  );
};
