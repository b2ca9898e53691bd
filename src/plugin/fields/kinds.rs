//! The kinds of fields with options: a plain array, or anything else that contains arrays. The macro finds the kind by
//! the methods of a [`Tag`]: those of the kinds above are found first.

use crate::array::{Element, FromPlainArray, PlainArray};
use crate::error::Result;
use crate::plugin::document::names::INLINE;
use crate::plugin::fields::holds::{HoldsArrays, HoldsAxes, HoldsPlain};
use crate::plugin::fields::options::serialize_field;
use crate::plugin::fields::stowed::{self, Inline};
use crate::plugin::walk::options::Options;
use crate::plugin::walk::scopes::converting;
use ndarray::{ArrayBase, ArrayD, DataOwned, Dimension};
use serde::de::{self, DeserializeOwned, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::collections::VecDeque;
use std::fmt;
use std::marker::PhantomData;

/// The type of a field.
pub struct Tag<T: ?Sized>(PhantomData<fn(&T)>);

impl<T: ?Sized> Tag<T> {
    /// Of any type.
    pub const NEW: Self = Self(PhantomData);
}

/// How values of a field are saved.
pub trait SaveKind<T: ?Sized> {
    /// Serializes the field under the options in force.
    ///
    /// # Errors
    /// Those of the field.
    fn save<S: Serializer>(value: &T, serializer: S) -> Result<S::Ok, S::Error>;
}

/// How values of a field are loaded.
pub trait LoadKind<'de, T> {
    /// Deserializes the field.
    ///
    /// # Errors
    /// Those of the field.
    fn load<D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error>;
}

/// Whether options can be for a field of this kind.
pub trait Allowed {}
/// The same for options that are for a number of axes.
#[diagnostic::on_unimplemented(
    message = "a list has one axis, not {AXES}",
    label = "the chunk shape, or the names, are for arrays whose number of axes is {AXES}",
    note = "give one number, or one name, for a list"
)]
pub trait AllowedAxes<const AXES: usize> {}
/// The same for `inline`.
pub trait AllowedInline {}

/// A list, which stays in the document as serde writes it.
pub struct ListKind<A>(PhantomData<A>);
/// An array of ndarray, which stays in the document as ndarray writes it.
pub struct NdarrayKind<A>(PhantomData<A>);
/// Any other plain array.
pub struct PlainKind<A>(PhantomData<A>);
/// An `Option` of one.
pub struct OptionKind<K>(PhantomData<K>);
/// Anything else.
pub struct OtherKind<T: ?Sized>(PhantomData<fn(&T)>);

/// A list that serde knows.
pub trait PlainList: FromPlainArray<Element: Serialize + DeserializeOwned> + Serialize + DeserializeOwned {}

impl<T: Element + Serialize + DeserializeOwned> PlainList for Vec<T> {}
impl<T: Element + Serialize + DeserializeOwned> PlainList for VecDeque<T> {}
impl<T: Element + Serialize + DeserializeOwned> PlainList for Box<[T]> {}

macro_rules! tags {
    ($($name:ident: [$($generics:tt)*] $tag:ty => $kind:ty;)*) => {
        $(
            /// Finds a kind.
            pub trait $name {
                /// The kind.
                type Kind;
                /// Returns the kind.
                fn kind(&self) -> PhantomData<Self::Kind> {
                    PhantomData
                }
            }

            impl<$($generics)*> $name for $tag {
                type Kind = $kind;
            }
        )*
    };
}

/// An array that ndarray and serde know.
pub trait PlainNdarray: FromPlainArray<Element: Serialize + DeserializeOwned> + Serialize + DeserializeOwned {}

impl<T, S, D> PlainNdarray for ArrayBase<S, D>
where
    T: Element + Serialize + DeserializeOwned,
    S: DataOwned<Elem = T>,
    D: Dimension + Serialize + DeserializeOwned,
    Self: FromPlainArray<Element = T>,
{
}

tags! {
    ListTag: [A: PlainList] &&Tag<A> => ListKind<A>;
    NdarrayTag: [A: PlainNdarray] &&Tag<A> => NdarrayKind<A>;
    ListOptionTag: [A: PlainList] &&Tag<Option<A>> => OptionKind<ListKind<A>>;
    NdarrayOptionTag: [A: PlainNdarray] &&Tag<Option<A>> => OptionKind<NdarrayKind<A>>;
    PlainTag: [A: FromPlainArray<Element: Serialize + DeserializeOwned>] &Tag<A> => PlainKind<A>;
    PlainOptionTag: [A: FromPlainArray<Element: Serialize + DeserializeOwned>] &Tag<Option<A>> => OptionKind<PlainKind<A>>;
    OtherTag: [T: ?Sized] Tag<T> => OtherKind<T>;
}

impl<A: PlainList> SaveKind<A> for ListKind<A> {
    fn save<S: Serializer>(value: &A, serializer: S) -> Result<S::Ok, S::Error> {
        stowed::save::<A, Self, S>(value, serializer)
    }
}

impl<A: PlainList> Inline<A> for ListKind<A> {
    const IS_FOUND_LATER: bool = false;

    fn inline<S: Serializer>(array: &A, serializer: S) -> Result<S::Ok, S::Error> {
        // Our Serializer makes a form of it where the format does not describe itself.
        serializer.serialize_newtype_struct(INLINE, array)
    }
}

impl<'de, A: PlainList> LoadKind<'de, A> for ListKind<A> {
    fn load<D: Deserializer<'de>>(deserializer: D) -> Result<A, D::Error> {
        stowed::load::<A, A, D>(deserializer)
    }
}

