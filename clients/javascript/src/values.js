// The kinds of values that calls take: what each must be, and its SCALE encoding. Every bound of the chain
// is checked here too, so that a mistake shows before anything is signed, and with words.

import { algorithmOf } from './algorithms.js';
import { fromHex, toHex } from './bytes.js';
import constants from './constants.js';
import { pemToDer } from './der.js';
import { AutoIdError, shown } from './errors.js';
import { concat, octets, option, sequence, text, unsigned } from './scale.js';

export { toHex };

const {
  certificateSize: MAX_CERTIFICATE_SIZE,
  crlSize: MAX_CRL_SIZE,
  coIssuers: MAX_CO_ISSUERS,
  guardians: MAX_GUARDIANS,
  recoveryDelay: MAX_RECOVERY_DELAY,
  services: MAX_SERVICES,
  serialOctets: MAX_SERIAL_OCTETS,
  serviceWord: MAX_SERVICE_WORD,
  serviceUri: MAX_SERVICE_URI,
} = constants.limits;
const U32 = (1n << 32n) - 1n;
const U64 = (1n << 64n) - 1n;

/** The reasons of RFC 5280, 5.3.1, by which a certificate is revoked for good, with their numbers. */
export const REASONS = Object.freeze(
  Object.fromEntries(constants.reasons.map(({ name, number }) => [name, number])),
);

const fail = (code, message) => {
  throw new AutoIdError(code, message);
};

/** Bytes, or their hex digits with or without 0x; at most `most` bytes. */
export const bytesOf = (value, most, name) => {
  if (value instanceof Uint8Array) {
    if (value.length > most) fail('length', `${name} has ${value.length} bytes; at most ${most} are allowed`);
    return value;
  }
  if (typeof value !== 'string') fail('not-bytes', `${name} must be a Uint8Array or hex digits, not ${shown(value)}`);
  const digits = value.startsWith('0x') ? value.slice(2) : value;
  if (digits.length > 2 * most) {
    fail('length', `${name} has ${digits.length} hex digits; at most ${2 * most} are allowed`);
  }
  if (digits.length % 2 || !/^[0-9a-fA-F]*$/.test(digits)) {
    fail('hex', `${name} must be an even number of hex digits, not ${shown(value)}`);
  }
  return fromHex(digits);
};

/** Exactly 32 bytes. */
export const hashOf = (value, name) => {
  const bytes = bytesOf(value, 32, name);
  if (bytes.length !== 32) fail('length', `${name} has ${bytes.length} bytes; it must have 32`);
  return bytes;
};

/** An identifier in any form that people have it in: see `identifier` in README.md. */
export const identifierOf = (value, name) => {
  if (value instanceof Uint8Array) return hashOf(value, name);
  if (typeof value !== 'string') {
    fail('identifier', `${name} must be an identifier of 64 hex digits or 32 bytes, not ${shown(value)}`);
  }
  const digits = value.replace(/^did:allod:/, '').replace(/^0x/, '');
  // Bounded before anything is copied: 64 digits and 31 colons.
  const plain = digits.length > 95 ? '' : digits.replaceAll(':', '');
  if (!/^[0-9a-fA-F]{64}$/.test(plain)) {
    const rule = '64 hex digits, with colons between the bytes or not';
    fail('identifier', `${name} must have ${rule}: ${shown(value)} has not`);
  }
  return fromHex(plain);
};

const integerOf = (value, most, name) => {
  const isInteger = typeof value === 'bigint' || Number.isSafeInteger(value);
  if (!isInteger || value < 0 || BigInt(value) > most) {
    fail('number', `${name} must be a whole number from 0 to ${most}, not ${shown(value)}`);
  }
  return BigInt(value);
};

/** A number of 32 bits, as a number. */
export const u32Of = (value, name) => Number(integerOf(value, U32, name));

/** A number of 64 bits, as a bigint. */
export const u64Of = (value, name) => integerOf(value, U64, name);

