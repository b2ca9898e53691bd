//! The corner of an array that a summary shows: the first and the last elements of each axis.

/// Elements at each end of an axis.
const EDGE: usize = 3;
/// The most elements in all, so that an array of many axes stays readable.
const MOST_ELEMENTS: usize = 1000;
/// The most bytes of them.
const MOST_BYTES: usize = 16 << 20;

/// What is shown of one axis: all of its elements, or some at its ends.
#[derive(Clone, Copy, Debug)]
struct Edges {
    first: usize,
    last: usize,
    len: usize,
}

impl Edges {
    /// Of the last axes as numpy shows them; fewer of the others, so that all of them are at most `left` elements.
    fn of(len: usize, left: usize) -> Self {
        let (first, last) = match left {
            _ if len <= 2 * EDGE && len <= left => (len, 0),
            2.. if left >= 2 * EDGE => (EDGE, EDGE),
            2.. if len >= 2 => (1, 1),
            _ => (len.min(1), 0),
        };
        Self { first, last, len }
    }

    fn shown(self) -> usize {
        self.first + self.last
    }

    fn is_cut(self) -> bool {
        self.shown() < self.len
    }

    fn positions(self) -> Vec<usize> {
        (0..self.first).chain(self.len - self.last..self.len).collect()
    }
}

/// Which elements of an array a summary shows.
#[derive(Debug)]
pub(crate) struct Corner {
    axes: Vec<Edges>,
}

impl Corner {
    /// Of an array of this shape, each element of which has this many bytes.
    pub(crate) fn of(shape: &[usize], element_bytes: usize) -> Self {
        let mut left = MOST_ELEMENTS.min(MOST_BYTES / element_bytes.max(1)).max(1);
        let mut axes = Vec::with_capacity(shape.len());
        for len in shape.iter().rev() {
            let edges = Edges::of(*len, left);
            left /= edges.shown().max(1);
            axes.push(edges);
        }
        axes.reverse();
        Self { axes }
    }

    /// The positions of the shown elements on each axis, in ascending order.
    pub(crate) fn positions(&self) -> Vec<Vec<usize>> {
        self.axes.iter().map(|axis| axis.positions()).collect()
    }

    /// The texts of the shown elements, which are in C order, in numpy's brackets.
    pub(crate) fn text(&self, elements: &[String]) -> String {
        if elements.is_empty() {
            return "[]".to_owned();
        }
        let mut text = String::new();
        self.write(0, elements, &mut text);
        text
    }

    fn write(&self, axis: usize, elements: &[String], out: &mut String) {
        let Some(edges) = self.axes.get(axis) else {
            out.push_str(elements.first().map_or("", String::as_str));
            return;
        };
        let is_last = axis + 1 == self.axes.len();
        let separator = if is_last {
            " ".to_owned()
        } else {
            let lines = "\n".repeat(self.axes.len() - axis - 1);
            format!("{lines}{}", " ".repeat(axis + 1))
        };
        let each = (elements.len() / edges.shown().max(1)).max(1);
        out.push('[');
        for (index, part) in elements.chunks(each).enumerate() {
            if index > 0 {
                out.push_str(&separator);
            }
            if index == edges.first && edges.is_cut() {
                out.push_str("...");
                out.push_str(&separator);
            }
            self.write(axis + 1, part, out);
        }
        if edges.last == 0 && edges.is_cut() {
            out.push_str(&separator);
            out.push_str("...");
        }
        out.push(']');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(shape: &[usize]) -> Vec<usize> {
        Corner::of(shape, 8).axes.iter().map(|axis| axis.shown()).collect()
    }

    #[test]
    fn a_corner_is_small_for_any_number_of_axes() {
        assert_eq!(shown(&[5, 6, 7]), [5, 6, 6]);
        assert_eq!(shown(&[100, 100, 100, 100, 100, 100]), [1, 2, 2, 6, 6, 6]);
        assert_eq!(shown(&[0, 9]), [0, 6]);
        assert!(shown(&[usize::MAX; 32]).iter().product::<usize>() <= MOST_ELEMENTS);
        assert_eq!(Corner::of(&[9, 9], 16 << 20).positions(), [[0], [0]]);
    }

    #[test]
    fn brackets_are_those_of_numpy() {
        let text = |shape: &[usize], count: usize| {
            let elements: Vec<String> = (0..count).map(|at| at.to_string()).collect();
            Corner::of(shape, 8).text(&elements)
        };
        assert_eq!(text(&[], 1), "0");
        assert_eq!(text(&[9], 6), "[0 1 2 ... 3 4 5]");
        assert_eq!(text(&[2, 2], 4), "[[0 1]\n [2 3]]");
        assert_eq!(text(&[7, 1], 6), "[[0]\n [1]\n [2]\n ...\n [3]\n [4]\n [5]]");
        assert_eq!(text(&[2, 1, 2], 4), "[[[0 1]]\n\n [[2 3]]]");
        assert_eq!(text(&[0], 0), "[]");
    }
}
