//! Bodies: each a link, held by a joint for each of its joints, or by a fixed one.

use nalgebra::{Isometry3, Vector3};

use super::Model;
use super::defaults::Kind;
use super::joint::Hinge;
use super::{geom, joint, mass, orientation};
use crate::file::{Element, ReadError, Report};
use crate::robot::{Inertial, Joint, JointKind, Link, Origin, Place, RobotSpec};
use crate::stage::Pose;

/// A body whose turn is still to come.
struct Waiting<'d, 'a> {
    element: Element<'d, 'a>,
    /// The link that it hangs on; none for the world.
    parent: Option<String>,
    /// The frame in its parent that it is told in.
    frame: Pose,
    /// The class of elements that name none.
    class: Option<&'d str>,
}

/// An element of a body, in the body's frame.
struct Content<'d, 'a> {
    element: Element<'d, 'a>,
    frame: Pose,
    class: Option<&'d str>,
}

/// Reads the elements `<worldbody>`, in the order in which bodies are told.
pub(super) fn read(root: Element, model: &Model, robot: &mut RobotSpec, report: &mut Report) -> Result<(), ReadError> {
    let worlds = root.all("worldbody").map(|element| Waiting { element, parent: None, frame: Pose::identity(), class: None });
    let mut waiting: Vec<_> = worlds.collect();
    waiting.reverse();
    // As MuJoCo counts bodies: the world is the first.
    let mut count = 0;
    // Which link stands for the world, once something stands in it.
    let mut world = None;
    while let Some(next) = waiting.pop() {
        let class = next.element.attribute("childclass").or(next.class);
        let contents = flatten(next.element, class, model)?;
        let is_world = next.element.name() == "worldbody";
        let name = if is_world {
            "world".to_owned()
        } else {
            count += 1;
            next.element.attribute("name").map_or_else(|| format!("body{count}"), Into::into)
        };
        let link = read_link(&name, next.element, &contents, model, report)?;
        if is_world {
            add_world(&mut world, link, next.element, robot, report);
        } else {
            let pose = next.frame * orientation::pose(&model.defaults.style(next.element, None, None)?, &model.compiler)?;
            hang(link, &next, pose, &contents, model, robot, report)?;
        }
        let parent = (!is_world).then_some(name);
        let bodies = contents.into_iter().filter(|content| content.element.name() == "body").rev();
        waiting.extend(bodies.map(|content| Waiting {
            element: content.element.known(),
            parent: parent.clone(),
            frame: content.frame,
            class: content.class,
        }));
    }
    Ok(())
}

/// What is in a body, also within frames, in its order.
fn flatten<'d, 'a>(
    body: Element<'d, 'a>,
    class: Option<&'d str>,
    model: &Model<'d, 'a>,
) -> Result<Vec<Content<'d, 'a>>, ReadError> {
    let mut contents = Vec::new();
    let mut waiting: Vec<_> = body.children().map(|element| Content { element, frame: Pose::identity(), class }).collect();
    waiting.reverse();
    while let Some(next) = waiting.pop() {
        if next.element.name() != "frame" {
            contents.push(next);
            continue;
        }
        let element = next.element.known();
        element.attribute("name");
        let frame = next.frame * orientation::pose(&model.defaults.style(element, None, None)?, &model.compiler)?;
        let class = element.attribute("childclass").or(next.class);
        let children: Vec<_> = element.children().map(|element| Content { element, frame, class }).collect();
        waiting.extend(children.into_iter().rev());
    }
    Ok(contents)
}

/// The link of a body: its geoms as parts, and what it weighs.
fn read_link(name: &str, body: Element, contents: &[Content], model: &Model, report: &mut Report) -> Result<Link, ReadError> {
    let mut link = Link::frame(name);
    let mut weights: Vec<Inertial> = Vec::new();
    let mut told = None;
    for Content { element, frame, class } in contents {
        match element.name() {
            "geom" => {
                let styled = model.defaults.style(element.known(), *class, Some(Kind::Geom))?;
                element.attribute("name");
                match geom::read(&styled, *frame, model)? {
                    Ok(geom) => {
                        if geom.unweighed && name != "world" {
                            report.warn(element.line(), format!("body {name:?}: what its mesh weighs isn't worked out"));
                        }
                        weights.extend(geom.inertial);
                        link.parts.push(geom.part);
                    }
                    Err(unknown) => report.warn(element.line(), format!("body {name:?}: <geom>: {unknown} isn't known")),
                }
            }
            "inertial" => told = Some(mass::read(element.known(), model)?),
            _ => {}
        }
    }
    // The world isn't moved, so nobody asks what it weighs.
    if body.name() != "worldbody" {
        link.inertial = match model.compiler.inertia_from_geoms {
            Some(true) => Inertial::sum(&weights),
            Some(false) => told,
            None => told.or_else(|| Inertial::sum(&weights)),
        };
    }
    Ok(link)
}

