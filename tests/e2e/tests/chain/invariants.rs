//! The pallets' `try_state` over the state of a running chain.
//!
//! It runs natively over a copy of the state, with the features of every other test: a runtime with `try-runtime`
//! would be compiled a second time, and all of FRAME with it.

use allod_e2e::Node;
use sp_core::storage::Storage;
use sp_io::TestExternalities;

/// Panics if the best block's state breaks an invariant of a pallet.
pub async fn check(node: &Node) {
    let best = node.hash(node.best().await).await.expect("the best block");
    // Of every key, since the accounts' sum is compared with the issuance.
    let pairs: Vec<(String, String)> = node
        .call("state_getPairs", &["0x".into(), best.into()])
        .await;
    let bytes = |text: &String| hex::decode(text.trim_start_matches("0x")).expect("hex");
    let top = pairs
        .iter()
        .map(|(key, value)| (bytes(key), bytes(value)))
        .collect();
    let state = Storage {
        top,
        ..Storage::default()
    };
    TestExternalities::from(state).execute_with(|| {
        let height = allod_runtime::System::block_number();
        assert!(height > 0, "the state is not that of a block");
        if let Err(error) = allod_runtime::do_try_state() {
            panic!("the state of block {height}: {error:?}");
        }
    });
}
