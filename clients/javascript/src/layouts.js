// Every call that carries a signed request: what its signature covers, and how the call is laid out. The
// same tables in Rust: `primitives/identity/src/request/arguments.rs` and the two pallets.
//
// `signed` and `call` are in the order of their encoding. `[name, kind]` is an argument; the rest comes with
// the signatures: `consents`, `possession`, `keyAlgorithm` (the request's), `entries`, `signedRequest` (nonce,
// last block, signature) and `identityRequest` (who acts, algorithm, and those three).
//
// `actor` says whose nonce it is: `certificate` (the new identity, nonce 0), `identifier` (that argument, and
// nobody else), `authority` (that argument, or its controller), `other` (a guardian, an issuer).

import constants from './constants.js';

/** What requests begin with: those of the pallet `auto-id`, and those of the pallet `revocation`. */
export const { autoId: REQUEST_CONTEXT, revocation: REVOCATION_CONTEXT } = constants.contexts;

const PALLETS = {
  autoId: { pallet: 'autoId', palletIndex: 30, context: REQUEST_CONTEXT },
  revocation: { pallet: 'revocation', palletIndex: 31, context: REVOCATION_CONTEXT },
};

const identifier = ['identifier', 'identifier'];
const certificate = ['certificate', 'certificate'];
const algorithm = ['algorithm', 'algorithm'];
const issuer = ['issuer', 'identifier'];
const coIssuers = ['coIssuers', 'coIssuers'];
const compromisedAfter = ['compromisedAfter', 'optionalBlock'];
const certificateHash = ['certificateHash', 'hash'];
const number = ['number', 'u32'];
const controller = ['controller', 'optionalIdentifier'];
const guardians = ['guardians', 'optionalGuardians'];
const services = ['services', 'services'];
const serial = ['serial', 'serial'];
const reason = ['reason', 'reason'];
const crl = ['crl', 'crl'];

const autoId = (name, callIndex, actor, signed, call) => ({ ...PALLETS.autoId, name, callIndex, actor, signed, call });
const revocation = (name, callIndex, signed, call) => ({
  ...PALLETS.revocation,
  name,
  callIndex,
  actor: 'other',
  signed,
  call,
});
// Most calls are what is signed, and the request.
const plain = (signed) => [...signed, 'identityRequest'];

/** The layout of each call, by its name in Rust. `co_issue` is no call: its signature is a consent. */
export const LAYOUTS = Object.fromEntries(
  [
    autoId('register', 0, 'certificate', [certificate, algorithm], [certificate, algorithm, 'signedRequest']),
    autoId(
      'register_issued',
      1,
      'certificate',
      [certificate, algorithm, issuer, coIssuers],
      [certificate, algorithm, issuer, 'consents', 'keyAlgorithm', 'signedRequest'],
    ),
    autoId('co_issue', null, 'co-issuer', [certificateHash, issuer], null),
    autoId(
      'renew',
      2,
      'authority',
      [identifier, certificate, algorithm, compromisedAfter],
      [identifier, certificate, algorithm, 'consents', compromisedAfter, 'possession', 'identityRequest'],
    ),
    autoId(
      'reparent',
      3,
      'identifier',
      [identifier, certificate, algorithm, issuer, coIssuers],
      [identifier, certificate, algorithm, issuer, 'consents', 'identityRequest'],
    ),
    autoId('deactivate', 4, 'authority', [identifier], plain([identifier])),
    autoId('set_controller', 5, 'authority', [identifier, controller], plain([identifier, controller])),
    autoId('set_guardians', 6, 'authority', [identifier, guardians], plain([identifier, guardians])),
    autoId(
      'open_recovery',
      7,
      'other',
      [identifier, certificateHash, compromisedAfter],
      plain([identifier, certificateHash, compromisedAfter]),
    ),
    autoId(
      'approve_recovery',
      8,
      'other',
      [identifier, number, certificateHash],
      plain([identifier, number, certificateHash]),
    ),
    autoId('veto_recovery', 9, 'authority', [identifier, number], plain([identifier, number])),
    autoId(
      'execute_recovery',
      10,
      'identifier',
      [identifier, number, certificate, algorithm],
      [identifier, number, certificate, algorithm, 'consents', 'identityRequest'],
    ),
    autoId('set_services', 11, 'identifier', [identifier, services], plain([identifier, services])),
    revocation('revoke', 0, [serial, reason], plain([serial, reason])),
    revocation('hold', 1, [serial], plain([serial])),
    revocation('release', 2, [serial], plain([serial])),
    revocation('publish_crl', 3, [crl, algorithm], [crl, algorithm, 'entries', 'identityRequest']),
  ].map((layout) => [layout.name, Object.freeze(layout)]),
);
