//! Every way of the runtime to let a call come from somebody who did not sign its transaction.

use crate::{OriginCaller, RuntimeCall, carried::nested};
use scale_info::{PortableRegistry, Registry, TypeDef, form::PortableForm, meta_type};

/// Whether a type has one of others anywhere in it.
fn has(types: &PortableRegistry, wanted: &[u32], at: u32, seen: &mut Vec<u32>) -> bool {
    if wanted.contains(&at) {
        return true;
    }
    if seen.contains(&at) {
        return false;
    }
    seen.push(at);
    let mut has = |id: u32| has(types, wanted, id, seen);
    match &types.resolve(at).unwrap().type_def {
        TypeDef::Composite(composite) => composite.fields.iter().any(|field| has(field.ty.id)),
        TypeDef::Variant(variant) => variant
            .variants
            .iter()
            .flat_map(|variant| &variant.fields)
            .any(|field| has(field.ty.id)),
        TypeDef::Sequence(sequence) => has(sequence.type_param.id),
        TypeDef::Array(array) => has(array.type_param.id),
        TypeDef::Tuple(tuple) => tuple.fields.iter().any(|field| has(field.id)),
        TypeDef::Compact(compact) => has(compact.type_param.id),
        TypeDef::Primitive(_) | TypeDef::BitSequence(_) => false,
    }
}

type Variants = Vec<scale_info::Variant<PortableForm>>;

fn variants(types: &PortableRegistry, id: u32) -> Variants {
    match &types.resolve(id).unwrap().type_def {
        TypeDef::Variant(variant) => variant.variants.clone(),
        other => panic!("{other:?} is no enumeration"),
    }
}

/// The calls with a call or an origin among their arguments, as pallet and name.
fn with_calls_or_origins() -> Vec<String> {
    let mut registry = Registry::new();
    let [call, origin] = [meta_type::<RuntimeCall>(), meta_type::<OriginCaller>()]
        .map(|wanted| registry.register_type(&wanted).id);
    let types = PortableRegistry::from(registry);
    let mut found = Vec::new();
    for pallet in variants(&types, call) {
        for named in variants(&types, pallet.fields[0].ty.id) {
            let mut arguments = named.fields.iter();
            if arguments.any(|field| has(&types, &[call, origin], field.ty.id, &mut Vec::new())) {
                found.push(format!("{}::{}", pallet.name, named.name));
            }
        }
    }
    found
}

/// Accounts that are identities belong to their keys: no pallet lets one account act as another without that one's key,
/// but for those that root lets. Whoever adds a way to this list has to say how it leaves identities alone.
#[test]
fn every_way_to_another_origin_is_known() {
    // The account of a hash of the sender and an index, or of a group and its threshold: no key's, and no identity's.
    let of_accounts_derived = [
        "Utility::as_derivative",
        "Multisig::as_multi_threshold_1",
        "Multisig::as_multi",
    ];
    // The sender stays.
    let of_the_sender = [
        "Utility::batch",
        "Utility::batch_all",
        "Utility::force_batch",
        "Utility::with_weight",
        "Utility::if_else",
    ];
    // Root's.
    let of_root = [
        "Utility::dispatch_as",
        "Utility::dispatch_as_fallible",
        "Sudo::sudo",
        "Sudo::sudo_unchecked_weight",
        "Sudo::sudo_as",
        "Scheduler::schedule",
        "Scheduler::schedule_named",
        "Scheduler::schedule_after",
        "Scheduler::schedule_named_after",
    ];
    // An identity's, by its signature.
    let of_an_identity = ["MetaTx::dispatch"];
    let mut known: Vec<_> = [
        &of_accounts_derived[..],
        &of_the_sender,
        &of_root,
        &of_an_identity,
    ]
    .concat();
    known.sort_unstable();
    let mut found = with_calls_or_origins();
    found.sort_unstable();
    assert_eq!(found, known);
}

/// What the filter of carried calls looks into is every call but the carried one.
#[test]
fn calls_within_calls_are_found() {
    let inner: RuntimeCall = frame_system::Call::remark { remark: vec![] }.into();
    let one = Box::new(inner.clone());
    let origin = Box::new(OriginCaller::system(frame_system::RawOrigin::Root));
    let weight = frame_support::weights::Weight::zero();
    let account = crate::AccountId::new([0; 32]);
    let calls: Vec<RuntimeCall> = vec![
        pallet_utility::Call::batch {
            calls: vec![inner.clone()],
        }
        .into(),
        pallet_utility::Call::batch_all {
            calls: vec![inner.clone()],
        }
        .into(),
        pallet_utility::Call::force_batch {
            calls: vec![inner.clone()],
        }
        .into(),
        pallet_utility::Call::as_derivative {
            index: 0,
            call: one.clone(),
        }
        .into(),
        pallet_utility::Call::dispatch_as {
            as_origin: origin.clone(),
            call: one.clone(),
        }
        .into(),
        pallet_utility::Call::dispatch_as_fallible {
            as_origin: origin,
            call: one.clone(),
        }
        .into(),
        pallet_utility::Call::with_weight {
            call: one.clone(),
            weight,
        }
        .into(),
        pallet_utility::Call::if_else {
            main: one.clone(),
            fallback: one.clone(),
        }
        .into(),
        pallet_sudo::Call::sudo { call: one.clone() }.into(),
        pallet_sudo::Call::sudo_unchecked_weight {
            call: one.clone(),
            weight,
        }
        .into(),
        pallet_sudo::Call::sudo_as {
            who: account.into(),
            call: one.clone(),
        }
        .into(),
        pallet_multisig::Call::as_multi_threshold_1 {
            other_signatories: vec![],
            call: one.clone(),
        }
        .into(),
        pallet_multisig::Call::as_multi {
            threshold: 2,
            other_signatories: vec![],
            maybe_timepoint: None,
            call: one.clone(),
            max_weight: weight,
        }
        .into(),
        pallet_scheduler::Call::schedule {
            when: 1,
            maybe_periodic: None,
            priority: 0,
            call: one.clone(),
        }
        .into(),
        pallet_scheduler::Call::schedule_named {
            id: [0; 32],
            when: 1,
            maybe_periodic: None,
            priority: 0,
            call: one.clone(),
        }
        .into(),
        pallet_scheduler::Call::schedule_after {
            after: 1,
            maybe_periodic: None,
            priority: 0,
            call: one.clone(),
        }
        .into(),
        pallet_scheduler::Call::schedule_named_after {
            id: [0; 32],
            after: 1,
            maybe_periodic: None,
            priority: 0,
            call: one,
        }
        .into(),
    ];
    // All that the metadata list, but the carried call.
    assert_eq!(calls.len() + 1, with_calls_or_origins().len());
    for call in calls {
        assert!(nested(&call).concat().contains(&inner), "{call:?}");
    }
}
