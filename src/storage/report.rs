//! What a save did.

use super::version::Version;
use crate::plugin::Tally;
use serde::{Deserialize, Serialize};
use std::fmt;

/// The result of a save or a copy: what it did, and the version that it made.
///
/// [`Storage::save`](crate::Storage::save), [`create`](crate::Storage::create), [`save_if`](crate::Storage::save_if)
/// and [`copy`](crate::Storage::copy) return it. A program that does not need it may ignore it.
///
/// ```
/// # let folder = tempfile::tempdir()?;
/// # let storage = arraystow::Storage::open(folder.path())?;
/// use arraystow::ChunkedArray;
///
/// let height = ChunkedArray::from_ndarray(ndarray::Array2::<f32>::zeros((100, 100)), &[50, 50])?;
/// let report = storage.save("survey", &("first", &height))?;
/// assert_eq!((report.arrays_written, report.arrays_linked, report.arrays_kept), (1, 0, 0));
/// assert!(report.bytes_written > 40_000);
///
/// // The array stays where it is: a load does not read it, and a save does not write it again.
/// let (_, height): (String, ChunkedArray<f32>) = storage.load("survey")?;
/// let report = storage.save("survey", &("second", &height))?;
/// assert_eq!((report.arrays_written, report.arrays_linked, report.arrays_kept), (0, 0, 1));
///
/// // Under another name, its file gets a second link.
/// let report = storage.save("other", &("third", &height))?;
/// assert_eq!((report.arrays_written, report.arrays_linked, report.arrays_kept), (0, 1, 0));
/// println!("{report}");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// With serde it is a map of its fields.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct SaveReport {
    /// The version that was made, to save over it with [`save_if`](crate::Storage::save_if).
    pub version: Version,
    /// Bytes that were written, after compression: of the document, of arrays, and of the files of external objects.
    /// Arrays and chunks that were linked or kept do not count, unless their bytes were copied by this program.
    pub bytes_written: u64,
    /// Arrays whose chunks were written: computed and encoded, or taken over
    /// ([`chunks_carried`](Self::chunks_carried)).
    pub arrays_written: usize,
    /// Arrays that were stored elsewhere and were taken over without being decoded: linked in a file system, copied by
    /// the server in an object store, or copied byte by byte between two file systems.
    pub arrays_linked: usize,
    /// Chunks of the written arrays that were already stored and were taken over as they are, without being decoded,
    /// computed or encoded. See [`ChunkedArray::appended`](crate::ChunkedArray::appended).
    pub chunks_carried: usize,
    /// Arrays of the replaced document that stayed where they were.
    pub arrays_kept: usize,
    /// External objects that their serializers have written.
    pub external_objects_written: usize,
    /// External objects of the replaced document that stayed where they were.
    pub external_objects_kept: usize,
}

impl SaveReport {
    pub(super) fn new(version: Version, document: &[u8], tally: Tally) -> Self {
        Self {
            version,
            bytes_written: tally.bytes_written.saturating_add(document.len() as u64),
            arrays_written: tally.arrays_written,
            arrays_linked: tally.arrays_linked,
            chunks_carried: tally.chunks_carried,
            arrays_kept: tally.arrays_kept,
            external_objects_written: tally.objects_written,
            external_objects_kept: tally.objects_kept,
        }
    }
}

impl fmt::Display for SaveReport {
    /// As `40960 bytes written; arrays: 1 written, 0 linked, 2 kept`, with chunks that were carried over and external
    /// objects if there are any.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { bytes_written, arrays_written, arrays_linked, arrays_kept, .. } = self;
        write!(f, "{bytes_written} bytes written; ")?;
        write!(f, "arrays: {arrays_written} written, {arrays_linked} linked, {arrays_kept} kept")?;
        if self.chunks_carried > 0 {
            write!(f, "; {} chunks carried over", self.chunks_carried)?;
        }
        let (written, kept) = (self.external_objects_written, self.external_objects_kept);
        if written + kept > 0 {
            write!(f, "; external objects: {written} written, {kept} kept")?;
        }
        Ok(())
    }
}

