//! `allod id sign` and `allod id verify-data`: an identity vouches for data.
//!
//! What is signed is laid out in [`allod_identity::data`]; no key signs the data themselves, or any other bytes that
//! somebody brings. What a verifier needs stands in a [`signature_file`], beside the data.

mod hash;
mod sign;
pub mod signature_file;
mod verify;

pub use sign::{SignArgs, sign};
pub use verify::{VerifyDataArgs, verify_data};
