//! What a specification says beyond Substrate's fields.

use crate::{Checkpoint, rules::NetworkRules};
use allod_block_rules::RuleSchedule;
use sc_chain_spec::{ChainSpec, Extension, GetExtension, NoExtension, get_extension};
use serde::{Deserialize, Serialize};
use std::any::{Any, TypeId};

/// Fields of this chain's specifications that Substrate's have not. They lie beside the others.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Extensions {
    /// Which rules of blocks hold from where.
    #[serde(default)]
    pub rules: NetworkRules,
    /// A block that the chain must have.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub checkpoint: Option<Checkpoint>,
}

impl Extension for Extensions {
    // No field of them changes at a block.
    type Forks = NoExtension;

    fn get<T: 'static>(&self) -> Option<&T> {
        <dyn Any>::downcast_ref(self)
    }

    fn get_any(&self, _: TypeId) -> &dyn Any {
        self
    }

    fn get_any_mut(&mut self, _: TypeId) -> &mut dyn Any {
        self
    }
}

/// The block that a specification says the chain must have.
pub fn checkpoint(spec: &dyn ChainSpec) -> Option<Checkpoint> {
    get_extension::<Extensions>(spec.extensions())?.checkpoint
}

/// The rules of the network of a specification with these extensions.
pub fn rules_of(extensions: &dyn GetExtension) -> RuleSchedule {
    get_extension::<Extensions>(extensions)
        .map_or_else(RuleSchedule::default, |own| own.rules.0.clone())
}
