//! The real binary with real clients. One program for all of them: they mostly wait for blocks, so that as
//! many run beside one another as there are cores.
//!
//! | module | shows |
//! |---|---|
//! | [`crash`] | a node that is killed at any instant goes on where it was |
//! | [`dev_chain`] | `allod dev` farms, and serves its users |
//! | [`disks`] | disks that get full, fail, and lose what they had promised to keep |
//! | [`documents`] | every command of the README and of the documents for users |
//! | [`filling`] | a chain whose blocks are full goes on, whoever is killed meanwhile |
//! | [`identities`] | identities from the first certificate to the last, by the command line and OpenSSL |
//! | [`invariants`] | what must hold of the state that the others leave behind |
//! | [`javascript`] | clients of `@polkadot/api` and PAPI, identities' transactions among theirs |
//! | [`load`] | the load program gets its transactions into blocks |
//! | [`monitoring`] | what the dashboard and the alert rules name is served |
//! | [`output`] | output that nobody reads or that fills a disk is no panic |
//! | [`own_network`] | a network that a user described in a file begins and farms |
//! | [`remote_farmer`] | a farmer in a process of its own, over JSON-RPC |
//! | [`request_builders`] | the packages for JavaScript and Python, and a chain that takes their calls |
//! | [`small_network`] | what networks of tests' own are made of |
//! | [`stops`] | a node that is told to stop says so; one that fails names the cause last |
//! | [`tls`] | peers over TLS that hold on a chain, until they do not |
//! | [`two_nodes`] | nodes that follow one another, and come together after a cut |
//! | [`upgrade`] | a running network is brought to another runtime; a node that lacks rules of blocks stops |

mod crash;
mod dev_chain;
mod disks;
mod documents;
mod filling;
mod identities;
mod invariants;
mod javascript;
mod load;
mod monitoring;
mod output;
mod own_network;
mod remote_farmer;
mod request_builders;
mod small_network;
mod stops;
mod tls;
mod two_nodes;
mod upgrade;
