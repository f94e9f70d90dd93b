//! Random histories: whatever is called in whatever order, the state stays whole, deposits add up,
//! nonces never fall, and nothing holds under something that does not.

use std::collections::BTreeMap;

use allod_identity::{
    Issuance, MAX_DEPTH, MAX_VISITED, RevocationReason,
    api::Standing,
    request::arguments::{
        ApproveRecoveryArguments, ExecuteRecoveryArguments, OpenRecoveryArguments,
        ReparentArguments, VetoRecoveryArguments,
    },
};
use frame_support::traits::fungible::InspectHold;
use parity_scale_codec::{Decode, Encode};
use proptest::prelude::*;

use super::{deactivate::deactivate, set_controller::set_controller, *};
use crate::{
    mock::*,
    pallet::{Controllers, Guardians, Identities, Recoveries, ServiceRecords},
};

/// One step; the numbers pick whom it is about.
#[derive(Debug, Clone)]
enum Step {
    Root,
    Child {
        issuer: usize,
        co_issuer: Option<usize>,
    },
    Renew {
        who: usize,
        new_key: bool,
        compromised: bool,
    },
    Reparent {
        who: usize,
        issuer: usize,
    },
    Deactivate {
        who: usize,
    },
    Revoke {
        issuer: usize,
        whose: usize,
    },
    Hold {
        issuer: usize,
        whose: usize,
    },
    Release {
        issuer: usize,
        whose: usize,
    },
    Control {
        who: usize,
        controller: Option<usize>,
    },
    Guard {
        who: usize,
        guardians: [usize; 2],
        threshold: u8,
    },
    Open {
        who: usize,
        guardian: usize,
    },
    Approve {
        who: usize,
        guardian: usize,
    },
    Veto {
        who: usize,
    },
    Execute {
        who: usize,
    },
    Wait {
        blocks: u8,
    },
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let pick = || 0..8_usize;
    let some = || proptest::option::of(0..8_usize);
    let step = prop_oneof![
        2 => Just(Step::Root),
        6 => (pick(), some()).prop_map(|(issuer, co_issuer)| Step::Child { issuer, co_issuer }),
        4 => (pick(), any::<bool>(), any::<bool>())
            .prop_map(|(who, new_key, compromised)| Step::Renew { who, new_key, compromised }),
        3 => (pick(), pick()).prop_map(|(who, issuer)| Step::Reparent { who, issuer }),
        1 => pick().prop_map(|who| Step::Deactivate { who }),
        2 => (pick(), pick()).prop_map(|(issuer, whose)| Step::Revoke { issuer, whose }),
        2 => (pick(), pick()).prop_map(|(issuer, whose)| Step::Hold { issuer, whose }),
        2 => (pick(), pick()).prop_map(|(issuer, whose)| Step::Release { issuer, whose }),
        1 => (pick(), some()).prop_map(|(who, controller)| Step::Control { who, controller }),
        2 => (pick(), [pick(), pick()], 1..3_u8)
            .prop_map(|(who, guardians, threshold)| Step::Guard { who, guardians, threshold }),
        2 => (pick(), pick()).prop_map(|(who, guardian)| Step::Open { who, guardian }),
        2 => (pick(), pick()).prop_map(|(who, guardian)| Step::Approve { who, guardian }),
        1 => pick().prop_map(|who| Step::Veto { who }),
        2 => pick().prop_map(|who| Step::Execute { who }),
        2 => (1..10_u8).prop_map(|blocks| Step::Wait { blocks }),
    ];
    proptest::collection::vec(step, 1..60)
}

/// What the owners of all keys remember.
#[derive(Default)]
struct World {
    people: Vec<Somebody>,
    /// The certificate and key of the recovery that was opened last for each.
    recoveries: BTreeMap<Identifier, (Vec<u8>, SigningKey)>,
    keys: u32,
    serials: u8,
    block: u64,
}

impl World {
    fn pick(&self, index: usize) -> Option<Somebody> {
        let count = self.people.len().max(1);
        self.people.get(index % count).cloned()
    }

    fn new_key(&mut self) -> SigningKey {
        self.keys += 1;
        let mut seed = [0x77; 32];
        seed[..4].copy_from_slice(&self.keys.to_le_bytes());
        SigningKey::ed25519(seed)
    }

    fn new_serial(&mut self) -> u8 {
        self.serials = (self.serials % 126) + 1;
        self.serials
    }

    fn issuer_of(&self, somebody: &Somebody) -> Option<Somebody> {
        let record = Identities::<Test>::get(somebody.identifier)?;
        let issuer = record.issuance.issuer_of(somebody.identifier);
        let mut people = self.people.iter();
        people.find(|other| other.identifier == issuer).cloned()
    }

