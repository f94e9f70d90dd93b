//! The rules by which a block is rejected (§4 to §8), on the path that every block takes: the
//! verifier, [`AllodBlockImport`], and the client with the runtime in WebAssembly.
//!
//! | module | holds |
//! |---|---|
//! | `announcements` | headers that peers announce |
//! | `authoring` | what the slot worker tells farmers and makes of their solutions |
//! | `shape` | bodies, digests, execution |
//! | `seals` | who sealed what |
//! | `justifications` | the one justification |
//! | `solutions` | solutions that break a rule |
//! | `time` | slots and proofs-of-time |
//! | `gaps` | chains that nobody farmed for long |
//! | `logs` | consensus digests and segment headers |
//! | `equivocations` | two blocks for one solution |
//! | `siblings` | more than two |
//! | `order` | what is cheap is checked first, and what comes later costs nothing |
//! | `outdated` | blocks that a release is too old for |
//! | `queue` | what the import queue makes of bad blocks and of blocks from the future |
//! | `forks` | weight, finality |
//! | `header_chain` | headers followed without state |
//! | `branches` | from where a branch is judged, in what order its blocks are verified |
//! | `comparing` | what a comparison fetches of peers |
//! | `history` | independent nodes come to the same chain and the same history |
//! | `disk` | files of the history that a disk did not keep, or did not take |
//!
//! [`AllodBlockImport`]: allod_consensus::AllodBlockImport

mod announcements;
mod authoring;
mod branches;
mod comparing;
mod disk;
mod equivocations;
mod forks;
mod gaps;
mod header_chain;
mod history;
mod justifications;
mod logs;
mod order;
mod outdated;
mod queue;
mod seals;
mod shape;
mod siblings;
mod solutions;
mod time;
