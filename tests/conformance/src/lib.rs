//! Checks vector files of other implementations against the primitives.
//!
//! A vector file is JSON: for [`proof_of_space`] and [`proof_of_time`] a list of cases, for
//! [`kzg`] an object with the lists `blobs` and `openings`. Bytes are hexadecimal. A case either
//! holds or it does not; a file that cannot be understood is neither, but a [`FileError`]. Fields
//! that no check needs, such as notes, are ignored; a string `id` or `name` becomes part of a
//! case's name.
//!
//! [`x509`] reads another format, that of the field's path-validation suite, and has its own report.
//!
//! Any case may carry `"valid": false`: then its proof must be refused.

pub mod file;
pub mod kzg;
pub mod proof_of_space;
pub mod proof_of_time;
pub mod report;
pub mod x509;

pub use file::FileError;
pub use report::{Outcome, Report};