    /// A certificate for somebody's next key, by whoever issues theirs.
    fn next_certificate(&mut self, who: &Somebody, key: &SigningKey) -> Option<(Vec<u8>, u8)> {
        let serial = self.new_serial();
        let issuer = self.issuer_of(who)?;
        let der = match issuer.identifier == who.identifier {
            true => certificate((&who.name, key), (&who.name, key), serial, as_it_is),
            false => issuer.issue(&who.name, key, serial),
        };
        Some((der, serial))
    }

    fn now_has(&mut self, who: Identifier, key: SigningKey, serial: u8) {
        for somebody in &mut self.people {
            if somebody.identifier == who {
                somebody.key = key.clone();
                somebody.serial = serial;
            }
        }
    }

    fn take(&mut self, step: Step) -> Option<()> {
        match step {
            Step::Root => {
                let (key, serial) = (self.new_key(), self.new_serial());
                let name = format!("root {}", self.keys);
                let der = certificate((&name, &key), (&name, &key), serial, as_it_is);
                let mut registration = Registration::agent(&key);
                registration.certificate = der;
                registration.valid_until = VALID_UNTIL;
                dispatch(|| registration.submit(PAYER)).ok()?;
                self.people.push(Somebody {
                    identifier: registration.identifier(),
                    name,
                    key,
                    serial,
                });
            }
            Step::Child { issuer, co_issuer } => {
                let issuer = self.pick(issuer)?;
                let (key, serial) = (self.new_key(), self.new_serial());
                let name = format!("child {}", self.keys);
                let der = issuer.issue(&name, &key, serial);
                let co_issuer = co_issuer.and_then(|index| self.pick(index));
                let consents: Vec<_> = co_issuer
                    .iter()
                    .map(|partner| partner.consent(&der, issuer.identifier))
                    .collect();
                dispatch(|| register_issued(&key, &der, &issuer, &consents)).ok()?;
                self.people.push(Somebody {
                    identifier: identifier_of(&der),
                    name,
                    key,
                    serial,
                });
            }
            Step::Renew {
                who,
                new_key,
                compromised,
            } => {
                let who = self.pick(who)?;
                let key = match new_key {
                    true => self.new_key(),
                    false => who.key.clone(),
                };
                let (der, serial) = self.next_certificate(&who, &key)?;
                let mut renewal = who.renewal(der.clone(), &key);
                let authority = AutoId::authority(who.identifier);
                let mut people = self.people.iter();
                renewal.authority = people.find(|one| one.identifier == authority)?.clone();
                let record = Identities::<Test>::get(who.identifier)?;
                let issuer = record.issuance.issuer_of(who.identifier);
                renewal.consents = record
                    .issuance
                    .issuers()
                    .skip(1)
                    .filter_map(|reference| {
                        let mut people = self.people.iter();
                        people.find(|one| one.identifier == reference.identifier)
                    })
                    .map(|partner| partner.consent(&der, issuer))
                    .collect();
                let block = u32::try_from(self.block).unwrap();
                renewal.compromised_after = compromised.then(|| block.saturating_sub(2));
                dispatch(|| renewal.submit(OTHER_PAYER)).ok()?;
                self.now_has(who.identifier, key, serial);
            }
            Step::Reparent { who, issuer } => {
                let (who, issuer) = (self.pick(who)?, self.pick(issuer)?);
                let serial = self.new_serial();
                let der = issuer.issue(&who.name, &who.key, serial);
                let arguments = ReparentArguments {
                    identifier: who.identifier,
                    certificate: &der,
                    algorithm: SignatureAlgorithm::Ed25519,
                    issuer: issuer.identifier,
                    co_issuers: vec![],
                };
                let request = who.sign(&arguments);
                dispatch(|| {
                    AutoId::reparent(
                        RuntimeOrigin::signed(PAYER),
                        who.identifier,
                        der.clone().try_into().unwrap(),
                        SignatureAlgorithm::Ed25519,
                        issuer.identifier,
                        Default::default(),
                        request,
                    )
                })
                .ok()?;
                self.now_has(who.identifier, who.key, serial);
            }
            Step::Wait { blocks } => {
                self.block += u64::from(blocks);
                go_to(self.block, NOW);
            }
            other => self.take_control(other)?,
        }
        Some(())
    }

