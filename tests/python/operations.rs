//! Operations give what numpy gives, element by element and with the same types. Each line has the expression in numpy
//! beside the operation; where numpy's type or rule is another one, the expression says so, as the guide does.

use arraystow::{
    AnyArray, Arithmetic, ChunkGrid, ChunkedArray, DataType, Element, Number, Padding, RealElement, Summable,
};
use arraystow_tests::python_env;
use half::f16;
use ndarray::{ArrayD, ArrayViewD, IxDyn};
use num_complex::Complex;
use std::borrow::Borrow;
use std::fmt::Write as _;

const COMPARE: &str = include_str!("operations.py");

/// Random numbers, the same in each run.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        self.0 >> 33
    }

    fn below(&mut self, limit: usize) -> usize {
        (self.next() as usize) % limit
    }
}

/// What is compared: inputs and results as files, and a list of them.
struct Comparison {
    folder: tempfile::TempDir,
    list: String,
    files: usize,
    random: Random,
}

impl Comparison {
    fn new(seed: u64) -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self { folder, list: String::new(), files: 0, random: Random(seed) }
    }

    fn write<T: Element>(&mut self, what: &str, text: &str, elements: &ArrayD<T>) {
        self.files += 1;
        let bytes = AnyArray::from(ChunkedArray::from(elements.clone())).to_bytes().unwrap();
        std::fs::write(self.folder.path().join(self.files.to_string()), bytes).unwrap();
        let shape: Vec<String> = elements.shape().iter().map(usize::to_string).collect();
        writeln!(self.list, "{what}\t{text}\t{}\t{}\t{}", self.files, T::DATA_TYPE, shape.join(",")).unwrap();
    }

    /// An array of random numbers by that name, in random chunks.
    fn input<T: Number>(&mut self, name: &str, shape: &[usize]) -> ChunkedArray<T> {
        let is_float = matches!(T::DATA_TYPE, DataType::Float16 | DataType::Float32 | DataType::Float64);
        let random = &mut self.random;
        let numbers = ArrayD::from_shape_simple_fn(shape, || match random.below(12) {
            0 if is_float => f64::NAN,
            1 => 0.0,
            _ => random.below(250) as f64 / 2.0 - 20.0,
        });
        let elements = ChunkedArray::from(numbers).astype::<T>().unwrap().compute().unwrap();
        let mut chunks = Vec::new();
        for len in shape {
            let (mut left, mut axis) = (*len, Vec::new());
            while left > 0 {
                let chunk = (random.below(5) + 1).min(left);
                axis.push(chunk);
                left -= chunk;
            }
            chunks.push(axis);
        }
        self.write("input", name, &elements);
        ChunkedArray::from_ndarray(elements, ChunkGrid::irregular(&chunks).unwrap()).unwrap()
    }

    /// The elements are exactly those of the expression.
    fn same<T: Element>(&mut self, numpy: &str, array: impl Borrow<ChunkedArray<T>>) {
        self.write("same", numpy, &array.borrow().compute().unwrap());
    }

    /// Sums of floats in another order.
    fn close<T: Element>(&mut self, numpy: &str, array: impl Borrow<ChunkedArray<T>>) {
        self.write("close", numpy, &array.borrow().compute().unwrap());
    }

    fn value<T: Element>(&mut self, numpy: &str, value: T) {
        self.write("close", numpy, &ndarray::arr0(value).into_dyn());
    }

    fn run(self) {
        let list = self.folder.path().join("list");
        let count = self.list.lines().count();
        std::fs::write(&list, self.list).unwrap();
        let printed = python_env::run(python_env::HDF5, COMPARE, &[self.folder.path().to_str().unwrap()]);
        assert_eq!(printed.trim().parse::<usize>().unwrap(), count);
    }
}

/// The axes of a subset, as Python writes them.
fn tuple(axes: &[usize]) -> String {
    format!("({})", axes.iter().map(|axis| format!("{axis},")).collect::<String>())
}

const AXES: [&[usize]; 5] = [&[0], &[1], &[2], &[0, 2], &[0, 1, 2]];

