//! JSON objects in which single members are replaced, and everything else stays as it was written, byte by byte.

use super::json::unreadable;
use crate::error::Result;
use serde::de::{Error as _, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;
use std::fmt;

/// More than any object has that this crate writes.
const MOST_MEMBERS: usize = 64;

/// The names and the strings of an object's members.
#[derive(Clone)]
pub(super) struct Members(Vec<(String, String)>);

impl Members {
    pub(super) fn read(text: &[u8]) -> Result<Self> {
        serde_json::from_slice(text).map_err(|error| unreadable(&error))
    }

    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, text)| text.as_str())
    }

    /// Exchanges a member, or adds it behind the others.
    pub(super) fn set(&mut self, name: &str, text: &str) {
        match self.0.iter_mut().find(|(known, _)| known == name) {
            Some((_, old)) => text.clone_into(old),
            None => self.0.push((name.to_owned(), text.to_owned())),
        }
    }

    pub(super) fn remove(&mut self, name: &str) {
        self.0.retain(|(known, _)| known != name);
    }

    /// The object as it is written.
    pub(super) fn text(&self) -> String {
        let name = |name: &String| serde_json::Value::from(name.as_str());
        let members: Vec<String> = self.0.iter().map(|(known, text)| format!("{}:{text}", name(known))).collect();
        format!("{{{}}}", members.join(","))
    }
}

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct TextVisitor;

        impl<'de> Visitor<'de> for TextVisitor {
            type Value = Members;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members, A::Error> {
                let mut members: Vec<(String, String)> = Vec::new();
                while let Some((name, text)) = map.next_entry::<String, &RawValue>()? {
                    if members.len() == MOST_MEMBERS || members.iter().any(|(known, _)| *known == name) {
                        return Err(A::Error::custom("there are more members than there should be"));
                    }
                    members.push((name, text.get().to_owned()));
                }
                Ok(Members(members))
            }
        }

        deserializer.deserialize_map(TextVisitor)
    }
}
