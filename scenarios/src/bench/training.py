"""The baseline of `embody bench training`: PyTorch on one thread of the CPU, a loop over ticks as it is usually written.

Networks as those of `embody_brain::training::workload`: same sizes, decays, thresholds, surrogate and loss, weights and inputs of the same
distributions, and so the same activity. Products of inputs and readouts are taken over all ticks at once; only the recurrent one is in the loop.
Each line read, "inputs lif alif outputs steps samples backward", is answered by the seconds that it took.
"""
import os
import sys
import time

os.environ["OMP_NUM_THREADS"] = "1"
import torch

torch.set_num_threads(1)
torch.set_flush_denormal(True)
torch.manual_seed(1)
DECAY, ADAPTATION, BETA, THRESHOLD = 0.95, 0.995, 0.07, 0.6


class Spike(torch.autograd.Function):
    @staticmethod
    def forward(context, above):
        context.save_for_backward(above)
        return (above > 0).to(above.dtype)

    @staticmethod
    def backward(context, gradient):
        (above,) = context.saved_tensors
        return gradient * 0.3 * torch.relu(1 - above.abs() / THRESHOLD)


class Case:
    def __init__(self, inputs, lif, alif, outputs, steps, samples):
        neurons = lif + alif
        weights = lambda rows, columns, scale: (torch.randn(rows, columns) * scale / rows**0.5).requires_grad_()
        self.weights = [weights(inputs, neurons, 0.35), weights(neurons, neurons, 0.3), weights(neurons, outputs, 1.0)]
        self.lif, self.x = lif, torch.randn(steps, samples, inputs)

    def run(self):
        w_in, w_rec, w_out = self.weights
        samples, neurons = self.x.shape[1], w_rec.shape[0]
        v, z = torch.zeros(samples, neurons), torch.zeros(samples, neurons)
        a, spikes = torch.zeros(samples, neurons - self.lif), []
        for current in (self.x @ w_in).unbind(0):
            v = torch.addmm(torch.add(current, v, alpha=DECAY), z, w_rec) - THRESHOLD * z
            a = ADAPTATION * a + z[:, self.lif :]
            above = [v[:, : self.lif] - THRESHOLD, v[:, self.lif :] - THRESHOLD - BETA * a]
            z = Spike.apply(torch.cat(above, dim=1))
            spikes.append(z)
        y, shown = 0, []
        for drive in (torch.stack(spikes) @ w_out).unbind(0):
            y = DECAY * y + drive
            shown.append(y)
        return torch.stack(shown)

    def forward(self):
        with torch.no_grad():
            self.run()

    def backward(self):
        for weight in self.weights:
            weight.grad = None
        self.run().square().mean().backward()


cases = {}
print("ready", flush=True)
for line in sys.stdin:
    *size, backward = map(int, line.split())
    case = cases.setdefault(tuple(size), None) or Case(*size)
    cases[tuple(size)] = case
    start = time.perf_counter()
    case.backward() if backward else case.forward()
    print(time.perf_counter() - start, flush=True)
