//! `flatten`.

use crate::table::Table;
use crate::values::{each_array, types};
use crate::why::{FIELD_TWICE, FLAT, FLAT_ADDRESS, FLAT_NUMBER_KEYS, FLAT_OPTION, FLAT_WIDE, KEY_TWICE};
use std::collections::BTreeMap;

types! {
    struct Fields<A> { array: A, text: Option<String> }
    struct Flat<A> { number: u8, #[serde(flatten)] fields: Fields<A>, last: A }
    struct Rest<A> { number: u8, #[serde(flatten)] rest: BTreeMap<String, A> }
    struct Numbers<A> { number: u8, #[serde(flatten)] rest: BTreeMap<u8, A> }
    struct Maybe<A> { number: u8, #[serde(flatten)] fields: Option<Fields<A>> }
    struct MaybeRest { number: u8, #[serde(flatten)] rest: Option<BTreeMap<String, u8>> }
    struct Two { #[serde(flatten)] one: BTreeMap<String, u8>, #[serde(flatten)] two: BTreeMap<String, u8> }
    enum External<A> { Newtype(A), Struct { array: A } }
    struct Variant<A> { number: u8, #[serde(flatten)] variant: External<A> }
    #[serde(tag = "kind")]
    enum Internal<A> { Struct { array: A } }
    struct Tagged<A> { number: u8, #[serde(flatten)] variant: Internal<A> }
    struct Deep<A> { #[serde(flatten)] flat: Flat<A>, vec: Vec<Flat<A>> }
    struct Unit { number: u8, #[serde(flatten)] unit: () }
    struct Buffered { #[serde(flatten)] inner: Inner }
    struct Inner { text: char, bytes: serde_bytes::ByteBuf, float: f32, none: Option<u8>, unit: (), map: BTreeMap<String, ()>, address: std::net::IpAddr }
    struct Wide { number: u8, #[serde(flatten)] inner: WideInner }
    struct WideInner { wide: i128 }
}

fn fields<A>(array: A) -> Fields<A> {
    Fields { array, text: None }
}

pub(crate) fn rows(table: &mut Table) {
    table.part("`flatten`");
    each_array!(table, "a struct", a => Flat { number: 1, fields: fields(a.clone()), last: a }, FLAT);
    each_array!(table, "a struct within a struct", a => {
        let flat = Flat { number: 1, fields: fields(a.clone()), last: a };
        Deep { flat: flat.clone(), vec: vec![flat] }
    }, FLAT);
    each_array!(table, "a map", a => Rest { number: 1, rest: [("x".to_owned(), a)].into() }, FLAT);
    each_array!(table, "a map with keys that are integers", a => Numbers { number: 1, rest: [(7, a)].into() }, FLAT_NUMBER_KEYS);
    each_array!(table, "a variant", a => vec![
        Variant { number: 1, variant: External::Newtype(a.clone()) }, Variant { number: 1, variant: External::Struct { array: a } },
    ], FLAT);
    each_array!(table, "an enum with a `tag`", a => Tagged { number: 1, variant: Internal::Struct { array: a } }, FLAT);
    each_array!(table, "an `Option` of a struct", a => vec![
        Maybe { number: 1, fields: Some(fields(a)) }, Maybe { number: 1, fields: None },
    ], FLAT);
    table.row("an `Option` of a map that is `None`", MaybeRest { number: 1, rest: None }, FLAT_OPTION);
    table.row("`()`", Unit { number: 1, unit: () }, FLAT);
    table.row(
        "`char`, bytes, `f32`, `None`, `()`, addresses",
        Buffered {
            inner: Inner {
                text: 'x',
                bytes: serde_bytes::ByteBuf::from([1, 255]),
                float: 0.1,
                none: None,
                unit: (),
                map: [("x".to_owned(), ())].into(),
                address: [127, 0, 0, 1].into(),
            },
        },
        FLAT_ADDRESS,
    );
    table.row("a small `i128`", Wide { number: 1, inner: WideInner { wide: -1 } }, FLAT_WIDE);
    table.row(
        "a map with a field's name as a key",
        Rest { number: 1, rest: [("number".to_owned(), 2)].into() },
        FIELD_TWICE,
    );
    table.row(
        "two maps with a key in common",
        Two { one: [("x".to_owned(), 1)].into(), two: [("x".to_owned(), 2)].into() },
        KEY_TWICE,
    );
}
