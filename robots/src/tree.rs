//! How the links of a robot hang together: the description's names resolved to indices, parents before children.
//!
//! Kinematics, checks and worlds walk this instead of looking names up. Links and joints are indices into the description.

use std::collections::BTreeMap;

use crate::robot::{JointKind, Place, Problem, RobotSpec};

/// The links of a robot as one or more trees that stand in the base frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tree {
    holders: Vec<Option<usize>>,
    parents: Vec<Option<usize>>,
    children: Vec<Vec<usize>>,
    order: Vec<usize>,
}

impl Tree {
    /// Resolves the names of `robot`.
    ///
    /// # Errors
    /// If two links or two joints have one name, a joint names a link that isn't there, a link is held twice, or links hang on each
    /// other in a cycle. The first such problem is given.
    pub fn new(robot: &RobotSpec) -> Result<Tree, Problem> {
        let names = unique("links", Place::Link, robot.links.iter().map(|link| link.name.as_str()))?;
        unique("joints", Place::Joint, robot.joints.iter().map(|joint| joint.name.as_str()))?;
        let mut tree = Tree {
            holders: vec![None; robot.links.len()],
            parents: vec![None; robot.links.len()],
            children: vec![Vec::new(); robot.links.len()],
            order: Vec::with_capacity(robot.links.len()),
        };
        for (index, joint) in robot.joints.iter().enumerate() {
            let fail = |what: String| Problem::error(Place::Joint(index), format!("joint {:?} {what}", joint.name));
            let link = |role: &str, name: &str| {
                names.get(name).copied().ok_or_else(|| fail(format!("{role} link {name:?}, which doesn't exist")))
            };
            let child = link("holds", &joint.child)?;
            if let Some(other) = tree.holders[child] {
                let other = &robot.joints[other].name;
                return Err(fail(format!("holds link {:?}, which joint {other:?} holds already", joint.child)));
            }
            tree.holders[child] = Some(index);
            if let Some(parent) = &joint.parent {
                let parent = link("hangs on", parent)?;
                tree.parents[child] = Some(parent);
                tree.children[parent].push(child);
            }
        }
        tree.walk();
        let mut reached = vec![false; robot.links.len()];
        for link in &tree.order {
            reached[*link] = true;
        }
        match reached.iter().position(|reached| !reached) {
            Some(link) => Err(tree.cycle(robot, link)),
            None => Ok(tree),
        }
    }

    /// Puts the links in order, each tree depth first. No recursion: a chain may be long.
    fn walk(&mut self) {
        let mut waiting: Vec<usize> = (0..self.parents.len()).filter(|link| self.parents[*link].is_none()).rev().collect();
        while let Some(link) = waiting.pop() {
            self.order.push(link);
            waiting.extend(self.children[link].iter().rev());
        }
    }

    /// Names the cycle that is above `link`.
    fn cycle(&self, robot: &RobotSpec, link: usize) -> Problem {
        let up = |link: usize| self.parents[link].unwrap_or(link);
        // As many steps up as there are links end within the cycle, wherever they began.
        let start = (0..self.parents.len()).fold(link, |link, _| up(link));
        let mut names = vec![robot.links[start].name.as_str()];
        let mut at = up(start);
        while at != start && names.len() < 8 {
            names.push(&robot.links[at].name);
            at = up(at);
        }
        let place = self.holders[start].map_or(Place::Robot, Place::Joint);
        Problem::error(place, format!("links hang on each other in a cycle: {}", names.join(", ")))
    }

    /// The links, each after the one that it hangs on; a branch is followed to its end before the next.
    pub fn order(&self) -> &[usize] {
        &self.order
    }

    /// The joint that holds a link; none for a root.
    pub fn holder(&self, link: usize) -> Option<usize> {
        self.holders.get(link).copied().flatten()
    }

    /// The link that a link hangs on; none if it stands in the base frame.
    pub fn parent(&self, link: usize) -> Option<usize> {
        self.parents.get(link).copied().flatten()
    }

    /// The links that hang on a link, in the order of their joints.
    pub fn children(&self, link: usize) -> &[usize] {
        self.children.get(link).map_or(&[], Vec::as_slice)
    }

    /// The links that stand in the base frame, held by nothing or by a joint without parent.
    pub fn roots(&self) -> impl Iterator<Item = usize> {
        self.order.iter().copied().filter(|link| self.parent(*link).is_none())
    }

    /// For each link, the link that it is welded to by fixed joints and that a joint moves, itself perhaps; none for what is welded to
    /// the world.
    pub fn welds(&self, robot: &RobotSpec) -> Vec<Option<usize>> {
        let mut welds = vec![None; self.parents.len()];
        for &link in &self.order {
            let holder = self.holders[link].and_then(|joint| robot.joints.get(joint));
            welds[link] = match holder.map(|joint| joint.kind) {
                None => None,
                Some(JointKind::Fixed) => self.parents[link].and_then(|parent| welds[parent]),
                Some(_) => Some(link),
            };
        }
        welds
    }

