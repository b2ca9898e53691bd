//! The formats: each saves a value and loads it again.

use arraystow::{Durability, ErrorKind, LocalFiles, Protocols, Result, Storage};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::fmt::Debug;
use std::panic::{AssertUnwindSafe, catch_unwind};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    Cbor,
    Json,
    Pickle,
    MessagePack,
    Ron,
    Postcard,
}

/// What became of a value.
#[derive(Debug)]
pub(crate) enum Outcome {
    Same,
    Refused(String),
    Unreadable(String),
    Differs(#[allow(dead_code, reason = "for the message of a failure")] String),
}

/// A document of some format.
enum Document {
    Bytes(Vec<u8>),
    Stored,
}

impl Format {
    pub(crate) const ALL: [Self; 6] =
        [Self::Cbor, Self::Json, Self::Pickle, Self::MessagePack, Self::Ron, Self::Postcard];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Cbor => "CBOR",
            Self::Json => "JSON",
            Self::Pickle => "pickle",
            Self::MessagePack => "MessagePack",
            Self::Ron => "RON",
            Self::Postcard => "postcard",
        }
    }

    /// Saves and loads.
    pub(crate) fn try_it<T: Serialize + DeserializeOwned + PartialEq + Debug>(self, value: &T) -> Outcome {
        let place = Place::new(self);
        let document = match catch_unwind(AssertUnwindSafe(|| place.save(value))) {
            Ok(Ok(document)) => document,
            Ok(Err(error)) => {
                let kinds = [ErrorKind::Serde, ErrorKind::Unsupported, ErrorKind::Limit];
                assert!(kinds.contains(&error.kind()), "{error:?}");
                assert_eq!(place.arrays(), 0, "a refused save left arrays");
                return Outcome::Refused(error.to_string());
            }
            Err(_) => return Outcome::Refused("panicked".to_owned()),
        };
        match catch_unwind(AssertUnwindSafe(|| place.load::<T>(&document))) {
            Ok(Ok(loaded)) if loaded == *value => Outcome::Same,
            Ok(Ok(loaded)) => Outcome::Differs(format!("{loaded:?}")),
            Ok(Err(error)) => Outcome::Unreadable(error.to_string()),
            Err(_) => Outcome::Unreadable("panicked".to_owned()),
        }
    }
}

struct Place {
    format: Format,
    folder: tempfile::TempDir,
}

impl Place {
    fn new(format: Format) -> Self {
        Self { format, folder: tempfile::tempdir().unwrap() }
    }

    fn protocols(&self) -> Protocols {
        Protocols::new().with_file(LocalFiles::new(self.folder.path().join("bigdata")).unwrap())
    }

    fn storage(&self) -> Storage {
        let format = match self.format {
            Format::Json => arraystow::Format::Json,
            Format::Pickle => arraystow::Format::Pickle,
            _ => arraystow::Format::Cbor,
        };
        Storage::builder(self.folder.path()).format(format).durability(Durability::NotSynced).open().unwrap()
    }

    fn arrays(&self) -> usize {
        let Ok(folder) = std::fs::read_dir(self.folder.path().join("bigdata")) else { return 0 };
        folder.filter(|file| !file.as_ref().unwrap().file_name().to_string_lossy().starts_with('.')).count()
    }

    fn save<T: Serialize>(&self, value: &T) -> Result<Document> {
        let mut bytes = Vec::new();
        match self.format {
            Format::Cbor | Format::Json | Format::Pickle => {
                self.storage().save("value", value)?;
                return Ok(Document::Stored);
            }
            Format::MessagePack => {
                let mut serializer = rmp_serde::Serializer::new(&mut bytes).with_struct_map();
                arraystow::serialize(value, &mut serializer, &self.protocols())?;
            }
            Format::Ron => {
                let mut text = String::new();
                let mut serializer = ron::Serializer::new(&mut text, None).unwrap();
                arraystow::serialize(value, &mut serializer, &self.protocols())?;
                bytes = text.into_bytes();
            }
            Format::Postcard => {
                let mut serializer = postcard::Serializer { output: postcard::ser_flavors::AllocVec::new() };
                arraystow::serialize(value, &mut serializer, &self.protocols())?;
                bytes = postcard::ser_flavors::Flavor::finalize(serializer.output).unwrap();
            }
        }
        Ok(Document::Bytes(bytes))
    }

    fn load<T: DeserializeOwned>(&self, document: &Document) -> Result<T> {
        let Document::Bytes(bytes) = document else { return self.storage().load("value") };
        let protocols = self.protocols();
        match self.format {
            Format::Cbor | Format::Json | Format::Pickle => self.storage().load("value"),
            Format::MessagePack => {
                arraystow::deserialize(&mut rmp_serde::Deserializer::from_read_ref(bytes), &protocols)
            }
            Format::Ron => arraystow::deserialize(&mut ron::Deserializer::from_bytes(bytes).unwrap(), &protocols),
            Format::Postcard => arraystow::deserialize(&mut postcard::Deserializer::from_bytes(bytes), &protocols),
        }
    }
}
