//! What a certificate says, and by whom it is issued.

pub mod contents;
pub mod general_names;
pub mod issuer;
pub mod subject;
pub mod successor;