impl<A: PlainArray + Serialize> SaveKind<A> for NdarrayKind<A> {
    fn save<S: Serializer>(value: &A, serializer: S) -> Result<S::Ok, S::Error> {
        stowed::save::<A, Self, S>(value, serializer)
    }
}

impl<A: PlainArray + Serialize> Inline<A> for NdarrayKind<A> {
    const IS_FOUND_LATER: bool = true;

    fn inline<S: Serializer>(array: &A, serializer: S) -> Result<S::Ok, S::Error> {
        array.serialize(serializer)
    }
}

impl<'de, A> LoadKind<'de, A> for NdarrayKind<A>
where
    A: FromPlainArray<Element: DeserializeOwned> + DeserializeOwned,
{
    fn load<D: Deserializer<'de>>(deserializer: D) -> Result<A, D::Error> {
        stowed::load_ndarray(deserializer)
    }
}

impl<A: PlainArray<Element: Serialize>> SaveKind<A> for PlainKind<A> {
    fn save<S: Serializer>(value: &A, serializer: S) -> Result<S::Ok, S::Error> {
        stowed::save::<A, Self, S>(value, serializer)
    }
}

impl<A: PlainArray<Element: Serialize>> Inline<A> for PlainKind<A> {
    const IS_FOUND_LATER: bool = true;

    fn inline<S: Serializer>(array: &A, serializer: S) -> Result<S::Ok, S::Error> {
        array.elements().serialize(serializer)
    }
}

impl<'de, A: FromPlainArray<Element: DeserializeOwned>> LoadKind<'de, A> for PlainKind<A> {
    fn load<D: Deserializer<'de>>(deserializer: D) -> Result<A, D::Error> {
        stowed::load::<A, ArrayD<A::Element>, D>(deserializer)
    }
}

impl<A, K: SaveKind<A>> SaveKind<Option<A>> for OptionKind<K> {
    fn save<S: Serializer>(value: &Option<A>, serializer: S) -> Result<S::Ok, S::Error> {
        match value {
            Some(value) => serializer.serialize_some(&Kinded::<A, K>(value, PhantomData)),
            None => serializer.serialize_none(),
        }
    }
}

impl<'de, A, K: LoadKind<'de, A>> LoadKind<'de, Option<A>> for OptionKind<K> {
    fn load<D: Deserializer<'de>>(deserializer: D) -> Result<Option<A>, D::Error> {
        struct OptionVisitor<A, K>(PhantomData<(A, K)>);

        impl<'de, A, K: LoadKind<'de, A>> Visitor<'de> for OptionVisitor<A, K> {
            type Value = Option<A>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an array, or nothing")
            }

            fn visit_none<E: de::Error>(self) -> Result<Option<A>, E> {
                Ok(None)
            }

            fn visit_unit<E: de::Error>(self) -> Result<Option<A>, E> {
                Ok(None)
            }

            fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Option<A>, D::Error> {
                K::load(deserializer).map(Some)
            }
        }

        deserializer.deserialize_option(OptionVisitor::<A, K>(PhantomData))
    }
}

impl<T: ?Sized + Serialize> SaveKind<T> for OtherKind<T> {
    fn save<S: Serializer>(value: &T, serializer: S) -> Result<S::Ok, S::Error> {
        value.serialize(serializer)
    }
}

impl<'de, T: Deserialize<'de>> LoadKind<'de, T> for OtherKind<T> {
    fn load<D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
        T::deserialize(deserializer)
    }
}

/// A value with its kind.
struct Kinded<'a, T: ?Sized, K>(&'a T, PhantomData<K>);

impl<T: ?Sized, K: SaveKind<T>> Serialize for Kinded<'_, T, K> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        K::save(self.0, serializer)
    }
}

/// Serializes a field of a kind under its options; see [`serialize_field`].
///
/// # Errors
/// As for [`serialize_field`].
pub fn save_field<T, K, S>(
    value: &T,
    _: PhantomData<K>,
    name: &'static str,
    options: Options,
    serializer: S,
) -> Result<S::Ok, S::Error>
where
    T: ?Sized,
    K: SaveKind<T>,
    S: Serializer,
{
    serialize_field(&Kinded::<T, K>(value, PhantomData), name, options, serializer)
}

/// Deserializes a field of a kind, with conversion of its elements or without.
///
/// # Errors
/// Those of the field.
pub fn load_field<'de, T, K, D>(_: PhantomData<K>, convert: bool, deserializer: D) -> Result<T, D::Error>
where
    K: LoadKind<'de, T>,
    D: Deserializer<'de>,
{
    if convert { converting(|| K::load(deserializer)) } else { K::load(deserializer) }
}

macro_rules! allowed {
    ($($kind:ident)*) => {
        $(
            impl<A> Allowed for $kind<A> {}
            impl<A> AllowedInline for $kind<A> {}
        )*
    };
}

allowed!(ListKind NdarrayKind PlainKind);

impl<A> AllowedAxes<1> for ListKind<A> {}
impl<A: HoldsAxes<AXES>, const AXES: usize> AllowedAxes<AXES> for NdarrayKind<A> {}
// Of other types it is known when they are saved.
impl<A, const AXES: usize> AllowedAxes<AXES> for PlainKind<A> {}
impl<K: Allowed> Allowed for OptionKind<K> {}
impl<K: AllowedInline> AllowedInline for OptionKind<K> {}
impl<K: AllowedAxes<AXES>, const AXES: usize> AllowedAxes<AXES> for OptionKind<K> {}
impl<T: ?Sized + HoldsArrays> Allowed for OtherKind<T> {}
impl<T: ?Sized + HoldsPlain> AllowedInline for OtherKind<T> {}
impl<T: ?Sized + HoldsAxes<AXES>, const AXES: usize> AllowedAxes<AXES> for OtherKind<T> {}
