//! Where the parts of a value go in a packed file: maps and lists are groups, arrays are datasets, and plain values are
//! attributes.

use crate::array::{DataType, machine_memory};
use crate::backend::{ObjectPath, PACK_GROUP, PlainValue};
use crate::error::{Error, Result};
use crate::plugin::{Shared, Value};
use crate::storage::sources::as_stored;
use crate::task::check_cancelled;
use std::collections::{HashMap, HashSet};
use std::ptr::from_ref;

/// How deep the values of a packed value may be within each other. Only chains of shared values are deeper.
const MOST_LEVELS: usize = 500;
/// The stack that one level takes at most, and how much is added where there is less.
const ROOM: usize = 128 << 10;
const STACK: usize = 2 << 20;
/// The name of a value that has no fields.
const WHOLE: &str = "value";

/// What a packed file has besides its arrays.
#[derive(Default)]
pub(super) struct PackLayout {
    pub(super) groups: Vec<ObjectPath>,
    pub(super) values: Vec<(ObjectPath, PlainValue)>,
    /// The bytes of the values.
    bytes: usize,
    /// The first path of each array, by its id.
    pub(super) arrays: HashMap<String, ObjectPath>,
    /// Other names of objects: the object, the name, and whether the name is as good as the first.
    pub(super) links: Vec<(ObjectPath, ObjectPath, bool)>,
    shared: HashMap<usize, ObjectPath>,
    /// Weak references: the value, and the name.
    weak: Vec<(usize, ObjectPath)>,
}

impl PackLayout {
    pub(super) fn of(value: &Value) -> Result<Self> {
        let mut layout = Self::default();
        let whole = value.resolved();
        let has_fields = matches!(whole, Value::Map(_)) || is_group(whole);
        layout.add(value, if has_fields { Vec::new() } else { vec![WHOLE.to_owned()] })?;
        for (address, path) in std::mem::take(&mut layout.weak) {
            if let Some(to) = layout.shared.get(&address) {
                layout.links.push((to.clone(), path, false));
            }
        }
        Ok(layout)
    }

    /// Adds a value, and those in it. They may be deep within each other, and the caller's stack may be small.
    fn add(&mut self, value: &Value, path: ObjectPath) -> Result<()> {
        stacker::maybe_grow(ROOM, STACK, || self.add_one(value, path))
    }

    fn add_one(&mut self, value: &Value, path: ObjectPath) -> Result<()> {
        if path.len() > MOST_LEVELS {
            let text =
                format!("values nested more than {MOST_LEVELS} levels deep cannot be packed: copy the value instead");
            return Err(Error::unsupported(text).at_path(&path[..10].join(".")));
        }
        match value {
            Value::List(elements) => match plain(elements, vec![elements.len()]) {
                Some(plain) => self.value(path, plain)?,
                None => {
                    self.fields(elements.iter().enumerate().map(|(index, value)| (index.to_string(), value)), path)?
                }
            },
            Value::Map(entries) => {
                let key = |key: &Value| key.as_text().map_or_else(|| key.to_string(), str::to_owned);
                self.fields(entries.iter().map(|(name, value)| (key(name), value)), path)?;
            }
            Value::Array(array) => {
                let stored = as_stored(&**array.erased()).ok_or_else(|| Error::invalid("an array is not stored"))?;
                match self.arrays.get(stored.name()) {
                    Some(first) => self.links.push((first.clone(), path, true)),
                    None => drop(self.arrays.insert(stored.name().to_owned(), path)),
                }
            }
            Value::InlineArray(array) => {
                let (elements, shape) = (array.elements(), array.shape().to_vec());
                let plain = plain(elements, shape.clone()).or_else(|| complex(elements, shape));
                plain.map_or(Ok(()), |plain| self.value(path, plain))?;
            }
            Value::Shared(shared) => self.shared(shared, path)?,
            Value::WeakShared(weak) => {
                if let Some(shared) = weak.upgrade() {
                    self.weak.push((address(&shared), path));
                }
            }
            Value::Bytes(bytes) => {
                let (shape, bytes) = (vec![bytes.len()], bytes.clone());
                self.value(path, PlainValue::Numbers { data_type: DataType::UInt8, shape, bytes })?;
            }
            Value::Null => {}
            Value::External(id) => {
                let text =
                    format!("an external object of the serializer {:?} cannot be packed: copy the value", id.name());
                return Err(Error::unsupported(text));
            }
            scalar => {
                let whole = || PlainValue::Texts { shape: Vec::new(), texts: vec![scalar.to_string()] };
                let plain = plain(std::slice::from_ref(scalar), Vec::new()).unwrap_or_else(whole);
                self.value(path, plain)?;
            }
        }
        Ok(())
    }

