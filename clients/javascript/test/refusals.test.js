// Every way to be refused, by its code. The last test holds this list against the source and README.md.

import assert from 'node:assert/strict';
import { createPrivateKey, generateKeyPairSync } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import { test } from 'node:test';

import { AutoIdError, identifierOf, readCertificate, readCrl, request, sign, verify } from '../src/index.js';
import constants from '../src/constants.js';
import { pemToDer } from '../src/der.js';
import { calls, parties } from './vectors.js';

const { alpha, beta, gamma, delta, epsilon } = parties;
const place = { genesisHash: '00'.repeat(32), validUntil: 10 };
const own = { ...place, nonce: 1 };
const by = (actor) => ({ ...own, actor });
const { certificateSize } = constants.limits;
const someHash = '22'.repeat(32);
const ed25519 = { algorithm: 'ed25519', signature: '11'.repeat(64) };
const p384 = { algorithm: 'ecdsa-p384-sha384', signature: '3006020101020101' };

const refused = new Set();

const is = (code, message) => (error) => {
  assert.ok(error instanceof AutoIdError, `${code}: ${error.stack}`);
  assert.equal(error.code, code, error.message);
  if (message) assert.match(error.message, message);
  refused.add(code);
  return true;
};

const refuses = (code, act, message) => assert.throws(act, is(code, message));

const refusesLater = (code, promise, message) => assert.rejects(promise, is(code, message));

test('a request does not change once it is made', async () => {
  const made = request('deactivate', { identifier: someHash }, own);
  assert.throws(() => (made.payload = new Uint8Array(1)), TypeError);
  assert.throws(() => (made.other = 1), TypeError);
  const before = await sign(made, alpha.private_key);
  made.payload.fill(0);
  assert.deepEqual(await sign(made, alpha.private_key), before);
});

test('calls, fields, places', () => {
  refuses('call', () => request('transfer', {}, own), /there are register, /);
  refuses('call', () => request('constructor', {}, own));
  refuses('call', () => request(7, {}, own));
  refuses('field-missing', () => request('hold', {}, by(alpha.identifier)), /lacks serial/);
  refuses('field-missing', () => request('set_controller', { identifier: someHash }, own), /lacks controller/);
  refuses('field-missing', () => request('register', { certificate: alpha.certificate }, { validUntil: 1 }), /genesisHash/);
  refuses('field-unknown', () => request('deactivate', { identifier: someHash, reason: 'x' }, own), /no "reason"/);
  refuses('object', () => request('deactivate', null, own));
  refuses('object', () => request('deactivate', { identifier: someHash }, []));
});

test('bytes, hex, identifiers', () => {
  const opens = (certificateHash) => request('open_recovery', { identifier: someHash, certificateHash }, by(alpha.identifier));
  refuses('not-bytes', () => opens(5));
  refuses('hex', () => opens('abc'));
  refuses('hex', () => opens('zz'.repeat(32)));
  refuses('length', () => opens('aa'.repeat(31)), /it must have 32/);
  refuses('length', () => opens(new Uint8Array(33)));
  refuses('length', () => request('register', { certificate: '' }, place));
  refuses('length', () => request('register', { certificate: new Uint8Array(certificateSize + 1).fill(0x30) }, place), /at most/);
  for (const wrong of [5, '', alpha.identifier.slice(2), `${alpha.identifier}00`, 'g'.repeat(64), '0'.repeat(1000), 'did:web:x']) {
    refuses('identifier', () => request('deactivate', { identifier: wrong }, own));
  }
  const colons = alpha.identifier.toUpperCase().match(/../g).join(':');
  for (const form of [colons, `0x${alpha.identifier}`, `did:allod:${alpha.identifier}`, Buffer.from(alpha.identifier, 'hex')]) {
    assert.equal(request('deactivate', { identifier: form }, own).actor, alpha.identifier);
  }
});

