// Keys, certificates and lists, made by the `openssl` on the path in a folder of their own.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const folder = mkdtempSync(join(tmpdir(), 'allod-people-'));
const openssl = (...given) => execFileSync('openssl', given, { cwd: folder, stdio: ['ignore', 'pipe', 'ignore'] });
const read = (name) => readFileSync(join(folder, name), 'utf8');

const KINDS = {
  ed25519: ['-algorithm', 'ed25519'],
  p256: ['-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256'],
  p384: ['-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-384'],
  rsa: ['-algorithm', 'RSA', '-pkeyopt', 'rsa_keygen_bits:2048'],
};
const digestFor = (kind) => ({ p256: ['-sha256'], p384: ['-sha384'], rsa: ['-sha256'] })[kind] ?? [];

let count = 0;

/** A new key: where it lies, and its PEM. */
export const key = (kind) => {
  const name = `key-${(count += 1)}`;
  openssl('genpkey', ...KINDS[kind], '-out', name);
  return { kind, name, pem: read(name) };
};

/** A root: a certification authority that issues itself. */
export const root = (kind, subject) => {
  const own = key(kind);
  const name = `root-${(count += 1)}`;
  const usage = 'keyUsage=critical,keyCertSign,cRLSign,digitalSignature';
  const given = ['-key', own.name, '-subj', `/CN=${subject}`, '-days', '30', '-addext', usage, ...digestFor(kind)];
  openssl('req', '-x509', '-new', ...given, '-out', name);
  return { key: own, name, pem: read(name) };
};

/** A certificate for this key and subject by that issuer. */
export const issue = (issuer, subjectKey, subject) => {
  const name = `issued-${(count += 1)}`;
  const extension = ['-addext', 'basicConstraints=critical,CA:FALSE'];
  openssl('req', '-new', '-key', subjectKey.name, '-subj', `/CN=${subject}`, ...extension, '-out', `${name}.csr`);
  const by = ['-CA', issuer.name, '-CAkey', issuer.key.name, '-days', '20', ...digestFor(issuer.key.kind)];
  openssl('x509', '-req', '-in', `${name}.csr`, '-copy_extensions', 'copy', ...by, '-out', name);
  return read(name);
};

const utc = (time) => time.toISOString().replace(/^..(..)-(..)-(..)T(..):(..):(..).*/, '$1$2$3$4$5$6Z');

/** A list of that issuer, made a minute ago, which revokes this serial number (hex). */
export const list = (issuer, serial) => {
  const [before, then] = [new Date(Date.now() - 60_000), new Date(Date.now() + 86_400_000)].map(utc);
  writeFileSync(join(folder, 'index'), `R\t491231000000Z\t${before},superseded\t${serial}\tunknown\t/CN=x\n`);
  writeFileSync(join(folder, 'number'), '01\n');
  const defaults = 'database=index\ncrlnumber=number\ndefault_md=default\ncrl_extensions=e';
  const config = `[ca]\ndefault_ca=c\n[c]\n${defaults}\n[e]\nauthorityKeyIdentifier=keyid\n`;
  writeFileSync(join(folder, 'config'), config);
  const times = ['-crl_lastupdate', before, '-crl_nextupdate', then];
  const by = ['-cert', issuer.name, '-keyfile', issuer.key.name];
  openssl('ca', '-gencrl', '-config', 'config', ...by, ...times, '-out', 'list');
  return read('list');
};

/** A signature by a key that lies elsewhere. */
export const signElsewhere = ({ name, kind }, payload) => {
  writeFileSync(join(folder, 'payload'), payload);
  // OpenSSL takes SHA-256 unless told.
  const digest = kind === 'p384' ? ['-digest', 'sha384'] : [];
  return new Uint8Array(openssl('pkeyutl', '-sign', '-rawin', ...digest, '-inkey', name, '-in', 'payload'));
};

/** Takes all keys away. */
export const forget = () => rmSync(folder, { recursive: true });
