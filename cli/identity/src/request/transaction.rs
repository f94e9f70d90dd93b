//! A signed extrinsic, and what became of it.

use crate::{Error, client::Node};
use allod_rpc_types::auto_id::BlockReference;
use allod_runtime::{
    AccountId, Hash, Nonce, RuntimeCall, RuntimeError, RuntimeEvent, TransactionContext,
    UncheckedExtrinsic, signed_transaction,
};
use frame_system::{EventRecord, Phase};
use jsonrpsee::{
    core::client::{Subscription, SubscriptionClientT},
    rpc_params,
};
use parity_scale_codec::{Decode, Encode};
use sc_transaction_pool_api::TransactionStatus;
use scale_info::{MetaType, TypeDef, Variant};
use serde::Deserialize;
use sp_core::{Pair, sr25519};
use sp_io::hashing::twox_128;
use sp_runtime::{DispatchError, OpaqueExtrinsic, generic::Era};
use std::time::Duration;

/// How long to wait for a block: some sixty times what one takes on average.
const PATIENCE: Duration = Duration::from_secs(120);
/// Blocks that a transaction stays valid for.
const PERIOD: u32 = 128;
/// How many blocks below the best one a transaction is tied to the chain, so that it outlives
/// another end of the chain.
const ANCHOR_DEPTH: u32 = 16;

const SUBMIT: &str = "author_submitAndWatchExtrinsic";

type Status = TransactionStatus<Hash, Hash>;

/// A transaction that is in a block and succeeded.
pub struct Included {
    /// The block.
    pub block: BlockReference,
    /// What the transaction brought about.
    pub events: Vec<RuntimeEvent>,
}

/// What a transaction is tied to.
struct Context {
    nonce: Nonce,
    genesis: Hash,
    /// Number and hash of the block that its lifetime counts from.
    anchor: (u32, Hash),
}

/// Signs a call, submits it, and waits until it is in a block.
pub async fn submit(
    node: &Node,
    payer: &sr25519::Pair,
    call: RuntimeCall,
) -> Result<Included, Error> {
    let extrinsic = signed(node, payer, call).await?;
    let hex = format!("0x{}", hex::encode(&extrinsic));
    let mut statuses: Subscription<Status> = node
        .client()
        .subscribe(SUBMIT, rpc_params![hex], "author_unwatchExtrinsic")
        .await
        .map_err(|error| node.refused(SUBMIT, error))?;
    let block = tokio::time::timeout(PATIENCE, inclusion(&mut statuses))
        .await
        .map_err(|_| {
            format!(
                "in no block after {} s; the node keeps trying for {PERIOD} blocks",
                PATIENCE.as_secs()
            )
        })??;
    outcome(node, block, &extrinsic).await
}

/// Signs a call with the account's next nonce. The bytes are a transaction, not submitted yet.
pub async fn signed(
    node: &Node,
    payer: &sr25519::Pair,
    call: RuntimeCall,
) -> Result<Vec<u8>, Error> {
    node.check_version().await?;
    let account = AccountId::from(payer.public());
    let anchor = node.best_number().await?.saturating_sub(ANCHOR_DEPTH);
    let context = Context {
        nonce: node
            .ask("system_accountNextIndex", rpc_params![account])
            .await?,
        genesis: node.genesis_hash().await?,
        anchor: (anchor, node.hash_of(anchor).await?),
    };
    Ok(sign(call, payer, &context).encode())
}

fn sign(call: RuntimeCall, payer: &sr25519::Pair, context: &Context) -> UncheckedExtrinsic {
    let (number, era_start) = context.anchor;
    let context = TransactionContext {
        nonce: context.nonce,
        genesis: context.genesis,
        era: Era::mortal(PERIOD.into(), number.into()),
        era_start,
    };
    let sender = AccountId::from(payer.public());
    signed_transaction(call, sender, &context, |bytes| payer.sign(bytes).into())
}

