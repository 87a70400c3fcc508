"""The file that a run is resumed from."""

import subprocess
import sys
import time

import torch

from train import state

# as save() does, but faster than any disk
REPLACE = """import itertools, os
for number in itertools.count():
    os.link(str(1 + number % 2), "next")
    os.replace("next", "state.safetensors")
"""


def test_progress_can_be_read_while_the_next_state_takes_its_place(tmp_path):
    network, average = torch.nn.Linear(2, 2), torch.nn.Linear(2, 2)
    optimiser, written = torch.optim.SGD(network.parameters(), 0.1), ({"step": 1}, {"step": 2, "longer": "x" * 4000})
    for progress in written:
        state.save(tmp_path / str(progress["step"]), network, average, optimiser, progress)
    path, read = tmp_path / "state.safetensors", []
    run = subprocess.Popen([sys.executable, "-c", REPLACE], cwd=tmp_path)
    try:
        until = time.monotonic() + 60
        while time.monotonic() < until and (len(read) < 20000 or len({progress["step"] for progress in read}) < 2):
            if path.exists():
                read.append(state.read_progress(path))
        assert run.poll() is None
    finally:
        run.kill()
        run.wait()
    assert len(read) >= 20000 and all(progress in written for progress in read)
