//! What tests of many crates start from: [OpenSSL in a folder](openssl), [golden files](vectors), and
//! [keys and certificates](people) of people who have no identity yet.
//!
//! It is a dev-dependency of crates that it depends on itself. Unit tests of `allod-x509` and
//! `allod-identity` may therefore use of it only what has none of their own types in its signature: they see
//! another version of those. Tests in their folders `tests/` see the same, and may use all of it.
//!
//! The runtime of the tests of pallets is in the folder `identities` beside this crate: it is compiled into each of
//! them for that same reason.

pub mod openssl;
pub mod people;
pub mod vectors;

pub use openssl::Folder;
