//! Whether an identity holds and under whom.

use allod_identity::{
    Identifier, LinkReport, Purpose, Reason, VerificationReport, checks::Signatures,
};

use crate::{
    graph::Readings,
    pallet::{Config, Pallet},
};

impl<T: Config> Pallet<T> {
    /// Whether an identity holds and under whom, by the current state; validity at `time` (seconds
    /// since 1970), by default the block's.
    ///
    /// Without `accepted_roots` any root passes, and nothing is said about trust.
    pub fn verify(
        identifier: Identifier,
        time: Option<u64>,
        purpose: Option<Purpose>,
        accepted_roots: Option<&[Identifier]>,
    ) -> VerificationReport {
        let time = time.unwrap_or_else(Self::now);
        let report =
            |links| VerificationReport::new(identifier, time, purpose, links, accepted_roots);
        let Some(reference) = Self::current_reference(identifier) else {
            return report([LinkReport::unregistered(identifier)].to_vec());
        };
        let mut readings = Readings::<T>::new();
        let is_read = readings.read(reference).is_ok();
        match readings.graph(None).filter(|_| is_read) {
            Some(graph) => report(graph.check(time, purpose, Signatures::All)),
            None => {
                let too_many = LinkReport::of_one(identifier, Reason::TooManyIdentities);
                report([too_many].to_vec())
            }
        }
    }
}
