//! The real binary with real clients. One program for all of them: they mostly wait for blocks, so that as
//! many run beside one another as there are cores.
//!
//! | module | shows |
//! |---|---|
//! | [`crash`] | a node that is killed at any instant goes on where it was |
//! | [`dev_chain`] | `allod dev` farms, and serves its users |
//! | [`identities`] | identities from the first certificate to the last, by the command line and OpenSSL |
//! | [`javascript`] | a client of `@polkadot/api` |
//! | [`load`] | the load program gets its transactions into blocks |
//! | [`request_builders`] | the packages for JavaScript and Python, and a chain that takes their calls |
//! | [`stops`] | a node that is told to stop says so; one that fails names the cause last |
//! | [`tls`] | peers over TLS that hold on a chain, until they do not |
//! | [`two_nodes`] | nodes that follow one another, and come together after a cut |

mod crash;
mod dev_chain;
mod identities;
mod javascript;
mod load;
mod request_builders;
mod stops;
mod tls;
mod two_nodes;
