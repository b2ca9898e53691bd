//! Enums in all representations, and trait objects.

use crate::table::Table;
use crate::values::{each_array, types};
use crate::why::{ANY, BUFFERED_NUMBER_KEYS, TAG_TWICE, TAGGED_ARRAY, TAGGED_WIDE, UNTAGGED_WIDE};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt::Debug;

types! {
    struct Fields<A> { array: A, number: u8 }
    enum External<A> { Unit, Newtype(A), Tuple(A, u8), Struct { array: A, number: u8 }, Deep(Option<Box<External<A>>>) }

    #[serde(tag = "kind")]
    enum Internal<A> { Unit, Newtype(Fields<A>), Struct { array: A, number: u8 }, Deep { vec: Vec<Internal<A>>, none: Option<u8> } }

    #[serde(tag = "kind")]
    enum Direct<A> { Newtype(A) }

    #[serde(tag = "kind")]
    enum Map<A> { Map(BTreeMap<String, A>) }

    #[serde(tag = "kind")]
    enum UnitIn { Unit(()) }

    #[serde(tag = "kind")]
    enum Numbers<A> { Map { map: BTreeMap<u8, A> } }

    #[serde(tag = "kind", content = "value")]
    enum Adjacent<A> { Unit, Newtype(A), Tuple(A, u8), Struct { array: A, number: u8 }, Deep(Vec<Adjacent<A>>) }

    #[serde(untagged)]
    enum Untagged<A> { Unit, Number(u8), Newtype(A), Tuple(A, u8), Struct { array: A, number: u8 }, Many(Vec<Untagged<A>>) }

    #[serde(tag = "kind")]
    enum Buffered { Struct { text: char, bytes: serde_bytes::ByteBuf, float: f32, none: Option<u8>, unit: (), tuple: (u8, String), variant: External<u8> } }

    #[serde(untagged)]
    enum WholeOrNot { Whole(i128), Float(f64) }

    #[serde(tag = "kind")]
    enum Wide { Struct { wide: i128 } }

    #[serde(tag = "kind")]
    enum Collides { Newtype(Kind) }
    struct Kind { kind: String }
}

#[typetag::serde]
trait Shape: Debug {
    fn parts(&self) -> (u8, f64);
}

macro_rules! shape {
    ($name:ident, $array:ty, $sum:expr) => {
        #[derive(Serialize, Deserialize, Debug)]
        struct $name {
            array: $array,
            number: u8,
        }

        #[typetag::serde]
        impl Shape for $name {
            fn parts(&self) -> (u8, f64) {
                let sum: fn(&$array) -> f64 = $sum;
                (self.number, sum(&self.array))
            }
        }
        #[typetag::serde]
        impl Tagged for $name {
            fn parts(&self) -> (u8, f64) {
                Shape::parts(self)
            }
        }
    };
}

#[typetag::serde(tag = "type")]
trait Tagged: Debug {
    fn parts(&self) -> (u8, f64);
}

shape!(OfLazy, crate::values::Lazy, |array| array.0.sum().unwrap());
shape!(OfPlain, ndarray::Array2<f64>, |array| array.sum());
shape!(OfSmall, ndarray::Array1<i64>, |array| array.sum() as f64);

/// Equal if the parts are.
#[derive(Serialize, Deserialize, Debug)]
#[serde(transparent)]
struct Same<T>(T);

impl PartialEq for Same<Vec<Box<dyn Shape>>> {
    fn eq(&self, other: &Self) -> bool {
        self.0.iter().map(|it| it.parts()).eq(other.0.iter().map(|it| it.parts()))
    }
}

impl PartialEq for Same<Vec<Box<dyn Tagged>>> {
    fn eq(&self, other: &Self) -> bool {
        self.0.iter().map(|it| it.parts()).eq(other.0.iter().map(|it| it.parts()))
    }
}

