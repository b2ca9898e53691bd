//! The idea of arraystow in a short program, with only serde and JSON. `docs/how-it-works.md` explains it.
//!
//! `cargo run -p arraystow-examples --example explanation`

#![allow(clippy::print_stdout, reason = "an example prints what it does")]

use serde::{Deserialize, Deserializer, Serialize, Serializer, de, ser};
use std::{cell::RefCell, error::Error, fs, path::Path, path::PathBuf, sync::Arc};

/// The state that `Serialize` and `Deserialize`, which take no arguments, find on their thread: the plan of a save, or
/// the folder of a load. In arraystow this is a stack, and a guard restores it after a panic.
enum Context {
    Save(Vec<Arc<Vec<f64>>>),
    Load(PathBuf),
}

thread_local!(static CONTEXT: RefCell<Option<Context>> = const { RefCell::new(None) });

/// A large array: in memory, or in a file that is not read before its elements are needed.
enum Array {
    Here(Arc<Vec<f64>>),
    Stored(PathBuf),
}

impl Array {
    fn compute(&self) -> Result<Arc<Vec<f64>>, Box<dyn Error>> {
        match self {
            Self::Here(elements) => Ok(elements.clone()),
            Self::Stored(path) => Ok(Arc::new(serde_json::from_slice(&fs::read(path)?)?)),
        }
    }
}

impl Serialize for Array {
    /// The array is added to the plan. The document gets only its persistent id.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let elements = self.compute().map_err(ser::Error::custom)?; // in arraystow a handle: nothing is computed yet
        let id = CONTEXT.with_borrow_mut(|context| {
            let Some(Context::Save(plan)) = context else { return Err(ser::Error::custom("use save(..)")) };
            plan.push(elements);
            Ok(format!("array-{}", plan.len()))
        })?;
        ("HDFSerializer", ("1.0.0", id)).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Array {
    /// The id comes from the document, the folder from the context. No file is opened.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let (_, (_, id)) = <(String, (String, String))>::deserialize(deserializer)?;
        CONTEXT.with_borrow(|context| {
            let Some(Context::Load(folder)) = context else { return Err(de::Error::custom("use load(..)")) };
            Ok(Self::Stored(folder.join(id)))
        })
    }
}

fn save<T: Serialize>(value: &T, folder: &Path) -> Result<(), Box<dyn Error>> {
    CONTEXT.set(Some(Context::Save(Vec::new())));
    let document = serde_json::to_vec_pretty(value); // 1. plan: a walk through the object, without I/O
    let Some(Context::Save(plan)) = CONTEXT.take() else { return Err("the context is gone".into()) };
    for (index, elements) in plan.iter().enumerate() {
        let path = folder.join(format!("array-{}", index + 1));
        fs::write(path, serde_json::to_vec(&**elements)?)?; // 2. write: in arraystow by chunks, on all processors
    }
    fs::write(folder.join("document.new"), document?)?; // 3. commit: the document last, in one step
    Ok(fs::rename(folder.join("document.new"), folder.join("document"))?)
}

fn load<T: de::DeserializeOwned>(folder: &Path) -> Result<T, Box<dyn Error>> {
    let document = fs::read(folder.join("document"))?;
    CONTEXT.set(Some(Context::Load(folder.to_owned())));
    let value = serde_json::from_slice(&document);
    CONTEXT.set(None);
    Ok(value?)
}

/// The user's own type, which needs no code for this.
#[derive(Serialize, Deserialize)]
struct Survey {
    name: String,
    height: Option<Array>,
}

fn main() -> Result<(), Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    let height = Some(Array::Here(Arc::new(vec![1.5; 1_000_000])));
    save(&Survey { name: "a plain".into(), height }, folder.path())?;
    println!("{}", fs::read_to_string(folder.path().join("document"))?);

    let survey: Survey = load(folder.path())?;
    let elements = survey.height.ok_or("no height")?.compute()?;
    println!("{}: {} elements", survey.name, elements.len());
    Ok(())
}
