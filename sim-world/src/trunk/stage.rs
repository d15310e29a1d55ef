//! The stage of a trunk's world: true poses, velocities and joints, and placing marks.

use embody_robots::stage::{Contact, JointState, Need, Pose, Stage, StageError, Velocity};

use super::TrunkBody;
use super::chain::{self, Frame};

impl TrunkBody {
    /// The link of that name, unless it is between two joints of a module.
    fn known(&self, name: &str) -> Option<usize> {
        self.robot.link_index(name).filter(|link| self.chain.frame(*link) != Frame::Between)
    }

    /// The module and which of its joints has that name.
    fn module_joint(&self, name: &str) -> Option<(usize, usize)> {
        self.platforms.modules.iter().enumerate().find_map(|(index, module)| {
            let joint = [&module.slide, &module.tilt_z, &module.tilt_x].iter().position(|joint| *joint == name)?;
            Some((index, joint))
        })
    }
}

impl Stage for TrunkBody {
    fn offers(&self, need: &Need) -> bool {
        match need {
            Need::Pose(name) | Need::Velocity(name) | Need::Contacts(name) => self.known(name).is_some(),
            Need::Place(name) => self.known(name).is_some_and(|link| matches!(self.chain.frame(link), Frame::Mark(_))),
            Need::Launch(_) => false,
            Need::Joint(name) => self.module_joint(name).is_some(),
        }
    }

    fn frames(&self) -> Vec<String> {
        let links = self.robot.links.iter().enumerate();
        links.filter(|(link, _)| self.chain.frame(*link) != Frame::Between).map(|(_, link)| link.name.clone()).collect()
    }

    fn pose(&self, name: &str) -> Result<Pose, StageError> {
        let link = self.known(name).ok_or_else(|| StageError::NotOffered(Need::Pose(name.into())))?;
        Ok(self.link_pose(link))
    }

    /// The velocity of the link's origin; zero where motion is ideal, which leaves nothing moving between two steps.
    fn velocity(&self, name: &str) -> Result<Velocity, StageError> {
        let link = self.known(name).ok_or_else(|| StageError::NotOffered(Need::Velocity(name.into())))?;
        let (Frame::End(module) | Frame::Module(module)) = self.chain.frame(link) else { return Ok(Velocity::default()) };
        let moving = self.state.positions.iter().zip(&self.state.velocities).zip(&self.ends).take(module + 1);
        let place = self.link_pose(link).translation.vector;
        let mut base = &self.chain.base;
        Ok(moving.fold(Velocity::default(), |mut sum, ((position, velocity), end)| {
            let (linear, angular) = chain::motion(base, *position, *velocity);
            sum.angular += angular;
            sum.linear += linear + angular.cross(&(place - end.translation.vector));
            base = end;
            sum
        }))
    }

    /// None: nothing touches a trunk here.
    fn contacts(&self, name: &str, _out: &mut Vec<Contact>) -> Result<(), StageError> {
        self.known(name).map(|_| ()).ok_or_else(|| StageError::NotOffered(Need::Contacts(name.into())))
    }

    fn place(&mut self, name: &str, pose: &Pose) -> Result<(), StageError> {
        let mark = self.known(name).map(|link| self.chain.frame(link));
        let Some(Frame::Mark(mark)) = mark else { return Err(StageError::NotOffered(Need::Place(name.into()))) };
        let finite = pose.translation.vector.iter().chain(pose.rotation.coords.iter()).all(|value| value.is_finite());
        if !finite {
            return Err(StageError::NotFinite { name: name.into(), pose: format!("{pose:?}") });
        }
        self.state.marks[mark] = *pose;
        Ok(())
    }

    /// Position of a slide counts from where it is at the start.
    fn joint(&self, name: &str) -> Result<JointState, StageError> {
        let not_offered = || StageError::NotOffered(Need::Joint(name.into()));
        let (module, joint) = self.module_joint(name).ok_or_else(not_offered)?;
        let [position, velocity] = [&self.state.positions, &self.state.velocities].map(|of| of[module]);
        Ok(JointState { position: self.platforms.joint_positions(module, position)[joint], velocity: velocity[joint] })
    }
}
