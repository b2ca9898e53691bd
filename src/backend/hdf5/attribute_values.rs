//! Values of the attributes that other programs have written.
//!
//! libhdf5 reads numbers and strings of fixed length as they are, without a conversion. For values of variable length
//! it returns only their places, and the bytes are read here, because libhdf5 would allocate whatever length the file
//! claims.
#![allow(unsafe_code, reason = "calls libhdf5")]

use super::elements::StoredElements;
use super::file::File;
use super::library::{Handle, checked, id, locked, number, status};
use super::raw;
use super::recognize::recognize;
use crate::array::{Attr, DataType, MOST_ATTR_BYTES};
use crate::error::{Error, Result};
use half::f16;
use hdf5_sys::h5::{H5_index_t, H5_iter_order_t};
use hdf5_sys::h5a::{H5A_info_t, H5Aclose, H5Aexists, H5Aget_space, H5Aget_type, H5Aiterate2, H5Aopen, H5Aread};
use hdf5_sys::h5i::hid_t;
use hdf5_sys::h5p::H5P_DEFAULT;
use hdf5_sys::h5s::{H5Sclose, H5Sget_simple_extent_ndims, H5Sget_simple_extent_npoints};
use hdf5_sys::h5t::{
    H5T_class_t, H5T_str_t, H5Tclose, H5Tget_class, H5Tget_size, H5Tget_strpad, H5Tget_super, H5Tis_variable_str,
};
use std::ffi::{CStr, CString, c_char, c_int, c_void};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// The names of all attributes of an object.
pub(super) fn names(object: &Handle) -> Result<Vec<CString>> {
    unsafe extern "C" fn note(_: hid_t, name: *const c_char, _: *const H5A_info_t, names: *mut c_void) -> c_int {
        // SAFETY: `names` is the Vec that H5Aiterate2 was given below, and nothing else uses it meanwhile; libhdf5
        // gives a C string.
        let (names, name) = unsafe { (&mut *names.cast::<Vec<CString>>(), CStr::from_ptr(name)) };
        catch_unwind(AssertUnwindSafe(|| names.push(name.to_owned()))).map_or(-1, |()| 0)
    }
    let mut names: Vec<CString> = Vec::new();
    let (index, order) = (H5_index_t::H5_INDEX_NAME, H5_iter_order_t::H5_ITER_NATIVE);
    status("list the attributes", || {
        // SAFETY: a valid object; `note` has the signature that is asked for, and `names` outlives the call.
        unsafe { H5Aiterate2(object.id(), index, order, std::ptr::null_mut(), Some(note), (&raw mut names).cast()) }
    })?;
    Ok(names)
}

/// The value of an attribute; none if it is of another kind than the attributes of arrays here.
pub(super) fn read(file: &File, object: &Handle, name: &CStr) -> Result<Option<Attr>> {
    let Some(attribute) = OpenAttribute::new(object, name)? else { return Ok(None) };
    if attribute.is_text() {
        let Some(mut texts) = attribute.texts(file)? else { return Ok(None) };
        return Ok(match texts.len() {
            1 => texts.pop().map(Attr::Text),
            _ => Some(Attr::Texts(texts)),
        });
    }
    attribute.numbers()
}

/// The string of an attribute; none if there is no such attribute, or if it is not a string.
pub(super) fn text(file: &File, object: &Handle, name: &CStr) -> Result<Option<String>> {
    Ok(texts(file, object, name)?.filter(|texts| texts.len() == 1).and_then(|mut texts| texts.pop()))
}

/// The strings of an attribute that is a list of strings; none if there is no such attribute, or if it is not a string.
pub(super) fn texts(file: &File, object: &Handle, name: &CStr) -> Result<Option<Vec<String>>> {
    match OpenAttribute::new(object, name)? {
        Some(attribute) if attribute.is_text() => attribute.texts(file),
        _ => Ok(None),
    }
}

/// The element of memory that an attribute is, if it has the type of these elements.
pub(super) fn element(object: &Handle, name: &CStr, elements: &StoredElements) -> Result<Option<Vec<u8>>> {
    let Some(attribute) = OpenAttribute::new(object, name)? else { return Ok(None) };
    let same = |found: &StoredElements| found.data_type == elements.data_type;
    let Some(stored) = recognize(&attribute.value_type).ok().filter(same) else { return Ok(None) };
    attribute.decoded(&stored).map(|bytes| bytes.filter(|bytes| bytes.len() == elements.data_type.size()))
}