    /// The links that move and are welded to none with mass, but for those that only stand between the joints of a body. A world can't
    /// move them by forces.
    pub fn massless(&self, robot: &RobotSpec) -> Vec<usize> {
        let welds = self.welds(robot);
        let mut mass_kg = vec![0.0; welds.len()];
        for (link, top) in welds.iter().enumerate() {
            if let Some(top) = top {
                mass_kg[*top] += robot.links[link].mass_kg();
            }
        }
        let is_top = |link: &usize| welds[*link] == Some(*link);
        // What an engine computes in f32 takes for zero is none.
        let weightless = |link: &usize| mass_kg[*link] < 1e-30 && !robot.links[*link].between_joints;
        self.order.iter().copied().filter(|link| is_top(link) && weightless(link)).collect()
    }
}

/// The index of each name, or the problem that one occurs twice.
fn unique<'a>(
    what: &str,
    place: fn(usize) -> Place,
    names: impl Iterator<Item = &'a str>,
) -> Result<BTreeMap<&'a str, usize>, Problem> {
    let mut indices = BTreeMap::new();
    for (index, name) in names.enumerate() {
        if indices.insert(name, index).is_some() {
            return Err(Problem::error(place(index), format!("two {what} are called {name:?}")));
        }
    }
    Ok(indices)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::robot::{Inertial, Joint, Link, Origin};

    fn chain(joints: &[(Option<&str>, &str, JointKind)]) -> RobotSpec {
        let joint = |(i, (parent, child, kind)): (usize, &(Option<&str>, &str, JointKind))| {
            Joint::new(&format!("j{i}"), *parent, child, Origin::IDENTITY, *kind)
        };
        RobotSpec {
            name: "chain".into(),
            links: ["a", "b", "c", "d"].map(Link::frame).to_vec(),
            joints: joints.iter().enumerate().map(joint).collect(),
            actuators: Vec::new(),
            sensors: Vec::new(),
        }
    }

    const TURN: JointKind = JointKind::Revolute { axis: [0.0, 0.0, 1.0] };
    const FIXED: JointKind = JointKind::Fixed;

    #[test]
    fn parents_come_before_children_and_branches_stay_together() {
        let robot = chain(&[(Some("d"), "a", TURN), (Some("d"), "b", TURN), (Some("a"), "c", TURN)]);
        let tree = Tree::new(&robot).unwrap();
        assert_eq!(tree.order(), [3, 0, 2, 1]);
        assert_eq!((tree.parent(2), tree.holder(2), tree.children(3)), (Some(0), Some(2), [0, 1].as_slice()));
        assert_eq!(tree.roots().collect::<Vec<_>>(), [3]);
    }

    #[test]
    fn what_is_no_tree_is_named() {
        let said = |robot: &RobotSpec| Tree::new(robot).unwrap_err().what;
        let cycle = chain(&[(Some("b"), "a", TURN), (Some("c"), "b", TURN), (Some("b"), "c", TURN)]);
        assert!(said(&cycle).contains("cycle: b, c") || said(&cycle).contains("cycle: c, b"), "{}", said(&cycle));
        assert!(said(&chain(&[(Some("a"), "a", TURN)])).contains("cycle: a"));
        assert!(said(&chain(&[(Some("a"), "b", TURN), (Some("c"), "b", TURN)])).contains("holds already"));
        assert!(said(&chain(&[(Some("x"), "b", TURN)])).contains("hangs on link \"x\""));
        assert!(said(&chain(&[(None, "x", TURN)])).contains("holds link \"x\""));
        let mut twice = chain(&[]);
        twice.links[1].name = "a".into();
        assert!(said(&twice).contains("two links are called \"a\""));
    }

    #[test]
    fn a_moving_link_needs_mass_somewhere_in_what_it_is_welded_to() {
        let mut robot = chain(&[(Some("a"), "b", TURN), (Some("b"), "c", FIXED), (Some("c"), "d", TURN)]);
        let tree = Tree::new(&robot).unwrap();
        assert_eq!(tree.welds(&robot), [None, Some(1), Some(1), Some(3)]);
        assert_eq!(tree.massless(&robot), [1, 3]);
        robot.links[2].inertial = Some(Inertial { mass_kg: 1.0, origin: Origin::IDENTITY, inertia_kg_m2: [0.0; 6] });
        assert_eq!(tree.massless(&robot), [3]);
        robot.links[3].between_joints = true;
        assert_eq!(tree.massless(&robot), [0; 0]);
    }
}