// DER as bytes, hex or PEM.
const derOf = (value, label, most, name) => {
  const isPem = (start) => start.includes('-----BEGIN ');
  if (typeof value === 'string' && isPem(value)) return pemToDer(value, label, most);
  // A SEQUENCE begins with 0x30.
  if (value instanceof Uint8Array && value.length <= 32 * most && value[0] !== 0x30) {
    const read = new TextDecoder('latin1').decode(value);
    if (isPem(read)) return pemToDer(read, label, most);
  }
  const der = bytesOf(value, most, name);
  if (der.length === 0) fail('length', `${name} is empty; it must have from 1 to ${most} bytes`);
  return der;
};

/** A certificate: DER as bytes or hex, or PEM. */
export const certificateOf = (value, name) => derOf(value, 'CERTIFICATE', MAX_CERTIFICATE_SIZE, name);

/** A revocation list: DER as bytes or hex, or PEM. */
export const crlOf = (value, name) => derOf(value, 'X509 CRL', MAX_CRL_SIZE, name);

/** A serial number: the contents of its DER INTEGER as bytes or hex, or the number as a bigint. */
export const serialOf = (value, name) => {
  if (typeof value === 'bigint') {
    const bits = 8 * MAX_SERIAL_OCTETS - 1;
    if (value <= 0n || value >= 1n << BigInt(bits)) {
      fail('serial', `${name} must be a number from 1 to 2^${bits} - 1 (RFC 5280, 4.1.2.2), not ${shown(value)}`);
    }
    const digits = value.toString(16);
    const even = digits.length % 2 ? `0${digits}` : digits;
    return bytesOf(/^[89a-f]/.test(even) ? `00${even}` : even, MAX_SERIAL_OCTETS, name);
  }
  const bytes = bytesOf(value, MAX_SERIAL_OCTETS, name);
  const [first, second] = bytes;
  if (bytes.length === 0 || (bytes.length === 1 && first === 0)) {
    fail('serial', `${name} must be above zero (RFC 5280, 4.1.2.2)`);
  }
  if (first >= 0x80) {
    fail('serial', `${name} ${toHex(bytes)} is negative as a DER INTEGER; 00${toHex(bytes)} is the positive number`);
  }
  if (first === 0 && second < 0x80) {
    fail('serial', `${name} ${toHex(bytes)} has a zero in front that DER does not allow; leave out 00`);
  }
  return bytes;
};

const reasonOf = (value, name) => {
  if (typeof value === 'string' && Object.hasOwn(REASONS, value)) return value;
  const names = Object.keys(REASONS).join(', ');
  return fail('reason', `${name} must be one of ${names} (a hold is another call), not ${shown(value)}`);
};

const listOf = (value, most, name) => {
  if (!Array.isArray(value)) fail('list', `${name} must be an array, not ${shown(value)}`);
  if (value.length > most) fail('too-many', `${name} has ${value.length} members; at most ${most} are allowed`);
  return value;
};

const coIssuersOf = (value, name) =>
  listOf(value, MAX_CO_ISSUERS, name).map((member, index) => identifierOf(member, `${name}[${index}]`));

/** Checks that an object has these fields and no others. */
export const fieldsOf = (value, fields, name, optional = []) => {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    fail('object', `${name} must be an object with ${fields.join(', ')}, not ${shown(value)}`);
  }
  const missing = fields.find((field) => value[field] === undefined && !optional.includes(field));
  if (missing !== undefined) fail('field-missing', `${name} lacks ${missing}; it has ${fields.join(', ')}`);
  const unknown = Object.keys(value).find((field) => !fields.includes(field));
  if (unknown !== undefined) fail('field-unknown', `${name} has no ${shown(unknown)}; it has ${fields.join(', ')}`);
  return value;
};

/** Whether two of these byte strings are the same. */
export const hasTwice = (list) => new Set(list.map(toHex)).size < list.length;

