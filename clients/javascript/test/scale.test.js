import assert from 'node:assert/strict';
import { test } from 'node:test';

import { toHex } from '../src/index.js';
import { compact, unsigned } from '../src/scale.js';

// Both sides of each border.
test('lengths have one, two or four bytes', () => {
  const lengths = { 0: '00', 63: 'fc', 64: '0101', 16383: 'fdff', 16384: '02000100', 32768: '02000200' };
  for (const [length, bytes] of Object.entries(lengths)) assert.equal(toHex(compact(Number(length))), bytes);
});

test('integers are little-endian', () => {
  assert.equal(toHex(unsigned(0x01020304, 4)), '04030201');
  assert.equal(toHex(unsigned(0xfffefdfcfbfaf9f8n, 8)), 'f8f9fafbfcfdfeff');
});