test('numbers', () => {
  for (const wrong of [-1, 1.5, 2 ** 32, '7', NaN, null, -1n, 1n << 32n]) {
    refuses('number', () => request('veto_recovery', { identifier: someHash, number: wrong }, own), /from 0 to 4294967295/);
  }
  for (const nonce of [undefined, 1n << 64n, 2 ** 53]) {
    refuses('number', () => request('deactivate', { identifier: someHash }, { ...place, nonce }));
  }
  request('deactivate', { identifier: someHash }, { ...place, nonce: (1n << 64n) - 1n });
});

test('serial numbers and reasons', () => {
  const holds = (serial) => request('hold', { serial }, by(alpha.identifier));
  for (const [wrong, message] of [
    ['', /above zero/],
    ['00', /above zero/],
    ['80', /0080 is the positive/],
    ['007f', /leave out 00/],
    [0n, /from 1/],
    [-1n, /from 1/],
    [1n << 159n, /from 1/],
  ]) {
    refuses('serial', () => holds(wrong), message);
  }
  refuses('length', () => holds('01'.repeat(21)));
  assert.deepEqual(holds(255n).arguments, holds('00ff').arguments);
  assert.deepEqual(holds((1n << 159n) - 1n).arguments, holds(`7f${'ff'.repeat(19)}`).arguments);
  for (const reason of ['certificateHold', 'removeFromCRL', 'toString', 6]) {
    refuses('reason', () => request('revoke', { serial: '01', reason }, by(alpha.identifier)), /a hold is another call/);
  }
});

test('guardians and controllers', () => {
  const guards = (members, threshold, delay) =>
    request('set_guardians', { identifier: alpha.identifier, guardians: { members, threshold, delay } }, own);
  const two = [beta.identifier, gamma.identifier];
  guards(two, 2, 10_512_000);
  refuses('guardian-twice', () => guards([beta.identifier, `0x${beta.identifier}`], 1, 1));
  for (const threshold of [0, 3]) refuses('guardian-threshold', () => guards(two, threshold, 1), /1 to the number of guardians, 2/);
  refuses('guardian-threshold', () => guards([], 1, 1));
  for (const delay of [0, 10_512_001]) refuses('guardian-delay', () => guards(two, 1, delay), /from 1 to 10512000/);
  refuses('guardian-self', () => guards([alpha.identifier], 1, 1));
  refuses('list', () => guards(beta.identifier, 1, 1));
  refuses('too-many', () => guards(Array(9).fill(someHash), 1, 1), /at most 8/);
  const opening = { identifier: alpha.identifier, certificateHash: someHash };
  refuses('guardian-self', () => request('open_recovery', opening, by(alpha.identifier)));
  const self = { identifier: alpha.identifier, controller: alpha.identifier };
  refuses('controller-self', () => request('set_controller', self, own));
});

test('services', () => {
  const sets = (...services) => request('set_services', { identifier: alpha.identifier, services }, own);
  const good = { name: 'a', kind: 'A2A', uri: 'https://example.org/?x=1#y' };
  sets(good, { ...good, name: 'b', uri: 'x:!#$%&\'()*+,-./;=?@[]_~' });
  for (const name of ['', 'a b', 'a#b', 'ä', 'a/b', 'a\n', 'a'.repeat(65), 7]) refuses('service-word', () => sets({ ...good, name }));
  for (const uri of ['', 'https', ':x', '1a:x', 'https:', 'a:b c', 'a:\x7f', 'a:<b>', 'a:b\n', `a:${'b'.repeat(255)}`, 7]) {
    refuses('service-uri', () => sets({ ...good, uri }));
  }
  refuses('service-twice', () => sets(good, good));
  refuses('too-many', () => sets(...Array(9).fill(good)));
  refuses('field-missing', () => sets({ name: 'a', uri: 'a:b' }));
});

