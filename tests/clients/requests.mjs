// Every call of Auto ID that carries a signed request, made by the package in clients/javascript, decoded by
// `@polkadot/api` from the chain's own metadata, and carried out by the chain.
// Usage: node requests.mjs ws://HOST:PORT FOLDER_OF_THE_PACKAGE GOLDEN_CALLS
import { ApiPromise, Keyring, WsProvider } from '@polkadot/api';
import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { forget, issue, key, list, root, signElsewhere } from './people.mjs';

const [url, folder, golden] = process.argv.slice(2);
const id = await import(pathToFileURL(`${folder}/src/index.js`));

const api = await ApiPromise.create({ provider: new WsProvider(url), noInitWarn: true });
const payer = new Keyring({ type: 'sr25519' }).addFromUri('//Alice');
const genesisHash = api.genesisHash.toHex();

const check = (holds, what) => {
  if (!holds) throw new Error(`failed: ${what}`);
  console.log(`ok: ${what}`);
};

const snake = (name) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

// The call as the metadata describes it.
const decode = (hex, name) => {
  const decoded = api.createType('Call', hex);
  if (decoded.toHex() !== hex || snake(decoded.method) !== name) throw new Error(`${name}: decoded otherwise`);
  return decoded;
};

const { calls } = JSON.parse(readFileSync(golden, 'utf8'));
calls.forEach(({ bytes, call }) => decode(`0x${bytes}`, call));
check(calls.length > 30, 'the golden calls are calls of this chain');

// Carries a call: the events, or the name of the error.
const carry = (call) =>
  new Promise((done, fail) => {
    api
      .tx(decode(call.toHex(), call.name))
      .signAndSend(payer, ({ status, dispatchError, events }) => {
        if (dispatchError?.isModule) done(api.registry.findMetaError(dispatchError.asModule).name);
        else if (dispatchError) fail(new Error(`${call.name}: ${dispatchError}`));
        else if (status.isInBlock) done(events.map(({ event }) => event));
      })
      .catch(fail);
  });

const done = async (call, event) => {
  const answer = await carry(call);
  if (typeof answer === 'string') throw new Error(`${call.name}: ${answer}`);
  const found = answer.find(({ section, method }) => section === call.pallet && method === event);
  check(found !== undefined, `${call.name}: ${event}`);
  return found.data;
};

const height = async () => (await api.rpc.chain.getHeader()).number.toNumber();

const nonceOf = async (identifier) => {
  const record = await api.query.autoId.identities(`0x${identifier}`);
  return BigInt(record.unwrap().nonce);
};

const fresh = async (more = {}) => ({ genesisHash, validUntil: (await height()) + 50, ...more });

// Where the next request of an identity that is registered stands.
const next = async (actor) => fresh({ actor, nonce: await nonceOf(actor) });

const registered = async (kind, subject) => {
  const made = root(kind, subject);
  const request = id.register({ certificate: made.pem }, await fresh());
  await done(request.finish(await id.sign(request, made.key.pem)), 'Registered');
  return { ...made, identifier: id.identifierOf(made.pem) };
};

const [first, second, third, fourth] = [
  await registered('ed25519', 'first'),
  await registered('p256', 'second'),
  await registered('p384', 'third'),
  await registered('rsa', 'fourth'),
];

// An agent of the first, co-issued by the second.
const consentOf = async (certificate) => {
  const given = { certificateHash: id.identifierOf(certificate), issuer: first.identifier };
  const asked = id.coIssue(given, await fresh({ actor: second.identifier }));
  return asked.consent(await id.sign(asked, second.key.pem));
};

let agentKey = key('p384');
let certificate = issue(first, agentKey, 'agent');
const agent = id.identifierOf(certificate);
const issuers = { issuer: first.identifier, coIssuers: [second.identifier] };
let request = id.registerIssued({ certificate, ...issuers }, await fresh());
// The key lies elsewhere: OpenSSL signs.
const elsewhere = { algorithm: 'ecdsa-p384-sha384', signature: signElsewhere(agentKey, request.payload) };
await done(request.finish(elsewhere, { consents: [await consentOf(certificate)] }), 'Registered');

