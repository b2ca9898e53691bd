//! Any expression of a few operations is what ndarray makes of the same elements.

use super::support::{any_grid, counted, grid_for, lazy, slice_for};
use proptest::prelude::*;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn expressions_agree_with_ndarray(
        grid in any_grid(),
        operations in prop::collection::vec((0..7_u8, prop::collection::vec(any::<usize>(), 37)), 1..8),
    ) {
        let mut expected = counted(grid.shape());
        let mut array = lazy(&expected, &grid);
        for (operation, random) in operations {
            match operation {
                0 => {
                    let slice = slice_for(expected.shape(), &random);
                    expected = expected.slice(slice.as_slice()).to_owned();
                    array = array.slice(&slice).unwrap();
                }
                1 => array = array.rechunk(grid_for(expected.shape(), &random)).unwrap(),
                2 => {
                    expected.mapv_inplace(|x| x * 7 % 1000);
                    array = array.map(|x| x * 7 % 1000);
                }
                3 => {
                    // The same array, in other chunks.
                    let other = array.rechunk(grid_for(expected.shape(), &random)).unwrap();
                    array = array.zip_with(&other, |x, y| x * y % 1000 - x).unwrap();
                    expected.mapv_inplace(|x| x * x % 1000 - x);
                }
                4 => {
                    let added = counted(expected.shape());
                    array = &array + lazy(&added, &grid_for(expected.shape(), &random));
                    expected = expected + added;
                }
                5 => {
                    array = (&array * &array - &array * 3) % 1000;
                    expected.mapv_inplace(|x| (x * x - x * 3) % 1000);
                }
                _ => {
                    let reversed = vec![ndarray::Slice::new(0, None, -1).into(); expected.ndim()];
                    array = &array - array.slice(&reversed).unwrap();
                    expected = &expected - &expected.slice(reversed.as_slice());
                }
            }
        }
        prop_assert_eq!(array.shape(), expected.shape());
        let computed = array.compute().unwrap();
        prop_assert_eq!(&computed, &expected);
        prop_assert_eq!(array.sum().unwrap(), expected.iter().sum::<i64>());
        let by_chunk: i64 = array.chunks().unwrap().map(|chunk| chunk.unwrap().1.sum()).sum();
        prop_assert_eq!(by_chunk, expected.iter().sum::<i64>());
    }
}