test('who acts, with which nonce', () => {
  const certificate = alpha.certificate;
  refuses('actor', () => request('register', { certificate }, { ...place, actor: beta.identifier }), /leave the actor out/);
  refuses('actor', () => request('set_services', { identifier: alpha.identifier, services: [] }, by(beta.identifier)));
  refuses('actor-missing', () => request('hold', { serial: '01' }, own));
  refuses('actor-missing', () => request('co_issue', { certificateHash: someHash, issuer: alpha.identifier }, place));
  refuses('nonce', () => request('register', { certificate }, { ...place, nonce: 1 }), /nonce 0, not 1/);
  assert.equal(request('register', { certificate }, place).actor, alpha.identifier);
});

test('certificates and what they are signed with', () => {
  const registers = (certificate, algorithm) => request('register', { certificate, algorithm }, place);
  refuses('algorithm-wrong', () => registers(alpha.certificate, 'ecdsa-p256-sha256'), /signed with ed25519, not/);
  refuses('algorithm-unknown', () => registers(alpha.certificate, 'ed448'), /there are ed25519, /);
  refuses('der', () => registers(`${alpha.certificate}00`), /bytes follow/);
  refuses('der', () => registers('3080'));
  refuses('der', () => registers(calls.crl));
  // The algorithm inside, the one outside, both, and the key's kind.
  const id = '06032b6570';
  const changed = (count, from = 0) => {
    let index = -1;
    return alpha.certificate.replaceAll(id, (found) => ((index += 1) >= from && index < from + count ? '06032b6571' : found));
  };
  assert.equal(alpha.certificate.split(id).length, 4);
  refuses('algorithm-mismatch', () => registers(changed(1)));
  refuses('algorithm-mismatch', () => registers(changed(1, 2)));
  refuses('key-refused', () => registers(changed(1, 1)));
  refuses('algorithm-refused', () => registers(changed(3)), /issue it with one of ed25519, /);
  // A root signs itself, so that its algorithm goes with its own key.
  const foreign = beta.certificate.replaceAll('2a8648ce3d040302', '2a8648ce3d040303');
  refuses('algorithm-of-key', () => registers(foreign), /signs with ecdsa-p256-sha256/);
  assert.equal(readCertificate(foreign).algorithm, 'ecdsa-p384-sha384');
});

test('issuers and consents', () => {
  const under = { certificate: gamma.certificate, issuer: alpha.identifier };
  const issued = (coIssuers) => request('register_issued', { ...under, coIssuers }, place);
  const consent = { coIssuer: beta.identifier, algorithm: 'ed25519', validUntil: 5, signature: ed25519.signature };
  refuses('issuer-twice', () => issued([alpha.identifier]));
  refuses('issuer-twice', () => issued([beta.identifier, beta.identifier]));
  refuses('too-many', () => issued([beta, gamma, delta, epsilon].map(({ identifier }) => identifier)));
  const co = { certificateHash: someHash, issuer: alpha.identifier };
  refuses('issuer-twice', () => request('co_issue', co, { ...place, actor: alpha.identifier }));
  for (const consents of [[], [{ ...consent, coIssuer: delta.identifier }], [consent, consent]]) {
    refuses('consents-differ', () => issued([beta.identifier]).finish(p384, { consents }), /of the 1 co-issuers/);
  }
  refuses('list', () => issued([]).finish(p384, { consents: consent }));
  issued([beta.identifier]).finish(p384, { consents: [consent] });
  const renewal = request('renew', { identifier: gamma.identifier, certificate: gamma.certificate }, own);
  refuses('issuer-twice', () => renewal.finish(p384, { consents: [consent, consent] }));
  refuses('too-many', () => renewal.finish(p384, { consents: Array(4).fill(consent) }));
  refuses('not-a-call', () => request('co_issue', co, { ...place, actor: beta.identifier }).finish(ed25519));
  refuses('not-a-consent', () => renewal.consent(p384));
});

