//! The rigid bodies: Rapier's world, made of a robot's links (free spheres, for now) and an arena, and where Rapier's settings are chosen.
//!
//! This is the only place that knows how a description becomes bodies and colliders. It draws nothing at random and
//! reads no clock: the same description gives the same world, byte for byte. Poses cross to the contract's `f64`
//! types here, through arrays, because Rapier's and nalgebra's vectors are different crates'.

use embody_robots::Nanos;
use embody_robots::stage::{Pose, Velocity};
use nalgebra::{Quaternion, Translation3, Unit, UnitQuaternion, Vector3};
use rapier3d::math::{Pose as RapierPose, Rotation, Vector};
use rapier3d::prelude::{
    CoefficientCombineRule, ColliderBuilder, FrictionModel, IntegrationParameters, PhysicsWorld, RigidBody, RigidBodyBuilder,
    RigidBodyHandle,
};

use crate::arena::Arena;
use crate::drive::Drive;
use crate::sphere::FreeSphere;

/// The names of what isn't a link, in the order of their colliders.
pub(crate) const SURROUNDINGS: [&str; 5] = ["ground", "wall_east", "wall_west", "wall_north", "wall_south"];

/// Thickness of the walls (m): thick, so that no contact is ever nearer to a wall's far side.
const WALL_THICKNESS_M: f32 = 1.0;

/// Builds the world of `spheres` in `arena`, and gives the body of each link in the order of the description.
///
/// Collider i carries i as user data: first the links, then [`SURROUNDINGS`].
pub(crate) fn build(spheres: &[FreeSphere], arena: &Arena, period: Nanos) -> (PhysicsWorld, Vec<RigidBodyHandle>) {
    let mut world = PhysicsWorld::new();
    world.gravity = gravity(arena);
    world.integration_parameters = settings(period);
    // The more slippery surface decides. Bounces belong to the arena: a link itself has none, and the greater counts.
    let surface = |builder: ColliderBuilder, friction: f64, restitution: f64, index: usize| {
        builder
            .friction(friction as f32)
            .friction_combine_rule(CoefficientCombineRule::Min)
            .restitution(restitution as f32)
            .restitution_combine_rule(CoefficientCombineRule::Max)
            .user_data(index as u128)
    };
    let links = spheres.iter().enumerate().map(|(index, sphere)| {
        let home = sphere.home_m.map(|x| x as f32);
        // Asleep, a body would have to be woken by each command; one that never sleeps is also the cheaper to step.
        let body = RigidBodyBuilder::dynamic().translation(Vector::from(home)).can_sleep(false);
        if let Some((inertial, parts)) = &sphere.chassis {
            let [xx, _, _, yy, _, zz] = inertial.inertia_kg_m2.map(|x| x as f32);
            let centre = Vector::from(inertial.origin.position_m.map(|x| x as f32));
            let mass = rapier3d::prelude::MassProperties::new(centre, inertial.mass_kg as f32, Vector::new(xx, yy, zz));
            let handle = world.insert_body(body.additional_mass_properties(mass));
            for part in parts.iter().filter(|part| part.collides) {
                let embody_robots::robot::Shape::Box { size_m } = part.shape else { continue };
                let [x, y, z] = size_m.map(|side| 0.5 * side as f32);
                let at = Vector::from(part.origin.position_m.map(|x| x as f32));
                let collider = surface(ColliderBuilder::cuboid(x, y, z).translation(at), part.friction, 0.0, index);
                world.insert_collider(collider.density(0.0), Some(handle));
            }
            return handle;
        }
        let collider = surface(ColliderBuilder::ball(sphere.radius_m as f32), sphere.friction, 0.0, index);
        world.insert(body, collider.mass(sphere.mass_kg as f32)).0
    });
    let links: Vec<_> = links.collect();
    let (half, height) = (arena.half_extent_m as f32, arena.wall_height_m as f32);
    let (middle, half_thick) = (half + 0.5 * WALL_THICKNESS_M, 0.5 * WALL_THICKNESS_M);
    // East and west walls close the corners.
    let along_y = || ColliderBuilder::cuboid(half_thick, half + WALL_THICKNESS_M, 0.5 * height);
    let along_x = || ColliderBuilder::cuboid(half, half_thick, 0.5 * height);
    let centre = |x: f32, y: f32| Vector::new(x, y, 0.5 * height);
    // The ground is touched in every step, so its bounds don't matter and a half-space is the simplest shape. Walls are
    // boxes: out of their bounds the broad phase drops the pair, where a half-space would be a pair in every step.
    let surroundings = [
        ColliderBuilder::halfspace(Unit::new_unchecked(Vector::Z)),
        along_y().translation(centre(middle, 0.0)),
        along_y().translation(centre(-middle, 0.0)),
        along_x().translation(centre(0.0, middle)),
        along_x().translation(centre(0.0, -middle)),
    ];
    // Without height there are no walls.
    let count = if arena.wall_height_m > 0.0 { surroundings.len() } else { 1 };
    for (index, collider) in surroundings.into_iter().take(count).enumerate() {
        world.insert_collider(surface(collider, arena.friction, arena.restitution, links.len() + index), None);
    }
    (world, links)
}