fn sums<T: Summable>(to: &mut Comparison, shape: &[usize]) {
    let x = to.input::<T>("x", shape);
    // numpy sums floats in their own type, and gives int64 for bool.
    let sum = match T::Sum::DATA_TYPE {
        DataType::UInt64 => "u8",
        DataType::Int64 => "i8",
        DataType::Float64 => "f8",
        _ => "c16",
    };
    let mean = if sum == "c16" { "c16" } else { "f8" };
    for axes in AXES {
        let (along, axis) = (x.along(axes).unwrap(), tuple(axes));
        to.close(&format!("np.sum(x, axis={axis}, dtype='{sum}')"), along.sum());
        to.close(&format!("np.mean(x, axis={axis}, dtype='{mean}', keepdims=True)"), along.clone().keep_axes().mean());
        to.close(&format!("np.nansum(x, axis={axis}, dtype='{sum}')"), along.clone().skip_nan().sum());
        to.close(&format!("np.nanmean(x.astype('{mean}'), axis={axis})"), along.skip_nan().mean());
    }
    for axis in 0..3 {
        to.same(&format!("np.cumsum(x, axis={axis}, dtype='{sum}')"), x.cumsum(axis).unwrap());
    }
    to.value(&format!("np.sum(x, dtype='{sum}')"), x.sum().unwrap());
    to.value(&format!("np.mean(x, dtype='{mean}')"), x.mean().unwrap());
    to.value(&format!("np.nansum(x, dtype='{sum}')"), x.skip_nan().sum().unwrap());
    to.value(&format!("np.nanmean(x.astype('{mean}'))"), x.skip_nan().mean().unwrap());
}

fn ordered<T: RealElement + Number>(to: &mut Comparison, shape: &[usize]) {
    let x = to.input::<T>("x", shape);
    for axes in AXES {
        let (along, axis) = (x.along(axes).unwrap(), tuple(axes));
        to.same(&format!("np.min(x, axis={axis})"), along.min());
        to.same(&format!("np.max(x, axis={axis}, keepdims=True)"), along.clone().keep_axes().max());
        to.same(&format!("np.nanmin(x, axis={axis})"), along.clone().skip_nan().min());
        to.same(&format!("np.nanmax(x, axis={axis})"), along.clone().skip_nan().max());
        to.close(&format!("np.var(x, axis={axis}, dtype='f8')"), along.var(0));
        to.close(&format!("np.nanstd(x.astype('f8'), axis={axis}, ddof=1)"), along.clone().skip_nan().std(1));
        to.same(&format!("np.any(x, axis={axis})"), along.any());
        to.same(&format!("np.all(x, axis={axis})"), along.all());
        to.same(&format!("np.sum(~np.isnan(x), axis={axis})"), along.count());
        if let [axis] = axes {
            to.same(&format!("np.argmin(x, axis={axis})"), along.argmin());
            to.same(&format!("np.argmax(x, axis={axis}, keepdims=True)"), along.keep_axes().argmax());
        }
    }
    // numpy has no positions along several axes.
    let (len, width) = (shape[1], shape[0] * shape[2]);
    let places = x.along(&[0, 2]).unwrap().argmin();
    to.same(&format!("x.transpose(1, 0, 2).reshape({len}, {width}).argmin(axis=1)"), places);
    to.value("np.argmin(x)", x.argmin().unwrap() as i64);
    to.value("np.argmax(x)", x.argmax().unwrap() as i64);
    to.value("np.nanargmin(x)", x.skip_nan().argmin().unwrap() as i64);
    to.value("np.nanargmax(x)", x.skip_nan().argmax().unwrap() as i64);
    to.value("np.min(x)", x.min().unwrap());
    to.value("np.nanmax(x)", x.skip_nan().max().unwrap());
    to.value("np.std(x, dtype='f8', ddof=1)", x.std(1).unwrap());
    to.value("np.nanvar(x.astype('f8'))", x.skip_nan().var(0).unwrap());
    let edges = [-21.5, -3.0, 0.0, 0.0, 7.5, 20.0, 80.0];
    to.same(&format!("np.histogram(x.astype('f8'), {edges:?})[0]"), ChunkedArray::from(x.histogram(&edges).unwrap()));
    let q = [0.0, 0.1, 1.0 / 3.0, 0.5, 0.99, 1.0];
    to.same(&format!("np.quantile(x.astype('f8'), {q:?})"), ChunkedArray::from(x.quantile(&q).unwrap()));
    let skipping = x.skip_nan().quantile(&q).unwrap();
    to.same(&format!("np.nanquantile(x.astype('f8'), {q:?})"), ChunkedArray::from(skipping));
    let row = to.input::<T>("row", &shape[2..]);
    to.same("x == row", x.eq(&row));
    to.same("x != row", x.ne(&row));
    to.same("x < row", x.lt(&row));
    to.same("row <= x", row.le(&x));
    to.same("x > row", x.gt(&row));
    to.same("x >= row", x.ge(&row));
    to.same("np.where(x < row, x, row)", x.lt(&row).select(&x, &row).unwrap());
    to.same("(x < row) & (row != x) | ~(x >= row) ^ (x == x)", {
        let (less, other) = (x.lt(&row), row.ne(&x));
        (less & other) | (!x.ge(&row) ^ x.eq(&x))
    });
}