test('possession and entries', () => {
  const renewal = (more, chain = own) =>
    request('renew', { identifier: alpha.identifier, certificate: gamma.certificate, ...more }, chain);
  refuses('possession-missing', () => renewal({ compromisedAfter: 5 }).finish(ed25519));
  refuses('possession-missing', () => renewal({}, by(beta.identifier)).finish(ed25519));
  refuses('algorithm-of-key', () => renewal({}).finish(ed25519, { possession: ed25519 }));
  renewal({}).finish(ed25519, { possession: p384 });
  refuses('field-unknown', () => renewal({}).finish(ed25519, { entries: 1 }));
  const list = request('publish_crl', { crl: calls.crl }, by(delta.identifier));
  refuses('entries', () => list.finish(ed25519, { entries: 69 }), /70 entries, more than the 69/);
});

test('the form of signatures', () => {
  const made = request('deactivate', { identifier: alpha.identifier }, own);
  const p256 = (signature) => made.finish({ algorithm: 'ecdsa-p256-sha256', signature });
  p256(`3045022100${'ff'.repeat(32)}0220${'01'.repeat(32)}`);
  refuses('signature-form', () => made.finish({ ...ed25519, signature: '11'.repeat(63) }), /64 bytes; this one has 63/);
  for (const wrong of [
    '',
    '11'.repeat(64),
    '3006020101020100ff',
    '3006020180020101',
    '300702020001020101',
    '3003020101',
    '30060201010201',
    '300302010102',
    '300402000200',
    `3046022101${'ff'.repeat(32)}022100${'ff'.repeat(32)}`,
  ]) {
    refuses('signature-form', () => p256(wrong), /DER SEQUENCE/);
  }
  refuses('signature-form', () => made.finish({ algorithm: 'rsa-pkcs1-sha256', signature: '11'.repeat(255) }));
  refuses('length', () => made.finish({ algorithm: 'rsa-pkcs1-sha256', signature: '11'.repeat(513) }));
  refuses('algorithm-of-key', () => request('register', { certificate: alpha.certificate }, place).finish(p384));
});

test('PEM', () => {
  const pem = (der, label = 'CERTIFICATE') =>
    `-----BEGIN ${label}-----\n${Buffer.from(der, 'hex').toString('base64').match(/.{1,64}/g).join('\n')}\n-----END ${label}-----\n`;
  const text = pem(alpha.certificate);
  const said = `Certificate:\n    Data: 0x30\n${text}`;
  for (const form of [text, said, Buffer.from(text), Buffer.from(said), text.replaceAll('\n', '\r\n')]) {
    assert.equal(identifierOf(form), alpha.identifier);
  }
  assert.equal(readCrl(pem(calls.crl, 'X509 CRL')).entries, 70);
  refuses('pem', () => identifierOf(text + text), /2 blocks/);
  refuses('pem', () => identifierOf(pem(alpha.certificate, 'PRIVATE KEY')), /0 blocks/);
  refuses('pem', () => identifierOf(text.replace('MII', 'MI')), /not base64/);
  refuses('pem', () => identifierOf(text.replace('=', '').replace(/\n-----END/, '==\n-----END')), /not base64|blocks/);
  refuses('pem', () => pemToDer(`${text}${' '.repeat(200_000)}`, 'CERTIFICATE', certificateSize), /characters/);
  refuses('length', () => identifierOf(pem('30'.repeat(5000))), /5000 bytes/);
});

test('keys', async () => {
  const made = request('deactivate', { identifier: alpha.identifier }, own);
  const secret = delta.private_key.slice(200, 260);
  const broken = delta.private_key.replace('BEGIN PRIVATE', 'BEGIN PRIVAT');
  await assert.rejects(
    sign(made, broken),
    (error) => error.code === 'key' && !`${error.stack}${JSON.stringify(error)}${error.cause}`.includes(secret),
  );
  for (const wrong of ['', undefined, alpha.certificate, delta.private_key.slice(0, 400)]) {
    await refusesLater('key', sign(made, wrong));
  }
  await refusesLater('not-a-request', sign(made.payload, alpha.private_key));
  await refusesLater('not-a-request', verify({ payload: made.payload }, ed25519, alpha.certificate));
  await refusesLater('algorithm-of-key', sign(made, alpha.private_key, { algorithm: 'rsa-pss-sha256' }), /it signs with ed25519/);
  const generated = (kind, options) => generateKeyPairSync(kind, options).privateKey;
  await refusesLater('key-refused', sign(made, generated('ec', { namedCurve: 'secp256k1' })), /1\.3\.132\.0\.10/);
  await refusesLater('key-refused', sign(made, generated('x25519')), /1\.3\.101\.110/);
  await refusesLater('key-refused', sign(made, generated('rsa', { modulusLength: 1024 })), /1024 bits/);
  await refusesLater('key-refused', sign(made, generated('rsa-pss', { modulusLength: 2048 })), /1\.2\.840\.113549\.1\.1\.10/);
  const sec1 = generated('ec', { namedCurve: 'P-256' }).export({ type: 'sec1', format: 'pem' });
  await refusesLater('key', sign(made, sec1), /pkcs8 -topk8/);
});

