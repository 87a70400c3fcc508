import json
from dataclasses import replace

import numpy as np
import pytest

from dcign import CodeLayout, GraphicsCode
from dcign.jpeg import jpeg

LAYOUT = CodeLayout((("azimuth", 2), ("light", 1), ("intrinsic", 3)))


def a_code(**changes) -> GraphicsCode:
    latents = np.linspace(-1, 1, 6) / 3
    values = {"latents": latents, "layout": LAYOUT, "azimuth": -12.3, "light": 40.0, "model": "faces"}
    return GraphicsCode(**{**values, **changes})


def test_layout_places_groups_one_after_another():
    assert LAYOUT.size == 6
    assert LAYOUT.names == ("azimuth", "light", "intrinsic")
    assert LAYOUT.slice("light") == slice(2, 3)
    assert LAYOUT.index("intrinsic") == [3, 4, 5]
    with pytest.raises(KeyError, match="azimuth, light, intrinsic"):
        LAYOUT.slice("elevation")


def test_layout_survives_json():
    assert CodeLayout.from_list(json.loads(json.dumps(LAYOUT.to_list()))) == LAYOUT


@pytest.mark.parametrize(
    "groups",
    [
        [], [["a"]], [["a", 0]], [["a", True]], [["a", 1.5]], [["", 1]], [["a", 1], ["a", 2]], [[1, 1]], 5,
        [["a", 9999]],
    ],
)
def test_layout_refuses_what_is_no_layout(groups):
    with pytest.raises(ValueError):
        CodeLayout.from_list(groups)


def test_intrinsic_is_what_is_neither_pose_nor_light():
    code = a_code()
    np.testing.assert_array_equal(code.intrinsic, code.latents[3:])


def test_json_brings_an_equal_code_back():
    code = a_code()
    again = GraphicsCode.from_json(code.to_json())
    assert again == code
    assert again.latents.dtype == np.float32
    assert again.elevation is None
    photograph = a_code(own_ground=True, picture=jpeg(np.zeros((16, 16, 3), np.uint8)))
    again = GraphicsCode.from_json(photograph.to_json())
    assert again == photograph and again.own_ground and "own_ground" not in code.to_json()
    assert not photograph.without_picture().own_ground and not a_code(own_ground=True).own_ground


def test_codes_are_equal_by_value():
    assert a_code() == a_code()
    assert a_code() != a_code(azimuth=-12.0)
    assert a_code() != a_code(model="chairs")
    assert a_code() != a_code(latents=np.zeros(6))
    pictured = a_code(picture=jpeg(np.zeros((16, 16, 3), np.uint8)))
    assert a_code() != pictured != replace(pictured, own_ground=True)


def test_a_code_keeps_its_own_read_only_latents():
    latents = np.zeros(6, np.float32)
    code = a_code(latents=latents)
    latents[:] = 1
    assert not code.latents.any()
    with pytest.raises(ValueError):
        code.latents[0] = 1


@pytest.mark.parametrize(
    "changes", [{"latents": np.zeros(5)}, {"latents": [np.nan] * 6}, {"azimuth": float("inf")}]
)
def test_a_code_refuses_bad_values(changes):
    with pytest.raises(ValueError):
        a_code(**changes)


def changed(**entries) -> str:
    return json.dumps({**json.loads(a_code().to_json()), **entries})


@pytest.mark.parametrize(
    "text",
    [
        "",
        "no json",
        "[" * 100_000,
        "null",
        "[]",
        "{}",
        changed(format=2),
        changed(latents=[0.0] * 5),
        changed(latents=[0.0] * 7),
        changed(latents=["0"] * 6),
        changed(latents=[True] * 6),
        changed(latents=[None] * 6),
        changed(latents=[[0.0]] * 6),
        changed(latents=[1e30] * 6),
        changed(latents=[10**400] * 6),
        changed(latents=[float("nan")] * 6),
        changed(latents=[float("inf")] * 6),
        changed(latents={"0": 1}),
        changed(layout=[["azimuth", 5000]]),
        changed(layout="azimuth"),
        changed(azimuth="left"),
        changed(azimuth=float("nan")),
        changed(azimuth=1e9),
        changed(model=5),
        changed(own_ground=1),
        changed(model="x" * 1000),
        changed(more="x" * 300_000),
        b"{}",
        None,
    ],
)
def test_from_json_refuses_what_it_did_not_write(text):
    with pytest.raises(ValueError):
        GraphicsCode.from_json(text)