const services = [{ name: 'chat', kind: 'A2A', uri: 'https://example.org/agent' }];
request = id.setServices({ identifier: agent, services }, await next(agent));
const reach = request.finish(await id.sign(request, agentKey.pem));
await done(reach, 'ServicesSet');
check((await carry(reach)) === 'WrongNonce', 'a request counts once');

// The second controls it for a while.
request = id.setController({ identifier: agent, controller: second.identifier }, await next(agent));
await done(request.finish(await id.sign(request, agentKey.pem)), 'ControllerSet');
request = id.setController({ identifier: agent, controller: null }, await next(second.identifier));
await done(request.finish(await id.sign(request, second.key.pem)), 'ControllerSet');

const guardians = { members: [third.identifier, fourth.identifier], threshold: 1, delay: 1 };
request = id.setGuardians({ identifier: agent, guardians }, await next(agent));
await done(request.finish(await id.sign(request, agentKey.pem)), 'GuardiansSet');

const newKey = key('p256');
certificate = issue(first, newKey, 'agent');
request = id.renew({ identifier: agent, certificate, compromisedAfter: (await height()) - 1 }, await next(agent));
const renewal = { consents: [await consentOf(certificate)], possession: await id.sign(request, newKey.pem) };
await done(request.finish(await id.sign(request, agentKey.pem), renewal), 'Renewed');
agentKey = newKey;

// One recovery that the agent vetoes, one that all guardians approve.
const lastKey = key('rsa');
certificate = issue(first, lastKey, 'agent');
const certificateHash = id.identifierOf(certificate);
const open = async () => {
  request = id.openRecovery({ identifier: agent, certificateHash }, await next(third.identifier));
  const data = await done(request.finish(await id.sign(request, third.key.pem)), 'RecoveryOpened');
  return data.number.toNumber();
};
let number = await open();
request = id.vetoRecovery({ identifier: agent, number }, await next(agent));
await done(request.finish(await id.sign(request, agentKey.pem)), 'RecoveryVetoed');
number = await open();
request = id.approveRecovery({ identifier: agent, number, certificateHash }, await next(fourth.identifier));
const pss = await id.sign(request, fourth.key.pem, { algorithm: 'rsa-pss-sha256' });
await done(request.finish(pss), 'RecoveryApproved');
const due = (await height()) + 2;
while ((await height()) < due) await new Promise((wake) => setTimeout(wake, 500));
request = id.executeRecovery({ identifier: agent, number, certificate }, await next(agent));
const consents = [await consentOf(certificate)];
await done(request.finish(await id.sign(request, lastKey.pem), { consents }), 'Recovered');
agentKey = lastKey;

const { serial } = id.readCertificate(certificate);
request = id.hold({ serial }, await next(first.identifier));
await done(request.finish(await id.sign(request, first.key.pem)), 'OnHold');
request = id.release({ serial }, await next(first.identifier));
await done(request.finish(await id.sign(request, first.key.pem)), 'Released');
request = id.publishCrl({ crl: list(first, '2A') }, await next(first.identifier));
await done(request.finish(await id.sign(request, first.key.pem)), 'CrlPublished');

// The first revokes itself; its agent moves under the second.
const own = id.readCertificate(first.pem).serial;
request = id.revoke({ serial: own, reason: 'cessationOfOperation' }, await next(first.identifier));
await done(request.finish(await id.sign(request, first.key.pem)), 'Revoked');
certificate = issue(second, agentKey, 'agent');
request = id.reparent({ identifier: agent, certificate, issuer: second.identifier }, await next(agent));
await done(request.finish(await id.sign(request, agentKey.pem)), 'Reparented');
request = id.deactivate({ identifier: agent }, await next(agent));
await done(request.finish(await id.sign(request, agentKey.pem)), 'Deactivated');

forget();
await api.disconnect();