    /// The steps that bring no certificate, and recoveries.
    fn take_control(&mut self, step: Step) -> Option<()> {
        let acting = |who: &Somebody| {
            let authority = AutoId::authority(who.identifier);
            let mut people = self.people.iter();
            people.find(|one| one.identifier == authority).cloned()
        };
        match step {
            Step::Deactivate { who } => {
                let who = self.pick(who)?;
                let authority = acting(&who)?;
                dispatch(|| deactivate(&who, &authority)).ok()
            }
            Step::Revoke { issuer, whose } => {
                let (issuer, whose) = (self.pick(issuer)?, self.pick(whose)?);
                dispatch(|| issuer.revoke(&[whose.serial], RevocationReason::Unspecified)).ok()
            }
            Step::Hold { issuer, whose } => {
                let (issuer, whose) = (self.pick(issuer)?, self.pick(whose)?);
                dispatch(|| issuer.hold(&[whose.serial])).ok()
            }
            Step::Release { issuer, whose } => {
                let (issuer, whose) = (self.pick(issuer)?, self.pick(whose)?);
                dispatch(|| issuer.release(&[whose.serial])).ok()
            }
            Step::Control { who, controller } => {
                let who = self.pick(who)?;
                let controller = controller.and_then(|index| self.pick(index));
                let authority = acting(&who)?;
                dispatch(|| set_controller(&who, &authority, controller.as_ref())).ok()
            }
            Step::Guard {
                who,
                guardians,
                threshold,
            } => {
                let who = self.pick(who)?;
                let [one, two] = [self.pick(guardians[0])?, self.pick(guardians[1])?];
                dispatch(|| who.guard(&[&one, &two], threshold, 3)).ok()
            }
            Step::Open { who, guardian } => {
                let (who, guardian) = (self.pick(who)?, self.pick(guardian)?);
                let key = self.new_key();
                let (der, _) = self.next_certificate(&who, &key)?;
                let arguments = OpenRecoveryArguments {
                    identifier: who.identifier,
                    certificate_hash: identifier_of(&der).0,
                    compromised_after: Some(0),
                };
                let request = guardian.sign(&arguments);
                dispatch(|| {
                    AutoId::open_recovery(
                        RuntimeOrigin::signed(PAYER),
                        who.identifier,
                        arguments.certificate_hash,
                        Some(0),
                        request,
                    )
                })
                .ok()?;
                self.recoveries.insert(who.identifier, (der, key));
                Some(())
            }
            Step::Approve { who, guardian } => {
                let (who, guardian) = (self.pick(who)?, self.pick(guardian)?);
                let recovery = Recoveries::<Test>::get(who.identifier)?;
                let arguments = ApproveRecoveryArguments {
                    identifier: who.identifier,
                    number: recovery.number,
                    certificate_hash: recovery.certificate_hash,
                };
                let request = guardian.sign(&arguments);
                dispatch(|| {
                    AutoId::approve_recovery(
                        RuntimeOrigin::signed(PAYER),
                        who.identifier,
                        recovery.number,
                        recovery.certificate_hash,
                        request,
                    )
                })
                .ok()
            }
            Step::Veto { who } => {
                let who = self.pick(who)?;
                let authority = acting(&who)?;
                let recovery = Recoveries::<Test>::get(who.identifier)?;
                let arguments = VetoRecoveryArguments {
                    identifier: who.identifier,
                    number: recovery.number,
                };
                let request = authority.sign(&arguments);
                let origin = RuntimeOrigin::signed(PAYER);
                dispatch(|| AutoId::veto_recovery(origin, who.identifier, recovery.number, request))
                    .ok()
            }
            Step::Execute { who } => {
                let who = self.pick(who)?;
                let recovery = Recoveries::<Test>::get(who.identifier)?;
                let (der, key) = self.recoveries.get(&who.identifier)?.clone();
                let arguments = ExecuteRecoveryArguments {
                    identifier: who.identifier,
                    number: recovery.number,
                    certificate: &der,
                    algorithm: SignatureAlgorithm::Ed25519,
                };
                let request = sign_with(&key, who.identifier, &arguments);
                dispatch(|| {
                    AutoId::execute_recovery(
                        RuntimeOrigin::signed(PAYER),
                        who.identifier,
                        recovery.number,
                        der.clone().try_into().unwrap(),
                        SignatureAlgorithm::Ed25519,
                        Default::default(),
                        request,
                    )
                })
                .ok()?;
                let serial = ParsedCertificate::parse(&der).unwrap().serial()[0];
                self.now_has(who.identifier, key, serial);
                Some(())
            }
            _ => None,
        }
    }
}

/// What a deposit amounts to.
fn amount(deposit: &impl Encode) -> u64 {
    u64::decode(&mut &deposit.encode()[..]).unwrap()
}

