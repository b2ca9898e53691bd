//! Missing elements stay missing, and others do not become missing.

use arraystow::{ChunkedArray, ErrorKind};
use half::f16;
use ndarray::array;

#[test]
fn a_conversion_without_the_fill_value_takes_another() {
    let floats = ChunkedArray::from(array![0.0_f32, f32::NAN, 5.0]).with_fill(f32::NAN);
    let integers = floats.astype::<i32>().unwrap();
    assert_eq!(integers.fill(), Some(i32::MIN));
    assert_eq!(integers.compute().unwrap(), array![0, i32::MIN, 5].into_dyn());
    assert_eq!(floats.astype::<f64>().unwrap().fill().map(f64::is_nan), Some(true));

    let large = ChunkedArray::from(array![1e20_f64, 1.0]).with_fill(1e20);
    let halves = large.astype::<f16>().unwrap();
    assert!(halves.fill().is_some_and(f16::is_nan) && halves.compute().unwrap()[[0]].is_nan());
    assert_eq!(large.astype::<f32>().unwrap().fill(), Some(1e20));

    // One that the type has is kept, and so is none.
    let kept = ChunkedArray::from(array![-9_i64, 1]).with_fill(-9).astype::<f32>().unwrap();
    assert_eq!((kept.fill(), kept.compute().unwrap()), (Some(-9.0), array![-9.0, 1.0].into_dyn()));
    assert_eq!(ChunkedArray::from(array![f32::NAN]).astype::<i8>().unwrap().fill(), None);
}

#[test]
fn missing_elements_are_neither_true_nor_false() {
    let floats = ChunkedArray::from(array![0.0_f32, f32::NAN]).with_fill(f32::NAN);
    let error = floats.astype::<bool>().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    assert!(error.to_string().contains("map"), "{error}");
    assert!(ChunkedArray::from(array![0_u8, 1]).with_fill(1).astype::<bool>().is_ok());

    let missing = ChunkedArray::from(array![Some(0_i32), None]);
    assert_eq!((missing.any().unwrap(), missing.all().unwrap(), missing.count().unwrap()), (false, false, 1));
    let along = missing.along(&[0]).unwrap();
    assert!(!along.any().compute().unwrap()[[]]);
    assert_eq!(along.count().compute().unwrap()[[]], 1);
    assert!(ChunkedArray::from(array![None, Some(3)]).all().unwrap());
    assert_eq!(ChunkedArray::from(array![Some(1.0), None, Some(f64::NAN)]).count().unwrap(), 1);
}

#[test]
fn nan_can_be_left_out_of_any() {
    let array = ChunkedArray::from(array![0.0, f64::NAN]);
    let along = array.along(&[0]).unwrap();
    assert!(along.any().compute().unwrap()[[]]);
    assert!(!along.skip_nan().any().compute().unwrap()[[]]);
}

#[test]
fn arrays_that_become_one_have_one_fill_value() {
    let (plain, filled) = (ChunkedArray::from(array![1, 2]), ChunkedArray::from(array![3, -9]).with_fill(-9));
    let january = filled.with_attr("history", "january").unwrap();
    let february = filled.with_attr("history", "february").unwrap();
    assert_eq!(ChunkedArray::concatenate(0, [&january, &february]).unwrap().fill(), Some(-9));
    assert_eq!(ChunkedArray::concatenate(0, [&plain, &filled]).unwrap().fill(), Some(-9));
    assert_eq!(ChunkedArray::stack(0, [&january, &february]).unwrap().fill(), Some(-9));
    assert_eq!(filled.appended(0, &plain).unwrap().fill(), Some(-9));

    let other = plain.with_fill(-1);
    for error in [
        ChunkedArray::concatenate(0, [&filled, &other]).unwrap_err(),
        filled.appended(0, &other).unwrap_err(),
        plain.appended(0, &filled).unwrap_err(),
        plain.updated(ndarray::s![..], &filled).unwrap_err(),
    ] {
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
        assert!(error.to_string().contains("-9") && error.to_string().contains("with_fill()"), "{error}");
    }

    // Elements that can be missing are not marked by a value in memory.
    let (counts, more) = (ChunkedArray::from(array![Some(1_i32)]), ChunkedArray::from(array![None, Some(2)]));
    let both = counts.with_fill(Some(-9)).appended(0, &more).unwrap();
    assert_eq!(both.fill(), Some(Some(-9)));
    assert_eq!(both.compute().unwrap(), array![Some(1), None, Some(2)].into_dyn());
    assert!(ChunkedArray::concatenate(0, [&counts.with_fill(Some(-9)), &more]).is_ok());
}

