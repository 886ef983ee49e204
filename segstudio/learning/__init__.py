"""Networks, losses, training and inference: the only floor that knows torch, which loads when first needed."""

import os

# Threads that spin while they wait for the next piece of work take the cores from the window and from each other: on
# two busy cores a training step took four times as long. OpenMP reads this when torch loads it.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
# What Apple's GPUs cannot compute is computed on the CPU, slower, where torch would stop otherwise.
os.environ.setdefault("PYTORCH_ENABLE_MPS_FALLBACK", "1")
