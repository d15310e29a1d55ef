//! Strongly connected components of a graph: the nodes that lie on circles with each other.

/// For each node the number of its component, where `leaving[i]` are the nodes that edges lead to from `i`.
///
/// Source: R. Tarjan 1972, "Depth-first search and linear graph algorithms"; with a stack of its own, so that a long chain overflows none.
pub(super) fn components(leaving: &[Vec<usize>]) -> Vec<usize> {
    const NONE: usize = usize::MAX;
    let count = leaving.len();
    let (mut index, mut low, mut component) = (vec![NONE; count], vec![0; count], vec![NONE; count]);
    let (mut open, mut next, mut found) = (Vec::new(), 0, 0);
    for root in 0..count {
        if index[root] != NONE {
            continue;
        }
        // A node, and how many of its edges have been followed.
        let mut path = vec![(root, 0)];
        while let Some(&mut (node, ref mut followed)) = path.last_mut() {
            if *followed == 0 {
                (index[node], low[node]) = (next, next);
                next += 1;
                open.push(node);
            }
            if let Some(&to) = leaving[node].get(*followed) {
                *followed += 1;
                if index[to] == NONE {
                    path.push((to, 0));
                } else if component[to] == NONE {
                    low[node] = low[node].min(index[to]);
                }
                continue;
            }
            path.pop();
            if let Some(&(above, _)) = path.last() {
                low[above] = low[above].min(low[node]);
            }
            if low[node] == index[node] {
                while let Some(member) = open.pop() {
                    component[member] = found;
                    if member == node {
                        break;
                    }
                }
                found += 1;
            }
        }
    }
    component
}

#[cfg(test)]
mod tests {
    use super::components;

    #[test]
    fn components_are_those_of_nodes_that_reach_each_other() {
        // 0 -> 1 -> 2 -> 0, 2 -> 3, 3 -> 3, 4 alone.
        let found = components(&[vec![1], vec![2], vec![0, 3], vec![3], vec![]]);
        assert!(found[0] == found[1] && found[1] == found[2]);
        assert!(found[3] != found[0] && found[4] != found[0] && found[3] != found[4]);
        let chain: Vec<Vec<usize>> = (0..100_000).map(|i| vec![(i + 1) % 100_000]).collect();
        assert!(components(&chain).iter().all(|&c| c == 0));
    }
}