/// The block that the transaction is in.
async fn inclusion(statuses: &mut Subscription<Status>) -> Result<Hash, Error> {
    loop {
        let status = statuses
            .next()
            .await
            .ok_or("the node stopped reporting on the transaction")??;
        match status {
            TransactionStatus::InBlock((hash, _)) | TransactionStatus::Finalized((hash, _)) => {
                return Ok(hash);
            }
            TransactionStatus::Usurped(_) => {
                return Err("another transaction of the same account took its place".into());
            }
            TransactionStatus::Dropped => return Err("the node's pool is full; try again".into()),
            TransactionStatus::Invalid => {
                return Err("the transaction is not valid any more; try again".into());
            }
            TransactionStatus::Future
            | TransactionStatus::Ready
            | TransactionStatus::Broadcast(_)
            | TransactionStatus::Retracted(_)
            | TransactionStatus::FinalityTimeout(_) => {}
        }
    }
}

#[derive(Deserialize)]
struct SignedBlock {
    block: Body,
}

#[derive(Deserialize)]
struct Body {
    extrinsics: Vec<OpaqueExtrinsic>,
}

/// Looks up how the transaction went.
async fn outcome(node: &Node, hash: Hash, extrinsic: &[u8]) -> Result<Included, Error> {
    let block: Option<SignedBlock> = node.ask("chain_getBlock", rpc_params![hash]).await?;
    let index = block
        .map(|block| block.block.extrinsics)
        .unwrap_or_default()
        .iter()
        .position(|other| other.encode() == extrinsic)
        .ok_or_else(|| format!("block {hash:?} does not hold the transaction"))?;
    let key = [twox_128(b"System"), twox_128(b"Events")].concat();
    let key = format!("0x{}", hex::encode(key));
    let events: Option<String> = node.ask("state_getStorage", rpc_params![key, hash]).await?;
    let events = events.ok_or_else(|| format!("block {hash:?} has no events"))?;
    let events = hex::decode(events.trim_start_matches("0x"))?;
    let events = Vec::<EventRecord<RuntimeEvent, Hash>>::decode(&mut events.as_slice())
        .map_err(|error| format!("the events of block {hash:?} cannot be read: {error}"))?;
    Ok(Included {
        block: node.block(hash).await?,
        events: success(u32::try_from(index)?, events)?,
    })
}

/// The events of one extrinsic, if it succeeded.
fn success(
    index: u32,
    records: Vec<EventRecord<RuntimeEvent, Hash>>,
) -> Result<Vec<RuntimeEvent>, String> {
    let mut has_succeeded = false;
    let mut events = Vec::new();
    for record in records {
        if record.phase != Phase::ApplyExtrinsic(index) {
            continue;
        }
        match record.event {
            RuntimeEvent::System(frame_system::Event::ExtrinsicFailed {
                dispatch_error, ..
            }) => return Err(describe(dispatch_error)),
            RuntimeEvent::System(frame_system::Event::ExtrinsicSuccess { .. }) => {
                has_succeeded = true;
            }
            other => events.push(other),
        }
    }
    if has_succeeded {
        Ok(events)
    } else {
        Err("the block does not say how the transaction went".into())
    }
}

/// A pallet's error by name, with its documentation.
fn describe(error: DispatchError) -> String {
    let DispatchError::Module(module) = error else {
        let text: &'static str = error.into();
        return if text.is_empty() {
            format!("{error:?}")
        } else {
            text.into()
        };
    };
    let known = variant(&MetaType::new::<RuntimeError>(), module.index).and_then(|pallet| {
        let errors = &pallet.fields.first()?.ty;
        let error = variant(errors, *module.error.first()?)?;
        let text = format!("{}.{}: {}", pallet.name, error.name, error.docs.join(" "));
        Some(text.split_whitespace().collect::<Vec<_>>().join(" "))
    });
    known.unwrap_or_else(|| {
        format!(
            "pallet {} failed with its error {:?}",
            module.index, module.error
        )
    })
}

fn variant(of: &MetaType, index: u8) -> Option<Variant> {
    let TypeDef::Variant(variants) = of.type_info().type_def else {
        return None;
    };
    variants
        .variants
        .into_iter()
        .find(|variant| variant.index == index)
}