/// An attribute of one element, or of a list of them.
pub(super) struct OpenAttribute {
    attribute: Handle,
    value_type: Handle,
    pub(super) count: usize,
}

impl OpenAttribute {
    /// Opens an attribute; none if there is none, it has no value, or it is a table.
    pub(super) fn new(object: &Handle, name: &CStr) -> Result<Option<Self>> {
        // SAFETY: a valid object and a C string.
        if number("look for an attribute", || unsafe { H5Aexists(object.id(), name.as_ptr()) })? == 0 {
            return Ok(None);
        }
        let attribute =
            // SAFETY: as above.
            id("open an attribute", H5Aclose, || unsafe { H5Aopen(object.id(), name.as_ptr(), H5P_DEFAULT) })?;
        // SAFETY: a valid attribute.
        let value_type = id("tell the type of an attribute", H5Tclose, || unsafe { H5Aget_type(attribute.id()) })?;
        // SAFETY: as above.
        let space = id("tell the shape of an attribute", H5Sclose, || unsafe { H5Aget_space(attribute.id()) })?;
        // SAFETY: a valid dataspace.
        let (axes, points) =
            locked(|| unsafe { (H5Sget_simple_extent_ndims(space.id()), H5Sget_simple_extent_npoints(space.id())) });
        let count = usize::try_from(points).ok().filter(|count| (0..=1).contains(&axes) && *count > 0);
        Ok(count.map(|count| Self { attribute, value_type, count }))
    }

    fn class(&self) -> H5T_class_t {
        // SAFETY: a valid type.
        locked(|| unsafe { H5Tget_class(self.value_type.id()) })
    }

    fn is_text(&self) -> bool {
        self.class() == H5T_class_t::H5T_STRING
    }

    /// Whether each of its elements is a list of references to objects.
    pub(super) fn is_list_of_references(&self) -> Result<bool> {
        if self.class() != H5T_class_t::H5T_VLEN {
            return Ok(false);
        }
        // SAFETY: a valid type of lists.
        let base = id("tell the base of a type", H5Tclose, || unsafe { H5Tget_super(self.value_type.id()) })?;
        // SAFETY: a valid type.
        let (class, size) = locked(|| unsafe { (H5Tget_class(base.id()), H5Tget_size(base.id())) });
        Ok(class == H5T_class_t::H5T_REFERENCE && size == size_of::<u64>())
    }

    /// Its strings; none if they are too long, or one is not UTF-8.
    fn texts(&self, file: &File) -> Result<Option<Vec<String>>> {
        // SAFETY: a valid type of strings.
        let is_variable = number("examine a string", || unsafe { H5Tis_variable_str(self.value_type.id()) })? > 0;
        if is_variable {
            let texts = self.variable(file, 1)?;
            let text = |text: Option<Vec<u8>>| String::from_utf8(up_to_nul(&text?).to_vec()).ok();
            return Ok(texts.into_iter().map(text).collect());
        }
        let Some(bytes) = self.plain()? else { return Ok(None) };
        // SAFETY: as above.
        let padding = locked(|| unsafe { H5Tget_strpad(self.value_type.id()) });
        let text = |text: &[u8]| {
            let text = match padding {
                H5T_str_t::H5T_STR_SPACEPAD => text.trim_ascii_end(),
                _ => up_to_nul(text),
            };
            String::from_utf8(text.to_vec()).ok()
        };
        Ok(bytes.chunks(bytes.len() / self.count).map(text).collect())
    }

    fn numbers(&self) -> Result<Option<Attr>> {
        let Ok(elements) = recognize(&self.value_type) else { return Ok(None) };
        let Some(bytes) = self.decoded(&elements)? else { return Ok(None) };
        let attr = attr_of(elements.data_type, &bytes);
        Ok(match attr {
            Some(Attr::Ints(list)) if list.len() == 1 => Some(Attr::Int(list[0])),
            Some(Attr::Floats(list)) if list.len() == 1 => Some(Attr::Float(list[0])),
            attr => attr,
        })
    }

    /// Its elements as memory has them; none if they are too many.
    fn decoded(&self, elements: &StoredElements) -> Result<Option<Vec<u8>>> {
        // Of strings of any length libhdf5 gives pointers.
        if elements.data_type.is_text() {
            return Ok(None);
        }
        let Some(stored) = self.plain()? else { return Ok(None) };
        let mut bytes = vec![0; self.count.saturating_mul(elements.data_type.size())];
        elements.decode(&stored, &mut bytes)?;
        Ok(Some(bytes))
    }