    /// Adds a plain value. All of them are in memory, and in a document they may be shorter: a shared value is written
    /// in each of its places.
    fn value(&mut self, path: ObjectPath, value: PlainValue) -> Result<()> {
        self.bytes = self.bytes.saturating_add(value.bytes());
        if self.bytes as u64 > machine_memory() / 2 {
            let text = "the plain values of the packed file do not fit into memory: copy the value instead";
            return Err(Error::limit(text).at_path(&path.join(".")));
        }
        self.values.push((path, value));
        Ok(())
    }

    fn fields<'a>(&mut self, fields: impl Iterator<Item = (String, &'a Value)>, path: ObjectPath) -> Result<()> {
        let mut used: HashSet<String> = HashSet::new();
        if path.is_empty() {
            used.insert(PACK_GROUP.to_owned());
        }
        // The last number of each name.
        let mut numbers: HashMap<String, usize> = HashMap::new();
        for (key, value) in fields {
            check_cancelled()?;
            let whole = escaped(&key);
            let mut name = whole.clone();
            while !used.insert(name.clone()) {
                let number = numbers.entry(whole.clone()).or_insert(1);
                *number += 1;
                name = format!("{whole}%{number}");
            }
            let path = path.iter().cloned().chain([name]).collect();
            self.add(value, path)?;
        }
        self.groups.push(path);
        Ok(())
    }

    fn shared(&mut self, shared: &Shared<Value>, path: ObjectPath) -> Result<()> {
        let address = address(shared);
        if let Some(first) = self.shared.get(&address) {
            self.links.push((first.clone(), path, false));
            return Ok(());
        }
        if is_group(shared.resolved()) || matches!(shared.resolved(), Value::Map(_)) {
            self.shared.insert(address, path.clone());
            return self.add(shared, path);
        }
        self.add(shared, path.clone())?;
        // An attribute has no other names: it is written again.
        if self.values.last().is_some_and(|(last, value)| *last == path && value.is_dataset()) {
            self.shared.insert(address, path);
        }
        Ok(())
    }
}

fn address(shared: &Shared<Value>) -> usize {
    from_ref::<Value>(shared).addr()
}

/// Whether a list is a group: all of its elements together are no plain value.
fn is_group(value: &Value) -> bool {
    matches!(value, Value::List(elements) if plain(elements, Vec::new()).is_none())
}

/// A name that HDF5 can have in a group.
fn escaped(key: &str) -> String {
    match key {
        "" => "%".to_owned(),
        "." | ".." => key.replace('.', "%2E"),
        key => key.replace('%', "%25").replace('/', "%2F").replace('\0', "%00"),
    }
}

/// Values of one kind.
fn plain(elements: &[Value], shape: Vec<usize>) -> Option<PlainValue> {
    fn all<T, const BYTES: usize>(
        elements: &[Value],
        one: impl Fn(&Value) -> Option<T>,
        bytes: impl Fn(T) -> [u8; BYTES],
    ) -> Option<Vec<u8>> {
        elements.iter().map(|element| one(element).map(&bytes)).collect::<Option<Vec<_>>>().map(|all| all.concat())
    }
    let integer = |value: &Value| match value {
        Value::Integer(integer) => Some(*integer),
        _ => None,
    };
    let exact = |value: &Value| match value {
        // Beyond it not every integer is a float.
        Value::Integer(integer) => Some(*integer as f64).filter(|float| float.abs() <= 9_007_199_254_740_992.0),
        Value::Float32(_) | Value::Float64(_) => value.as_f64(),
        _ => None,
    };
    let single = |value: &Value| match value {
        Value::Float32(float) => Some(*float),
        _ => None,
    };
    let bool = |value: &Value| match value {
        Value::Bool(bool) => Some(*bool),
        _ => None,
    };
    let text = |value: &Value| match value {
        Value::Text(text) => Some(text.clone()),
        _ => None,
    };
    let numbers = |data_type: DataType, bytes: Vec<u8>| PlainValue::Numbers { data_type, shape: shape.clone(), bytes };
    if elements.is_empty() {
        return Some(numbers(DataType::Float64, Vec::new()));
    }
    if matches!(elements[0], Value::Text(_)) {
        let texts = elements.iter().map(text).collect::<Option<Vec<_>>>()?;
        return Some(PlainValue::Texts { shape, texts });
    }
    all(elements, bool, |bool| [u8::from(bool)])
        .map(|bytes| numbers(DataType::Bool, bytes))
        .or_else(|| {
            let bytes = all(elements, |value| i64::try_from(integer(value)?).ok(), i64::to_le_bytes)?;
            Some(numbers(DataType::Int64, bytes))
        })
        .or_else(|| {
            let bytes = all(elements, |value| u64::try_from(integer(value)?).ok(), u64::to_le_bytes)?;
            Some(numbers(DataType::UInt64, bytes))
        })
        .or_else(|| Some(numbers(DataType::Float32, all(elements, single, f32::to_le_bytes)?)))
        .or_else(|| Some(numbers(DataType::Float64, all(elements, exact, f64::to_le_bytes)?)))
}

