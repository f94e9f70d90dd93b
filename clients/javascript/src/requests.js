// Requests: from arguments to the bytes that a key signs, and from signatures to a call.
//
// What is signed (`primitives/identity/src/request.rs` has the table): context, genesis hash, call name, acting
// identity, nonce, last block, BLAKE2b-256 of the arguments. Account and fee have no part in it: anybody may
// carry the call.

import { algorithmOf, checkKey } from './algorithms.js';
import constants from './constants.js';
import { certificateFacts, crlFacts } from './der.js';
import { AutoIdError, shown } from './errors.js';
import { blake2b256 } from './hashes.js';
import { LAYOUTS } from './layouts.js';
import { concat, octets, option, sequence, text, unsigned } from './scale.js';
import { checkSignature } from './signatures.js';
import { KINDS, fieldsOf, hasTwice, hashOf, identifierOf, toHex, u32Of, u64Of } from './values.js';

const { coIssuers: MAX_CO_ISSUERS } = constants.limits;

const fail = (code, message) => {
  throw new AutoIdError(code, message);
};

const same = (a, b) => toHex(a) === toHex(b);

// What need not be given: it can be read from the certificate or list, or is usually nothing.
const OPTIONAL = ['algorithm', 'coIssuers', 'compromisedAfter'];

const readArguments = (layout, given) => {
  const names = layout.signed.map(([name]) => name);
  fieldsOf(given, names, layout.name, OPTIONAL);
  const values = {};
  for (const [name, kind] of layout.signed) {
    const value = given[name] ?? (name === 'coIssuers' ? [] : given[name]);
    if (name !== 'algorithm' || value !== undefined) values[name] = KINDS[kind].read(value, name);
  }
  return values;
};

// The algorithm that the certificate or list is signed with, which the call has to declare.
const declaredAlgorithm = (declared, { algorithm }, what) => {
  if (declared !== undefined && declared.name !== algorithm.name) {
    const signed = `${what} is signed with ${algorithm.name}, not with ${declared.name}`;
    fail('algorithm-wrong', `${signed}: declare that or leave it out`);
  }
  return algorithm;
};

const checkIssuers = ({ issuer, coIssuers }) => {
  if (hasTwice([issuer, ...coIssuers])) fail('issuer-twice', 'an issuer is named twice; each may issue once');
};

// What is wrong for itself, whatever the chain's state.
const checkArguments = (layout, values, facts) => {
  const { identifier, controller, guardians } = values;
  if (values.coIssuers) checkIssuers(values);
  if (layout.name === 'register') checkKey(values.algorithm, facts.kind, "the certificate's own key");
  if (controller && same(controller, identifier)) {
    fail('controller-self', 'an identity cannot be its own controller; null takes the controller away');
  }
  if (guardians?.members.some((member) => same(member, identifier))) {
    fail('guardian-self', 'an identity cannot be its own guardian');
  }
};

const readActor = (layout, values, facts, given) => {
  const named = given === undefined || given === null ? null : identifierOf(given, 'actor');
  const must = layout.actor === 'certificate' ? facts.fingerprint : values.identifier;
  if (['certificate', 'identifier'].includes(layout.actor)) {
    if (named && !same(named, must)) {
      fail('actor', `${layout.name} is a request of ${toHex(must)} itself: leave the actor out`);
    }
    return must;
  }
  if (layout.actor === 'authority') return named ?? must;
  if (!named) fail('actor-missing', `${layout.name} needs the actor: the identity whose key signs it`);
  if (values.identifier && same(named, values.identifier)) {
    fail('guardian-self', `${layout.name} is a request of a guardian, not of the identity itself`);
  }
  if (layout.actor === 'co-issuer' && same(named, values.issuer)) {
    fail('issuer-twice', 'the issuer consents by its signature on the certificate; a co-issuer is another identity');
  }
  return named;
};

const readNonce = (layout, given) => {
  if (!['certificate', 'co-issuer'].includes(layout.actor)) return u64Of(given, 'nonce');
  const nonce = given === undefined ? 0n : u64Of(given, 'nonce');
  if (nonce !== 0n) fail('nonce', `${layout.name} is signed with the nonce 0, not ${nonce}`);
  return nonce;
};

