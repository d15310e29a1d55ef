"""Writes all_kinds.nir with the Python package nir 1.0.8, a graph with every kind of node, and all_kinds_expected.npy, what it does over 60
steps of dt = 1 ms (forward Euler, reset to v_reset) by an interpreter in double precision that shares no code with the crate.

    python all_kinds.py FOLDER
"""

import sys

import nir
import numpy as np

DT, STEPS = 1e-3, 60


def graph(random):
    def full(shape, value, dtype=np.float32):
        return np.full(shape, value, dtype)

    def normal(*shape, scale=1.0):
        return (scale * random.standard_normal(shape)).astype(np.float32)

    inner = nir.NIRGraph(
        nodes={
            "in": nir.Input({"input": np.array([6])}),
            "w": nir.Linear(normal(5, 6)),
            "lif": nir.LIF(full(5, 4e-3), full(5, 3.0), full(5, 0.1), full(5, 0.5), full(5, -0.1)),
            "out": nir.Output({"output": np.array([5])}),
        },
        edges=[("in", "w"), ("w", "lif"), ("lif", "out")],
        metadata={"note": "within"},
    )
    nodes = {
        "image": nir.Input({"input": np.array([2, 9, 8])}),
        "conv": nir.Conv2d((9, 8), normal(4, 1, 3, 3), (2, 1), (1, 0), (1, 2), 2, normal(4, scale=0.1)),
        "average": nir.AvgPool2d(np.array([2, 2]), np.array([2, 1]), np.array([1, 0])),
        "sum": nir.SumPool2d(np.array([2, 1]), np.array([1, 1]), np.array([0, 0])),
        "scale": nir.Scale(normal(4, 2, 3) + 1),
        "if": nir.IF(full((4, 2, 3), 300.0), full((4, 2, 3), 1.0), full((4, 2, 3), 0.0)),
        "flat": nir.Flatten({"input": np.array([4, 2, 3])}, 0, -1),
        "fc.1": nir.Affine(normal(6, 24, scale=0.6), normal(6, scale=0.1)),
        "cuba.lif": nir.CubaLIF(
            full(6, 3e-3, np.float64), full(6, 6e-3, np.float64), full(6, 2.0, np.float64), full(6, 0.0, np.float64),
            full(6, 0.4, np.float64), full(6, -0.1, np.float64), full(6, 1.5, np.float64),
        ),
        "w.rec": nir.Linear(normal(6, 6, scale=0.5)),
        "late": nir.Delay(full(6, 3e-3)),
        "w.late": nir.Linear(normal(6, 6, scale=0.5)),
        "nested": inner,
        "li": nir.LI(full(5, 10e-3), full(5, 1.0), full(5, 0.2)),
        "values": nir.Output({"output": np.array([5])}),
        "signal": nir.Input({"input": np.array([3, 10])}),
        "conv1": nir.Conv1d(10, normal(2, 3, 4), 1, "same", 1, 1, normal(2, scale=0.1)),
        "integrator": nir.I(full((2, 10), 5.0)),
        "threshold": nir.Threshold(full((2, 10), 0.02)),
        "cuba.li": nir.CubaLI(full((2, 10), 2e-3), full((2, 10), 5e-3), full((2, 10), 1.0), full((2, 10), 0.0), full((2, 10), 1.0)),
        "traces": nir.Output({"output": np.array([2, 10])}),
    }
    chain = ["image", "conv", "average", "sum", "scale", "if", "flat", "fc.1", "cuba.lif", "nested", "li", "values"]
    edges = list(zip(chain, chain[1:])) + [("cuba.lif", "w.rec"), ("w.rec", "cuba.lif"), ("cuba.lif", "late"), ("late", "w.late")]
    chain = ["signal", "conv1", "integrator", "threshold", "cuba.li", "traces"]
    edges += [("w.late", "cuba.lif")] + list(zip(chain, chain[1:]))
    metadata = {"made by": "all_kinds.py", "seed": np.int64(9), "nested": {"x": np.float32(0.5)}}
    # Its type check knows nothing of groups.
    return nir.NIRGraph(nodes, edges, metadata=metadata, type_check=False)


