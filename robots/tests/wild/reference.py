"""Writes reference.json: where PyBullet puts the links of robots that the packages pybullet and gymnasium carry, at a few positions of
their joints. It loads the packages' own files, beside which the meshes lie.

pip install pybullet==3.2.7 gymnasium==1.4.0 && python reference.py
"""

import json
import pathlib
import random
import re

import gymnasium
import pybullet
import pybullet_data

FOLDER = pathlib.Path(__file__).parent
BULLET = pathlib.Path(pybullet_data.getDataPath())
GYMNASIUM = pathlib.Path(gymnasium.__file__).parent / "envs/mujoco/assets"
FILES = {
    "kuka_iiwa.urdf": BULLET / "kuka_iiwa/model.urdf",
    "panda.urdf": BULLET / "franka_panda/panda.urdf",
    "xarm6.urdf": BULLET / "xarm/xarm6_robot.urdf",
    "reacher.xml": GYMNASIUM / "reacher.xml",
    "pusher_v5.xml": GYMNASIUM / "pusher_v5.xml",
    "ant.xml": GYMNASIUM / "ant.xml",
}
# Bodies without a name, in PyBullet's order, by our names: the world is body 0.
UNNAMED = {"ant.xml": ["body4", "body7", "body10", "body13"]}


def load(path):
    if path.suffix == ".xml":
        return pybullet.loadMJCF(str(path))
    return [pybullet.loadURDF(str(path), useFixedBase=True)]


def pose(bodies, name, values):
    """Sets every joint that moves and gives its position, then the frame of every link."""
    joints, links, unnamed = {}, {}, iter(UNNAMED.get(name, []))
    for body in bodies:
        infos = [pybullet.getJointInfo(body, index) for index in range(pybullet.getNumJoints(body))]
        for info in infos:
            if info[2] in (pybullet.JOINT_REVOLUTE, pybullet.JOINT_PRISMATIC):
                joints[info[1].decode()] = value = values(info)
                pybullet.resetJointState(body, info[0], value)
        for info in infos:
            link = info[12].decode()
            if re.fullmatch(r"link\d+_\d+", link):
                # PyBullet's own: a link between the joints of a body, or a body without a name, which is fixed to such a link.
                if info[2] != pybullet.JOINT_FIXED:
                    continue
                link = next(unnamed)
            state = pybullet.getLinkState(body, info[0], computeForwardKinematics=True)
            links[link] = [round(x, 9) for x in (*state[4], *state[5])]
    return {"joints": joints, "links": links}


def main():
    pybullet.connect(pybullet.DIRECT)
    draw = random.Random(1)
    reference = {}
    for name, path in FILES.items():
        pybullet.resetSimulation()
        bodies = load(path)
        poses = [pose(bodies, name, lambda info: 0.0)]
        poses += [pose(bodies, name, lambda info: round(draw.uniform(-1.5, 1.5), 6)) for _ in range(3)]
        reference[name] = poses
    lines = (f'"{name}": [\n' + ",\n".join(json.dumps(one) for one in poses) + "\n]" for name, poses in reference.items())
    (FOLDER / "reference.json").write_text("{\n" + ",\n".join(lines) + "\n}\n")


main()
