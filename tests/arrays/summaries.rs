//! What is shown of arrays: one line, which reads nothing, and a summary with a corner of the elements.

use super::support::{Counter, counted};
use arraystow::{AnyArray, ChunkGrid, ChunkedArray, Chunking, DataType, Element, ErrorKind, FixedText, TimeUnit};
use ndarray::{Array1, Array2, ArrayD, array, s};

/// The elements of a summary, without the line before them.
fn corner<T: Element>(array: &ChunkedArray<T>) -> String {
    let (summary, any) = (array.summary().unwrap(), AnyArray::from(array));
    let of_any = any.summary().unwrap();
    let elements = summary.strip_prefix(&format!("{array}\n")).unwrap();
    assert_eq!(of_any.strip_prefix(&format!("{any}\n")), Some(elements));
    elements.to_owned()
}

#[test]
fn an_array_is_shown_in_one_line() {
    let array = ChunkedArray::from_ndarray(Array2::<f32>::zeros((721, 1440)), &[128, 128]).unwrap();
    assert_eq!(array.to_string(), "float32[721, 1440] in chunks of [128, 128]");
    let array = array.with_dims(["lat", "lon"]).unwrap().with_attr("units", "m").unwrap();
    let line = "float32[721, 1440] in chunks of [128, 128], axes lat, lon, units m";
    assert_eq!(array.to_string(), line);
    assert_eq!(AnyArray::from(&array).to_string(), line);
    let part = array.slice(s![3, ..]).unwrap();
    assert_eq!(part.to_string(), "float32[1440] in chunks of [128], axes lon, units m");
    assert_eq!(AnyArray::from(&array).slice(s![3, ..]).unwrap().to_string(), part.to_string());
    let irregular = ChunkedArray::<u8>::zeros(&[3], ChunkGrid::irregular(&[vec![2, 1, 0]]).unwrap()).unwrap();
    assert_eq!(irregular.to_string(), "uint8[3] in [3] irregular chunks");
    assert_eq!(ChunkedArray::from(ndarray::arr0(1.5)).to_string(), "float64[]");
}

#[test]
fn names_cannot_act_on_a_terminal() {
    let units = "m\u{202e}\n".to_owned() + &"x".repeat(1000);
    let array = ChunkedArray::from(array![1, 2]).with_attr("units", units).unwrap();
    let line = array.to_string();
    assert!(line.starts_with("int32[2] in chunks of [2], units m\\u{202e}\\nxxx") && line.ends_with("xx.."), "{line}");
    assert!(line.chars().count() < 300);
    let texts = ChunkedArray::from(array!["\u{1b}[2J".to_owned() + &"y".repeat(1_000_000)]);
    let summary = texts.summary().unwrap();
    assert!(!summary.contains('\u{1b}') && summary.len() < 300, "{summary}");
}

#[test]
fn neither_debug_nor_display_reads_anything() {
    let counter = Counter::new();
    let grid = ChunkGrid::regular(&[40, 40], &[10, 10]).unwrap();
    let array = counter.array(&counted(&[40, 40]), &grid);
    let sum = &array + 1;
    let lines = [array.to_string(), format!("{array:?}"), sum.to_string(), format!("{sum:?}")];
    let any = AnyArray::from(&sum);
    let lines = lines.into_iter().chain([any.to_string(), format!("{any:?}"), format!("{:#?}", Some(&array))]);
    assert!(lines.into_iter().all(|line| line.contains("int64") && line.contains("[40, 40]") && line.len() < 120));
    assert_eq!(counter.chunks_and_most(), (0, 0));
    assert_eq!(sum.to_string(), "int64[40, 40] in chunks of [10, 10]");
}

#[test]
fn a_summary_reads_each_chunk_of_the_corner_once() {
    let counter = Counter::new();
    let elements = counted(&[100, 100]);
    let array = counter.array(&elements, &ChunkGrid::regular(&[100, 100], &[10, 10]).unwrap());
    let text = corner(&array);
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines[0], "[[   0    1    2 ...   97   98   99]");
    assert_eq!((lines[3], lines[6]), (" ...", " [9900 9901 9902 ... 9997 9998 9999]]"));
    // Once for the typed array, and once for the other.
    assert_eq!(counter.chunks_and_most(), (4, 2));
    counter.reset();
    let whole = counter.array(&elements, &ChunkGrid::regular(&[100, 100], &[100, 100]).unwrap());
    whole.summary().unwrap();
    assert_eq!(counter.chunks_and_most(), (1, 1));
    counter.reset();
    let expression = (&array * 2).slice(s![50.., ..]).unwrap();
    let summary = expression.summary().unwrap();
    assert!(summary.contains("[[10000 10002 10004 ... 10194 10196 10198]"), "{summary}");
    assert_eq!(counter.chunks_and_most(), (4, 1));
}

