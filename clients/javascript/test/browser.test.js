// The package runs in browsers: it names nothing of Node's, and works where Node's own globals are gone.
// `npm run test:browser` runs the golden files in Chromium.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import { test } from 'node:test';

import { calls, parties, requests } from './vectors.js';

const folder = new URL('../src/', import.meta.url);

test('the source names nothing that only Node has', () => {
  for (const name of readdirSync(folder).filter((file) => file.endsWith('.js'))) {
    const source = readFileSync(new URL(name, folder), 'utf8');
    const code = source.replace(/\/\*[^]*?\*\/|\/\/.*/g, '');
    assert.doesNotMatch(code, /['"]node:|\b(?:Buffer\b|process\.|require\(|global[.[])/, name);
    for (const [, from] of source.matchAll(/from '([^']+)'/g)) {
      assert.match(from, /^\.\/|^@noble\/hashes\//, `${name} imports ${from}`);
    }
  }
});

test('a golden request is made, signed and verified without what only Node has', () => {
  const vector = requests.find(({ call }) => call === 'register');
  const given = { calls: calls.calls.length, vector, parties };
  const program = `
    const given = ${JSON.stringify(given)};
    for (const name of ['Buffer', 'process', 'global', 'setImmediate', 'clearImmediate', 'require']) delete globalThis[name];
    const id = await import(${JSON.stringify(new URL('index.js', folder).href)});
    const { vector } = given;
    const place = { genesisHash: vector.genesis_hash, validUntil: vector.valid_until };
    const made = id.request(vector.call, { certificate: vector.certificate }, place);
    if (id.toHex(made.payload) !== vector.payload) throw new Error('another payload');
    if (!(await id.verify(made, vector, vector.certificate))) throw new Error('does not verify');
    for (const { certificate, private_key: key } of Object.values(given.parties)) {
      const own = await id.sign(made, key);
      if (!(await id.verify(made, own, certificate))) throw new Error(own.algorithm + ' does not verify');
      console.log(own.algorithm);
    }
  `;
  const answer = execFileSync(process.execPath, ['--input-type=module', '-e', program], { encoding: 'utf8' });
  const used = new Set(answer.trim().split('\n'));
  assert.ok(used.size >= 4, answer);
});
