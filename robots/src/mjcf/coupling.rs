//! Joints that are coupled to others: those that follow linearly mimic them.

use std::collections::BTreeMap;

use crate::file::{Element, ReadError, Report};
use crate::robot::{Mimic, RobotSpec};

/// Reads the `<joint>`s of the elements `<equality>`.
pub(super) fn read(root: Element, robot: &mut RobotSpec, report: &mut Report) -> Result<(), ReadError> {
    let names: BTreeMap<String, usize> = robot.joints.iter().enumerate().map(|(i, joint)| (joint.name.clone(), i)).collect();
    for element in root.all("equality").flat_map(|equality| equality.all("joint")) {
        let name = element.needed("joint1")?;
        let index = names.get(name).ok_or_else(|| element.error(format!("joint1: there is no joint {name:?}")))?;
        let polynomial = element.list("polycoef")?.unwrap_or_else(|| vec![0.0, 1.0]);
        let coefficient = |power: usize| polynomial.get(power).copied().unwrap_or(0.0);
        match element.attribute("joint2") {
            Some(leader) if polynomial.iter().skip(2).all(|x| *x == 0.0) => {
                let (multiplier, offset) = (coefficient(1), coefficient(0));
                robot.joints[*index].mimic = Some(Mimic { joint: leader.into(), multiplier, offset });
            }
            _ => report
                .warn(element.line(), format!("joint {name:?}: expected a linear coupling to another joint: it moves by itself")),
        }
    }
    Ok(())
}
