// The golden files, in the form that this package takes.

import { readFileSync } from 'node:fs';

const read = (name) => JSON.parse(readFileSync(new URL(`../../../tests/vectors/${name}`, import.meta.url), 'utf8'));

/** Requests signed by OpenSSL. */
export const requests = read('auto-id-requests.json').requests;
/** Whole calls. */
export const calls = read('auto-id-calls.json');
/** Who signs in them, by name. */
export const parties = Object.fromEntries(calls.parties.map((party) => [party.name, party]));

const camel = (name) => name.replace(/_(.)/g, (_, letter) => letter.toUpperCase());

/** The arguments with their names in camelCase. */
export const named = (given) => Object.fromEntries(Object.entries(given).map(([name, value]) => [camel(name), value]));

/** Where a case lies on the chain. */
export const placeOf = (vector) => ({
  genesisHash: vector.genesis_hash ?? calls.genesis_hash,
  validUntil: vector.valid_until,
  // 2^64 - 1 is no number that JSON.parse keeps.
  nonce: vector.nonce > Number.MAX_SAFE_INTEGER ? 0xffffffffffffffffn : vector.nonce,
  actor: vector.identifier ?? vector.co_issuer,
});
