//! Arrays that other programs have written, in place.

mod filters;
mod hdf5;
mod labels;
mod page;
mod times;
mod uneven;
mod zarr;