    /// Its bytes, of a type without pointers; none if they are too many.
    fn plain(&self) -> Result<Option<Vec<u8>>> {
        // SAFETY: a valid type.
        let size =
            checked("tell the size of a type", || unsafe { H5Tget_size(self.value_type.id()) }, |size| *size > 0)?;
        let Some(len) = size.checked_mul(self.count).filter(|len| *len <= MOST_ATTR_BYTES) else { return Ok(None) };
        let mut bytes = vec![0; len];
        status("read an attribute", || {
            // SAFETY: room for all elements of the attribute, of its own type, which has no pointers.
            unsafe { H5Aread(self.attribute.id(), self.value_type.id(), bytes.as_mut_ptr().cast()) }
        })?;
        Ok(Some(bytes))
    }

    /// Its elements of variable length, made of parts of `part` bytes; none for one that is not to be found.
    pub(super) fn variable(&self, file: &File, part: usize) -> Result<Vec<Option<Vec<u8>>>> {
        if self.count > MOST_ATTR_BYTES / raw::BYTES {
            return Err(Error::limit("an attribute is too long"));
        }
        let reading = file.reading().ok_or_else(|| Error::invalid("the file is being written"))?;
        let mut left = MOST_ATTR_BYTES;
        let mut kept = None;
        let mut values = Vec::with_capacity(self.count);
        for place in raw::places(&self.attribute, self.count)? {
            let len = usize::try_from(place.count).ok().and_then(|count| count.checked_mul(part));
            let Some(len) = len.filter(|len| *len <= left) else {
                return Err(Error::limit("an attribute is too long"));
            };
            left -= len;
            if len == 0 {
                values.push(Some(Vec::new()));
                continue;
            }
            if kept.as_ref().is_none_or(|(address, _)| *address != place.address) {
                kept = Some((place.address, reading.collection(place.address)?));
            }
            let object = kept.as_ref().and_then(|(_, collection)| collection.as_ref()?.object(place.object));
            values.push(object.and_then(|object| object.get(..len)).map(<[u8]>::to_vec));
        }
        Ok(values)
    }
}

fn up_to_nul(text: &[u8]) -> &[u8] {
    text.split(|byte| *byte == 0).next().unwrap_or_default()
}

/// A list of numbers, of such elements; none of what is no number, or none that an attribute here holds.
fn attr_of(data_type: DataType, bytes: &[u8]) -> Option<Attr> {
    fn ints<const N: usize>(bytes: &[u8], number: impl Fn([u8; N]) -> Option<i64>) -> Option<Attr> {
        bytes.as_chunks::<N>().0.iter().map(|bytes| number(*bytes)).collect::<Option<_>>().map(Attr::Ints)
    }
    fn floats<const N: usize>(bytes: &[u8], number: impl Fn([u8; N]) -> f64) -> Option<Attr> {
        Some(Attr::Floats(bytes.as_chunks::<N>().0.iter().map(|bytes| number(*bytes)).collect()))
    }
    match data_type {
        DataType::Int8 => ints(bytes, |bytes| Some(i8::from_le_bytes(bytes).into())),
        DataType::Int16 => ints(bytes, |bytes| Some(i16::from_le_bytes(bytes).into())),
        DataType::Int32 => ints(bytes, |bytes| Some(i32::from_le_bytes(bytes).into())),
        DataType::Int64 => ints(bytes, |bytes| Some(i64::from_le_bytes(bytes))),
        DataType::UInt8 => ints(bytes, |bytes| Some(u8::from_le_bytes(bytes).into())),
        DataType::UInt16 => ints(bytes, |bytes| Some(u16::from_le_bytes(bytes).into())),
        DataType::UInt32 => ints(bytes, |bytes| Some(u32::from_le_bytes(bytes).into())),
        DataType::UInt64 => ints(bytes, |bytes| i64::try_from(u64::from_le_bytes(bytes)).ok()),
        DataType::Float16 => floats(bytes, |bytes| f16::from_le_bytes(bytes).into()),
        DataType::Float32 => floats(bytes, |bytes| f32::from_le_bytes(bytes).into()),
        DataType::Float64 => floats(bytes, f64::from_le_bytes),
        _ => None,
    }
}
