//! Threats, what is done about each, and the test that shows it.
//!
//! **A valid identity that nobody meant.** Anybody who pays the deposit registers one. A policy is a
//! required argument everywhere, names somebody, and cannot be empty.
//! `tests/admission.rs`: `a_strangers_valid_identity_is_refused_by_every_policy`.
//!
//! **A stale cache.** What is known counts for two blocks and 120 seconds by default, by a clock that
//! nobody can set (since the newest block was heard of) and by the machine's (since it was made).
//! After every new block all identities in use are asked about again; where there is no answer,
//! connections end. An answer that comes late never replaces a newer one. Whatever is unknown is
//! refused, and while the chain is not followed everybody is.
//! `tests/ending.rs`: `without_blocks_connections_end`, `without_answers_connections_end_after_two_blocks`;
//! `cache/state.rs`: `an_old_answer_does_not_replace_a_new_one`.
//!
//! **A node that lies.** It is trusted: one that says that a revoked identity holds is believed, and
//! so is one that shows different chains to different askers. Use a node of your own, over loopback or
//! a way that nobody else can write to, and name the genesis block where there is more than one chain.
//! What is not believed is an answer of the wrong form, about another identity or block, for another
//! purpose, or one that contradicts itself. Whoever does not want to trust a node has to check
//! storage proofs against headers; that source would implement
//! [`ChainSource`](crate::ChainSource), too. `tests/json_rpc.rs`.
//!
//! **A node that is cut off, or syncs.** It tells of no new blocks, or of old ones. The first is seen
//! by the monotonic clock, the second by the blocks' time. The same block told again is no news.
//! `tests/admission.rs`: `a_node_that_is_behind_or_ahead_is_not_believed`.
//!
//! **A short fork.** An identity counts only if it holds at the finalized block, so none can be made up
//! on a fork. Its certificate is the one at the *best* block, which may not be final: the old key has
//! signed for it (or the guardians, after their delay), so a fork can only bring forward what the
//! identity itself has decided; and waiting for finality would leave a renewed identity without any
//! certificate for as long. `tests/admission.rs`: `only_the_current_certificate_counts`.
//!
//! **A key that was given up.** The old certificate is not the current one any more from the best block
//! on, whatever the finalized block says. `NotCurrent`, and open connections end.
//!
//! **A renewal while connected.** The certificate that was shown is superseded and may do nothing
//! else (§11.10), even if the key stayed, so the connection ends within two blocks and both sides
//! connect again. [`Credential::replace`](crate::Credential::replace) brings the new certificate in.
//! `tests/ending.rs`: `a_renewal_ends_connections_with_the_old_certificate`.
//!
//! **A revocation while connected.** Connections are judged after every block, by the same rules as a
//! handshake, and closed although nobody reads or writes. What had been received is not handed over.
//! The peer sees a connection that was cut off, not one that was finished. A revocation counts when
//! the node has it: until then, and for as long as the questions of one round take, the peer may talk.
//! `tests/ending.rs`.
//!
//! **News between the look at an identity and the use of it.** A connection is registered first and
//! judged then, so whatever comes in between finds it registered.
//!
//! **The clock.** If this machine's is behind, blocks seem to be of the future, if it is ahead, too old;
//! beyond the limit either is refused by name. Within the limit it moves the bound of 120 seconds and
//! nothing else: certificates are judged at the block's time, not the machine's.
//!
//! **Replay.** Handshakes are bound to both sides' fresh values (RFC 8446, 4.4.3), and there is no 0-RTT
//! data that could be played again. A certificate alone, which is public, is of no use.
//! `tests/hostile.rs`: `anothers_certificate_is_of_no_use_without_the_key`.
//!
//! **Downgrade.** Only TLS 1.3 is spoken. `tests/openssl.rs`: `tls_1_2_is_not_spoken`.
//!
//! **Resumption.** A session that is resumed skips the certificate. There are no tickets and no memory
//! of sessions on either side. `tests/hostile.rs`: `nothing_is_resumed`.
//!
//! **A twin of an ECDSA certificate.** Whoever sees one can write (r, n − s) into it: other bytes, the
//! same key, a valid signature. The identity is looked up by the key, and the bytes are then compared
//! with the current certificate's, so the twin is refused, and nobody can register it in front of
//! the original to take its place here. It would do no harm: without the key it is of no use.
//! `tests/hostile.rs`: `a_twin_of_an_ecdsa_certificate_is_refused`.
//!
//! **A flood.** A certificate is bounded before it is parsed; more than
//! [`MAX_INTERMEDIATES`](crate::MAX_INTERMEDIATES) others are refused unparsed; handshakes and
//! questions under way are bounded in number and time. Nobody is asked about before a handshake has
//! proved the key, and keys that serve no identity are not remembered, so that they displace nothing.
//! Someone who takes all places of an acceptor keeps others out for as long as
//! [`Limits::handshake`](crate::Limits::handshake): limit connections for each address before TLS.
//! `tests/hostile.rs`: `whoever_says_nothing_is_dropped_and_places_are_bounded`.
//!
//! **A policy that panics.** In a handshake the panic is the caller's. After a block it ends the task
//! that follows the chain, and with it every connection, and nobody is admitted any more.
//! `tests/ending.rs`: `a_panic_in_a_policy_ends_everything`.
//!
//! **One's own certificate in the wrong hands.** It is public. But which identity connects where is
//! not: a client shows its certificate only to servers that its policy names, if it names them one by
//! one; with a policy by roots or by predicate, a server that is refused in the end has seen it.