/// Complex numbers of an `ndarray` in the document, which are pairs there.
fn complex(elements: &[Value], shape: Vec<usize>) -> Option<PlainValue> {
    let mut bytes = Vec::with_capacity(elements.len().saturating_mul(16));
    for element in elements {
        let Value::List(parts) = element else { return None };
        let [real, imaginary] = parts.as_slice() else { return None };
        bytes.extend(real.as_f64()?.to_le_bytes());
        bytes.extend(imaginary.as_f64()?.to_le_bytes());
    }
    Some(PlainValue::Numbers { data_type: DataType::Complex128, shape, bytes })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_ones_of_hdf5() {
        assert_eq!(
            ["a.b", "a/b", "50 %", ".", "..", ""].map(escaped),
            ["a.b", "a%2Fb", "50 %25", "%2E", "%2E%2E", "%"]
        );
    }

    #[test]
    fn values_of_one_kind_are_one_value() {
        let data_type = |elements: &[Value]| match plain(elements, vec![elements.len()]) {
            Some(PlainValue::Numbers { data_type, .. }) => Some(data_type),
            Some(PlainValue::Texts { .. }) => Some(DataType::String),
            None => None,
        };
        assert_eq!(data_type(&[Value::Integer(-1), Value::Integer(2)]), Some(DataType::Int64));
        assert_eq!(data_type(&[Value::Integer(u64::MAX.into())]), Some(DataType::UInt64));
        assert_eq!(data_type(&[Value::Integer(i128::MAX)]), None);
        assert_eq!(data_type(&[Value::Integer(1), Value::Float32(0.5)]), Some(DataType::Float64));
        assert_eq!(data_type(&[Value::Float32(0.5)]), Some(DataType::Float32));
        assert_eq!(data_type(&[Value::Text("a".into())]), Some(DataType::String));
        assert_eq!(data_type(&[Value::Text("a".into()), Value::Null]), None);
        assert_eq!(data_type(&[Value::Bool(true)]), Some(DataType::Bool));
    }

    fn path(path: &str) -> ObjectPath {
        path.split('/').map(str::to_owned).collect()
    }

    #[test]
    fn a_long_shared_value_is_packed_once() {
        for (len, places) in [(5000, 1), (5, 3)] {
            let shared = Value::Shared(Shared::new(Value::Text("x".repeat(len))));
            let layout = PackLayout::of(&Value::List(vec![shared.clone(), shared.clone(), shared])).unwrap();
            assert_eq!(layout.values.len(), places);
            let links: Vec<_> = layout.links.iter().map(|(to, at, _)| (to.clone(), at.clone())).collect();
            let expected = [(path("0"), path("1")), (path("0"), path("2"))];
            assert_eq!(links, if places == 1 { expected.to_vec() } else { Vec::new() });
        }
    }

    #[test]
    fn more_than_fits_into_memory_is_refused() {
        let value = PlainValue::Texts { shape: vec![1 << 20], texts: vec![String::new(); 1 << 20] };
        assert_eq!(value.bytes(), 1 << 20);
        let long = usize::try_from(machine_memory().min(1 << 50)).unwrap();
        let mut layout = PackLayout { bytes: long, ..PackLayout::default() };
        let error = layout.value(path("a/b"), value).unwrap_err();
        assert_eq!((error.kind(), error.path()), (crate::error::ErrorKind::Limit, Some("a.b")));
    }

    #[test]
    fn equal_names_are_numbered() {
        let key = |key: &str| (Value::Text(key.to_owned()), Value::Integer(1));
        let of = |keys: Vec<(Value, Value)>| PackLayout::of(&Value::Map(keys)).unwrap();
        let names = of(["a", "a", "a%", "a", "arraystow"].map(key).to_vec()).values;
        let names: Vec<_> = names.iter().map(|(path, _)| path.join("/")).collect();
        assert_eq!(names, ["a", "a%2", "a%25", "a%3", "arraystow%2"]);
        // Each in constant time.
        assert_eq!(of(vec![key("a"); 200_000]).values.last().map(|(path, _)| path.join("/")).unwrap(), "a%200000");
    }
}
