//! The calls, each with what it takes, emits and costs: a part of the module `pallet`, which imports it.
//! What they do is in the modules that [the crate's page](crate) lists.

use frame_support::pallet_macros::pallet_section;

#[pallet_section]
mod dispatchables {
    #[pallet::call]
    impl<T: Config> Pallet<T> {
        /// Registers a self-issued certificate as an identity.
        ///
        /// Origin of this and every call: any signed account, which pays fee and deposit and gets no
        /// power over the identity.
        ///
        /// - `certificate`: DER, at most 4 KiB; valid now; issuer and subject the same; signed by its
        ///   own key.
        /// - `algorithm`: the certificate's signature algorithm, declared so that the weight is known
        ///   beforehand.
        /// - `request`: signed by the certificate's key over the payload of
        ///   [`allod_identity::request`] with the call name `register`, the certificate's SHA-256 as
        ///   acting identifier, nonce 0, and (`certificate`, `algorithm`) as arguments.
        ///
        /// Emits [`Event::Registered`]. Fails with the [`Error`] for the cause, or, where the payer
        /// cannot pay the deposit, with the balances' error.
        #[pallet::call_index(0)]
        #[pallet::weight(Pallet::<T>::register_weight(*algorithm, certificate.len()))]
        pub fn register(
            origin: OriginFor<T>,
            certificate: CertificateBytes,
            algorithm: SignatureAlgorithm,
            request: SignedRequest,
        ) -> DispatchResult {
            let payer = ensure_signed(origin)?;
            let admitted = {
                let arguments = RegisterArguments {
                    certificate: &certificate,
                    algorithm,
                };
                let issuers = Issuers {
                    issuer: None,
                    consents: &[],
                };
                Self::check_new(
                    &certificate,
                    algorithm,
                    algorithm,
                    &request,
                    &arguments,
                    &issuers,
                )?
            };
            let (identifier, key) = Self::store_new(payer.clone(), certificate, admitted)?;
            Self::deposit_event(Event::Registered {
                identifier,
                key,
                payer,
            });
            Ok(())
        }