#[test]
fn missing_elements_are_skipped() {
    let depth = array![[12_i16, -9999, 7], [-9999, -9999, -9999], [0, -9999, 3]];
    let depth = ChunkedArray::from_ndarray(depth, &[2, 2]).unwrap().with_fill(-9999);
    assert_eq!(depth.min().unwrap(), -9999, "without skip_nan they are numbers");
    let skipped = depth.skip_nan();
    assert_eq!((skipped.min().unwrap(), skipped.max().unwrap(), skipped.sum().unwrap()), (0, 12, 22));
    assert_eq!((skipped.mean().unwrap(), skipped.argmin().unwrap(), skipped.argmax().unwrap()), (5.5, 6, 0));
    assert_eq!(skipped.var(0).unwrap(), array![12.0_f64, 7.0, 0.0, 3.0].var(0.0));
    assert_eq!(skipped.std(1).unwrap(), array![12.0_f64, 7.0, 0.0, 3.0].std(1.0));
    assert_eq!(skipped.quantile(&[0.0, 0.5, 1.0]).unwrap(), array![0.0, 5.0, 12.0]);
    assert_eq!(depth.count().unwrap(), 4);
    assert!(!depth.all().unwrap() && depth.slice(ndarray::s![..2, ..]).unwrap().all().unwrap());
    assert!(!depth.slice(ndarray::s![1, ..]).unwrap().any().unwrap());

    let rows = depth.along(&[1]).unwrap();
    assert_eq!(rows.count().compute().unwrap(), array![2, 0, 2].into_dyn());
    assert_eq!(rows.any().compute().unwrap(), array![true, false, true].into_dyn());
    assert_eq!(rows.min().compute().unwrap(), array![-9999, -9999, -9999].into_dyn());
    let rows = rows.skip_nan();
    assert_eq!(rows.sum().compute().unwrap(), array![19, 0, 3].into_dyn());
    assert_eq!(rows.min().compute().unwrap(), array![7, -9999, 0].into_dyn());
    assert_eq!((rows.min().fill(), rows.max().fill()), (Some(-9999), Some(-9999)), "the second one is missing");
    let means = rows.mean().compute().unwrap();
    assert!(means[[0]] == 9.5 && means[[1]].is_nan() && means[[2]] == 1.5);
    assert_eq!(rows.argmax().compute().unwrap_err().kind(), ErrorKind::InvalidInput);
    let columns = depth.along(&[0]).unwrap().skip_nan();
    assert_eq!(columns.max().compute().unwrap(), array![12, -9999, 7].into_dyn());

    // NaN and the fill value.
    let heat = ChunkedArray::from(array![1e20, f64::NAN, 4.0, 2.0]).with_fill(1e20);
    assert_eq!((heat.skip_nan().max().unwrap(), heat.skip_nan().mean().unwrap()), (4.0, 3.0));
    assert_eq!((heat.count().unwrap(), heat.skip_nan().quantile(&[0.5]).unwrap()[0]), (2, 3.0));
    let nothing = ChunkedArray::from(array![5_u8, 5]).with_fill(5).skip_nan();
    assert_eq!((nothing.max().unwrap(), nothing.sum().unwrap()), (5, 0));
    assert!(nothing.mean().unwrap().is_nan() && nothing.argmin().is_err());
}
