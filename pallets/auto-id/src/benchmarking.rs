//! Benchmarks: each call by the certificate's length and by what stands above the identity, one
//! signature by each kind of key. Every issuer has issued a thousand certificates before.
//!
//! Where there is a choice it is the more expensive one: a controller acts, whatever is replaced or given back was
//! paid for by another account, all superseded certificates are there, and those that are read take the
//! longest to read.

mod people;

use alloc::{vec, vec::Vec};

use allod_identity::{
    CallArguments, GuardianSet, KeyFingerprint, MAX_CERTIFICATE_SIZE, RECOVERY_WINDOW,
    RegisterArguments, Service, Services,
    request::arguments::{
        ApproveRecoveryArguments, DeactivateArguments, ExecuteRecoveryArguments,
        OpenRecoveryArguments, RegisterIssuedArguments, RenewArguments, ReparentArguments,
        SetControllerArguments, SetGuardiansArguments, SetServicesArguments, VetoRecoveryArguments,
    },
};
use allod_x509::{
    ParsedCertificate, SigningKey,
    builder::{CertificateBuilder, name},
};
use frame_benchmarking::v2::*;
use frame_system::RawOrigin;

use crate::{
    pallet::{
        Call, Config, Controllers, Guardians, Identities, Keys, Pallet, Recoveries, ServiceRecords,
    },
    types::{CertificateBytes, KeyRecord},
};
use people::{
    Person, aged, certificate_of, child, former_payer, fund, identifier_of, key, possession, root,
    sign, sign_with, signed, stop, tower,
};

/// PKCS#8 of an RSA key of 4,096 bits.
const RSA_KEY: &[u8] = include_bytes!("../../../primitives/x509/tests/data/rsa-4096.key.der");
const DELAY: u32 = 10;

/// A funded caller in block 5, so that there are blocks before it.
fn caller<T: Config>() -> T::AccountId {
    frame_system::Pallet::<T>::set_block_number(5_u32.into());
    let caller: T::AccountId = whitelisted_caller();
    fund::<T>(&caller);
    caller
}

fn guardians_of(guardians: &[Person], threshold: u8) -> Result<GuardianSet, BenchmarkError> {
    let members: Vec<_> = guardians
        .iter()
        .map(|guardian| guardian.identifier)
        .collect();
    Ok(GuardianSet {
        members: members.try_into().map_err(stop("too many guardians"))?,
        threshold,
        delay: DELAY,
    })
}

/// Names guardians; `authority` signs.
fn guard<T: Config>(
    payer: &T::AccountId,
    subject: &Person,
    authority: &Person,
    guardians: &[Person],
    threshold: u8,
) -> Result<(), BenchmarkError> {
    let guardians = Some(guardians_of(guardians, threshold)?);
    let arguments = SetGuardiansArguments {
        identifier: subject.identifier,
        guardians: &guardians,
    };
    let request = sign::<T>(authority, &arguments);
    let origin = RawOrigin::Signed(payer.clone()).into();
    Pallet::<T>::set_guardians(origin, subject.identifier, guardians, request)?;
    Ok(())
}

/// Puts a subject under a new controller. Not once it has guardians, for then that takes its time.
fn control<T: Config>(payer: &T::AccountId, subject: &Person) -> Result<Person, BenchmarkError> {
    let controller = root::<T>(payer, 9_900)?;
    let arguments = SetControllerArguments {
        identifier: subject.identifier,
        controller: Some(controller.identifier),
    };
    let request = sign::<T>(subject, &arguments);
    Pallet::<T>::set_controller(
        RawOrigin::Signed(payer.clone()).into(),
        subject.identifier,
        Some(controller.identifier),
        request,
    )?;
    Ok(controller)
}

