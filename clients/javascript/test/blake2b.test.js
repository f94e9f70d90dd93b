import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';

import { blake2b, blake2b256 } from '../src/blake2b.js';
import { toHex } from '../src/index.js';

// Node has the same function with 64 bytes of output.
test('agrees with OpenSSL for every length around its blocks', () => {
  const bytes = Uint8Array.from({ length: 520 }, (_, index) => (index * 167 + 13) % 256);
  for (let length = 0; length <= bytes.length; length += length % 128 < 3 || length % 128 > 124 ? 1 : 17) {
    const part = bytes.subarray(0, length);
    assert.equal(toHex(blake2b(part, 64)), createHash('blake2b512').update(part).digest('hex'), `${length} bytes`);
  }
});

// Made by `b2sum -l 256`.
test('has 32 bytes of its own', () => {
  const hash = (text) => toHex(blake2b256(new TextEncoder().encode(text)));
  assert.equal(hash(''), '0e5751c026e543b2e8ab2eb06099daa1d1e5df47778f7787faab45cdf12fe3a8');
  assert.equal(hash('abc'), 'bddd813c634239723171ef3fee98579b94964e3bb1cb3e427262c8c068d52319');
  assert.equal(hash('a'.repeat(1000)), 'e00b0ddbf1e2cdaf5c898e1a5e8826ea3a2c339bcf2a478da2e5fca9ff126672');
});
