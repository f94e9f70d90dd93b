//! Which JSON-RPC methods the node serves, beside those that Substrate brings.

use crate::Client;
use allod_archiver::SegmentStore;
use allod_core::ChainParameters;
use allod_farmer_rpc::{FarmerApiServer, NodeClient};
use allod_rpc::{
    auto_id::{AutoIdApiServer, AutoIdRpc, ChangeFeed},
    did::{DidApiServer, DidRpc, Network},
    farmer::FarmerRpc,
    history::{HistoryApiServer, HistoryRpc},
};
use allod_runtime::opaque::Block;
use jsonrpsee::RpcModule;
use pallet_transaction_payment_rpc::{TransactionPayment, TransactionPaymentApiServer};
use sc_transaction_pool_api::TransactionPool;
use std::sync::Arc;
use substrate_frame_rpc_system::{System, SystemApiServer};

/// What the methods work with.
pub struct Dependencies<Pool> {
    pub client: Arc<Client>,
    /// The transaction pool.
    pub pool: Arc<Pool>,
    /// Headers and pieces.
    pub store: Arc<SegmentStore>,
    pub parameters: ChainParameters,
    /// The node, as farmers see it.
    pub farmer: Arc<dyn NodeClient>,
    /// What new blocks change about identities.
    pub changes: ChangeFeed,
    /// Which network's DIDs are resolved.
    pub network: Network,
}

/// Puts the methods together.
pub fn create<Pool>(
    dependencies: Dependencies<Pool>,
) -> Result<RpcModule<()>, Box<dyn std::error::Error + Send + Sync>>
where
    Pool: TransactionPool<Block = Block> + 'static,
{
    let Dependencies {
        client,
        pool,
        store,
        parameters,
        farmer,
        changes,
        network,
    } = dependencies;
    let mut module = RpcModule::new(());
    module.merge(System::new(client.clone(), pool).into_rpc())?;
    module.merge(TransactionPayment::new(client.clone()).into_rpc())?;
    module.merge(HistoryRpc::new(store, parameters).into_rpc())?;
    module.merge(FarmerRpc::new(farmer).into_rpc())?;
    module.merge(AutoIdRpc::<_, Block>::new(client.clone(), changes).into_rpc())?;
    module.merge(DidRpc::<_, Block>::new(client, network).into_rpc())?;
    Ok(module)
}