/// Eight services, each as long as one can be.
fn longest_services() -> Result<Services, BenchmarkError> {
    let service = |number: u8| -> Result<Service, BenchmarkError> {
        Ok(Service {
            name: vec![b'a'.saturating_add(number); 64]
                .try_into()
                .map_err(stop("name"))?,
            kind: vec![b'k'; 64].try_into().map_err(stop("kind"))?,
            uri: [&b"https:"[..], &[b'x'; 250]]
                .concat()
                .try_into()
                .map_err(stop("uri"))?,
        })
    };
    let services = (0..8).map(service).collect::<Result<Vec<_>, _>>()?;
    Services::try_from(services).map_err(stop("services"))
}

fn serve<T: Config>(payer: &T::AccountId, subject: &Person) -> Result<(), BenchmarkError> {
    let services = longest_services()?;
    let arguments = SetServicesArguments {
        identifier: subject.identifier,
        services: &services,
    };
    let request = sign::<T>(subject, &arguments);
    let origin = RawOrigin::Signed(payer.clone()).into();
    Pallet::<T>::set_services(origin, subject.identifier, services, request)?;
    Ok(())
}

fn open<T: Config>(
    caller: &T::AccountId,
    subject: &Person,
    guardian: &Person,
    certificate_hash: [u8; 32],
) -> Result<(), BenchmarkError> {
    let arguments = OpenRecoveryArguments {
        identifier: subject.identifier,
        certificate_hash,
        compromised_after: Some(1),
    };
    let request = sign::<T>(guardian, &arguments);
    let origin = RawOrigin::Signed(caller.clone()).into();
    Pallet::<T>::open_recovery(
        origin,
        subject.identifier,
        certificate_hash,
        Some(1),
        request,
    )
    .map_err(|failed| failed.error)?;
    Ok(())
}

/// One signature by a key over a message as long as the longest certificate. The key's own takes the
/// longest to read, for a co-issuer's is read for its consent alone.
fn message_of(key: &SigningKey) -> (Vec<u8>, Vec<u8>, Vec<u8>) {
    let mut builder = CertificateBuilder::self_issued("signer");
    builder.subject = name(&["x"; 220]);
    let der = builder.sign_self(key);
    let message = vec![0x5a; MAX_CERTIFICATE_SIZE as usize];
    let signature = key.sign(&message);
    (der, message, signature)
}

fn check(key: &SigningKey, parts: &(Vec<u8>, Vec<u8>, Vec<u8>)) -> Result<(), BenchmarkError> {
    let (der, message, signature) = parts;
    let parsed = ParsedCertificate::parse(der).map_err(stop("the certificate is refused"))?;
    parsed
        .verify_message(key.algorithm(), message, signature)
        .map_err(stop("the signature is refused"))
}

#[benchmarks]
mod benchmarks {
    use super::*;

    #[benchmark]
    fn register(l: Linear<320, MAX_CERTIFICATE_SIZE>) -> Result<(), BenchmarkError> {
        let caller = caller::<T>();
        let key = key(1);
        let der = certificate_of(&key, None, None, 1, l)?;
        let identifier = identifier_of(&der)?;
        let arguments = RegisterArguments {
            certificate: &der,
            algorithm: key.algorithm(),
        };
        let payload = arguments.payload(Pallet::<T>::genesis_hash(), identifier, u32::MAX);
        let request = signed(&key, 0, &payload.to_bytes());

        #[extrinsic_call]
        _(RawOrigin::Signed(caller), der, key.algorithm(), request);

        assert!(Identities::<T>::contains_key(identifier));
        Ok(())
    }

