//! FOREIGN: reads arrays that other programs have written, in place.
//!
//! They are not part of a document. A backend opens them by their paths, within the same limits as every array.

mod array;
#[cfg(feature = "hdf5")]
mod hdf5;

#[cfg(feature = "zarr")]
mod zarr;

#[cfg(feature = "hdf5")]
pub use hdf5::Hdf5File;
#[cfg(feature = "zarr")]
pub use zarr::ZarrStore;
