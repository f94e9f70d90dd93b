import assert from 'node:assert/strict';
import { test } from 'node:test';

import { ALGORITHM_NAMES, coIssue, identifierOf, readCertificate, readCrl, request, sign, toHex, verify } from '../src/index.js';
import { LAYOUTS } from '../src/layouts.js';
import { calls, named, parties, placeOf, requests } from './vectors.js';

const isDeterministic = (algorithm) => algorithm === 'ed25519' || algorithm.includes('pkcs1');

const signedBy = ({ algorithm, signature }) => ({ algorithm, signature });

test('every golden request has the golden payload and a good signature', async () => {
  const seen = new Set();
  for (const vector of requests) {
    const given = vector.arguments ?? { certificate: vector.certificate, algorithm: vector.algorithm };
    const made = request(vector.call, named(given), placeOf(vector));
    assert.equal(toHex(made.argumentsHash), vector.arguments_hash, vector.description);
    assert.equal(toHex(made.payload), vector.payload, vector.description);
    assert.equal(made.actor, vector.identifier);
    assert.equal(identifierOf(vector.certificate), vector.identifier);
    assert.ok(await verify(made, vector, vector.certificate), vector.description);
    const own = await sign(made, vector.private_key);
    assert.equal(own.algorithm, vector.algorithm);
    if (isDeterministic(own.algorithm)) assert.equal(toHex(own.signature), vector.signature);
    assert.ok(await verify(made, own, vector.certificate));
    seen.add(vector.call);
  }
  assert.deepEqual([...seen].sort(), Object.keys(LAYOUTS).sort());
});

const consentOf = async (vector) => {
  const made = coIssue(named(vector.arguments), placeOf(vector));
  assert.equal(toHex(made.payload), vector.payload);
  assert.ok(await verify(made, vector, parties[vector.signer].certificate));
  return made.consent(signedBy(vector));
};

test('every golden call is made byte by byte', async () => {
  const seen = new Set(['co_issue']);
  const algorithms = new Set();
  for (const vector of calls.calls) {
    const what = `${vector.call} by ${vector.signer} with ${vector.algorithm}`;
    const made = request(vector.call, named(vector.arguments), placeOf(vector));
    assert.equal(toHex(made.arguments), vector.encoded_arguments, what);
    assert.equal(toHex(made.payload), vector.payload, what);
    const { certificate, private_key: key } = parties[vector.signer];
    assert.ok(await verify(made, vector, certificate), what);
    const extras = {};
    if (vector.consents) extras.consents = await Promise.all(vector.consents.map(consentOf));
    if (vector.possession) extras.possession = signedBy(vector.possession);
    if (vector.entries !== undefined) extras.entries = vector.entries;
    const call = made.finish(signedBy(vector), extras);
    assert.equal(call.toHex(), `0x${vector.bytes}`, what);
    assert.equal(toHex(call.arguments), vector.bytes.slice(4), what);
    const own = await sign(made, key, { algorithm: vector.algorithm });
    if (isDeterministic(vector.algorithm)) assert.equal(toHex(own.signature), vector.signature, what);
    assert.ok(await verify(made, own, certificate), what);
    seen.add(vector.call);
    algorithms.add(vector.algorithm);
  }
  assert.deepEqual([...seen].sort(), Object.keys(LAYOUTS).sort());
  assert.equal(algorithms.size, ALGORITHM_NAMES.length);
});

test('a signature counts for its own payload, key and algorithm only', async () => {
  const [vector] = calls.calls.filter(({ call, signer }) => call === 'deactivate' && signer === 'delta');
  const made = request(vector.call, named(vector.arguments), placeOf(vector));
  const other = request(vector.call, named(vector.arguments), { ...placeOf(vector), validUntil: 1 });
  const { certificate } = parties.delta;
  assert.ok(await verify(made, vector, certificate));
  assert.ok(!(await verify(other, vector, certificate)));
  assert.ok(!(await verify(made, { ...signedBy(vector), algorithm: 'rsa-pss-sha256' }, certificate)));
  assert.ok(!(await verify(made, { ...signedBy(vector), signature: `00${vector.signature.slice(2)}` }, certificate)));
  await assert.rejects(verify(made, vector, parties.alpha.certificate), { code: 'algorithm-of-key' });
});

test('what is read from certificates and lists needs no declaring', async () => {
  for (const party of Object.values(parties)) {
    const read = readCertificate(party.certificate);
    assert.equal(read.algorithm, party.certificate_algorithm);
    assert.equal(read.identifier, party.identifier);
    const length = (read.serial.length / 2).toString(16).padStart(2, '0');
    // Version 3, then the serial number.
    assert.ok(party.certificate.includes(`a00302010202${length}${read.serial}`));
  }
  assert.deepEqual(
    { ...readCrl(calls.crl), der: null },
    { der: null, algorithm: 'rsa-pkcs1-sha256', entries: 70 },
  );
  const [vector] = calls.calls.filter(({ call, entries }) => call === 'publish_crl' && entries === 70);
  const made = request('publish_crl', { crl: calls.crl }, placeOf(vector));
  assert.equal(made.finish(signedBy(vector)).toHex(), `0x${vector.bytes}`);
});