#[test]
fn a_summary_is_bounded_for_any_number_of_axes() {
    for axes in [1, 3, 8, 20] {
        let shape = vec![1_usize << (60 / axes); axes];
        let array = ChunkedArray::<u8>::zeros(&shape, vec![1; axes].as_slice()).unwrap();
        let summary = array.summary().unwrap();
        assert!(summary.matches('0').count() < 2000 && summary.contains("..."), "{axes}");
    }
}

#[test]
fn summaries_of_arrays_with_few_or_no_elements() {
    assert_eq!(corner(&ChunkedArray::from(ndarray::arr0(1.5))), "1.5");
    assert_eq!(corner(&ChunkedArray::<f64>::zeros(&[0], Chunking::Whole).unwrap()), "[]");
    assert_eq!(corner(&ChunkedArray::<f64>::zeros(&[3, 0, 2], Chunking::Whole).unwrap()), "[]");
    assert_eq!(corner(&ChunkedArray::from(array![[1_u8, 20], [3, 4]])), "[[ 1 20]\n [ 3  4]]");
    assert_eq!(corner(&ChunkedArray::from(Array1::from_iter(0..7))), "[0 1 2 ... 4 5 6]");
    assert_eq!(corner(&ChunkedArray::from(array![true, false])), "[ True False]");
}

#[test]
fn summaries_of_elements_of_all_kinds() {
    let texts = ChunkedArray::from(array!["Rhine".to_owned(), "a \"b\"".to_owned(), String::new()]);
    assert_eq!(corner(&texts), r#"["Rhine" "a \"b\"" ""]"#);
    let fixed = ChunkedArray::from(array!["Po", "Elbe"].map(|name| FixedText::<8>::new(name).unwrap()));
    assert_eq!(corner(&fixed), r#"["Po" "Elbe"]"#);
    let complex = ChunkedArray::from(array![num_complex::Complex::new(1.0_f32, -2.0)]);
    assert_eq!(corner(&complex), "[1-2i]");
    let missing = ChunkedArray::from(array![Some(1_i16), None, Some(300)]);
    assert_eq!(corner(&missing), "[  1  -- 300]");
    let floats = ChunkedArray::from(array![Some(0.5_f64), None]);
    assert_eq!(corner(&floats), "[0.5  --]");
    let filled = ChunkedArray::from(array![1.0, -9999.0]).with_fill(-9999.0);
    assert_eq!(corner(&filled), "[1. --]");
    let dates = AnyArray::from_bytes(DataType::DateTime64(TimeUnit::Second), &[2], &[2], &{
        [7_i64.to_le_bytes(), i64::MIN.to_le_bytes()].concat()
    });
    assert_eq!(dates.unwrap().summary().unwrap(), "datetime64[s][2] in chunks of [2]\n[7 s NaT]");
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Element)]
struct Place {
    lat: f32,
    id: u8,
}

#[test]
fn summaries_of_records_show_their_fields() {
    let places = array![Place { lat: 51.5, id: 1 }, Place { lat: -3.0, id: 200 }];
    assert_eq!(corner(&ChunkedArray::from(places)), "[{lat: 51.5, id: 1} {lat: -3, id: 200}]");
}

#[test]
fn a_summary_fails_as_the_array_does() {
    let broken = ChunkedArray::<f32>::from_fn(&[10], &[5], |_| Err::<Array1<f32>, _>("no sensor")).unwrap();
    assert_eq!(broken.summary().unwrap_err().kind(), ErrorKind::UserCode);
    let impossible = ChunkedArray::from(array![1, 2]) + ChunkedArray::from(array![1, 2, 3]);
    assert!(impossible.summary().is_err());
    assert!(impossible.to_string().starts_with("int32"));
    let one = futures::executor::block_on(ChunkedArray::from(ArrayD::<u8>::zeros(vec![2])).summary_async());
    assert_eq!(one.unwrap(), "uint8[2] in chunks of [2]\n[0 0]");
}
