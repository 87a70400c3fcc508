"""The parts of an identity: each has a stream of its own, and the seed stands for all that are not named."""

import os

import numpy as np
import pytest
from adapter_files import basel_2009

from train.scenes import open_source
from train.scenes.basel import BaselSource
from train.scenes.streams import streams

CHANGES = {  # what another seed's part may change of a mesh, and what it leaves alone
    "shape": (("vertices",), ()),
    "texture": (("colours", "materials"), ("vertices", "triangles")),
    "expression": (("vertices",), ("colours", "materials")),  # and triangles: teeth come and go
    "hair": (("vertices", "colours", "materials"), ()),
}


@pytest.fixture(params=["heads", "faces", "basel"])
def source(request, tmp_path):
    if request.param == "basel":
        return BaselSource(basel_2009(tmp_path / "01_MorphableModel.mat"))
    if request.param == "faces" and not os.environ.get("DCIGN_FACE_ASSETS"):
        pytest.skip("DCIGN_FACE_ASSETS names no face asset pack")
    return open_source(request.param)


def fingerprint(identity) -> dict[str, bytes]:
    names = ("vertices", "triangles", "colours", "normals", "materials")
    return {name: getattr(identity.mesh, name).tobytes() for name in names}


def test_the_seed_is_every_part(source):
    for seed in (5, 1_000_003):
        whole = source.identity(seed)
        assert fingerprint(whole) == fingerprint(source.identity(seed, **{part: seed for part in source.parts}))
        assert whole.seed == seed
    borrowed = source.identity(5, **{part: 9 for part in source.parts})
    assert fingerprint(borrowed) == fingerprint(source.identity(9))


def test_a_part_changes_what_it_is_of(source):
    one = fingerprint(source.identity(5))
    for part in source.parts:
        some, none = CHANGES[part]
        others = [fingerprint(source.identity(5, **{part: seed})) for seed in range(20, 26)]
        assert len({tuple(other.values()) for other in others}) > 1
        assert any(other[name] != one[name] for other in others for name in some)
        assert all(other[name] == one[name] for other in others for name in none), part


def test_an_unknown_part_is_refused(source):
    with pytest.raises(TypeError, match="no part mood: there are shape"):
        source.identity(5, mood=3)


def test_streams_are_independent():
    names = ("one", "two")
    drawn = [[rng.random(4000) for rng in streams(names, seed, {})] for seed in (0, 1)]
    flat = [numbers for pair in drawn for numbers in pair]
    assert np.abs(np.corrcoef(flat) - np.eye(4)).max() < 0.06
    borrowed = streams(names, 0, {"two": 1})
    assert borrowed[0].random() == drawn[0][0][0] and borrowed[1].random() == drawn[1][1][0]