/// Gravity in the arena.
fn gravity(arena: &Arena) -> Vector {
    Vector::new(0.0, 0.0, -arena.gravity_m_s2 as f32)
}

/// Lets the drives act in the next step of the world.
///
/// A body that is borrowed to be pushed counts as changed by hand, and Rapier then looks at all that it touches anew: a tenth of a
/// step. Where there is only one body, gravity can do the same and changes nothing by hand.
pub(crate) fn drive(world: &mut PhysicsWorld, arena: &Arena, drives: &[Drive], commands: &[[f32; 2]]) {
    let pulls = drives.iter().zip(commands).map(|(drive, command)| (drive.link(), drive.acceleration(&world.bodies, *command)));
    if world.bodies.len() == 1 {
        world.gravity = pulls.fold(gravity(arena), |sum, (_, acceleration)| sum + acceleration);
        return;
    }
    let dt = world.integration_parameters.dt;
    for (link, acceleration) in pulls.collect::<Vec<_>>() {
        if let Some(body) = world.bodies.get_mut(link) {
            body.apply_impulse(acceleration * (body.mass() * dt), false);
        }
    }
}

/// Rapier's settings for a period.
fn settings(period: Nanos) -> IntegrationParameters {
    IntegrationParameters {
        dt: period.as_secs_f64() as f32,
        // Each solver iteration is a substep of its own. A sphere's contacts push through its centre, so that normal
        // and friction don't disturb each other and one iteration, warm-started, solves them; four cost 60 % more.
        num_solver_iterations: 1,
        // No second pass without bias: what it reports is not the velocity that was integrated (a ball that rolls at
        // 2 m/s seemed to sink at 12 mm/s).
        num_internal_stabilization_iterations: 0,
        // Contacts are seen coming from afar, so that nothing penetrates at up to 10 m/s and steps of 10 ms. Without the
        // second pass the speed of being pushed out again would remain, as a bounce that nobody asked for.
        normalized_prediction_distance: 0.1,
        // The simplified model adds a friction against spin about the normal, which a point contact doesn't have.
        friction_model: FrictionModel::Coulomb,
        // Merging manifolds is for meshes; a pair of simple shapes has one, and it then holds its own impulses.
        contact_clustering: false,
        // A rolling ball leaves its last contact point behind in every step: there is nothing to recycle.
        contact_recycling: false,
        // Stops what is fast enough to pass a wall within one step; costs nothing measurable below that speed.
        max_ccd_substeps: 1,
        ..IntegrationParameters::default()
    }
}

/// Pose of a body.
pub(crate) fn pose(body: &RigidBody) -> Pose {
    let [x, y, z] = body.translation().to_array().map(f64::from);
    let [i, j, k, w] = body.rotation().to_array().map(f64::from);
    Pose::from_parts(Translation3::new(x, y, z), UnitQuaternion::new_normalize(Quaternion::new(w, i, j, k)))
}

/// Velocity of a body's origin, which is its centre of mass: shapes are centred on their frames.
pub(crate) fn velocity(body: &RigidBody) -> Velocity {
    let vector = |v: Vector| Vector3::from(v.to_array().map(f64::from));
    Velocity { linear: vector(body.linvel()), angular: vector(body.angvel()) }
}

/// A pose as Rapier holds it, unless a number isn't finite there.
pub(crate) fn to_rapier(pose: &Pose) -> Option<RapierPose> {
    let translation: [f64; 3] = pose.translation.vector.into();
    let rotation: [f64; 4] = pose.rotation.coords.into();
    let rotation = Rotation::from_array(rotation.map(|x| x as f32)).normalize();
    let pose = RapierPose::from_parts(Vector::from_array(translation.map(|x| x as f32)), rotation);
    pose.is_finite().then_some(pose)
}