test('keys under a password', async () => {
  const made = request('deactivate', { identifier: alpha.identifier }, own);
  const key = createPrivateKey(alpha.private_key);
  const lock = (cipher) => key.export({ type: 'pkcs8', format: 'pem', cipher, passphrase: 'open' });
  const expected = await sign(made, alpha.private_key);
  for (const cipher of ['aes-128-cbc', 'aes-256-cbc']) {
    assert.deepEqual(await sign(made, lock(cipher), { passphrase: 'open' }), expected);
  }
  const locked = lock('aes-256-cbc');
  await refusesLater('key', sign(made, locked), /passphrase is missing or wrong/);
  await refusesLater('key', sign(made, locked, { passphrase: 'wrong' }), /passphrase is missing or wrong/);
  await refusesLater('key', sign(made, lock('des-ede3-cbc'), { passphrase: 'open' }), /encrypted in a way/);
  // What opening it would cost is known before anything is derived.
  const expensive = scheme(4_000_001);
  await refusesLater('key', sign(made, expensive, { passphrase: 'open' }), /4000001 iterations is not worked on/);
  await refusesLater('key', sign(made, scheme(0), { passphrase: 'open' }), /0 iterations/);
  await refusesLater('key', sign(made, scheme(1), { passphrase: 'open' }), /passphrase is missing or wrong/);
});

// A key under a password with so many iterations of PBKDF2, and nothing in it.
const scheme = (iterations) => {
  const tlv = (tag, ...parts) => Buffer.concat([Buffer.of(tag, Buffer.concat(parts).length), ...parts]);
  const identifier = (hex) => tlv(0x06, Buffer.from(hex, 'hex'));
  const count = Buffer.alloc(4);
  count.writeUInt32BE(iterations);
  const significant = count.subarray(Math.min(3, count.findIndex((octet) => octet !== 0) >>> 0));
  const digest = tlv(0x30, identifier('2a864886f70d0209'), tlv(0x05));
  const costs = tlv(0x30, tlv(0x04, Buffer.alloc(16)), tlv(0x02, significant), digest);
  const derivation = tlv(0x30, identifier('2a864886f70d01050c'), costs);
  const cipher = tlv(0x30, identifier('60864801650304012a'), tlv(0x04, Buffer.alloc(16)));
  const algorithm = tlv(0x30, identifier('2a864886f70d01050d'), tlv(0x30, derivation, cipher));
  const der = tlv(0x30, algorithm, tlv(0x04, Buffer.alloc(16)));
  return `-----BEGIN ENCRYPTED PRIVATE KEY-----\n${der.toString('base64')}\n-----END ENCRYPTED PRIVATE KEY-----`;
};

// As on a page that came over http.
test('what needs Web Cryptography says so', async () => {
  const made = request('deactivate', { identifier: alpha.identifier }, own);
  const there = Object.getOwnPropertyDescriptor(globalThis, 'crypto');
  Object.defineProperty(globalThis, 'crypto', { value: {}, configurable: true });
  try {
    await refusesLater('web-crypto-missing', sign(made, alpha.private_key), /https/);
    await refusesLater('web-crypto-missing', verify(made, ed25519, alpha.certificate), /https/);
  } finally {
    Object.defineProperty(globalThis, 'crypto', there);
  }
});