/// What moves elements, for each type the same.
fn shapes<T: Number>(to: &mut Comparison, shape: &[usize]) {
    let x = to.input::<T>("x", shape);
    let y = to.input::<T>("y", shape);
    let (a, b, c) = (shape[0], shape[1], shape[2]);
    for (axis, len) in shape.iter().enumerate() {
        let both = ChunkedArray::concatenate(axis, [&x, &y, &x]).unwrap();
        to.same(&format!("np.concatenate([x, y, x], axis={axis})"), both);
        to.same(&format!("np.stack([x, y], axis={axis})"), ChunkedArray::stack(axis, [&x, &y]).unwrap());
        let list: Vec<usize> = (0..9).map(|_| to.random.below(*len)).collect();
        to.same(&format!("np.take(x, {list:?}, axis={axis})"), x.take(axis, &list).unwrap());
        let mask: Vec<bool> = (0..*len).map(|_| to.random.below(2) == 0).collect();
        let text = mask.iter().map(|is| if *is { "1," } else { "0," }).collect::<String>();
        to.same(&format!("np.compress([{text}], x, axis={axis})"), x.compress(axis, &mask).unwrap());
    }
    to.same("x.T", x.transpose());
    to.same("x.transpose(1, 2, 0)", x.permuted_axes(&[1, 2, 0]).unwrap());
    let rows = x.rechunk(&[1, 2, c]).unwrap();
    to.same(&format!("x.reshape({a}, {})", b * c), rows.reshape(&[a, b * c]).unwrap());
    to.same(&format!("x.reshape({})", a * b * c), rows.rechunk(&[1, b, c]).unwrap().reshape(&[a * b * c]).unwrap());
    to.same(&format!("x.reshape({a}, {b}, {c}, 1)"), x.reshape(&[a, b, c, 1]).unwrap());
    let line = x.rechunk(&[2, b, c]).unwrap().reshape(&[a * b * c]).unwrap();
    to.same(&format!("x.reshape({}, {a})", b * c), line.reshape(&[b * c, a]).unwrap());
    let widths = [(2, 0), (1, 3), (0, 2)];
    let one = ChunkedArray::from(ndarray::arr0(1.0)).astype::<T>().unwrap().compute().unwrap()[[]];
    for (mode, padding) in [
        ("'constant', constant_values=1", Padding::Constant(one)),
        ("'edge'", Padding::Edge),
        ("'reflect'", Padding::Reflect),
    ] {
        to.same(&format!("np.pad(x, [(2, 0), (1, 3), (0, 2)], {mode})"), x.pad(&widths, padding).unwrap());
    }
    to.same("x[::-1, 1:, -1]", x.slice(ndarray::s![..;-1, 1.., -1]).unwrap());
}

fn arithmetic<T: Arithmetic>(to: &mut Comparison, shape: &[usize]) {
    let (x, y) = (to.input::<T>("x", shape), to.input::<T>("y", shape));
    let row = to.input::<T>("row", &shape[2..]);
    let column = to.input::<T>("column", &[shape[1], 1]);
    to.same("x + y", &x + &y);
    to.same("x - row", &x - &row);
    to.same("row - column", &row - &column);
    to.same("x * y + row", &x * &y + &row);
    to.same("-x", -&x);
}

