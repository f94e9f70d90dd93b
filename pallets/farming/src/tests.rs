//! One module for each call and each thing that a block's initialisation does.

mod digest;
mod entropy;
mod era;
mod genesis;
mod inherent;
mod logs;
mod raise_iterations;
mod report_equivocation;
mod store_segment_headers;