/// Adds what stands in the world, if anything does; all elements `<worldbody>` are one.
fn add_world(index: &mut Option<usize>, world: Link, element: Element, robot: &mut RobotSpec, report: &mut Report) {
    match index {
        Some(index) => robot.links[*index].parts.extend(world.parts),
        None if world.parts.is_empty() => {}
        None => {
            *index = Some(robot.links.len());
            report.at(Place::Link(robot.links.len()), element.line());
            robot.links.push(world);
        }
    }
}

/// Hangs the link of a body on its parent, by way of its joints.
///
/// With joints of anchors p1, p2, ..., the body stands at pose T(p1) M1 T(p2 - p1) M2 ... T(-pn), T a translation and M a motion. Each factor
/// between two motions is the origin of a joint; a last one that isn't zero is that of a fixed joint.
fn hang(
    link: Link,
    body: &Waiting,
    pose: Pose,
    contents: &[Content],
    model: &Model,
    robot: &mut RobotSpec,
    report: &mut Report,
) -> Result<(), ReadError> {
    let line = body.element.line();
    let hinges = read_joints(contents, model, robot.joints.len(), report)?;
    let mut parent = body.parent.clone();
    let mut origin = pose;
    let mut add = |mut joint: Joint, link: Link, line: u32, origin: Origin, parent: Option<String>| {
        report.at(Place::Link(robot.links.len()), line);
        report.at(Place::Joint(robot.joints.len()), line);
        (joint.parent, joint.child, joint.origin) = (parent, link.name.clone(), origin);
        robot.links.push(link);
        robot.joints.push(joint);
    };
    let mut anchor = Vector3::zeros();
    let count = hinges.len();
    for (index, Hinge { joint, anchor_m, line }) in hinges.into_iter().enumerate() {
        let here = origin * Isometry3::from(anchor_m - anchor);
        (anchor, origin) = (anchor_m, Pose::identity());
        if index + 1 == count && anchor_m == Vector3::zeros() {
            add(joint, link, body.element.line(), here.into(), parent);
            return Ok(());
        }
        let name = format!("{}/{}", link.name, joint.name);
        let between = Link { between_joints: true, ..Link::frame(&name) };
        add(joint, between, line, here.into(), parent);
        parent = Some(name);
    }
    let fixed = Joint::new(&format!("{}/fixed", link.name), None, "", Origin::IDENTITY, JointKind::Fixed);
    add(fixed, link, line, (origin * Isometry3::from(-anchor)).into(), parent);
    Ok(())
}

/// The joints of a body, `before` being how many there are in other bodies.
fn read_joints(contents: &[Content], model: &Model, before: usize, report: &mut Report) -> Result<Vec<Hinge>, ReadError> {
    let mut hinges: Vec<Hinge> = Vec::new();
    for Content { element, frame, class } in contents {
        if !matches!(element.name(), "joint" | "freejoint") {
            continue;
        }
        let kind = (element.name() == "joint").then_some(Kind::Joint);
        let styled = model.defaults.style(element.known(), *class, kind)?;
        let mut hinge = joint::read(&styled, format!("joint{}", before + hinges.len()), &model.compiler, report)?;
        turn_into(&mut hinge, frame);
        let free = |hinge: &Hinge| hinge.joint.kind == JointKind::Free;
        if !hinges.is_empty() && (free(&hinge) || hinges.iter().any(free)) {
            return Err(element.error("a free joint must be the only one of its body".into()));
        }
        hinges.push(hinge);
    }
    Ok(hinges)
}

/// A joint that is told in a frame, in the body's.
fn turn_into(hinge: &mut Hinge, frame: &Pose) {
    hinge.anchor_m = frame.transform_point(&hinge.anchor_m.into()).coords;
    if let JointKind::Revolute { axis } | JointKind::Continuous { axis } | JointKind::Prismatic { axis } = &mut hinge.joint.kind {
        *axis = (frame.rotation * Vector3::from(*axis)).into();
    }
}
