//! Cycles of strong references: such values would never be freed, and none of them can be built before the others.

/// The values of one cycle, if the references `(from, to)` make one. Numbers go up to `count`. Does not recurse.
pub(in crate::plugin) fn find(count: usize, edges: &[(usize, usize)]) -> Option<Vec<usize>> {
    // The edges by where they start: those of `n` are `starts[n]..starts[n + 1]`.
    let mut starts = vec![0; count + 2];
    for (from, _) in edges {
        starts[from + 1] += 1;
    }
    for at in 1..starts.len() {
        starts[at] += starts[at - 1];
    }
    let mut next = starts.clone();
    let mut targets = vec![0; edges.len()];
    for (from, to) in edges {
        targets[next[*from]] = *to;
        next[*from] += 1;
    }
    let mut next = starts.clone();
    let mut state = vec![VisitState::New; count + 1];
    for first in 0..=count {
        if state[first] != VisitState::New {
            continue;
        }
        let mut open = vec![first];
        state[first] = VisitState::Open;
        while let Some(&at) = open.last() {
            if next[at] == starts[at + 1] {
                state[at] = VisitState::Done;
                open.pop();
                continue;
            }
            let to = targets[next[at]];
            next[at] += 1;
            match state[to] {
                VisitState::New => {
                    state[to] = VisitState::Open;
                    open.push(to);
                }
                VisitState::Open => return Some(open.into_iter().skip_while(|number| *number != to).collect()),
                VisitState::Done => {}
            }
        }
    }
    None
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum VisitState {
    New,
    /// On the way from the first one.
    Open,
    Done,
}

#[cfg(test)]
mod tests {
    use super::find;

    #[test]
    fn only_circles_are_found() {
        assert_eq!(find(0, &[]), None);
        assert_eq!(find(4, &[(0, 1), (0, 2), (1, 3), (2, 3), (3, 4), (1, 4)]), None);
        assert_eq!(find(4, &[(0, 4), (4, 2), (2, 3), (3, 2), (3, 1)]), Some(vec![2, 3]));
        assert_eq!(find(1, &[(0, 1), (1, 1)]), Some(vec![1]));
        let chain: Vec<_> = (0..100_000).map(|n| (n, n + 1)).collect();
        assert_eq!(find(100_000, &chain), None);
    }
}