/// Everything that is held is held for something that is stored.
fn check_deposits() {
    let mut expected: BTreeMap<Account, u64> = BTreeMap::new();
    let mut add = |payer: Account, deposit: u64| *expected.entry(payer).or_default() += deposit;
    for (_, record) in Identities::<Test>::iter() {
        add(record.ticket.payer, amount(&record.ticket.deposit));
    }
    for (_, delayed) in Controllers::<Test>::iter() {
        add(delayed.ticket.payer, amount(&delayed.ticket.deposit));
    }
    for (_, delayed) in Guardians::<Test>::iter() {
        add(delayed.ticket.payer, amount(&delayed.ticket.deposit));
    }
    for (_, recovery) in Recoveries::<Test>::iter() {
        add(recovery.ticket.payer, amount(&recovery.ticket.deposit));
    }
    for (_, services) in ServiceRecords::<Test>::iter() {
        add(services.ticket.payer, amount(&services.ticket.deposit));
    }
    for payer in [PAYER, OTHER_PAYER] {
        let held = Balances::balance_on_hold(&IdentityHold::get(), &payer);
        assert_eq!(held, expected.get(&payer).copied().unwrap_or(0), "{payer}");
    }
}

/// Nothing holds under something that does not, and no chain is too long.
fn check_reports(world: &World) {
    for somebody in &world.people {
        let record = Identities::<Test>::get(somebody.identifier).unwrap();
        assert!(record.depth <= MAX_DEPTH);
        let report = AutoId::verify(somebody.identifier, None, None, None);
        assert!(report.links.len() <= MAX_VISITED as usize);
        if !report.holds() {
            continue;
        }
        let details = AutoId::details(somebody.identifier).unwrap();
        assert_eq!(details.standing, Standing::Valid);
        for link in &report.links {
            let above = AutoId::details(link.identifier).unwrap();
            assert_eq!(above.standing, Standing::Valid);
        }
        if let Issuance::Issued { issuer, .. } = record.issuance {
            assert_ne!(issuer.identifier, somebody.identifier);
            assert_ne!(report.root, Some(somebody.identifier));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn any_history_leaves_a_whole_state(steps in steps()) {
        new_chain().execute_with(|| {
            let mut world = World { block: 1, ..World::default() };
            let mut nonces: BTreeMap<Identifier, u64> = BTreeMap::new();
            for step in steps {
                let before = sp_io::storage::root(sp_runtime::StateVersion::V1);
                let shown = format!("{step:?}");
                let is_done = world.take(step).is_some();
                if !is_done {
                    let after = sp_io::storage::root(sp_runtime::StateVersion::V1);
                    assert_eq!(before, after, "{shown} failed and changed something");
                    continue;
                }
                AutoId::do_try_state().unwrap();
                check_deposits();
                for (identifier, record) in Identities::<Test>::iter() {
                    let last = nonces.insert(identifier, record.nonce);
                    assert!(last.is_none_or(|last| last <= record.nonce));
                }
            }
            check_reports(&world);
        });
    }

    /// A certificate with a few bytes changed is refused or is another certificate; nothing panics.
    #[test]
    fn mutated_certificates_are_refused(
        at in proptest::collection::vec((0..400_usize, any::<u8>()), 1..4),
    ) {
        new_chain().execute_with(|| {
            let issuer = root("issuer", 1);
            let key = ed25519(2);
            let mut der = issuer.issue("child", &key, 7);
            let original = der.clone();
            for (index, byte) in at {
                let index = index % der.len();
                der[index] = byte;
            }
            prop_assume!(der != original);
            let Ok(parsed) = ParsedCertificate::parse(&der) else {
                let algorithm = SignatureAlgorithm::Ed25519;
                let request = SignedRequest {
                    nonce: 0,
                    valid_until: VALID_UNTIL,
                    signature: Default::default(),
                };
                let result = dispatch(|| AutoId::register_issued(
                    RuntimeOrigin::signed(PAYER),
                    der.clone().try_into().unwrap(),
                    algorithm,
                    issuer.identifier,
                    Default::default(),
                    algorithm,
                    request,
                ));
                assert!(result.is_err());
                return Ok(());
            };
            // Well formed, but nobody signed it.
            assert!(Identifier::of(&parsed) != identifier_of(&original));
            assert!(dispatch(|| register_issued(&key, &der, &issuer, &[])).is_err());
            Ok(())
        })?;
    }

    /// Bytes that are no request are refused as they are decoded; those that are come back the same.
    #[test]
    fn requests_decode_to_what_they_encode(bytes in proptest::collection::vec(any::<u8>(), 0..700)) {
        let mut input = &bytes[..];
        if let Ok(request) = IdentityRequest::decode(&mut input) {
            let read = &bytes[..bytes.len() - input.len()];
            let encoded = request.encode();
            assert_eq!(IdentityRequest::decode(&mut &encoded[..]).unwrap(), request);
            assert!(request.request.signature.len() <= 512 && encoded.len() <= read.len());
        }
    }
}
