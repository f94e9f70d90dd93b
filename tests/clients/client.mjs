// A client that the node's authors did not write: metadata, storage, events, subscriptions, a transfer.
// Usage: node client.mjs ws://HOST:PORT
import { ApiPromise, Keyring, WsProvider } from '@polkadot/api';

const check = (holds, what) => {
  if (!holds) throw new Error(`failed: ${what}`);
  console.log(`ok: ${what}`);
};

const api = await ApiPromise.create({ provider: new WsProvider(process.argv[2]), noInitWarn: true });
const keys = new Keyring({ type: 'sr25519' });
const [alice, bob] = ['//Alice', '//Bob'].map((name) => keys.addFromUri(name));

check(api.runtimeVersion.specName.toString() === 'allod', 'runtime version');
check(api.tx.autoId.register !== undefined && api.query.farming !== undefined, 'metadata of our pallets');
check(api.consts.balances.existentialDeposit.toBigInt() > 0n, 'constants');

const free = async (who) => (await api.query.system.account(who.address)).data.free.toBigInt();
const before = await free(bob);
const amount = 5_000_000_000_000n;
const blockHash = await new Promise((done, fail) => {
  api.tx.balances
    .transferKeepAlive(bob.address, amount)
    .signAndSend(alice, ({ status, dispatchError }) => {
      if (dispatchError) fail(new Error(dispatchError.toString()));
      else if (status.isInBlock) done(status.asInBlock);
    })
    .catch(fail);
});
check((await free(bob)) === before + amount, 'transfer');

const at = await api.at(blockHash);
const events = await at.query.system.events();
check(events.some(({ event }) => api.events.balances.Transfer.is(event)), 'events of the block');
check(events.some(({ event }) => event.section === 'rewards'), 'the block paid its author');
const block = await api.rpc.chain.getBlock(blockHash);
check(block.block.extrinsics.some((extrinsic) => extrinsic.method.section === 'balances'), 'extrinsics decode');
check(block.justifications.isSome && block.justifications.unwrap().length === 1, 'one justification');

const heads = [];
await new Promise((done) => {
  api.rpc.chain.subscribeNewHeads((head) => {
    heads.push(head.number.toNumber());
    if (heads.length === 3) done();
  });
});
check(heads[2] > heads[0], 'subscription to new heads');
await api.disconnect();
