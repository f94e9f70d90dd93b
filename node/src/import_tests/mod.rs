//! The rules of a block on the path that every block takes: the verifier, [`AllodBlockImport`], and
//! the client with the runtime in WebAssembly (§4 to §8).
//!
//! Nothing here is played: histories are archived, solutions are farmed from their pieces,
//! proofs-of-time are evaluated, blocks are executed. Only the parameters of the chain are small.
//!
//! | module | holds |
//! |---|---|
//! | `harness` | a node without network, and what it says to a block |
//! | `farming` | farmers: sectors, tickets, proofs-of-time, blocks |
//! | `block` | a block on its way, and how to tamper with it |
//! | `shape` | bodies, digests, execution |
//! | `seals` | who sealed what |
//! | `justifications` | the one justification |
//! | `solutions` | solutions that break a rule |
//! | `time` | slots and proofs-of-time |
//! | `logs` | consensus digests and segment headers |
//! | `equivocations` | two blocks for one solution |
//! | `forks` | weight, finality |
//! | `history` | independent nodes come to the same chain and the same history |
//!
//! [`AllodBlockImport`]: allod_consensus::AllodBlockImport

mod block;
mod equivocations;
mod farming;
mod forks;
mod harness;
mod history;
mod justifications;
mod logs;
mod seals;
mod shape;
mod solutions;
mod time;