fn shapes() -> Vec<Box<dyn Shape>> {
    let (array, number) = (crate::values::lazy(1.0), 1);
    let of_plain = OfPlain { array: crate::values::plain(1.0), number: 2 };
    vec![
        Box::new(OfLazy { array, number }),
        Box::new(of_plain),
        Box::new(OfSmall { array: crate::values::small(1), number: 3 }),
    ]
}

fn tagged() -> Vec<Box<dyn Tagged>> {
    let (array, number) = (crate::values::lazy(1.0), 1);
    let of_plain = OfPlain { array: crate::values::plain(1.0), number: 2 };
    vec![
        Box::new(OfLazy { array, number }),
        Box::new(of_plain),
        Box::new(OfSmall { array: crate::values::small(1), number: 3 }),
    ]
}

pub(crate) fn rows(table: &mut Table) {
    table.part("Enums and trait objects");
    each_array!(table, "an enum without attributes", a => vec![
        External::Unit,
        External::Newtype(a.clone()),
        External::Tuple(a.clone(), 1),
        External::Struct { array: a.clone(), number: 1 },
        External::Deep(Some(Box::new(External::Newtype(a)))),
        External::Deep(None),
    ]);
    each_array!(table, "`tag`", a => vec![
        Internal::Unit,
        Internal::Newtype(Fields { array: a.clone(), number: 1 }),
        Internal::Struct { array: a.clone(), number: 1 },
        Internal::Deep { vec: vec![Internal::Unit, Internal::Struct { array: a, number: 2 }], none: None },
    ], ANY);
    each_array!(table, "`tag`, a newtype variant of the array itself", a => Direct::Newtype(a), TAGGED_ARRAY, ANY, ANY);
    each_array!(table, "`tag`, a newtype variant of a map", a => Map::Map([("x".to_owned(), a)].into()), ANY);
    table.row(
        "`tag`, a newtype variant of a map with the tag as a key",
        Map::Map([("kind".to_owned(), 1)].into()),
        TAG_TWICE,
    );
    table.row(
        "`tag`, a newtype variant of a struct with the tag as a field",
        Collides::Newtype(Kind { kind: "x".into() }),
        TAG_TWICE,
    );
    table.row("`tag`, a newtype variant of `()`", UnitIn::Unit(()), ANY);
    each_array!(table, "`tag` around a map with keys that are integers", a => Numbers::Map { map: [(1, a)].into() }, BUFFERED_NUMBER_KEYS);
    table.row(
        "`tag` around `char`, bytes, `f32`, `None`, `()`, enums",
        Buffered::Struct {
            text: 'x',
            bytes: serde_bytes::ByteBuf::from([1, 255]),
            float: 0.1,
            none: None,
            unit: (),
            tuple: (1, "x".into()),
            variant: External::Tuple(1, 2),
        },
        ANY,
    );
    table.row("`tag` around a small `i128`", Wide::Struct { wide: 1 }, TAGGED_WIDE);
    table.row("`tag` around a large `i128`", Wide::Struct { wide: i128::MIN }, TAGGED_WIDE);
    each_array!(table, "`tag` and `content`", a => vec![
        Adjacent::Unit,
        Adjacent::Newtype(a.clone()),
        Adjacent::Tuple(a.clone(), 1),
        Adjacent::Struct { array: a.clone(), number: 1 },
        Adjacent::Deep(vec![Adjacent::Unit, Adjacent::Newtype(a)]),
    ], ANY);
    each_array!(table, "`untagged`", a => vec![
        Untagged::Unit,
        Untagged::Number(1),
        Untagged::Newtype(a.clone()),
        Untagged::Tuple(a.clone(), 1),
        Untagged::Struct { array: a.clone(), number: 1 },
        Untagged::Many(vec![Untagged::Newtype(a), Untagged::Number(2), Untagged::Unit]),
    ], ANY);
    table.row("`untagged`: an `i128` before an `f64`", vec![WholeOrNot::Whole(5)], UNTAGGED_WIDE);
    table.row("`Box<dyn Trait>` through typetag", Same(shapes()), &[]);
    table.row("`Box<dyn Trait>` through typetag, with a `tag`", Same(tagged()), &[]);
}