const guardiansOf = (value, name) => {
  const { members, threshold, delay } = fieldsOf(value, ['members', 'threshold', 'delay'], name);
  const identifiers = listOf(members, MAX_GUARDIANS, `${name}.members`).map((member, index) =>
    identifierOf(member, `${name}.members[${index}]`),
  );
  if (hasTwice(identifiers)) fail('guardian-twice', `${name}: a guardian occurs twice`);
  const count = identifiers.length;
  const votes = u32Of(threshold, `${name}.threshold`);
  if (votes < 1 || votes > count) {
    fail('guardian-threshold', `${name}.threshold is ${votes}; it must be from 1 to the number of guardians, ${count}`);
  }
  const blocks = u32Of(delay, `${name}.delay`);
  if (blocks < 1 || blocks > MAX_RECOVERY_DELAY) {
    fail('guardian-delay', `${name}.delay is ${blocks} blocks; it must be from 1 to ${MAX_RECOVERY_DELAY}`);
  }
  return { members: identifiers, threshold: votes, delay: blocks };
};

const wordOf = (value, name) => {
  if (typeof value === 'string' && value.length <= MAX_SERVICE_WORD && /^[A-Za-z0-9\-._~]+$/.test(value)) return value;
  const rule = `1 to ${MAX_SERVICE_WORD} letters, digits and -._~ (RFC 3986, 2.3)`;
  return fail('service-word', `${name} must be ${rule}, not ${shown(value)}`);
};

const uriOf = (value, name) => {
  const isUri = (text) => /^[A-Za-z][A-Za-z0-9+\-.]*:[!#-;=?-[\]_a-z~]+$/.test(text);
  if (typeof value === 'string' && value.length <= MAX_SERVICE_URI && isUri(value)) return value;
  const rule = `a URI of at most ${MAX_SERVICE_URI} characters: a scheme, a colon, printable ASCII without spaces`;
  return fail('service-uri', `${name} must be ${rule}, not ${shown(value)}`);
};

const servicesOf = (value, name) => {
  const services = listOf(value, MAX_SERVICES, name).map((service, index) => {
    const where = `${name}[${index}]`;
    fieldsOf(service, ['name', 'kind', 'uri'], where);
    return {
      name: wordOf(service.name, `${where}.name`),
      kind: wordOf(service.kind, `${where}.kind`),
      uri: uriOf(service.uri, `${where}.uri`),
    };
  });
  if (new Set(services.map((service) => service.name)).size < services.length) {
    fail('service-twice', `${name}: two services have the same name`);
  }
  return services;
};

const optional = (read) => (value, name) => (value === null || value === undefined ? null : read(value, name));

/** How each kind of argument is read, and how it is written. */
export const KINDS = {
  certificate: { read: certificateOf, write: octets },
  crl: { read: crlOf, write: octets },
  algorithm: { read: (value) => algorithmOf(value), write: ({ index }) => unsigned(index, 1) },
  identifier: { read: identifierOf, write: (bytes) => bytes },
  hash: { read: hashOf, write: (bytes) => bytes },
  serial: { read: serialOf, write: octets },
  reason: { read: reasonOf, write: (name) => unsigned(REASONS[name], 1) },
  u32: { read: u32Of, write: (value) => unsigned(value, 4) },
  coIssuers: { read: coIssuersOf, write: sequence },
  optionalIdentifier: {
    read: optional(identifierOf),
    write: (value) => option(value, (bytes) => bytes),
  },
  optionalBlock: {
    read: optional(u32Of),
    write: (value) => option(value, (block) => unsigned(block, 4)),
  },
  optionalGuardians: {
    read: optional(guardiansOf),
    write: (value) =>
      option(value, ({ members, threshold, delay }) =>
        concat([sequence(members), unsigned(threshold, 1), unsigned(delay, 4)]),
      ),
  },
  services: {
    read: servicesOf,
    write: (list) => sequence(list.map(({ name, kind, uri }) => concat([text(name), text(kind), text(uri)]))),
  },
};
