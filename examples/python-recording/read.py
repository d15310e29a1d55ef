#!/usr/bin/env python3
"""Opens the recording of a run with two packages, `rosbags` and `mcap`, and compares what they read with each other and with the run.

    embody run reaching --time 60s --record --out runs/recorded
    python examples/python-recording/read.py runs/recorded
"""
import argparse
import json
import struct
from collections import Counter
from pathlib import Path

import numpy
from mcap.reader import make_reader
from mcap_ros2.decoder import DecoderFactory
from rosbags.highlevel import AnyReader


def plain(value):
    """A message, whichever package read it, as names and numbers."""
    if hasattr(value, "__slots__") or hasattr(value, "__dataclass_fields__"):
        names = getattr(value, "__dataclass_fields__", None) or value.__slots__
        # Beside its fields rosbags' messages have their type, and constants, which mcap's may lack.
        return {name: plain(getattr(value, name)) for name in names if name != "__msgtype__" and not name.isupper()}
    if isinstance(value, numpy.ndarray):
        return value.tolist()
    if isinstance(value, (bytes, bytearray)):
        return list(value)
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    return value


def by_rosbags(path):
    with AnyReader([path]) as reader:
        for connection, time_ns, data in reader.messages():
            yield connection.topic, time_ns, plain(reader.deserialize(data, connection.msgtype))


def by_mcap(path):
    with open(path, "rb") as file:
        reader = make_reader(file, decoder_factories=[DecoderFactory()], validate_crcs=True)
        assert reader.get_header().profile == "ros2"
        for _, channel, message, decoded in reader.iter_decoded_messages():
            yield channel.topic, message.log_time, plain(decoded)


def in_order(messages):
    """Messages by time and topic: within a time, readers give them in different orders."""
    return sorted(messages, key=lambda message: (message[1], message[0]))


def check(condition, what):
    if not condition:
        raise SystemExit(f"not as expected: {what}")


def stamp_ns(message):
    header = message["header"] if "header" in message else message["transforms"][0]["header"]
    return header["stamp"]["sec"] * 1_000_000_000 + header["stamp"]["nanosec"]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("run", type=Path, help="folder of a run that was recorded")
    run = parser.parse_args().run
    recording = run / "recording.mcap"

    messages = in_order(by_mcap(recording))
    others = in_order(by_rosbags(recording))
    check(len(messages) == len(others), f"as many messages by mcap, {len(messages)}, as by rosbags, {len(others)}")
    for ours, theirs in zip(messages, others):
        check(ours == theirs, f"the same by mcap, {ours}, and by rosbags, {theirs}")
    for topic, time_ns, message in messages:
        check(stamp_ns(message) == time_ns, f"{topic} at {time_ns} ns is stamped with its time")

    topics = Counter(topic for topic, _, _ in messages)
    of = lambda wanted: [message for topic, _, message in messages if topic == wanted]
    summary = json.loads((run / "summary.json").read_text())
    [about] = of("/run")
    for field in ("scenario", "seed", "version", "git"):
        check(about[field] == summary[field], f"{field} of /run as in summary.json")
    check(about["config"] == (run / "config.toml").read_text(), "config of /run as in config.toml")

    steps = sorted(of("/step"), key=lambda step: step["record"])
    bytes_of_rewards = b"".join(struct.pack("<f", step["reward"]) for step in steps)
    check(bytes_of_rewards == (run / "rewards.f32").read_bytes(), "the rewards of /step as in rewards.f32")
    check(steps[-1]["control_step"] == summary["control_steps"], "as many control steps as in summary.json")
    actions = sum(count for topic, count in topics.items() if topic.startswith("/action/"))
    fields = sum(topic.startswith("/action/") for topic in topics)
    check(actions == fields * summary["control_steps"], "an action for each control step")

    for image in (message for topic in topics if topic.endswith("/image") for message in of(topic)):
        check(len(image["data"]) == image["width"] * image["height"], "an image has all its pixels")
    for transforms in of("/tf"):
        for transform in transforms["transforms"]:
            length = sum(value * value for value in transform["transform"]["rotation"].values())
            check(abs(length - 1) < 1e-6, "a rotation has length 1")

    spikes = sum(len(message["t_ns"]) for message in of("/spikes"))
    events = sum(len(message["t_ns"]) for topic in topics if topic.startswith("/observation/") for message in of(topic) if "on" in message)
    print(f"{recording}: {about['scenario']}, seed {about['seed']}, {summary['simulated_s']} s; both packages read the same {len(messages)} messages")
    for topic, count in sorted(topics.items()):
        print(f"  {topic:28} {count:8}")
    print(f"  {events} events, {spikes} spikes, rewards as in rewards.f32")


if __name__ == "__main__":
    main()