    #[benchmark]
    fn register_issued(
        l: Linear<400, MAX_CERTIFICATE_SIZE>,
        v: Linear<1, 15>,
    ) -> Result<(), BenchmarkError> {
        let caller = caller::<T>();
        let issuer = tower::<T>(&caller, v, 1)?;
        let key = key(1);
        let der = certificate_of(&key, Some(&issuer), None, 1, l)?;
        let identifier = identifier_of(&der)?;
        let arguments = RegisterIssuedArguments {
            certificate: &der,
            algorithm: issuer.key.algorithm(),
            issuer: issuer.identifier,
            co_issuers: vec![],
        };
        let genesis = Pallet::<T>::genesis_hash();
        let payload = arguments.payload_of(genesis, identifier, 0, u32::MAX);
        let request = signed(&key, 0, &payload.to_bytes());
        let algorithm = key.algorithm();

        #[extrinsic_call]
        _(
            RawOrigin::Signed(caller),
            der,
            algorithm,
            issuer.identifier,
            Default::default(),
            algorithm,
            request,
        );

        assert!(Identities::<T>::contains_key(identifier));
        Ok(())
    }

    #[benchmark]
    fn renew(l: Linear<400, MAX_CERTIFICATE_SIZE>, v: Linear<1, 15>) -> Result<(), BenchmarkError> {
        let caller = caller::<T>();
        let former = former_payer::<T>(1);
        let issuer = tower::<T>(&caller, v, 1)?;
        let subject = child::<T>(&former, &issuer, &[], 9_001)?;
        let subject = aged::<T>(&former, subject, Some(&issuer), 9_100)?;
        let controller = control::<T>(&former, &subject)?;
        let new_key = key(9_002);
        let der = certificate_of(&new_key, Some(&issuer), Some(&subject), 2, l)?;
        let arguments = RenewArguments {
            identifier: subject.identifier,
            certificate: &der,
            algorithm: issuer.key.algorithm(),
            compromised_after: Some(1),
        };
        let request = sign::<T>(&controller, &arguments);
        let shown = possession::<T>(&new_key, &arguments, &request);

        #[extrinsic_call]
        _(
            RawOrigin::Signed(caller),
            subject.identifier,
            der,
            issuer.key.algorithm(),
            Default::default(),
            Some(1),
            Some(shown),
            request,
        );

        let record = Identities::<T>::get(subject.identifier);
        assert_eq!(record.map(|record| record.generation), Some(6));
        Ok(())
    }

    #[benchmark]
    fn reparent(
        l: Linear<400, MAX_CERTIFICATE_SIZE>,
        v: Linear<3, 31>,
    ) -> Result<(), BenchmarkError> {
        let caller = caller::<T>();
        let above = (v - 1) / 2;
        let old = tower::<T>(&caller, above.max(1), 1)?;
        let new = tower::<T>(&caller, (v - 1 - above).max(1), 2)?;
        let former = former_payer::<T>(1);
        let subject = child::<T>(&former, &old, &[], 9_001)?;
        let subject = aged::<T>(&former, subject, Some(&old), 9_100)?;
        // The old issuer's key was compromised before it issued this.
        let issuer_key = Pallet::<T>::identity(old.identifier)
            .map(|info| info.key)
            .unwrap_or(KeyFingerprint([0; 32]));
        let given_up = KeyRecord {
            identifier: old.identifier,
            good_until: Some(0_u32.into()),
        };
        Keys::<T>::insert(issuer_key, given_up);
        let der = certificate_of(&subject.key, Some(&new), Some(&subject), 2, l)?;
        let arguments = ReparentArguments {
            identifier: subject.identifier,
            certificate: &der,
            algorithm: new.key.algorithm(),
            issuer: new.identifier,
            co_issuers: vec![],
        };
        let request = sign::<T>(&subject, &arguments);

        #[extrinsic_call]
        _(
            RawOrigin::Signed(caller),
            subject.identifier,
            der,
            new.key.algorithm(),
            new.identifier,
            Default::default(),
            request,
        );

        let record = Identities::<T>::get(subject.identifier);
        assert_eq!(record.map(|record| record.generation), Some(6));
        Ok(())
    }

