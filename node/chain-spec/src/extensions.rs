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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{FIELDS, OPTIONAL_FIELDS};
    use serde_json::Value;

    const LOCAL: &[u8] = include_bytes!("../../../chain-specs/local.json");

    fn names(value: &Value) -> Vec<String> {
        value.as_object().unwrap().keys().cloned().collect()
    }

    /// Whatever a specification can be written with may stand in one: a field that is missing would be refused as
    /// misspelt.
    #[test]
    fn every_field_that_is_written_is_read() {
        // All of them, so that a new one does not compile.
        let ours = Extensions {
            rules: NetworkRules::default(),
            checkpoint: Some(Checkpoint {
                number: 7,
                hash: [1; 32],
            }),
        };
        let mut written = names(&serde_json::to_value(ours).unwrap());
        let spec = crate::read(LOCAL, Some(b"\0asm")).unwrap();
        let spec = serde_json::from_str(&spec.as_json(false).unwrap()).unwrap();
        written.extend(names(&spec));
        for field in written {
            let known = FIELDS
                .iter()
                .chain(&OPTIONAL_FIELDS)
                .any(|known| *known == field);
            assert!(known, "{field} is refused");
        }
    }
}