/// Blocks and windows of floats.
fn neighbours(to: &mut Comparison, shape: &[usize]) {
    let x = to.input::<f64>("x", shape);
    let (a, b, c) = (shape[0], shape[1] / 2 * 2, shape[2] / 3 * 3);
    let even = x.slice(ndarray::s![.., ..b, ..c]).unwrap().coarsen(&[1, 2, 3]).unwrap();
    let blocks = format!("x[:, :{b}, :{c}].reshape({a}, {}, 2, {}, 3)", b / 2, c / 3);
    to.close(&format!("{blocks}.mean(axis=(2, 4))"), even.mean());
    to.close(&format!("np.nanstd({blocks}, axis=(2, 4))"), even.clone().skip_nan().std(0));
    to.same(&format!("{blocks}.max(axis=(2, 4))"), even.max());
    for (mode, padding) in [
        ("'constant', constant_values=-1", Padding::Constant(-1.0)),
        ("'edge'", Padding::Edge),
        ("'reflect'", Padding::Reflect),
    ] {
        let least =
            |window: ArrayViewD<'_, f64>| window.iter().copied().fold(f64::INFINITY, |a, b| if b < a { b } else { a });
        let windows = x.map_overlap(&[0, 1, 2], padding, move |region, elements| {
            let found = elements.windows(IxDyn(&[1, 3, 5])).into_iter().map(least).collect();
            ArrayD::from_shape_vec(region.shape(), found)
        });
        let padded = format!("np.pad(x, [(0, 0), (1, 1), (2, 2)], {mode})");
        to.same(
            &format!("np.fmin.reduce(sliding_window_view({padded}, (1, 3, 5)), axis=(3, 4, 5), initial=np.inf)"),
            windows.unwrap(),
        );
    }
    let firsts = x.map_chunks(|region, elements| elements.mapv(|x| x * region.start()[0] as f64));
    let starts: Vec<String> = (0..shape[0])
        .map(|at| {
            x.grid().chunks()[0]
                .iter()
                .scan(0, |end, len| {
                    *end += len;
                    Some((*end - len, *end))
                })
                .find(|(_, end)| at < *end)
                .unwrap()
                .0
                .to_string()
        })
        .collect();
    to.same(&format!("x * np.array([{}])[:, None, None]", starts.join(", ")), firsts);
}

/// Two random shapes for each.
fn compare(seed: u64, of: impl Fn(&mut Comparison, &[usize])) {
    let mut to = Comparison::new(seed);
    for _ in 0..2 {
        let shape: Vec<usize> = (0..3).map(|_| to.random.below(7) + 4).collect();
        of(&mut to, &shape);
    }
    to.run();
}

#[test]
fn sums_are_those_of_numpy() {
    compare(1, |to, shape| {
        sums::<bool>(to, shape);
        sums::<i16>(to, shape);
        sums::<u8>(to, shape);
        sums::<f32>(to, shape);
        sums::<f64>(to, shape);
        sums::<Complex<f32>>(to, shape);
    });
}

#[test]
fn reductions_and_comparisons_are_those_of_numpy() {
    compare(2, |to, shape| {
        ordered::<i8>(to, shape);
        ordered::<u32>(to, shape);
        ordered::<i64>(to, shape);
        ordered::<f16>(to, shape);
        ordered::<f32>(to, shape);
        ordered::<f64>(to, shape);
    });
}

#[test]
fn elements_are_moved_as_numpy_moves_them() {
    compare(3, |to, shape| {
        shapes::<bool>(to, shape);
        shapes::<u16>(to, shape);
        shapes::<f32>(to, shape);
        shapes::<Complex<f64>>(to, shape);
    });
}

#[test]
fn arithmetic_is_that_of_numpy() {
    compare(4, |to, shape| {
        arithmetic::<i8>(to, shape);
        arithmetic::<i32>(to, shape);
        arithmetic::<u64>(to, shape);
        arithmetic::<f32>(to, shape);
        arithmetic::<f64>(to, shape);
        arithmetic::<Complex<f32>>(to, shape);
        // Division truncates, and the remainder has the sign of the dividend.
        let x = to.input::<i32>("x", shape);
        let y = to.input::<i32>("y", shape).map(|y| if y == 0 { 7 } else { y });
        to.same("np.trunc(x / np.where(y == 0, 7, y)).astype('i4')", &x / &y);
        to.same("np.fmod(x, np.where(y == 0, 7, y).astype('i4'))", &x % &y);
        let (x, y) = (to.input::<f64>("x", shape), to.input::<f64>("y", shape));
        to.same("x / y", &x / &y);
        to.same("np.fmod(x, y)", &x % &y);
    });
}

#[test]
fn blocks_and_windows_are_those_of_numpy() {
    compare(5, neighbours);
}