    #[benchmark]
    fn deactivate() -> Result<(), BenchmarkError> {
        let caller = caller::<T>();
        let issuer = tower::<T>(&caller, 4, 1)?;
        let guardian = root::<T>(&caller, 9_000)?;
        let [first, second, third, fourth] = [1, 2, 3, 4].map(former_payer::<T>);
        let subject = child::<T>(&caller, &issuer, &[], 9_001)?;
        let subject = aged::<T>(&caller, subject, Some(&issuer), 9_100)?;
        serve::<T>(&first, &subject)?;
        let controller = control::<T>(&second, &subject)?;
        guard::<T>(
            &third,
            &subject,
            &controller,
            core::slice::from_ref(&guardian),
            1,
        )?;
        // A recovery that nobody wanted any more.
        open::<T>(&fourth, &subject, &guardian, [7; 32])?;
        frame_system::Pallet::<T>::set_block_number((6 + 2 * DELAY + RECOVERY_WINDOW).into());
        let arguments = DeactivateArguments {
            identifier: subject.identifier,
        };
        let request = sign::<T>(&controller, &arguments);

        #[extrinsic_call]
        _(RawOrigin::Signed(caller), subject.identifier, request);

        let record = Identities::<T>::get(subject.identifier);
        assert_eq!(record.map(|record| record.is_deactivated), Some(true));
        assert!(!Recoveries::<T>::contains_key(subject.identifier));
        Ok(())
    }

    #[benchmark]
    fn set_controller() -> Result<(), BenchmarkError> {
        let caller = caller::<T>();
        let former = former_payer::<T>(1);
        let (subject, next) = (root::<T>(&caller, 1)?, root::<T>(&caller, 2)?);
        let authority = control::<T>(&former, &subject)?;
        let guardian = root::<T>(&caller, 3)?;
        guard::<T>(&caller, &subject, &authority, &[guardian], 1)?;
        let arguments = SetControllerArguments {
            identifier: subject.identifier,
            controller: Some(next.identifier),
        };
        let request = sign::<T>(&authority, &arguments);

        #[extrinsic_call]
        _(
            RawOrigin::Signed(caller),
            subject.identifier,
            Some(next.identifier),
            request,
        );

        let pending = Controllers::<T>::get(subject.identifier).and_then(|delayed| delayed.pending);
        assert!(pending.is_some());
        Ok(())
    }

    #[benchmark]
    fn set_guardians() -> Result<(), BenchmarkError> {
        let caller = caller::<T>();
        let former = former_payer::<T>(1);
        let subject = root::<T>(&caller, 1)?;
        let authority = control::<T>(&caller, &subject)?;
        let guardians = (2..10)
            .map(|number| root::<T>(&caller, number))
            .collect::<Result<Vec<_>, _>>()?;
        guard::<T>(&former, &subject, &authority, &guardians, 8)?;
        let guardians = Some(guardians_of(&guardians, 7)?);
        let arguments = SetGuardiansArguments {
            identifier: subject.identifier,
            guardians: &guardians,
        };
        let request = sign::<T>(&authority, &arguments);

        #[extrinsic_call]
        _(
            RawOrigin::Signed(caller),
            subject.identifier,
            guardians.clone(),
            request,
        );

        let pending = Guardians::<T>::get(subject.identifier).and_then(|delayed| delayed.pending);
        assert_eq!(pending.map(|(set, _)| set), Some(guardians));
        Ok(())
    }

    #[benchmark]
    fn open_recovery(v: Linear<2, 30>) -> Result<(), BenchmarkError> {
        let caller = caller::<T>();
        let subject = tower::<T>(&caller, v / 2, 1)?;
        let guardian = tower::<T>(&caller, v - v / 2, 2)?;
        let first = root::<T>(&caller, 9_001)?;
        let guardians = [first.clone(), guardian.clone()];
        guard::<T>(&caller, &subject, &subject, &guardians, 2)?;
        // One that found no support, whose place it takes.
        open::<T>(&former_payer::<T>(1), &subject, &first, [8; 32])?;
        let arguments = OpenRecoveryArguments {
            identifier: subject.identifier,
            certificate_hash: [7; 32],
            compromised_after: Some(1),
        };
        let request = sign::<T>(&guardian, &arguments);

        #[extrinsic_call]
        _(
            RawOrigin::Signed(caller),
            subject.identifier,
            [7; 32],
            Some(1),
            request,
        );

        let recovery = Recoveries::<T>::get(subject.identifier);
        assert_eq!(recovery.map(|recovery| recovery.number), Some(2));
        Ok(())
    }