def correlate(x, w, bias, stride, before, after, dilation, groups):
    x = np.pad(x, [(0, 0)] + list(zip(before, after)))
    span = [d * (k - 1) + 1 for d, k in zip(dilation, w.shape[2:])]
    size = [(n - s) // t + 1 for n, s, t in zip(x.shape[1:], span, stride)]
    y = np.zeros((w.shape[0], *size))
    per_in, per_out = w.shape[1], w.shape[0] // groups
    for o in range(w.shape[0]):
        group = x[o // per_out * per_in : (o // per_out + 1) * per_in]
        for at in np.ndindex(*size):
            window = tuple(slice(a * t, a * t + s, d) for a, t, s, d in zip(at, stride, span, dilation))
            y[(o, *at)] = (group[(slice(None), *window)] * w[o]).sum() + bias[o]
    return y


def pool(x, node, mean):
    k = [int(n) for n in node.kernel_size]
    w = np.ones((x.shape[0], 1, *k)) / (k[0] * k[1] if mean else 1)
    p = [int(n) for n in node.padding]
    return correlate(x, w, np.zeros(x.shape[0]), [int(n) for n in node.stride], p, p, [1, 1], x.shape[0])


def main(folder):
    g = graph(np.random.default_rng(9))
    nir.write(f"{folder}/all_kinds.nir", g)
    n, inner = g.nodes, g.nodes["nested"].nodes
    steps = np.arange(STEPS)
    image = ((steps[:, None] * 7 + np.arange(144)[None] * 5) % 5 == 0).astype(np.float64).reshape(STEPS, 2, 9, 8)
    signal = (((steps[:, None] * 3 + np.arange(30)[None]) % 8 - 3) / 8).reshape(STEPS, 3, 10)
    v_if, i, v = np.zeros((4, 2, 3)), np.zeros(6), np.full(6, -0.1)
    held, v_in, y = np.zeros((3, 6)), np.full(5, -0.1), np.zeros(5)
    z, total, current, membrane = np.zeros(6), np.zeros((2, 10)), np.zeros((2, 10)), np.zeros((2, 10))
    out, nearest = [], []
    for t in range(STEPS):
        x = correlate(image[t], n["conv"].weight, n["conv"].bias, (2, 1), (1, 0), (1, 0), (1, 2), 2)
        x = pool(pool(x, n["average"], True), n["sum"], False) * n["scale"].scale
        v_if = v_if + DT * 300 * x
        nearest.append(abs(v_if - 1).min())
        z_if = v_if > 1
        v_if = np.where(z_if, 0, v_if)
        drive = n["fc.1"].weight @ z_if.reshape(-1) + n["fc.1"].bias + n["w.rec"].weight @ z + n["w.late"].weight @ held[0]
        i = i + DT / 3e-3 * (1.5 * drive - i)
        v = v + DT / 6e-3 * (0.0 - v + 2.0 * i)
        nearest.append(abs(v - 0.4).min())
        z = (v > 0.4).astype(np.float64)
        v = np.where(z > 0, -0.1, v)
        held = np.concatenate([held[1:], z[None]])
        v_in = v_in + DT / 4e-3 * (0.1 - v_in + 3.0 * (inner["w"].weight @ z))
        nearest.append(abs(v_in - 0.5).min())
        z_in = (v_in > 0.5).astype(np.float64)
        v_in = np.where(z_in > 0, -0.1, v_in)
        y = y + DT / 10e-3 * (0.2 - y + z_in)
        total = total + DT * 5 * correlate(signal[t], n["conv1"].weight, n["conv1"].bias, [1], [1], [2], [1], 1)
        nearest.append(abs(total - 0.02).min())
        current = current + DT / 2e-3 * ((total > 0.02) - current)
        membrane = membrane + DT / 5e-3 * (-membrane + current)
        out.append(np.concatenate([z_if.reshape(-1), z, z_in, y, membrane.reshape(-1)]))
    out = np.array(out, np.float32)
    print("spikes:", out[:, :24].sum(), out[:, 24:30].sum(), out[:, 30:35].sum(), "nearest to a threshold:", min(nearest))
    np.save(f"{folder}/all_kinds_expected.npy", out)


main(sys.argv[1])
