//! Arrays with several axes: of ndarray, nalgebra and image, and of users.

use super::{Diverted, folders, round_trip};
use arraystow::{AnyNdArray, ErrorKind, Storage};
use image::{ImageBuffer, Luma, Rgb};
use nalgebra::{DMatrix, DVector, Matrix2x3, RowDVector};
use ndarray::{ArcArray2, Array0, Array2, Array3, ArrayD, ShapeBuilder};

fn stored(storage: &Storage) -> AnyNdArray {
    storage.array("it", "array").unwrap().compute().unwrap()
}

fn counted<D: ndarray::Dimension>(shape: impl ShapeBuilder<Dim = D>) -> ndarray::Array<f32, D> {
    let mut next = 0.0;
    ndarray::Array::from_shape_simple_fn(shape, || {
        next += 1.0;
        next
    })
}

#[test]
fn arrays_of_any_order_and_number_of_axes_come_back() {
    folders(|storage| {
        let array = counted((30, 50));
        assert_eq!(round_trip(storage, array.clone()).unwrap().array, array);
        let turned = array.clone().reversed_axes();
        assert_eq!(round_trip(storage, turned.clone()).unwrap().array, turned);
        assert_eq!(stored(storage), AnyNdArray::from(turned));
        let by_columns = Array2::from_shape_fn((30, 50).f(), |(i, j)| (i * 100 + j) as f64);
        assert_eq!(round_trip(storage, by_columns.clone()).unwrap().array, by_columns);
        let shared: ArcArray2<f32> = array.clone().into_shared();
        assert_eq!(round_trip(storage, shared.clone()).unwrap().array, shared);
        let any: ArrayD<f32> = counted((3, 4, 5)).into_dyn();
        assert_eq!(round_trip(storage, any.clone()).unwrap().array, any);
        let scalar = Array0::from_elem((), 7_i16);
        assert_eq!(round_trip(storage, scalar.clone()).unwrap().array, scalar);
        let empty = Array3::<u8>::zeros((4, 0, 3));
        assert_eq!(round_trip(storage, empty.clone()).unwrap().array, empty);
        // Read right into its memory.
        let large = Array2::from_shape_fn((2500, 2000), |(i, j)| (i * 2000 + j) as f32);
        assert!(round_trip(storage, large.clone()).unwrap().array == large);
    });
}

#[test]
fn matrices_are_stored_by_rows_and_columns() {
    folders(|storage| {
        for (rows, columns) in [(2, 3), (1, 1), (0, 4), (2500, 2000)] {
            let matrix = DMatrix::from_fn(rows, columns, |i, j| (i * 10_000 + j) as f64);
            assert!(round_trip(storage, matrix.clone()).unwrap().array == matrix);
            let array = Array2::from_shape_fn((rows, columns), |(i, j)| (i * 10_000 + j) as f64);
            assert!(stored(storage) == AnyNdArray::from(array.clone()));
            assert!(storage.load::<Diverted<Array2<f64>>>("it").unwrap().array == array);
        }
        let fixed = Matrix2x3::new(1_i32, 2, 3, 4, 5, 6);
        assert_eq!(round_trip(storage, fixed).unwrap().array, fixed);
        assert_eq!(stored(storage), ndarray::array![[1_i32, 2, 3], [4, 5, 6]].into());
        let column = DVector::from_fn(1000, |i, _| i as f32);
        assert_eq!(round_trip(storage, column.clone()).unwrap().array, column);
        assert_eq!(stored(storage).shape(), [1000, 1]);
        let row = RowDVector::from_fn(1000, |_, i| i as f32);
        assert_eq!(round_trip(storage, row.clone()).unwrap().array, row);
        let error = storage.load::<Diverted<DVector<f32>>>("it").unwrap_err();
        assert_eq!((error.kind(), error.path()), (ErrorKind::TypeMismatch, Some("array")));
        let text = "the array was saved with shape [1, 1000], and the type asks for any number of rows and 1 columns";
        assert!(error.to_string().contains(text), "{error}");
    });
}

#[cfg(feature = "faer")]
#[test]
fn matrices_of_faer_are_stored_by_rows_and_columns() {
    folders(|storage| {
        for (rows, columns) in [(2, 3), (0, 4), (17, 5), (2501, 2000)] {
            let matrix = faer::Mat::from_fn(rows, columns, |i, j| (i * 10_000 + j) as f64);
            assert!(round_trip(storage, matrix.clone()).unwrap().array == matrix);
            let array = Array2::from_shape_fn((rows, columns), |(i, j)| (i * 10_000 + j) as f64);
            assert!(stored(storage) == AnyNdArray::from(array));
        }
    });
}

#[test]
fn images_are_stored_by_rows_columns_and_channels() {
    folders(|storage| {
        let image = ImageBuffer::from_fn(200, 100, |x, y| Rgb([x as u8, y as u8, (x + y) as u8]));
        assert_eq!(round_trip(storage, image.clone()).unwrap().array, image);
        let array = Array3::from_shape_fn((100, 200, 3), |(y, x, channel)| [x, y, x + y][channel] as u8);
        assert_eq!(stored(storage), array.into());
        let gray = ImageBuffer::from_fn(3, 5, |x, y| Luma([(x * 1000 + y) as u16]));
        assert_eq!(round_trip(storage, gray.clone()).unwrap().array, gray);
        let error = storage.load::<Diverted<ImageBuffer<Rgb<u16>, Vec<u16>>>>("it").unwrap_err();
        assert_eq!((error.kind(), error.path()), (ErrorKind::TypeMismatch, Some("array")));
        let text = "the array was saved with 1 channels, and the pixels of the type have 3";
        assert!(error.to_string().contains(text), "{error}");
    });
}