#[cfg(test)]
#[allow(clippy::panic)]
mod tests {
    use super::*;
    use crate::error::Error;
    use crate::storage::{Leftover, LeftoverKind, Repair, Verification, VerifyDepth};
    use crate::task::TaskProgress;
    use serde::de::DeserializeOwned;
    use std::fmt::Debug;

    fn round_trip<T: Serialize + DeserializeOwned + PartialEq + Debug>(value: &T) {
        let text = serde_json::to_string(value).unwrap();
        assert_eq!(&serde_json::from_str::<T>(&text).unwrap(), value, "{text}");
    }

    #[test]
    fn reports_survive_serde() {
        let tally = Tally { arrays_kept: 3, bytes_written: 17, ..Tally::default() };
        round_trip(&SaveReport::new("abc".parse().unwrap(), b"document", tally));
        round_trip(&TaskProgress::default());
        for kind in [
            LeftoverKind::Array,
            LeftoverKind::ExternalObject,
            LeftoverKind::Document,
            LeftoverKind::SaveRecord,
            LeftoverKind::Index,
        ] {
            round_trip(&Leftover { kind, location: "/here".into(), bytes: 1 });
        }
        assert_eq!(serde_json::to_string(&LeftoverKind::SaveRecord).unwrap(), "\"save_record\"");
        assert_eq!(format!("{:>16}", LeftoverKind::ExternalObject), " external object");
    }

    #[test]
    fn reports_with_faults_survive_serde() {
        let fault = Error::corrupt("no checksum").at_path("runs[3].field").in_document("a/b");
        let repair = Repair { arrays: Vec::new(), faults: vec![fault.clone()] };
        let verification = Verification {
            name: "a/b".into(),
            arrays: 1,
            unchecked: 0,
            external_objects: 2,
            bytes: 3,
            faults: vec![fault.clone()],
        };
        let text = serde_json::to_string(&verification).unwrap();
        let back: Verification = serde_json::from_str(&text).unwrap();
        assert_eq!(format!("{back:?}"), format!("{verification:?}"));
        assert_eq!(back.faults[0].to_string(), fault.to_string());
        let text = serde_json::to_string(&repair).unwrap();
        let back: Repair = serde_json::from_str(&text).unwrap();
        assert_eq!(back.faults[0].to_string(), fault.to_string());
    }

    #[test]
    fn depths_are_texts() {
        for depth in [VerifyDepth::Quick, VerifyDepth::Deep] {
            round_trip(&depth);
            assert_eq!(depth.to_string().parse::<VerifyDepth>().unwrap(), depth);
            assert_eq!(serde_json::to_string(&depth).unwrap(), format!("\"{depth}\""));
        }
        let error = "deeper".parse::<VerifyDepth>().unwrap_err();
        assert!(error.is_invalid_input() && error.to_string().contains("write \"quick\" or \"deep\""), "{error}");
    }

    #[test]
    fn reports_of_other_versions_are_read() {
        let tally = Tally { arrays_kept: 3, bytes_written: 17, ..Tally::default() };
        let report = SaveReport::new("abc".parse().unwrap(), b"document", tally);
        let text = serde_json::to_string(&report).unwrap();
        let with_more = text.replacen('{', r#"{"files_compared":2,"#, 1);
        assert_eq!(serde_json::from_str::<SaveReport>(&with_more).unwrap(), report);
    }

    /// A number that is missing is not silently 0.
    #[test]
    fn every_field_must_be_there() {
        fn try_without<T: Serialize + DeserializeOwned + Debug>(report: &T) {
            let serde_json::Value::Object(fields) = serde_json::to_value(report).unwrap() else { panic!("no map") };
            for name in fields.keys() {
                let mut rest = fields.clone();
                // An option that is missing is none, by serde's rule.
                if rest.remove(name).is_some_and(|value| !value.is_null()) {
                    let error = serde_json::from_value::<T>(rest.into()).unwrap_err();
                    assert!(error.to_string().contains(&format!("missing field `{name}`")), "{error}");
                }
            }
        }
        try_without(&SaveReport::new("abc".parse().unwrap(), b"document", Tally::default()));
        try_without(&TaskProgress::default());
        try_without(&Leftover { kind: LeftoverKind::Array, location: "/here".into(), bytes: 1 });
    }
}