    #[benchmark]
    fn approve_recovery(v: Linear<2, 30>) -> Result<(), BenchmarkError> {
        let caller = caller::<T>();
        let subject = tower::<T>(&caller, v / 2, 1)?;
        let guardian = tower::<T>(&caller, v - v / 2, 2)?;
        let first = root::<T>(&caller, 9_001)?;
        let guardians = [first.clone(), guardian.clone()];
        guard::<T>(&caller, &subject, &subject, &guardians, 2)?;
        open::<T>(&caller, &subject, &first, [7; 32])?;
        let arguments = ApproveRecoveryArguments {
            identifier: subject.identifier,
            number: 1,
            certificate_hash: [7; 32],
        };
        let request = sign::<T>(&guardian, &arguments);

        #[extrinsic_call]
        _(
            RawOrigin::Signed(caller),
            subject.identifier,
            1,
            [7; 32],
            request,
        );

        let recovery = Recoveries::<T>::get(subject.identifier);
        assert_eq!(recovery.map(|recovery| recovery.approvals), Some(3));
        Ok(())
    }

    #[benchmark]
    fn veto_recovery() -> Result<(), BenchmarkError> {
        let caller = caller::<T>();
        let subject = root::<T>(&caller, 1)?;
        let guardians = [root::<T>(&caller, 2)?, root::<T>(&caller, 3)?];
        let controller = control::<T>(&caller, &subject)?;
        guard::<T>(&caller, &subject, &controller, &guardians, 1)?;
        let [first, _] = &guardians;
        open::<T>(&former_payer::<T>(1), &subject, first, [7; 32])?;
        let arguments = VetoRecoveryArguments {
            identifier: subject.identifier,
            number: 1,
        };
        let request = sign::<T>(&controller, &arguments);

        #[extrinsic_call]
        _(RawOrigin::Signed(caller), subject.identifier, 1, request);

        assert!(!Recoveries::<T>::contains_key(subject.identifier));
        Ok(())
    }

    #[benchmark]
    fn execute_recovery(
        l: Linear<400, MAX_CERTIFICATE_SIZE>,
        v: Linear<10, 140>,
    ) -> Result<(), BenchmarkError> {
        let caller = caller::<T>();
        let each = v / 10;
        let issuer = tower::<T>(&caller, each, 1)?;
        let [first_payer, second_payer] = [1, 2].map(former_payer::<T>);
        let subject = child::<T>(&first_payer, &issuer, &[], 9_001)?;
        let subject = aged::<T>(&first_payer, subject, Some(&issuer), 9_100)?;
        let guardians = (2..10)
            .map(|base| tower::<T>(&caller, each, base))
            .collect::<Result<Vec<_>, _>>()?;
        guard::<T>(&caller, &subject, &subject, &guardians, 8)?;
        let new_key = key(9_002);
        let der: CertificateBytes = certificate_of(&new_key, Some(&issuer), Some(&subject), 2, l)?;
        let certificate_hash = identifier_of(&der)?.0;
        let mut approving = guardians.iter();
        let first = approving
            .next()
            .ok_or(BenchmarkError::Stop("no guardian"))?;
        open::<T>(&second_payer, &subject, first, certificate_hash)?;
        for guardian in approving {
            let arguments = ApproveRecoveryArguments {
                identifier: subject.identifier,
                number: 1,
                certificate_hash,
            };
            let request = sign::<T>(guardian, &arguments);
            Pallet::<T>::approve_recovery(
                RawOrigin::Signed(caller.clone()).into(),
                subject.identifier,
                1,
                certificate_hash,
                request,
            )
            .map_err(|failed| failed.error)?;
        }
        frame_system::Pallet::<T>::set_block_number((5 + 2 * DELAY).into());
        let arguments = ExecuteRecoveryArguments {
            identifier: subject.identifier,
            number: 1,
            certificate: &der,
            algorithm: issuer.key.algorithm(),
        };
        let request = sign_with::<T>(&new_key, subject.identifier, &arguments);

        #[extrinsic_call]
        _(
            RawOrigin::Signed(caller),
            subject.identifier,
            1,
            der,
            issuer.key.algorithm(),
            Default::default(),
            request,
        );

        let record = Identities::<T>::get(subject.identifier);
        assert_eq!(record.map(|record| record.generation), Some(6));
        Ok(())
    }

