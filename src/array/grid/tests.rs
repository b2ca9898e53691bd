use super::*;

fn runs(runs: &[Vec<(usize, usize)>]) -> Option<ChunkGrid> {
    ChunkGrid::from_runs(runs).ok()
}

fn irregular(chunks: &[Vec<usize>]) -> Option<ChunkGrid> {
    ChunkGrid::irregular(chunks).ok()
}

fn regular(shape: &[usize], chunk: &[usize]) -> Option<ChunkGrid> {
    ChunkGrid::regular(shape, chunk).ok()
}

#[test]
fn equal_chunks_are_one_grid_however_they_are_listed() {
    let grid = regular(&[10], &[4]);
    assert!(grid.is_some());
    assert_eq!(runs(&[vec![(4, 2), (2, 1)]]), grid);
    assert_eq!(runs(&[vec![(4, 1), (4, 1), (2, 1)]]), grid);
    assert_eq!(runs(&[vec![(4, 1), (7, 0), (4, 1), (2, 1)]]), grid);
    assert_eq!(irregular(&[vec![4, 4, 2]]), grid);
    // A chunk longer than its axis is as long as the axis.
    assert_eq!(regular(&[3], &[100]), irregular(&[vec![3]]));
    assert_eq!(regular(&[0], &[5]), irregular(&[vec![]]));
    // The last chunk is longer, or there are two shorter ones.
    assert_eq!(irregular(&[vec![4, 4, 5]]).and_then(|grid| grid.chunk_shape()), None);
    assert_eq!(irregular(&[vec![4, 2, 2]]).and_then(|grid| grid.chunk_shape()), None);
}

#[test]
fn a_grid_and_its_runs_are_one() {
    for chunks in [vec![], vec![1], vec![3, 5, 2], vec![4, 4, 4, 1], vec![0, 3, 0, 0, 2], vec![2, 2, 3, 3, 2]] {
        let grid = irregular(&[chunks.clone(), vec![2, 1]]);
        let listed = grid.as_ref().map(|grid| grid.chunks());
        assert_eq!(listed, Some(vec![chunks, vec![2, 1]]));
        assert_eq!(grid.as_ref().and_then(|grid| runs(&grid.runs())), grid);
        let json = grid.as_ref().and_then(|grid| serde_json::to_string(grid).ok());
        assert_eq!(json.and_then(|json| serde_json::from_str(&json).ok()), grid);
    }
}

#[test]
fn many_equal_chunks_take_no_memory() {
    let many = runs(&[vec![(1, 1 << 40), (2, 1 << 40)]]);
    assert_eq!(many.as_ref().map(|grid| grid.chunk_count()), Some(1 << 41));
    let region = many.and_then(|grid| grid.chunk_region((1 << 41) - 1).ok());
    assert_eq!(region.map(|region| (region.start()[0], region.shape()[0])), Some(((3 << 40) - 2, 2)));
}

#[test]
fn runs_that_cannot_be_counted_are_refused() {
    assert_eq!(runs(&[vec![(usize::MAX, 2)]]), None);
    assert_eq!(runs(&[vec![(1, usize::MAX), (1, 1)]]), None);
    assert_eq!(runs(&[vec![(0, usize::MAX)], vec![(0, usize::MAX)]]), None);
    assert_eq!(runs(&[vec![(1 << 40, 1)], vec![(1 << 40, 1)]]), None);
}

#[test]
fn serde_refuses_a_grid_of_another_shape() {
    let read = |json: &str| serde_json::from_str::<ChunkGrid>(json).ok();
    assert_eq!(read(r#"{"shape":[10],"chunks":[[[4,2],[2,1]]]}"#), regular(&[10], &[4]));
    assert_eq!(read(r#"{"shape":[11],"chunks":[[[4,2],[2,1]]]}"#), None);
    assert_eq!(read(r#"{"shape":[10,1],"chunks":[[[4,2],[2,1]]]}"#), None);
}

#[test]
fn the_overlapping_chunks_are_those_that_share_elements() {
    let Some(grid) = irregular(&[vec![3, 0, 5, 2], vec![4, 4]]) else { panic!("it can be counted") };
    for (start, end) in (0..10).flat_map(|start| (start..=10).map(move |end| (start, end))) {
        let region = Region::of(vec![start, 3], vec![end - start, 2]);
        // Chunks without elements may be among them.
        let has_elements = |number: &usize| grid.chunk_region(*number).is_ok_and(|chunk| !chunk.is_empty());
        let found: Vec<_> = grid.overlapping(&region).filter(has_elements).collect();
        let expected: Vec<_> = (0..grid.chunk_count())
            .filter(|number| grid.chunk_region(*number).is_ok_and(|chunk| !chunk.intersection(&region).is_empty()))
            .collect();
        assert_eq!(found, expected, "{start}..{end}");
    }
    for number in (0..grid.chunk_count()).filter(|number| ![2, 3].contains(number)) {
        let exact = grid.chunk_region(number).ok().and_then(|chunk| grid.exact_chunk(&chunk));
        assert_eq!(exact, Some(number));
    }
}
