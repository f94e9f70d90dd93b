import assert from 'node:assert/strict';
import { test } from 'node:test';

import { blake2b256, toHex } from '../src/index.js';

// Made by `b2sum -l 256`.
test('arguments are hashed by BLAKE2b with 32 bytes', () => {
  const hash = (text) => toHex(blake2b256(new TextEncoder().encode(text)));
  assert.equal(hash(''), '0e5751c026e543b2e8ab2eb06099daa1d1e5df47778f7787faab45cdf12fe3a8');
  assert.equal(hash('abc'), 'bddd813c634239723171ef3fee98579b94964e3bb1cb3e427262c8c068d52319');
  assert.equal(hash('a'.repeat(1000)), 'e00b0ddbf1e2cdaf5c898e1a5e8826ea3a2c339bcf2a478da2e5fca9ff126672');
});
