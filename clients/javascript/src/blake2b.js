// BLAKE2b without a key (RFC 7693).
//
// Node's own gives 64 bytes only, and another length is another hash, not its first half. What is hashed here
// is public, so nothing depends on the time that it takes.

const IV = new BigUint64Array([
  0x6a09e667f3bcc908n,
  0xbb67ae8584caa73bn,
  0x3c6ef372fe94f82bn,
  0xa54ff53a5f1d36f1n,
  0x510e527fade682d1n,
  0x9b05688c2b3e6c1fn,
  0x1f83d9abfb41bd6bn,
  0x5be0cd19137e2179n,
]);

// RFC 7693, 2.7; rounds 10 and 11 take the first two again.
const SIGMA = [
  [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15],
  [14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3],
  [11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4],
  [7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8],
  [9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13],
  [2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9],
  [12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11],
  [13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10],
  [6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5],
  [10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0],
];

// Columns, then diagonals (RFC 7693, 3.2).
const LANES = [
  [0, 4, 8, 12],
  [1, 5, 9, 13],
  [2, 6, 10, 14],
  [3, 7, 11, 15],
  [0, 5, 10, 15],
  [1, 6, 11, 12],
  [2, 7, 8, 13],
  [3, 4, 9, 14],
];

const BLOCK = 128;
const MASK = 0xffffffffffffffffn;

const rotate = (value, by) => ((value >> by) | (value << (64n - by))) & MASK;

// RFC 7693, 3.1.
const mix = (v, [a, b, c, d], x, y) => {
  v[a] += v[b] + x;
  v[d] = rotate(v[d] ^ v[a], 32n);
  v[c] += v[d];
  v[b] = rotate(v[b] ^ v[c], 24n);
  v[a] += v[b] + y;
  v[d] = rotate(v[d] ^ v[a], 16n);
  v[c] += v[d];
  v[b] = rotate(v[b] ^ v[c], 63n);
};

// RFC 7693, 3.2.
const compress = (state, block, counter, isLast) => {
  const words = new BigUint64Array(16);
  const view = new DataView(block.buffer, block.byteOffset, BLOCK);
  words.forEach((_, index) => (words[index] = view.getBigUint64(8 * index, true)));
  const v = new BigUint64Array([...state, ...IV]);
  v[12] ^= BigInt(counter);
  if (isLast) v[14] ^= MASK;
  for (let round = 0; round < 12; round += 1) {
    const order = SIGMA[round % 10];
    LANES.forEach((lane, index) => mix(v, lane, words[order[2 * index]], words[order[2 * index + 1]]));
  }
  state.forEach((_, index) => (state[index] ^= v[index] ^ v[index + 8]));
};

/**
 * BLAKE2b with so many bytes of output.
 * @param {Uint8Array} bytes
 * @param {number} size from 1 to 64
 * @returns {Uint8Array}
 */
export const blake2b = (bytes, size) => {
  const state = IV.slice();
  // The parameter block: no key, one leaf (RFC 7693, 2.5).
  state[0] ^= 0x01010000n ^ BigInt(size);
  const last = Math.max(0, Math.ceil(bytes.length / BLOCK) - 1) * BLOCK;
  for (let at = 0; at < last; at += BLOCK) {
    compress(state, bytes.subarray(at, at + BLOCK), at + BLOCK, false);
  }
  const block = new Uint8Array(BLOCK);
  block.set(bytes.subarray(last));
  compress(state, block, bytes.length, true);
  const digest = new Uint8Array(64);
  const view = new DataView(digest.buffer);
  state.forEach((word, index) => view.setBigUint64(8 * index, word, true));
  return digest.slice(0, size);
};

/** @param {Uint8Array} bytes */
export const blake2b256 = (bytes) => blake2b(bytes, 32);