    #[benchmark]
    fn set_services() -> Result<(), BenchmarkError> {
        let caller = caller::<T>();
        let subject = root::<T>(&caller, 1)?;
        serve::<T>(&former_payer::<T>(1), &subject)?;
        let services = longest_services()?;
        let arguments = SetServicesArguments {
            identifier: subject.identifier,
            services: &services,
        };
        let request = sign::<T>(&subject, &arguments);

        #[extrinsic_call]
        _(
            RawOrigin::Signed(caller.clone()),
            subject.identifier,
            services,
            request,
        );

        let record = ServiceRecords::<T>::get(subject.identifier);
        assert_eq!(record.map(|record| record.ticket.payer), Some(caller));
        Ok(())
    }

    #[benchmark]
    fn reclaim_recovery() -> Result<(), BenchmarkError> {
        let caller = caller::<T>();
        let (subject, guardian) = (root::<T>(&caller, 1)?, root::<T>(&caller, 2)?);
        let guardians = [guardian.clone()];
        guard::<T>(&caller, &subject, &subject, &guardians, 1)?;
        open::<T>(&former_payer::<T>(1), &subject, &guardian, [7; 32])?;
        frame_system::Pallet::<T>::set_block_number((6 + 2 * DELAY + RECOVERY_WINDOW).into());

        #[extrinsic_call]
        _(RawOrigin::Signed(caller), subject.identifier);

        assert!(!Recoveries::<T>::contains_key(subject.identifier));
        Ok(())
    }

    #[benchmark]
    fn signature_ed25519() -> Result<(), BenchmarkError> {
        let key = SigningKey::ed25519([7; 32]);
        let parts = message_of(&key);
        #[block]
        {
            check(&key, &parts)?;
        }
        Ok(())
    }

    #[benchmark]
    fn signature_p256() -> Result<(), BenchmarkError> {
        let key = SigningKey::p256([7; 32]).ok_or(BenchmarkError::Stop("7… is below the order"))?;
        let parts = message_of(&key);
        #[block]
        {
            check(&key, &parts)?;
        }
        Ok(())
    }

    #[benchmark]
    fn signature_p384() -> Result<(), BenchmarkError> {
        let key = SigningKey::p384([7; 48]).ok_or(BenchmarkError::Stop("7… is below the order"))?;
        let parts = message_of(&key);
        #[block]
        {
            check(&key, &parts)?;
        }
        Ok(())
    }

    #[benchmark]
    fn signature_rsa() -> Result<(), BenchmarkError> {
        let key = SigningKey::from_pkcs8(RSA_KEY).map_err(stop("the RSA key is refused"))?;
        let parts = message_of(&key);
        #[block]
        {
            check(&key, &parts)?;
        }
        Ok(())
    }

    impl_benchmark_test_suite!(Pallet, crate::mock::new_chain(), crate::mock::Test);
}
