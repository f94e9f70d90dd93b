//! Execution of a block by the import itself, over the state of its parent.
//!
//! The client would execute it too, but all that it says of a block that traps is the error that it
//! has for a full disk as well. Here the two are told apart: a trap and a wrong state root are the
//! block's fault, and what cannot be read is this node's.

use crate::Error;
use allod_consensus_primitives::inherent::SegmentHeadersProvider;
use allod_core::SegmentHeader;
use sp_api::{ApiError, ApiExt, CallApiAt, Core, ProvideRuntimeApi};
use sp_block_builder::BlockBuilder as BlockBuilderApi;
use sp_core::traits::CallContext;
use sp_inherents::{InherentData, InherentDataProvider};
use sp_runtime::traits::{Block as BlockT, HashingFor, Header as HeaderT};

/// What executing a block changes in the state.
pub type StateChanges<Block> = sp_state_machine::StorageChanges<HashingFor<Block>>;

/// With what a read of the state ends that must not fail, within an execution. It is the text of
/// `sp-state-machine`, in which such a failure cannot be told by type.
const STATE_UNREADABLE: &str = "Externalities not allowed to fail within runtime";

/// The runtime's own call context for blocks that are imported.
pub(crate) const IMPORT: CallContext = CallContext::Onchain { import: true };

/// What this node would put into the inherents: its time, and the segment headers that are due.
pub(crate) async fn inherent_data(headers: Vec<SegmentHeader>) -> Result<InherentData, Error> {
    let expected = (
        sp_timestamp::InherentDataProvider::from_system_time(),
        SegmentHeadersProvider(headers),
    );
    let data = expected.create_inherent_data().await;
    data.map_err(|error| Error::NoInherentData(error.to_string()))
}

/// The time that the block claims is not in the future, and its inherent brings the segment headers
/// that its digest names.
///
/// # Errors
/// [`Error::ClockBehind`], [`Error::Inherents`], [`Error::Trap`], or the state cannot be read.
pub(crate) fn check_inherents<Block, Client>(
    client: &Client,
    block: Block,
    expected: InherentData,
) -> Result<(), Error>
where
    Block: BlockT,
    Client: ProvideRuntimeApi<Block>,
    Client::Api: BlockBuilderApi<Block>,
{
    let parent = *block.header().parent_hash();
    let mut api = client.runtime_api();
    api.set_call_context(IMPORT);
    let result = api
        .check_inherents(parent, block.into(), expected)
        .map_err(of_execution)?;
    if result.ok() {
        return Ok(());
    }
    let mut errors = result.into_errors();
    Err(errors.next().map_or_else(
        || Error::Inherents("refused without a cause".into()),
        |(id, bytes)| match sp_timestamp::InherentError::try_from(&id, &bytes) {
            Some(sp_timestamp::InherentError::TooFarInFuture) => Error::ClockBehind,
            Some(error @ sp_timestamp::InherentError::TooEarly) => {
                Error::Inherents(error.to_string())
            }
            None => {
                let id = String::from_utf8_lossy(&id).into_owned();
                Error::Inherents(format!("the runtime refuses inherent {id}"))
            }
        },
    ))
}

/// Executes a block, whose header comes without its seal.
///
/// # Errors
/// [`Error::Trap`], [`Error::StateRoot`], or the state cannot be read.
pub(crate) fn execute<Block, Client>(
    client: &Client,
    block: Block,
) -> Result<StateChanges<Block>, Error>
where
    Block: BlockT,
    Client: ProvideRuntimeApi<Block> + CallApiAt<Block>,
    Client::Api: Core<Block> + ApiExt<Block>,
{
    let parent = *block.header().parent_hash();
    let expected = *block.header().state_root();
    let mut api = client.runtime_api();
    api.set_call_context(IMPORT);
    api.execute_block(parent, block.into())
        .map_err(of_execution)?;
    let state = client.state_at(parent)?;
    let changes = api
        .into_storage_changes(&state, parent)
        .map_err(Error::StorageChanges)?;
    let actual = changes.transaction_storage_root;
    if actual == expected {
        Ok(changes)
    } else {
        Err(Error::StateRoot {
            expected: format!("{expected:?}"),
            actual: format!("{actual:?}"),
        })
    }
}

/// Tells a trap from what kept the runtime from being called.
fn of_execution(error: ApiError) -> Error {
    let trap = match &error {
        ApiError::Application(cause) => cause.downcast_ref::<sp_blockchain::Error>(),
        ApiError::FailedToDecodeReturnValue { .. }
        | ApiError::FailedToConvertReturnValue { .. }
        | ApiError::FailedToConvertParameter { .. }
        | ApiError::StateBackendIsNotTrie
        | ApiError::UnknownBlock(_)
        | ApiError::UsingSameInstanceForDifferentBlocks => None,
    };
    match trap {
        Some(sp_blockchain::Error::Execution(cause)) => {
            let cause = cause.to_string();
            if cause.contains(STATE_UNREADABLE) {
                error.into()
            } else {
                Error::Trap(cause)
            }
        }
        _ => error.into(),
    }
}
