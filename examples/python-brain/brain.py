#!/usr/bin/env python3
"""A brain for `reaching` in Python: closes the loop of `embody world reaching` over Zenoh.

The same controller as examples/own-controller (`centring`): the centroid of a control period's events, low-pass
filtered, is where it believes the ball to be, and it heads from there to the image's centre. The messages are those of
bridges/PROTOCOL.md. Needs nothing but the package `eclipse-zenoh`.

    embody world reaching --time 600s          # in one terminal
    python examples/python-brain/brain.py      # in another
"""
import argparse
import json
import math
import queue
import struct
import sys
import time
import uuid

import zenoh

SPEED_M_S, FILTER_S, SLOW_WITHIN_PX = 2.0, 0.2, 0.5


class Centring:
    """Heads from where the events are to the image's centre."""

    def __init__(self, spec, period_s):
        [camera] = [field["kind"]["Events"] for field in spec["observation"]["fields"]]
        self.centre = ((camera["width"] - 1.0) / 2.0, (camera["height"] - 1.0) / 2.0)
        self.keep = math.exp(-period_s / FILTER_S)
        self.begin()

    def begin(self):
        self.x = self.y = 0.0

    def act(self, events):
        if events:
            seen_x = sum(event[1] for event in events) / len(events)
            seen_y = sum(event[2] for event in events) / len(events)
            self.x = self.keep * self.x + (1.0 - self.keep) * (seen_x - self.centre[0])
            self.y = self.keep * self.y + (1.0 - self.keep) * (seen_y - self.centre[1])
        scale = -SPEED_M_S / max(math.sqrt(self.x * self.x + self.y * self.y), SLOW_WITHIN_PX)
        return scale * self.x, scale * self.y


def text(data, at):
    (length,) = struct.unpack_from("<I", data, at)
    return data[at + 4 : at + 4 + length].decode(), at + 4 + length


def put_text(words):
    return struct.pack("<I", len(words.encode())) + words.encode()


def ask(session, key, payload, patience):
    """The world's answer; asked again until somebody answers."""
    start = time.monotonic()
    while time.monotonic() - start < patience:
        for reply in session.get(key, payload=payload, timeout=patience):
            if reply.ok:
                return reply.ok.payload.to_bytes()
        time.sleep(0.05)
    sys.exit(f"waited {patience:.0f} s for a world that answers {key}")


def describe(data):
    """Version, spec and control period from what the world says of itself."""
    magic, version = struct.unpack_from("<6sH", data)
    if magic != b"EMBODY" or version != 1:
        sys.exit(f"expected protocol version 1 of Embody, found {version} of {magic!r}")
    at = 8
    for _ in range(3):  # program, identity, name of the scenario
        _, at = text(data, at)
    spec, at = text(data, at + 32)  # the scenario's hash comes before
    (period_ns,) = struct.unpack_from("<Q", data, at + 32)  # and the spec's
    return json.loads(spec), period_ns


def attach(identity):
    """Built for no scenario in particular: nothing is stated, no checkpoint is held."""
    nothing = bytes(33) + bytes(33) + bytes(9) + bytes(9)
    return b"EMBODY" + struct.pack("<H", 1) + put_text(identity) + put_text("python: centring") + nothing + b"\x02" + bytes(4)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--connect", default="tcp/127.0.0.1:7557")
    parser.add_argument("--prefix", default="embody")
    parser.add_argument("--wait", type=float, default=30.0, help="seconds to wait for a world")
    arguments = parser.parse_args()
    config = {
        "mode": "client",
        "connect": {"endpoints": [arguments.connect], "timeout_ms": int(1000 * arguments.wait), "retry": {"period_init_ms": 50}},
        "scouting": {"multicast": {"enabled": False}},
    }
    prefix, identity = arguments.prefix, uuid.uuid4().hex
    with zenoh.open(zenoh.Config.from_json5(json.dumps(config))) as session:
        inbox = queue.Queue()
        session.declare_subscriber(f"{prefix}/step", lambda sample: inbox.put(sample.payload.to_bytes()))
        actions = session.declare_publisher(f"{prefix}/action", express=True)
        token = session.liveliness().declare_token(f"{prefix}/alive/brain/{identity}")
        spec, period_ns = describe(ask(session, f"{prefix}/world", None, arguments.wait))
        verdict = ask(session, f"{prefix}/attach", attach(identity), arguments.wait)
        if verdict[0] != 0:
            sys.exit(f"the world refuses this brain: {text(verdict, 1)[0]}")
        (own,) = struct.unpack_from("<Q", verdict, 1)
        brain, last, answer = Centring(spec, period_ns / 1e9), None, b""
        while True:
            try:
                message = inbox.get(timeout=arguments.wait)
            except queue.Empty:
                sys.exit(f"waited {arguments.wait:.0f} s for a step of the world")
            tag, of = struct.unpack_from("<BQ", message)
            if of != own:
                continue  # left over from an earlier attachment
            if tag == 0:  # a step: sequence, begins, seed, kind, time, reward, fields; then a tag and a count of events
                sequence, begins, _, _, _, _, _, _, count = struct.unpack_from("<QBQBQfIBI", message, 9)
                if sequence == last:  # the world asks again: its message or our answer was lost
                    actions.put(answer)
                    continue
                events = [struct.unpack_from("<QHHB", message, 48 + 13 * i) for i in range(count)]
                if begins:
                    brain.begin()
                last, answer = sequence, struct.pack("<BQQIIff", 0, own, sequence, 1, 2, *brain.act(events))
                actions.put(answer)
            elif tag == 1:  # a checkpoint, which this brain doesn't keep
                actions.put(struct.pack("<BQ8sBI", 1, own, message[9:17], 0, 0))
            else:
                print("the world ends:", text(message, 10)[0])
                token.undeclare()
                return 0 if message[9] in (0, 1) else 1


if __name__ == "__main__":
    sys.exit(main())