#[cfg(test)]
mod tests {
    use super::*;
    use allod_runtime::{Address, Runtime, VERSION};
    use frame_system::Call as SystemCall;
    use sp_runtime::{
        generic::Preamble,
        traits::{BlakeTwo256, Hash as _, Verify},
    };

    fn record(index: u32, event: frame_system::Event<Runtime>) -> EventRecord<RuntimeEvent, Hash> {
        EventRecord {
            phase: Phase::ApplyExtrinsic(index),
            event: RuntimeEvent::System(event),
            topics: Vec::new(),
        }
    }

    fn failed(error: DispatchError) -> frame_system::Event<Runtime> {
        frame_system::Event::ExtrinsicFailed {
            dispatch_error: error,
            dispatch_info: Default::default(),
        }
    }

    fn succeeded() -> frame_system::Event<Runtime> {
        frame_system::Event::ExtrinsicSuccess {
            dispatch_info: Default::default(),
        }
    }

    #[test]
    fn errors_are_named_with_their_documentation() {
        let error = DispatchError::from(pallet_auto_id::Error::<Runtime>::KeyInUse);
        // Over the wire, the message that comes with the error is lost.
        let error = DispatchError::decode(&mut error.encode().as_slice()).unwrap();
        assert_eq!(
            describe(error),
            "AutoId.KeyInUse: The certificate's key serves another identity; a key serves one."
        );
        assert_eq!(describe(DispatchError::BadOrigin), "Bad origin");
        let unknown = sp_runtime::ModuleError {
            index: 255,
            error: [1, 0, 0, 0],
            message: None,
        };
        assert_eq!(
            describe(DispatchError::Module(unknown)),
            "pallet 255 failed with its error [1, 0, 0, 0]"
        );
    }

    #[test]
    fn only_the_own_extrinsic_counts() {
        let remarked = || frame_system::Event::Remarked {
            sender: AccountId::from([1; 32]),
            hash: Hash::zero(),
        };
        let records = || {
            vec![
                record(0, succeeded()),
                record(1, remarked()),
                record(1, succeeded()),
                record(2, failed(DispatchError::BadOrigin)),
            ]
        };
        assert_eq!(success(0, records()), Ok(Vec::new()));
        let event = RuntimeEvent::System(remarked());
        assert_eq!(success(1, records()), Ok(vec![event]));
        assert_eq!(success(2, records()), Err("Bad origin".into()));
        assert!(success(3, records()).unwrap_err().contains("does not say"));
    }

    /// Against the bytes that the rules of Substrate want signed, put together by hand.
    #[test]
    fn signed_bytes() {
        let payer = sr25519::Pair::from_string("//Alice", None).unwrap();
        let remark = vec![7; 300];
        let call = RuntimeCall::System(SystemCall::remark { remark });
        let context = Context {
            nonce: 5,
            genesis: Hash::repeat_byte(1),
            anchor: (1000, Hash::repeat_byte(2)),
        };
        let extrinsic = sign(call.clone(), &payer, &context);
        let Preamble::Signed(address, signature, extension) = &extrinsic.preamble else {
            panic!("it is signed");
        };
        let account = AccountId::from(payer.public());
        assert_eq!(address, &Address::Id(account.clone()));
        let mut bytes = call.encode();
        bytes.extend(extension.encode());
        bytes.extend(VERSION.spec_version.to_le_bytes());
        bytes.extend(VERSION.transaction_version.to_le_bytes());
        bytes.extend([1; 32]);
        bytes.extend([2; 32]);
        bytes.push(0);
        let hash = BlakeTwo256::hash(&bytes);
        assert!(signature.verify(hash.as_bytes(), &account));

        let era = Era::mortal(PERIOD.into(), 1000);
        assert_eq!(era.birth(1000 + u64::from(ANCHOR_DEPTH)), 1000);
        assert_eq!(extension.5.0, era);
        let bytes = extrinsic.encode();
        let opaque = OpaqueExtrinsic::decode(&mut bytes.as_slice()).unwrap();
        assert_eq!(opaque.encode(), bytes);
    }
}
