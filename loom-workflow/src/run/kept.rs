//! What iterations that have ended leave behind.

use std::collections::BTreeMap;

use serde::de::{SeqAccess, Visitor};
use serde::ser::SerializeSeq;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::ActionRecord;
use crate::definition::ActionIndex;

/// Records of ended iterations, by iteration. Only what an expression may ask for is in it.
///
/// It is written with the latest iteration first: a list begins with its length, so that what is
/// added stands next to what it changes, and a run that is stored as a change is stored as a
/// small one.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Kept(pub(crate) BTreeMap<u32, Vec<(ActionIndex, ActionRecord)>>);

impl Serialize for Kept {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_seq(Some(self.0.len()))?;
        for entry in self.0.iter().rev() {
            list.serialize_element(&entry)?;
        }
        list.end()
    }
}

impl<'de> Deserialize<'de> for Kept {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Entries;

        impl<'de> Visitor<'de> for Entries {
            type Value = Kept;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a list of iterations")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Kept, A::Error> {
                let mut kept = Kept::default();
                while let Some((iteration, records)) = list.next_element()? {
                    kept.0.insert(iteration, records);
                }
                Ok(kept)
            }
        }

        deserializer.deserialize_seq(Entries)
    }
}
