"""The weights that are in the repository: whole, small, and reading their own examples as these were drawn."""

import json

import numpy as np
import pytest

import dcign
from dcign import checkpoints
from dcign.sweeps import is_circle
from dcign.weights_folder import CONFIG, TENSORS
from train.measures.equivariance import angle_error

ROOT = checkpoints.weights_root()
KNOWN = sorted(path.parent.relative_to(ROOT).as_posix() for path in ROOT.glob(f"**/{CONFIG}"))


@pytest.mark.parametrize("name", KNOWN)
def test_weights_are_those_of_the_index_and_small(name):
    assert name in json.loads((ROOT / checkpoints.INDEX).read_text())
    assert checkpoints.find(name) == ROOT / name
    assert (ROOT / name / TENSORS).stat().st_size < 10e6
    assert (ROOT / name / "README.md").is_file()


@pytest.mark.parametrize("name", [name for name in KNOWN if (ROOT / name / "examples").is_dir()])
def test_examples_are_read_with_the_signs_that_they_were_drawn_with(name):
    studio, folder = dcign.load(name, device="cpu"), ROOT / name / "examples"
    listed = json.loads((folder / "examples.json").read_text())
    codes = [studio.encode(folder / one["file"], refine=False) for one in listed]
    for factor, limits in studio.ranges.items():
        read, true = (np.array(values, float) for values in (
            [getattr(code, factor) for code in codes], [one[factor] for one in listed]))
        error = angle_error(read, true, is_circle(limits))
        assert np.median(error) < 8 and (error < 20).mean() >= 0.8, factor  # a chair may be read back to front
        assert angle_error(-read, true, is_circle(limits)).mean() > 2 * error.mean(), factor  # a mirrored one would be seen
