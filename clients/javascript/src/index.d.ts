import type { Algorithm, KeyKind, Reason } from './names.js';

export type { Algorithm, KeyKind, Reason };

/** Bytes, or their hex digits with or without `0x`. */
export type Bytes = Uint8Array | string;
/** 32 bytes, or 64 hex digits: plain, with colons, with `0x` or `did:allod:` in front. */
export type Identifier = Uint8Array | string;
/** PEM, or DER as bytes or hex. */
export type Document = Uint8Array | string;

/** For which chain a request counts, and until when. */
export interface Place {
  /** Hash of the genesis block, 32 bytes. */
  genesisHash: Bytes;
  /** Last block in which the request is valid, 0 to 2^32 - 1. */
  validUntil: number | bigint;
}

/** The place of a request by an identity that is registered. */
export interface OwnPlace extends Place {
  /** The nonce that the chain stores for the acting identity, 0 to 2^64 - 1. */
  nonce: number | bigint;
}

/** The place of a request that a controller may sign. */
export interface AuthorityPlace extends OwnPlace {
  /** The controller, if there is one; the identity itself if not given. */
  actor?: Identifier;
}

/** The place of a request that another identity signs: a guardian, an issuer. */
export interface OtherPlace extends OwnPlace {
  /** The identity whose key signs. */
  actor: Identifier;
}

/** A signature in X.509's own encoding, and its algorithm. */
export interface Signed {
  algorithm: Algorithm;
  signature: Bytes;
}

/** A co-issuer's consent, as `Request.consent` returns it. It may travel as JSON once its signature is hex. */
export interface Consent extends Signed {
  coIssuer: Identifier;
  validUntil: number | bigint;
}

/** Who may recover an identity. */
export interface GuardianSet {
  /** At most 8, each once. */
  members: Identifier[];
  /** How many must approve: 1 to all. */
  threshold: number | bigint;
  /** Blocks until a recovery or a change of guardians takes effect: 1 to 10,512,000. */
  delay: number | bigint;
}

/** Where an identity can be reached. */
export interface Service {
  /** 1 to 64 letters, digits and `-._~`. */
  name: string;
  /** Its type: 1 to 64 letters, digits and `-._~`. */
  kind: string;
  /** A URI of at most 256 characters. */
  uri: string;
}

/** A certificate that a call brings. */
export interface WithCertificate {
  certificate: Document;
  /** The algorithm of the signature on it; read from it if not given. */
  algorithm?: Algorithm;
}

/** Who issued that certificate. */
export interface Issued {
  issuer: Identifier;
  /** At most 3, in the order of their consents; none if not given. */
  coIssuers?: Identifier[];
}

/** What goes into a call beside the request. */
export interface Extras {
  /** For register_issued, renew, reparent, execute_recovery: one of each co-issuer, in their order. */
  consents?: Consent[];
  /** For renew: the new key's signature over the same payload. */
  possession?: Signed | null;
  /** For publish_crl: at least as many as the list has; counted if not given. */
  entries?: number | bigint;
}

/** One request of one identity. */
export class Request {
  private constructor();
  /** The call's name in Rust. */
  readonly call: string;
  readonly context: string;
  /** The acting identity, 64 hex digits. */
  readonly actor: string;
  readonly nonce: bigint;
  readonly validUntil: number;
  /** SCALE of the arguments that are signed. */
  readonly arguments: Uint8Array;
  /** BLAKE2b-256 of them. */
  readonly argumentsHash: Uint8Array;
  /** What the key signs. */
  readonly payload: Uint8Array;
  /** The call, once the request is signed. */
  finish(signed: Signed, extras?: Extras): Call;
  /** The consent, once a co-issuer has signed what `coIssue` returned. */
  consent(signed: Signed): Readonly<Consent & { coIssuer: string; signature: Uint8Array }>;
}

/** A call that any account can carry. */
export class Call {
  private constructor();
  /** `autoId` or `revocation`, as in `api.tx`. */
  readonly pallet: 'autoId' | 'revocation';
  /** The call's name in Rust. */
  readonly name: string;
  /** SCALE of the arguments. */
  readonly arguments: Uint8Array;
  /** Pallet index, call index, arguments. */
  readonly bytes: Uint8Array;
  /** `bytes` in hex with `0x`. */
  toHex(): string;
}

