//! Options, sequences and maps.

use crate::table::Table;
use crate::values::{each_array, small, types};
use crate::why::{MIXED_KEYS, NUMBER_KEYS, OPTION_KEYS, RICH_KEYS, SOME_NONE};
use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};

types! {
    #[derive(PartialOrd, Eq, Ord, Hash)]
    enum Name { First, Second }
    #[derive(PartialOrd, Eq, Ord, Hash)]
    struct Number(u16);
    #[derive(PartialOrd, Eq, Ord, Hash)]
    enum Rich { Unit, Newtype(u8), Tuple(u8, u8), Struct { a: u8 } }
    #[derive(PartialOrd, Eq, Ord, Hash)]
    #[serde(untagged)]
    enum Either { Number(u8), Text(String) }
    #[derive(PartialOrd, Eq, Ord, Hash)]
    struct Point { x: i32, y: i32 }
}

fn map<K: Ord, V: Clone>(keys: impl IntoIterator<Item = K>, value: V) -> BTreeMap<K, V> {
    keys.into_iter().map(|key| (key, value.clone())).collect()
}

pub(crate) fn rows(table: &mut Table) {
    table.part("Options, sequences and maps");
    each_array!(table, "`Option`", a => (Some(a.clone()), Some(Some(a.clone())), None::<u8>, vec![Some(a), None]));
    table.row("`Some(None)`", (Some(None::<u8>), 1), SOME_NONE);
    table.row("`Some(())`", (Some(()), 1), SOME_NONE);
    each_array!(table, "`Result`", a => (Ok::<_, String>(a), Err::<u8, _>("x".to_owned())));
    each_array!(table, "`Vec`, `VecDeque`, fixed lengths", a => (
        vec![vec![a.clone()], vec![]], VecDeque::from([a.clone()]), [a.clone(), a],
    ));
    table.row("sets", (BTreeSet::from([3, 1]), BTreeSet::from(["x".to_owned()])), &[]);
    each_array!(table, "maps with keys that are strings", a => (
        map(["".to_owned(), "a b".into(), "\u{1f980}\"\\".into()], a.clone()), HashMap::from([("x".to_owned(), a)]),
    ));
    each_array!(table, "maps with keys that are integers", a => (
        map([u64::MAX, 1], a.clone()), map([i64::MIN, -1, 1], a.clone()), map([i128::MIN, u64::MAX.into()], a),
    ));
    each_array!(table, "maps with keys that are `bool`, `char`", a => (map([true, false], a.clone()), map(['x', '\u{1f980}'], a)));
    each_array!(table, "maps with keys that are unit variants", a => map([Name::First, Name::Second], a));
    each_array!(table, "maps with keys that are newtypes", a => map([Number(1), Number(2)], a));
    each_array!(table, "maps with keys that are tuples, lists", a => (
        map([(1, "x".to_owned())], a.clone()), map([vec![1_u8], vec![]], a),
    ), OPTION_KEYS);
    each_array!(table, "maps with keys that are structs", a => map([Point { x: 1, y: 2 }], a), RICH_KEYS);
    each_array!(table, "maps with keys that are variants with contents", a => map(
        [Rich::Unit, Rich::Newtype(1), Rich::Tuple(1, 2), Rich::Struct { a: 1 }], a,
    ), RICH_KEYS);
    each_array!(table, "maps with keys that are `Option`", a => map([None, Some(1)], a), OPTION_KEYS);
    let large = ndarray::Array1::from_iter(0..1000);
    let of_arrays: HashMap<_, _> = [(small(1), 1), (large.clone(), 2)].into();
    let of_tuples: HashMap<_, _> = [((small(1), 1), 1), ((large, 2), 2)].into();
    table.row("maps with keys that are plain arrays", (of_arrays, of_tuples), RICH_KEYS);
    table.row(
        "maps with keys that are numbers and strings, `untagged`",
        map([Either::Number(1), Either::Text("1".into())], 1),
        MIXED_KEYS,
    );
    table.row("maps with keys that are numbers, `untagged` from strings", map([Either::Number(1)], 1), NUMBER_KEYS);
    each_array!(table, "maps in maps", a => map(["x".to_owned()], map([1_u8], a)));
}
