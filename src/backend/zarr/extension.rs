//! The extensions that the metadata name: codecs, chunk grids, data types and chunk key encodings, each with its
//! configuration.
//!
//! None of them can be skipped: anything unknown is an error that names it, even if the metadata say that it need not
//! be understood.

use super::json::{lengths, shown};
use crate::error::{Error, Result};
use serde_json::{Map, Value};

/// Something that is named, and its configuration.
pub(super) struct Extension {
    /// What it is: a codec.
    kind: &'static str,
    pub(super) name: String,
    configuration: Map<String, Value>,
}

impl Extension {
    /// As version 3 has it: a name, or an object of a name and a configuration.
    pub(super) fn read(kind: &'static str, value: Value) -> Result<Self> {
        let mut members = match value {
            Value::String(name) => return Ok(Self { kind, name, configuration: Map::new() }),
            Value::Object(members) => members,
            other => {
                return Err(Error::unsupported(format!("the array has a {kind} without a name: {}", shown(&other))));
            }
        };
        let Some(Value::String(name)) = members.remove("name") else {
            let members = shown(&Value::Object(members));
            return Err(Error::unsupported(format!("the array has a {kind} without a name: {members}")));
        };
        let configuration = members.remove("configuration");
        // Nothing can be done with an array but by understanding it.
        members.remove("must_understand");
        let extension = Self::configured(kind, name, configuration)?;
        match members.keys().next() {
            None => Ok(extension),
            Some(member) => Err(extension.unknown_member(member)),
        }
    }

    /// As version 2 has codecs: an object of an id and its configuration.
    pub(super) fn read_v2(kind: &'static str, value: Value) -> Result<Self> {
        let Value::Object(mut configuration) = value else {
            return Err(Error::unsupported(format!("the array has a {kind} without an id: {}", shown(&value))));
        };
        let Some(Value::String(name)) = configuration.remove("id") else {
            let members = shown(&Value::Object(configuration));
            return Err(Error::unsupported(format!("the array has a {kind} without an id: {members}")));
        };
        Ok(Self { kind, name, configuration })
    }

    fn configured(kind: &'static str, name: String, configuration: Option<Value>) -> Result<Self> {
        match configuration {
            None | Some(Value::Null) => Ok(Self { kind, name, configuration: Map::new() }),
            Some(Value::Object(configuration)) => Ok(Self { kind, name, configuration }),
            Some(other) => Err(Error::unsupported(format!(
                "the array has the {kind} {name:?} with a configuration that is not an object: {}",
                shown(&other)
            ))),
        }
    }

    /// Takes a member of the configuration.
    pub(super) fn take(&mut self, member: &str) -> Option<Value> {
        self.configuration.remove(member)
    }

    /// Takes the lengths that are a member of the configuration.
    pub(super) fn take_lengths(&mut self, member: &str) -> Result<Vec<usize>> {
        let value = self.take(member).unwrap_or_default();
        lengths(&format!("`{member}` of the {} {:?}", self.kind, self.name), &value)
    }

    /// Takes a member that is one of these, or the first of them if it is missing; returns its place.
    pub(super) fn take_one_of(&mut self, member: &str, choices: &[&str]) -> Result<usize> {
        let Some(value) = self.take(member) else { return Ok(0) };
        let place = choices.iter().position(|choice| value == *choice);
        place.ok_or_else(|| self.unknown_value(member, &value))
    }

    /// Leaves aside members that concern writing only.
    pub(super) fn without(mut self, members: &[&str]) -> Self {
        members.iter().for_each(|member| drop(self.configuration.remove(*member)));
        self
    }

    /// Fails for whatever has not been taken: it may change the meaning.
    pub(super) fn finish(self) -> Result<()> {
        match self.configuration.keys().next() {
            None => Ok(()),
            Some(member) => Err(self.unknown_member(member)),
        }
    }

    /// The error for something of an unknown name.
    pub(super) fn refused(&self, instead: &str) -> Error {
        Error::unsupported(format!(
            "the array has the {} {:?}, which arraystow does not support; {instead}",
            self.kind, self.name
        ))
    }

    /// The error for a value of its configuration.
    pub(super) fn unknown_value(&self, member: &str, value: &Value) -> Error {
        Error::unsupported(format!(
            "the array has the {} {:?} with the {member} {}, which arraystow does not support",
            self.kind,
            self.name,
            shown(value)
        ))
    }

    fn unknown_member(&self, member: &str) -> Error {
        Error::unsupported(format!(
            "the array has the {} {:?} with the member {member:?}, which arraystow does not support",
            self.kind, self.name
        ))
    }
}