export function request(call: string, given: object, chain: Place & Partial<OtherPlace>): Request;

export function register(given: WithCertificate, chain: Place): Request;
export function registerIssued(given: WithCertificate & Issued, chain: Place): Request;
/** Not a call: what a co-issuer signs, `actor` being the co-issuer. Finish it with `consent`. */
export function coIssue(given: { certificateHash: Bytes; issuer: Identifier }, chain: Place & { actor: Identifier }): Request;
export function renew(
  given: WithCertificate & { identifier: Identifier; compromisedAfter?: number | bigint | null },
  chain: AuthorityPlace,
): Request;
export function reparent(given: WithCertificate & Issued & { identifier: Identifier }, chain: OwnPlace): Request;
export function deactivate(given: { identifier: Identifier }, chain: AuthorityPlace): Request;
export function setController(given: { identifier: Identifier; controller: Identifier | null }, chain: AuthorityPlace): Request;
export function setGuardians(given: { identifier: Identifier; guardians: GuardianSet | null }, chain: AuthorityPlace): Request;
export function openRecovery(
  given: { identifier: Identifier; certificateHash: Bytes; compromisedAfter?: number | bigint | null },
  chain: OtherPlace,
): Request;
export function approveRecovery(
  given: { identifier: Identifier; number: number | bigint; certificateHash: Bytes },
  chain: OtherPlace,
): Request;
export function vetoRecovery(given: { identifier: Identifier; number: number | bigint }, chain: AuthorityPlace): Request;
/** Signed by the new key; `nonce` is the identity's. */
export function executeRecovery(
  given: WithCertificate & { identifier: Identifier; number: number | bigint },
  chain: OwnPlace,
): Request;
export function setServices(given: { identifier: Identifier; services: Service[] }, chain: OwnPlace): Request;
/** `serial`: the contents of the DER INTEGER, or the number as a bigint. */
export function revoke(given: { serial: Bytes | bigint; reason: Reason }, chain: OtherPlace): Request;
export function hold(given: { serial: Bytes | bigint }, chain: OtherPlace): Request;
export function release(given: { serial: Bytes | bigint }, chain: OtherPlace): Request;
export function publishCrl(given: { crl: Document; algorithm?: Algorithm }, chain: OtherPlace): Request;

/**
 * Signs a request with a key that lies here: PKCS #8 in PEM, encrypted or not, a `CryptoKey` of Web Cryptography
 * (which need not be extractable), or a `KeyObject` of Node.
 */
export function sign(
  request: Request,
  key: string | Uint8Array | object,
  wishes?: { algorithm?: Algorithm; passphrase?: string },
): Promise<{ algorithm: Algorithm; signature: Uint8Array }>;
/** Whether the certificate's key signed the request. */
export function verify(request: Request, signed: Signed, certificate: Document): Promise<boolean>;

/** SHA-256 of a certificate's DER, 64 hex digits: the identity whose first certificate it is. */
export function identifierOf(certificate: Document): string;
export function readCertificate(certificate: Document): {
  der: Uint8Array;
  identifier: string;
  algorithm: Algorithm;
  keyKind: KeyKind;
  /** As `revoke` takes it. */
  serial: string;
};
export function readCrl(crl: Document): { der: Uint8Array; algorithm: Algorithm; entries: number };

export function blake2b256(bytes: Uint8Array): Uint8Array;
export function toHex(bytes: Uint8Array): string;

export const ALGORITHM_NAMES: readonly Algorithm[];
export const REASONS: Readonly<Record<Reason, number>>;
export const REQUEST_CONTEXT: 'allod/auto-id/1';
export const REVOCATION_CONTEXT: 'allod/revocation/1';

/** An input that is refused; `code` is one of the table in README.md. */
export class AutoIdError extends Error {
  constructor(code: string, message: string);
  readonly code: string;
}
