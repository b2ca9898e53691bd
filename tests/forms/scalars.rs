//! Numbers, texts, bytes, and types of other crates.

use crate::table::Table;
use crate::values::{Bits, types};
use crate::why::{ANY, INFINITE, NOT_A_NUMBER};
use serde_json::json;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

types! {
    enum NaN { Float(Bits) }
    struct Bytes { #[serde(with = "serde_bytes")] bytes: Vec<u8>, list: Vec<u8> }
    struct Single(f32);
}

/// Numbers of all magnitudes, of which most have no short decimal.
fn many_floats() -> Vec<Bits> {
    let mut state = 1_u64;
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        f64::from_bits(state ^ (state >> 29))
    };
    std::iter::from_fn(|| Some(next())).filter(|x| x.is_finite()).take(20_000).map(Bits).collect()
}

pub(crate) fn rows(table: &mut Table) {
    table.part("Numbers, strings, bytes");
    table.row("integers up to 64 bits", (u64::MAX, i64::MIN, u8::MAX, i8::MIN, vec![i64::MAX, -1, 0, -25, 256]), &[]);
    table.row("`i128`", vec![i128::MIN, i128::MAX, i64::MIN.into(), i128::from(i64::MIN) - 1, u64::MAX.into(), 0], &[]);
    table.row("`u128`", vec![u128::MAX, 1 << 64, 0], &[]);
    table.row("`f64`", (many_floats(), Bits(-0.0), Bits(f64::MIN_POSITIVE), Bits(5e-324), Bits(f64::MAX)), &[]);
    table.row(
        "`f32`",
        many_floats().iter().map(|x| x.0 as f32).filter(|x| x.is_finite()).map(Single).collect::<Vec<_>>(),
        &[],
    );
    table.row(
        "NaN",
        vec![NaN::Float(Bits(f64::NAN)), NaN::Float(Bits(f64::from_bits(0xfff8_0000_dead_beef)))],
        NOT_A_NUMBER,
    );
    table.row("infinities", (f64::INFINITY, f32::NEG_INFINITY), INFINITE);
    table.row("NaN in an `Option`", vec![Some(Bits(f64::NAN)), None], INFINITE);
    table.row("`char`, `String`", ('\0', '\u{1f980}', "\0\n\"\\\u{fffd}".to_owned(), String::new()), &[]);
    table.row("bytes", Bytes { bytes: vec![0, 255], list: vec![0, 255] }, &[]);
    table.row("`bool`, `()`", (true, false, (), vec![(), ()]), &[]);
    table.row(
        "addresses, durations, paths",
        (
            "::1".parse::<IpAddr>().unwrap(),
            "127.0.0.1:80".parse::<SocketAddr>().unwrap(),
            Duration::from_nanos(1_000_000_001),
            SystemTime::UNIX_EPOCH + Duration::from_millis(1),
            PathBuf::from("a/b"),
        ),
        &[],
    );
    table.row(
        "`serde_json::Value`",
        json!({"null": null, "list": [1, -1, 0.5, "x", [], {}, true, null], "map": {"x": null}}),
        ANY,
    );
}
