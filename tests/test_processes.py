"""Runs in several processes, and runs that are killed, end like one that was left alone."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import torch
import training_run
from safetensors.torch import load_file

from train import state

PROGRAM = Path(training_run.__file__)
ENVIRONMENT = os.environ | {"PYTHONPATH": str(PROGRAM.parents[1]), "OMP_NUM_THREADS": "1"}


def _start(launcher: list[str], shard, folder, *arguments) -> subprocess.Popen:
    return subprocess.Popen([sys.executable, *launcher, str(PROGRAM), str(shard), str(folder), *map(str, arguments)],
                            env=ENVIRONMENT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def _state(folder) -> dict[str, torch.Tensor]:
    return load_file(folder / "state.safetensors")


def _log(folder, names: tuple[str, ...]) -> np.ndarray:
    records = [json.loads(line) for line in (folder / "log.jsonl").read_text().splitlines()]
    return np.array([[record[name] for name in names] for record in records])


@pytest.mark.parametrize("clamp", ["both", "mean"])
def test_two_processes_equal_one_with_twice_the_mini_batches(shard, tmp_path, clamp):
    steps, port = 5, str(29_500 + os.getpid() % 400)
    launcher = ["-m", "torch.distributed.run", "--nproc-per-node", "2", "--master-port", port]
    process = _start(launcher, shard, tmp_path / "two", clamp, 2, steps, 1e-4)
    output, _ = process.communicate(timeout=240)
    assert process.returncode == 0, output
    assert _start([], shard, tmp_path / "one", clamp, 4, steps, 1e-4).wait(timeout=240) == 0
    terms = ("gaussian", "edges", "variation", "kl", "mse", "pictures", "norm")
    one, two = (_log(tmp_path / run, terms) for run in ("one", "two"))
    assert one.shape == (2 * steps, len(terms))
    assert np.allclose(one[0], two[0], rtol=2e-3)  # bfloat16 sums in another order
    assert np.allclose(one[:, :-1], two[:, :-1], rtol=5e-3) and np.allclose(one, two, rtol=0.1)
    progress = [state.read_progress(tmp_path / run / "state.safetensors") for run in ("one", "two")]
    assert progress[0]["position"] == progress[1]["position"] == 2 * 4 * steps


def test_a_killed_and_resumed_run_equals_an_uninterrupted_one(shard, tmp_path):
    arguments = ("both", 2, 6, 2e-3)
    whole = _start([], shard, tmp_path / "whole", *arguments)
    assert whole.wait(timeout=240) == 0
    path = tmp_path / "killed" / "state.safetensors"
    for step in (3, 8):  # in each phase
        process = _start([], shard, tmp_path / "killed", *arguments)
        until = time.monotonic() + 120
        while time.monotonic() < until and process.poll() is None:
            if path.exists() and state.read_progress(path)["step"] >= step:
                break
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert path.exists()
    assert _start([], shard, tmp_path / "killed", *arguments).wait(timeout=240) == 0
    one, two = _state(tmp_path / "whole"), _state(tmp_path / "killed")
    assert one.keys() == two.keys() and all(torch.equal(one[name], two[name]) for name in one)
