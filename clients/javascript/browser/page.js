// Runs in the browser: every golden call is made byte by byte, its signatures are verified, and its signer's key signs
// it once more. What came out goes to the program that opened the page.

import * as id from '../src/index.js';

const camel = (name) => name.replace(/_(.)/g, (_, letter) => letter.toUpperCase());
const named = (given) => Object.fromEntries(Object.entries(given).map(([name, value]) => [camel(name), value]));

const check = (holds, what) => {
  if (!holds) throw new Error(what);
};

const run = async () => {
  const golden = await (await fetch('/vectors/auto-id-calls.json')).json();
  const parties = Object.fromEntries(golden.parties.map((party) => [party.name, party]));
  const placeOf = (vector) => ({
    genesisHash: golden.genesis_hash,
    validUntil: vector.valid_until,
    nonce: vector.nonce > Number.MAX_SAFE_INTEGER ? 0xffffffffffffffffn : vector.nonce,
    actor: vector.identifier ?? vector.co_issuer,
  });
  const signedBy = ({ algorithm, signature }) => ({ algorithm, signature });
  const consentOf = (vector) => id.coIssue(named(vector.arguments), placeOf(vector)).consent(signedBy(vector));
  for (const vector of golden.calls) {
    const what = `${vector.call} by ${vector.signer} with ${vector.algorithm}`;
    const made = id.request(vector.call, named(vector.arguments), placeOf(vector));
    const { certificate, private_key: key } = parties[vector.signer];
    check(await id.verify(made, vector, certificate), `${what}: the golden signature does not verify`);
    const extras = {};
    if (vector.consents) extras.consents = vector.consents.map(consentOf);
    if (vector.possession) extras.possession = signedBy(vector.possession);
    if (vector.entries !== undefined) extras.entries = vector.entries;
    check(made.finish(signedBy(vector), extras).toHex() === `0x${vector.bytes}`, `${what}: other bytes`);
    const own = await id.sign(made, key, { algorithm: vector.algorithm });
    check(await id.verify(made, own, certificate), `${what}: the own signature does not verify`);
  }
  const algorithms = new Set(golden.calls.map(({ algorithm }) => algorithm));
  check(algorithms.size === id.ALGORITHM_NAMES.length, 'not every algorithm was seen');
  return `${golden.calls.length} golden calls with ${algorithms.size} algorithms in ${navigator.userAgent}`;
};

const answer = await run().then(
  (text) => ({ ok: true, text }),
  (error) => ({ ok: false, text: String(error.stack ?? error) }),
);
await fetch('/answer', { method: 'POST', body: JSON.stringify(answer) });