// Keys that a browser keeps and never shows.
test('keys of Web Cryptography sign with what they are bound to', async () => {
  const made = request('deactivate', { identifier: alpha.identifier }, own);
  const { subtle } = globalThis.crypto;
  const generate = async (parameters) => (await subtle.generateKey(parameters, false, ['sign', 'verify'])).privateKey;
  const rsa = { modulusLength: 2048, publicExponent: Uint8Array.of(1, 0, 1) };
  for (const [parameters, algorithm] of [
    [{ name: 'Ed25519' }, 'ed25519'],
    [{ name: 'ECDSA', namedCurve: 'P-384' }, 'ecdsa-p384-sha384'],
    [{ name: 'RSA-PSS', hash: 'SHA-512', ...rsa }, 'rsa-pss-sha512'],
  ]) {
    const key = await generate(parameters);
    assert.equal((await sign(made, key)).algorithm, algorithm);
    assert.equal((await sign(made, key, { algorithm })).algorithm, algorithm);
    const other = algorithm === 'ed25519' ? 'ecdsa-p256-sha256' : 'ed25519';
    await refusesLater('algorithm-of-key', sign(made, key, { algorithm: other }));
  }
  const pss = await generate({ name: 'RSA-PSS', hash: 'SHA-256', ...rsa });
  await refusesLater('algorithm-of-key', sign(made, pss, { algorithm: 'rsa-pss-sha384' }), /RSA-PSS and SHA-256 only/);
  const sha1 = await generate({ name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-1', ...rsa });
  await refusesLater('algorithm-of-key', sign(made, sha1));
  await refusesLater('key-refused', sign(made, await generate({ name: 'ECDSA', namedCurve: 'P-521' })), /P-521/);
});

// xorshift, so that a failure comes again.
const random = (seed) => () => {
  seed ^= seed << 13;
  seed ^= seed >>> 17;
  seed ^= seed << 5;
  return (seed >>> 0) / 2 ** 32;
};

test('mutated certificates and lists are read or refused, nothing else', () => {
  const next = random(0x5eed);
  let refusedOnes = 0;
  const sources = [...Object.values(parties).map(({ certificate }) => certificate), calls.crl];
  for (let round = 0; round < 4000; round += 1) {
    const bytes = Uint8Array.from(Buffer.from(sources[round % sources.length], 'hex'));
    const cut = next() < 0.2 ? bytes.subarray(0, Math.floor(next() * bytes.length)) : bytes;
    for (let flips = 0; flips < 1 + next() * 3 && cut.length; flips += 1) {
      // Headers are near the front.
      cut[Math.floor(next() ** 3 * cut.length)] = Math.floor(next() * 256);
    }
    const read = round % sources.length === sources.length - 1 ? readCrl : readCertificate;
    try {
      read(cut);
    } catch (error) {
      assert.ok(error instanceof AutoIdError, error.stack);
      refusedOnes += 1;
    }
  }
  assert.ok(refusedOnes > 1000);
});

// The last of this file: tests run in their order.
test('every code is thrown, tested and documented', () => {
  const folder = new URL('../src/', import.meta.url);
  const source = readdirSync(folder)
    .filter((name) => name.endsWith('.js'))
    .map((name) => readFileSync(new URL(name, folder), 'utf8'))
    .join('\n');
  const thrown = new Set([...source.matchAll(/(?:fail|AutoIdError)\(\s*'([a-z-]+)'/g)].map(([, code]) => code));
  const [, table] = readFileSync(new URL('../README.md', import.meta.url), 'utf8').split('## Errors');
  const documented = new Set([...table.matchAll(/^\| `([a-z-]+)` \| /gm)].map(([, code]) => code));
  assert.deepEqual([...refused].sort(), [...thrown].sort(), 'codes tested and codes thrown');
  assert.deepEqual([...documented].sort(), [...thrown].sort(), 'codes documented and codes thrown');
});