        /// Registers a certificate that a registered identity issued.
        ///
        /// - `certificate`: as for [`register`](Pallet::register), but signed by the issuer's current
        ///   key, and naming the issuer's subject as its issuer.
        /// - `algorithm`: of the issuer's signature. `key_algorithm`: of the request's.
        /// - `issuer`: holds now, with everything above it, and may issue.
        /// - `consents`: of up to three more such identities. Each signs the payload with the call
        ///   name `co_issue`, nonce 0 and (SHA-256 of the certificate, `issuer`) as arguments.
        /// - `request`: signed by the certificate's key; arguments are (`certificate`, `algorithm`,
        ///   `issuer`, the co-issuers' identifiers).
        ///
        /// Emits [`Event::Registered`]. The weight is charged for the most that can stand above, and
        /// what was not there is given back.
        #[pallet::call_index(1)]
        #[pallet::weight(Pallet::<T>::register_issued_weight(
            *algorithm, certificate.len(), *key_algorithm, consents, None,
        ))]
        pub fn register_issued(
            origin: OriginFor<T>,
            certificate: CertificateBytes,
            algorithm: SignatureAlgorithm,
            issuer: Identifier,
            consents: Consents,
            key_algorithm: SignatureAlgorithm,
            request: SignedRequest,
        ) -> DispatchResultWithPostInfo {
            let payer = ensure_signed(origin)?;
            let admitted = {
                let arguments = RegisterIssuedArguments {
                    certificate: &certificate,
                    algorithm,
                    issuer,
                    co_issuers: consents.iter().map(|consent| consent.co_issuer).collect(),
                };
                let issuers = Issuers {
                    issuer: Some(issuer),
                    consents: &consents,
                };
                Self::check_new(
                    &certificate,
                    algorithm,
                    key_algorithm,
                    &request,
                    &arguments,
                    &issuers,
                )?
            };
            let visited = Some(admitted.visited);
            let length = certificate.len();
            let weight =
                Self::register_issued_weight(algorithm, length, key_algorithm, &consents, visited);
            let (identifier, key) = Self::store_new(payer.clone(), certificate, admitted)?;
            Self::deposit_event(Event::Registered {
                identifier,
                key,
                payer,
            });
            Ok(Some(weight).into())
        }

        /// Gives an identity a new certificate by the same issuers: new validity and, if the certificate has one, a new
        /// key.
        ///
        /// - `certificate`: same subject; signed by the issuer's current key, for a root by its own.
        ///   Its serial number is new, its key the old one, a former one of this identity, or nobody's.
        /// - `consents`: of the same co-issuers, in the same order.
        /// - `compromised_after`: the old key, and every other that has served since this block, is given
        ///   up and never returns; certificates that were registered under them after it fail.
        /// - `possession`: the new key's signature over the payload that the acting identity signs.
        ///   Needed unless the acting identity's own key stays.
        /// - `request`: by the authority; arguments are (`identifier`, `certificate`, `algorithm`,
        ///   `compromised_after`).
        ///
        /// Emits [`Event::Renewed`]. The payer takes over the whole deposit.
        #[pallet::call_index(2)]
        #[pallet::weight(Pallet::<T>::renew_weight(
            *algorithm, certificate.len(), request, possession.as_ref(), consents, None,
        ))]
        pub fn renew(
            origin: OriginFor<T>,
            identifier: Identifier,
            certificate: CertificateBytes,
            algorithm: SignatureAlgorithm,
            consents: Consents,
            compromised_after: Option<u32>,
            possession: Option<Possession>,
            request: IdentityRequest,
        ) -> DispatchResultWithPostInfo {
            let payer = ensure_signed(origin)?;
            let length = certificate.len();
            let replaced = Self::renew_identity(
                payer.clone(),
                identifier,
                certificate,
                algorithm,
                &consents,
                compromised_after,
                possession.as_ref(),
                &request,
            )?;
            let weight = Self::renew_weight(
                algorithm,
                length,
                &request,
                possession.as_ref(),
                &consents,
                Some(replaced.visited),
            );
            Self::deposit_event(Event::Renewed {
                identifier,
                key: replaced.key,
                generation: replaced.generation,
                payer,
            });
            Ok(Some(weight).into())
        }

        /// Moves an identity whose issuer failed under another issuer.
        ///
        /// - `certificate`: by the new issuer's current key; same subject, same key.
        /// - `issuer`, `consents`: as for [`register_issued`](Pallet::register_issued). None of them
        ///   may stand below the identity.
        /// - `request`: by the identity's own key; arguments are (`identifier`, `certificate`,
        ///   `algorithm`, `issuer`, the co-issuers' identifiers).
        ///
        /// Emits [`Event::Reparented`]. The payer takes over the whole deposit.
        #[pallet::call_index(3)]
        #[pallet::weight(Pallet::<T>::reparent_weight(
            *algorithm, certificate.len(), request, consents, None,
        ))]
        pub fn reparent(
            origin: OriginFor<T>,
            identifier: Identifier,
            certificate: CertificateBytes,
            algorithm: SignatureAlgorithm,
            issuer: Identifier,
            consents: Consents,
            request: IdentityRequest,
        ) -> DispatchResultWithPostInfo {
            let payer = ensure_signed(origin)?;
            let length = certificate.len();
            let replaced = Self::move_identity(
                payer.clone(),
                identifier,
                certificate,
                algorithm,
                issuer,
                &consents,
                &request,
            )?;
            let visited = Some(replaced.visited);
            let weight = Self::reparent_weight(algorithm, length, &request, &consents, visited);
            Self::deposit_event(Event::Reparented {
                identifier,
                issuer,
                generation: replaced.generation,
                payer,
            });
            Ok(Some(weight).into())
        }

        /// Ends an identity, for ever. Its nonce, its keys and its serial numbers stay.
        ///
        /// - `request`: by the authority; the argument is `identifier`.
        ///
        /// Emits [`Event::Deactivated`]. Deposits go back to who paid them, but for the tombstone's.
        #[pallet::call_index(4)]
        #[pallet::weight(Pallet::<T>::request_weight(T::WeightInfo::deactivate(), request))]
        pub fn deactivate(
            origin: OriginFor<T>,
            identifier: Identifier,
            request: IdentityRequest,
        ) -> DispatchResult {
            ensure_signed(origin)?;
            Self::ensure_not_frozen(identifier)?;
            let arguments = DeactivateArguments { identifier };
            let permitted = Permitted::Deactivatable;
            let subject =
                Self::authenticate_authority(identifier, &request, &arguments, permitted)?;
            Self::bury(subject)?;
            Self::deposit_event(Event::Deactivated { identifier });
            Ok(())
        }

        /// Names the identity whose key alone then renews, sets guardians, vetoes and deactivates, or
        /// takes it away. With guardians it takes effect after their delay, otherwise at once.
        ///
        /// - `controller`: registered, not deactivated, not the identity itself.
        /// - `request`: by the authority; arguments are (`identifier`, `controller`).
        ///
        /// Emits [`Event::ControllerSet`].
        #[pallet::call_index(5)]
        #[pallet::weight(Pallet::<T>::request_weight(T::WeightInfo::set_controller(), request))]
        pub fn set_controller(
            origin: OriginFor<T>,
            identifier: Identifier,
            controller: Option<Identifier>,
            request: IdentityRequest,
        ) -> DispatchResult {
            let payer = ensure_signed(origin)?;
            let arguments = SetControllerArguments {
                identifier,
                controller,
            };
            Self::change_controller(payer, arguments, &request)
        }

        /// Names who may give the identity a new key, or takes them away. Takes effect after the delay
        /// of those that count until then; at once if there are none.
        ///
        /// - `guardians`: registered, each once, not the identity itself. Whether they hold, and
        ///   stand neither above nor below it, is judged when they approve.
        /// - `request`: by the authority; arguments are (`identifier`, `guardians`).
        ///
        /// Emits [`Event::GuardiansSet`].
        #[pallet::call_index(6)]
        #[pallet::weight(Pallet::<T>::request_weight(T::WeightInfo::set_guardians(), request))]
        pub fn set_guardians(
            origin: OriginFor<T>,
            identifier: Identifier,
            guardians: Option<GuardianSet>,
            request: IdentityRequest,
        ) -> DispatchResult {
            let payer = ensure_signed(origin)?;
            Self::change_guardians(payer, identifier, guardians, &request)
        }

        /// Opens a recovery, and approves it.
        ///
        /// - `certificate_hash`: SHA-256 of the certificate that the identity is to get.
        /// - `compromised_after`: if the old key was stolen, the last block in which it was good.
        /// - `request`: by a guardian that holds; arguments are (`identifier`, `certificate_hash`,
        ///   `compromised_after`).
        ///
        /// Emits [`Event::RecoveryOpened`] with the recovery's number. An open recovery that fewer than
        /// the threshold approve is replaced.
        #[pallet::call_index(7)]
        #[pallet::weight(Pallet::<T>::guardian_weight(T::WeightInfo::open_recovery, request, None))]
        pub fn open_recovery(
            origin: OriginFor<T>,
            identifier: Identifier,
            certificate_hash: [u8; 32],
            compromised_after: Option<u32>,
            request: IdentityRequest,
        ) -> DispatchResultWithPostInfo {
            let payer = ensure_signed(origin)?;
            let arguments = OpenRecoveryArguments {
                identifier,
                certificate_hash,
                compromised_after,
            };
            let visited = Self::begin_recovery(payer, arguments, &request)?;
            let weigh = T::WeightInfo::open_recovery;
            Ok(Some(Self::guardian_weight(weigh, &request, Some(visited))).into())
        }

        /// Approves a recovery.
        ///
        /// - `number`, `certificate_hash`: of the recovery that is meant.
        /// - `request`: by a guardian that holds; arguments are (`identifier`, `number`,
        ///   `certificate_hash`).
        ///
        /// Emits [`Event::RecoveryApproved`].
        #[pallet::call_index(8)]
        #[pallet::weight(Pallet::<T>::guardian_weight(
            T::WeightInfo::approve_recovery, request, None,
        ))]
        pub fn approve_recovery(
            origin: OriginFor<T>,
            identifier: Identifier,
            number: u32,
            certificate_hash: [u8; 32],
            request: IdentityRequest,
        ) -> DispatchResultWithPostInfo {
            ensure_signed(origin)?;
            let arguments = ApproveRecoveryArguments {
                identifier,
                number,
                certificate_hash,
            };
            let visited = Self::add_approval(arguments, &request)?;
            let weigh = T::WeightInfo::approve_recovery;
            Ok(Some(Self::guardian_weight(weigh, &request, Some(visited))).into())
        }

        /// Ends a recovery that not all guardians approved.
        ///
        /// - `request`: by the authority; arguments are (`identifier`, `number`).
        ///
        /// Emits [`Event::RecoveryVetoed`].
        #[pallet::call_index(9)]
        #[pallet::weight(Pallet::<T>::request_weight(T::WeightInfo::veto_recovery(), request))]
        pub fn veto_recovery(
            origin: OriginFor<T>,
            identifier: Identifier,
            number: u32,
            request: IdentityRequest,
        ) -> DispatchResult {
            ensure_signed(origin)?;
            let recovery = Self::recovery_of_number(identifier, number)?;
            ensure!(!Self::is_unanimous(&recovery), Error::<T>::VetoOverruled);
            let arguments = VetoRecoveryArguments { identifier, number };
            let permitted = Permitted::ValidOrExpired;
            Self::authenticate_authority(identifier, &request, &arguments, permitted)?;
            Recoveries::<T>::remove(identifier);
            recovery.ticket.release()?;
            Self::deposit_event(Event::RecoveryVetoed { identifier, number });
            Ok(())
        }

        /// Gives an identity the certificate that its guardians approved.
        ///
        /// - `certificate`, `algorithm`, `consents`: as for [`renew`](Pallet::renew).
        /// - `request`: for the identity itself, with its nonce, but signed by the new key; arguments
        ///   are (`identifier`, `number`, `certificate`, `algorithm`).
        ///
        /// Emits [`Event::Recovered`]. The payer takes over the whole deposit.
        #[pallet::call_index(10)]
        #[pallet::weight(Pallet::<T>::execute_recovery_weight(
            *algorithm, certificate.len(), request, consents, None,
        ))]
        pub fn execute_recovery(
            origin: OriginFor<T>,
            identifier: Identifier,
            number: u32,
            certificate: CertificateBytes,
            algorithm: SignatureAlgorithm,
            consents: Consents,
            request: IdentityRequest,
        ) -> DispatchResultWithPostInfo {
            let payer = ensure_signed(origin)?;
            let length = certificate.len();
            let replaced = Self::recover_identity(
                payer.clone(),
                identifier,
                number,
                certificate,
                algorithm,
                &consents,
                &request,
            )?;
            let visited = Some(replaced.visited);
            let weight =
                Self::execute_recovery_weight(algorithm, length, &request, &consents, visited);
            Self::deposit_event(Event::Recovered {
                identifier,
                key: replaced.key,
                generation: replaced.generation,
                payer,
            });
            Ok(Some(weight).into())
        }

        /// Says where an identity can be reached.
        ///
        /// - `services`: at most eight; none takes them away.
        /// - `request`: by the identity's own key; arguments are (`identifier`, `services`).
        ///
        /// Emits [`Event::ServicesSet`]. The payer holds their deposit; the former one is freed.
        #[pallet::call_index(11)]
        #[pallet::weight(Pallet::<T>::request_weight(T::WeightInfo::set_services(), request))]
        pub fn set_services(
            origin: OriginFor<T>,
            identifier: Identifier,
            services: Services,
            request: IdentityRequest,
        ) -> DispatchResult {
            let payer = ensure_signed(origin)?;
            check_services(&services).map_err(Error::<T>::from)?;
            let arguments = SetServicesArguments {
                identifier,
                services: &services,
            };
            Self::authenticate_subject(identifier, &request, &arguments, Permitted::Valid)?;
            if let Some(old) = ServiceRecords::<T>::take(identifier) {
                old.ticket.release()?;
            }
            if !services.is_empty() {
                let size = value_footprint(&(&services, &payer));
                let ticket = Ticket::new(payer, size)?;
                let record = ServiceRecord { services, ticket };
                ServiceRecords::<T>::insert(identifier, record);
            }
            Self::deposit_event(Event::ServicesSet { identifier });
            Ok(())
        }

        /// Clears away a recovery that has lapsed, so that its deposit goes back to who paid it.
        ///
        /// Emits nothing: it has been over before.
        #[pallet::call_index(12)]
        #[pallet::weight(T::WeightInfo::reclaim_recovery())]
        pub fn reclaim_recovery(origin: OriginFor<T>, identifier: Identifier) -> DispatchResult {
            ensure_signed(origin)?;
            Self::ensure_not_frozen(identifier)?;
            let lapsed = Recoveries::<T>::take(identifier).ok_or(Error::<T>::NoRecovery)?;
            lapsed.ticket.release()
        }
    }
}
