//! Arrays that other programs have written, in place.

mod hdf5;
mod page;
mod zarr;
