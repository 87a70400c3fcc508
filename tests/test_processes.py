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
    with open(f"{folder}.log", "ab") as log:
        return subprocess.Popen([sys.executable, *launcher, str(PROGRAM), str(shard), str(folder), *map(str, arguments)],
                                env=ENVIRONMENT, stdout=log, stderr=subprocess.STDOUT, start_new_session=True)


def _end(process: subprocess.Popen) -> int:
    """Its exit status. A process that does not end is killed, with those that it started."""
    try:
        return process.wait(timeout=240)
    finally:
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass


def _state(folder) -> dict[str, torch.Tensor]:
    return load_file(folder / "state.safetensors")


def _log(folder, names: tuple[str, ...]) -> np.ndarray:
    records = [json.loads(line) for line in (folder / "log.jsonl").read_text().splitlines()]
    return np.array([[record.get(name, 0.0) for name in names] for record in records])  # some are of the second phase alone


@pytest.mark.parametrize("clamp", ["both", "mean"])
def test_two_processes_equal_one_with_twice_the_mini_batches(shard, tmp_path, clamp):
    steps, launcher = 5, ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    for name, how, each in (("two", launcher, 2), ("one", [], 4)):
        assert _end(_start(how, shard, tmp_path / name, clamp, each, steps, 5e-5)) == 0, (tmp_path / f"{name}.log").read_text()
    terms = ("gaussian", "edges", "variation", "structure", "features", "disagreement", "kl", "mse", "pictures", "explained",
             "norm")
    one, two = (_log(tmp_path / run, terms) for run in ("one", "two"))
    assert one.shape == (2 * steps, len(terms))
    assert np.allclose(one[0], two[0], rtol=2e-3)  # bfloat16 sums in another order
    assert np.allclose(one[:, :-2], two[:, :-2], rtol=5e-3) and np.allclose(one, two, rtol=0.1)
    assert np.allclose(one[:, -2], two[:, -2], rtol=0.03)  # a regression, solved anew
    progress = [state.read_progress(tmp_path / run / "state.safetensors") for run in ("one", "two")]
    assert progress[0]["position"] == progress[1]["position"] == 2 * 4 * steps


def test_a_killed_and_resumed_run_equals_an_uninterrupted_one(shard, tmp_path):
    """Killed in the first phase; asked to end in the second, where it saves what it has and says that all is well."""
    steps = 10  # of each phase
    arguments = ("both", 2, steps, 2e-3)
    assert _end(_start([], shard, tmp_path / "whole", *arguments)) == 0
    path = tmp_path / "killed" / "state.safetensors"
    for step, number, status in ((3, signal.SIGKILL, -signal.SIGKILL), (steps + 3, signal.SIGTERM, 0)):
        process = _start([], shard, tmp_path / "killed", *arguments)
        until = time.monotonic() + 120
        while time.monotonic() < until and process.poll() is None:
            if path.exists() and state.read_progress(path)["step"] >= step:
                break
            time.sleep(0.01)
        process.send_signal(number)
        assert _end(process) == status, (tmp_path / "killed.log").read_text()
        assert step <= state.read_progress(path)["step"] < 2 * steps  # in the middle
    assert _end(_start([], shard, tmp_path / "killed", *arguments)) == 0
    one, two = _state(tmp_path / "whole"), _state(tmp_path / "killed")
    assert one.keys() == two.keys() and all(torch.equal(one[name], two[name]) for name in one)


def test_a_run_that_is_asked_to_end_saves_its_last_step(shard, tmp_path):
    process = _start([], shard, tmp_path / "run", "both", 2, 40, 2e-3, "1e9")
    log, until = tmp_path / "run" / "log.jsonl", time.monotonic() + 120
    while time.monotonic() < until and process.poll() is None and not (log.exists() and log.read_text().count("\n") > 2):
        time.sleep(0.01)
    process.send_signal(signal.SIGTERM)
    assert _end(process) == 0, (tmp_path / "run.log").read_text()
    assert 3 <= state.read_progress(tmp_path / "run" / "state.safetensors")["step"] < 80
    assert len(_log(tmp_path / "run", ("mse",))) == state.read_progress(tmp_path / "run" / "state.safetensors")["step"]
