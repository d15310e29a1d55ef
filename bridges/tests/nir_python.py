"""Compares what the crate writes with the Python package nir 1.0.8, which shares no code with it.

    cargo test --release -p embody-bridges --no-default-features --features nir
    python bridges/tests/nir_python.py target/tmp/nir

Two things: files that were read and written again hold what the originals hold, to the type of every array; and exported networks, read by the
package and run by their equations in double precision, spike as the networks did. Ends with status 1 if one doesn't.
"""

import pathlib
import sys

import nir
import numpy as np

DATA = pathlib.Path(__file__).parent / "data" / "nir"


def differences(a, b, path=""):
    """Where two nested dictionaries of arrays differ."""
    if isinstance(a, dict) and isinstance(b, dict):
        for key in sorted(a.keys() | b.keys(), key=str):
            if key not in a or key not in b:
                yield f"{path}/{key}: only in one"
            else:
                yield from differences(a[key], b[key], f"{path}/{key}")
    elif isinstance(a, list) and isinstance(b, list):
        if a != b:
            yield f"{path}: {a} {b}"
    else:
        x, y = np.asarray(a), np.asarray(b)
        if x.dtype != y.dtype or not np.array_equal(x, y):
            yield f"{path}: {x.dtype} {x.shape}, {y.dtype} {y.shape}, or other numbers"


def rewritten(folder, name):
    """Errors of one file that was read and written again."""
    original, again = (nir.read(place / name, type_check=False) for place in (DATA, folder))
    found = list(differences(original.to_dict(), again.to_dict()))
    if nir.serialization.read_version(DATA / name) != nir.serialization.read_version(folder / name):
        found.append("version")
    # With type checks, which the original of two files doesn't pass either.
    if name not in ("lif_rockpool.nir", "all_kinds.nir"):
        nir.read(folder / name)
    return found


def step_neurons(node, state, arriving, dt, reset):
    """One step: exact decay, input as an impulse; a spike is a potential above the threshold."""
    alpha, gain = np.exp(-dt / node.tau), dt / node.tau
    state[:] = node.v_leak + alpha * (state - node.v_leak) + gain * node.r * arriving
    if isinstance(node, nir.LI):
        return state.copy()
    spikes = state > node.v_threshold
    state[:] = np.where(spikes, node.v_reset if reset == "zero" else state - (node.v_threshold - node.v_reset), state)
    return spikes.astype(float)


def simulate(graph, inputs, dt, reset):
    """What leaves each node in each step. An edge that leaves a neuron for a node without a Delay on the way carries the step before if it
    leads back; the exported networks have Delay nodes wherever that isn't so, but to readouts."""
    nodes = graph.nodes
    after = {name: [b for a, b in graph.edges if a == name] for name in nodes}

    def reaches(start, goal):
        seen, open_nodes = set(), [start]
        while open_nodes:
            for name in after[open_nodes.pop()]:
                if name == goal:
                    return True
                if name not in seen and not isinstance(nodes[name], nir.Delay):
                    seen.add(name)
                    open_nodes.append(name)
        return False

    held = {(a, b): isinstance(nodes[a], nir.LIF) and not isinstance(nodes[b], nir.Delay) and reaches(b, a) for a, b in graph.edges}
    now = {edge for edge in graph.edges if not held[edge] and not isinstance(nodes[edge[1]], nir.Delay)}
    order, left = [], set(nodes)
    while left:
        ready = sorted(n for n in left if not any(b == n and a in left for a, b in now))
        order += ready
        left -= set(ready)
    size = {name: int(np.prod(next(iter(node.output_type.values())))) for name, node in nodes.items()}
    output = {name: np.zeros(n) for name, n in size.items()}
    state = {name: np.zeros(n) for name, n in size.items()}
    lines = {n: [np.zeros(size[n])] * round(float(d.delay[0]) / dt) for n, d in nodes.items() if isinstance(d, nir.Delay)}
    trace = []
    for t in range(len(inputs)):
        before, channel = {name: values.copy() for name, values in output.items()}, 0
        for name in order:
            node = nodes[name]
            arriving = sum((before if held[a, b] else output)[a] for a, b in graph.edges if b == name) if name not in lines else None
            if isinstance(node, nir.Input):
                output[name] = inputs[t, channel : channel + size[name]]
                channel += size[name]
            elif name in lines:
                output[name] = lines[name][0]
            elif isinstance(node, (nir.Linear, nir.Affine)):
                output[name] = node.weight @ arriving + getattr(node, "bias", 0)
            elif isinstance(node, nir.Scale):
                output[name] = node.scale * arriving
            elif isinstance(node, nir.Output):
                output[name] = arriving
            else:
                output[name] = step_neurons(node, state[name], arriving, dt, reset)
        for name in lines:
            arriving = sum(output[a] for a, b in graph.edges if b == name)
            lines[name] = lines[name][1:] + [arriving]
        trace.append(np.concatenate([output["hidden"], output["poses"]]))
    return np.array(trace)


def exported(folder, name):
    """Errors of one network that was exported."""
    graph = nir.read(folder / f"{name}.nir")
    stated = graph.metadata["embody"]
    inputs = np.loadtxt(folder / f"{name}_input.csv", delimiter=",")
    expected = np.loadtxt(folder / f"{name}_output.csv", delimiter=",")
    found = simulate(graph, inputs, float(stated["dt"]), stated["reset"])[:100]
    spikes = int((found[:, :20] != expected[:100, :20]).sum())
    apart = np.abs(found[:, 20:] - expected[:100, 20:]).max()
    fired = int(expected[:100, :20].sum())
    print(f"{name}: {fired} spikes, {spikes} differ; values differ by {apart:.1e}")
    return [] if spikes == 0 and apart < 1e-4 and fired > 20 else [f"{spikes} spikes differ, values by {apart}"]


def main(folder):
    files = sorted(path.name for path in DATA.glob("*.nir"))
    networks = ["exported_Zero", "exported_Subtract", "exported_SubtractNextTick"]
    errors = [f"{name}: {error}" for name in files for error in rewritten(folder, name)]
    print(f"{len(files)} files written again, compared with nir {nir.version}")
    errors += [f"{name}: {error}" for name in networks for error in exported(folder, name)]
    for error in errors:
        print(error)
    sys.exit(1 if errors else 0)


main(pathlib.Path(sys.argv[1]))
