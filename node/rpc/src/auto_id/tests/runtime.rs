//! The runtime of the pallets' own tests, block by block.

// FRAME's macro asks for a feature `std`, which a runtime has and this crate does not.
#[allow(unexpected_cfgs)]
#[path = "../../../../../tests/support/identities/mod.rs"]
mod mock;

use sp_core::{H256, storage::Storage};

pub use mock::{AutoId, NOW as START, PAYER, Revocation, RuntimeCall, RuntimeOrigin, Test};

/// Seconds between two blocks.
pub const SECONDS_PER_BLOCK: u64 = 6;

/// The state of block 0, whose time is [`START`].
pub fn genesis(hash: H256) -> Storage {
    let mut state = sp_io::TestExternalities::from(mock::genesis());
    state.execute_with(|| {
        frame_system::BlockHash::<Test>::insert(0, hash);
        begin(0);
        everything()
    })
}

/// What happens first in a block.
pub fn begin(number: u32) {
    let number = u64::from(number);
    mock::go_to(number, START + SECONDS_PER_BLOCK * number);
}

/// All that is stored.
pub fn everything() -> Storage {
    let mut storage = Storage::default();
    let mut key = Vec::new();
    while let Some(next) = sp_io::storage::next_key(&key) {
        let value = sp_io::storage::get(&next).unwrap();
        storage.top.insert(next.clone(), value.to_vec());
        key = next;
    }
    storage
}