/** One request of one identity: what its key has to sign. */
export class Request {
  #layout;
  #values;
  #facts;
  #actor;
  #payload;

  /** @hideconstructor use `request` or a function of a call's name */
  constructor(layout, given, chain) {
    fieldsOf(chain, ['genesisHash', 'validUntil', 'nonce', 'actor'], 'the place on the chain', ['nonce', 'actor']);
    const values = readArguments(layout, given);
    const facts = values.certificate ? certificateFacts(values.certificate) : null;
    if (facts) values.algorithm = declaredAlgorithm(values.algorithm, facts, 'the certificate');
    if (values.crl) values.algorithm = declaredAlgorithm(values.algorithm, crlFacts(values.crl), 'the list');
    checkArguments(layout, values, facts);
    this.#layout = layout;
    this.#values = values;
    this.#facts = facts;
    this.#actor = readActor(layout, values, facts, chain.actor);
    this.call = layout.name;
    this.context = layout.context;
    this.nonce = readNonce(layout, chain.nonce);
    this.validUntil = u32Of(chain.validUntil, 'validUntil');
    this.arguments = concat(layout.signed.map(([name, kind]) => KINDS[kind].write(values[name])));
    this.argumentsHash = blake2b256(this.arguments);
    this.#payload = concat([
      text(layout.context),
      hashOf(chain.genesisHash, 'genesisHash'),
      text(layout.name),
      this.#actor,
      unsigned(this.nonce, 8),
      unsigned(this.validUntil, 4),
      this.argumentsHash,
    ]);
    Object.freeze(this);
  }

  /** What the key signs: a copy, so that what was checked is what is signed. */
  get payload() {
    return this.#payload.slice();
  }

  /** The acting identity, 64 hex digits. */
  get actor() {
    return toHex(this.#actor);
  }

  /**
   * The call, once the request is signed.
   * @param {{algorithm: string, signature: Uint8Array | string}} signed
   * @param {{consents?: object[], possession?: object, entries?: number}} extras
   */
  finish(signed, extras = {}) {
    const layout = this.#layout;
    if (layout.call === null) fail('not-a-call', `${layout.name} is a consent, not a call: finish it with consent()`);
    const kinds = layout.call.filter((part) => ['consents', 'possession', 'entries'].includes(part));
    fieldsOf(extras, kinds, `what goes with ${layout.name}`, kinds);
    const checked = checkSigned(signed, 'the request');
    // Here the key that signs is the certificate's: the new identity's, or the recovered one's.
    const isByCertificate = layout.actor === 'certificate' || layout.name === 'execute_recovery';
    if (isByCertificate) checkKey(checked.algorithm, this.#facts.kind, "the certificate's key");
    const parts = {
      consents: () => this.#consents(extras.consents ?? []),
      possession: () => this.#possession(extras.possession ?? null),
      entries: () => unsigned(this.#entries(extras.entries), 4),
      keyAlgorithm: () => unsigned(checked.algorithm.index, 1),
      signedRequest: () => this.#signedRequest(checked),
      identityRequest: () =>
        concat([this.#actor, unsigned(checked.algorithm.index, 1), this.#signedRequest(checked)]),
    };
    const write = (part) => (typeof part === 'string' ? parts[part]() : KINDS[part[1]].write(this.#values[part[0]]));
    return new Call(layout, concat(layout.call.map(write)));
  }

  /** The consent, once a co-issuer has signed. */
  consent(signed) {
    if (this.#layout.actor !== 'co-issuer') {
      fail('not-a-consent', `${this.#layout.name} is a call, not a consent: finish it with finish()`);
    }
    const { algorithm, signature } = checkSigned(signed, 'the consent');
    return Object.freeze({ coIssuer: this.actor, algorithm: algorithm.name, validUntil: this.validUntil, signature });
  }

  #signedRequest({ signature }) {
    return concat([unsigned(this.nonce, 8), unsigned(this.validUntil, 4), octets(signature)]);
  }

  #consents(given) {
    if (!Array.isArray(given)) fail('list', `consents must be an array, not ${shown(given)}`);
    if (given.length > MAX_CO_ISSUERS) {
      fail('too-many', `consents has ${given.length} members; at most ${MAX_CO_ISSUERS} are allowed`);
    }
    const consents = given.map((consent, index) => readConsent(consent, `consents[${index}]`));
    const who = consents.map(({ coIssuer }) => coIssuer);
    const expected = this.#values.coIssuers;
    if (expected && (expected.length !== who.length || !expected.every((one, index) => same(one, who[index])))) {
      const rule = `of the ${expected.length} co-issuers that were signed, in their order`;
      fail('consents-differ', `the consents must be ${rule}`);
    }
    if (hasTwice(who)) fail('issuer-twice', 'a co-issuer consents twice');
    return sequence(
      consents.map(({ coIssuer, algorithm, validUntil, signature }) =>
        concat([coIssuer, unsigned(algorithm.index, 1), unsigned(validUntil, 4), octets(signature)]),
      ),
    );
  }

  #possession(given) {
    const isOwn = same(this.#actor, this.#values.identifier);
    if (given === null && (!isOwn || this.#values.compromisedAfter !== null)) {
      fail('possession-missing', 'the new key has to sign the same payload: hand that signature over as possession');
    }
    const possession = given === null ? null : checkSigned(given, 'the possession');
    if (possession) checkKey(possession.algorithm, this.#facts.kind, "the new certificate's key");
    return option(possession, ({ algorithm, signature }) => concat([unsigned(algorithm.index, 1), octets(signature)]));
  }

  #entries(given) {
    const { entries } = crlFacts(this.#values.crl);
    const declared = given === undefined ? entries : u32Of(given, 'entries');
    if (declared < entries) fail('entries', `the list has ${entries} entries, more than the ${declared} declared`);
    return declared;
  }
}

/** A call, ready for whoever carries it. */
export class Call {
  /** @hideconstructor made by `Request.finish` */
  constructor(layout, encoded) {
    this.pallet = layout.pallet;
    this.name = layout.name;
    this.arguments = encoded;
    this.bytes = concat([Uint8Array.of(layout.palletIndex, layout.callIndex), encoded]);
    Object.freeze(this);
  }

  /** The whole call in hex with 0x, as `api.tx(…)` and `author_*` take it. */
  toHex() {
    return `0x${toHex(this.bytes)}`;
  }
}

const checkSigned = (given, what) => {
  const { algorithm, signature } = fieldsOf(given, ['algorithm', 'signature'], `what signs ${what}`);
  const known = algorithmOf(algorithm);
  return { algorithm: known, signature: checkSignature(known, signature) };
};

const readConsent = (given, name) => {
  const { coIssuer, validUntil, algorithm, signature } = fieldsOf(
    given,
    ['coIssuer', 'algorithm', 'validUntil', 'signature'],
    name,
  );
  return {
    coIssuer: identifierOf(coIssuer, `${name}.coIssuer`),
    validUntil: u32Of(validUntil, `${name}.validUntil`),
    ...checkSigned({ algorithm, signature }, name),
  };
};

/**
 * A request by the name of its call.
 * @param {string} call as in Rust, such as `register_issued`
 * @param {object} given the arguments that are signed, in camelCase
 * @param {object} chain `genesisHash`, `validUntil`, `nonce`, `actor`: see `Place` in index.d.ts
 */
export const request = (call, given, chain) => {
  if (typeof call !== 'string' || !Object.hasOwn(LAYOUTS, call)) {
    fail('call', `${shown(call)} is no call that carries a request; there are ${Object.keys(LAYOUTS).join(', ')}`);
  }
  return new Request(LAYOUTS[call], given, chain);
};

const of = (call) => (given, chain) => request(call, given, chain);

export const register = of('register');
export const registerIssued = of('register_issued');
export const coIssue = of('co_issue');
export const renew = of('renew');
export const reparent = of('reparent');
export const deactivate = of('deactivate');
export const setController = of('set_controller');
export const setGuardians = of('set_guardians');
export const openRecovery = of('open_recovery');
export const approveRecovery = of('approve_recovery');
export const vetoRecovery = of('veto_recovery');
export const executeRecovery = of('execute_recovery');
export const setServices = of('set_services');
export const revoke = of('revoke');
export const hold = of('hold');
export const release = of('release');
export const publishCrl = of('publish_crl');
