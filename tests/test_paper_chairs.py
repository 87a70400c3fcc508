"""The paper's chair setting, drawn by us and read from the folder of renders."""

import numpy as np
import pytest
from adapter_files import a_box
from PIL import Image

from train.camera import View
from train.scenes import open_source
from train.scenes.chairs3d import RenderedChairs
from train.scenes.mesh import Mesh
from train.scenes.paper_chairs import (
    ELEVATIONS,
    THETAS,
    VIEWS,
    DrawnChairs,
    azimuth_of,
    draw_chair,
    grey,
    light_of,
    mini_batch,
    split,
)


def test_the_papers_views():
    assert len(VIEWS) == 62 and len(THETAS) == 31 and THETAS[:4] == (0, 11, 23, 34) and ELEVATIONS == (20, 30)
    assert [azimuth_of(theta) for theta in (270, 0, 90, 91, 180)] == [0, -90, 180, 179, 90]
    assert all(-180 < view.azimuth <= 180 for view in VIEWS)


def test_the_papers_light_is_fixed_to_the_chair():
    light, height = light_of(0, 0)
    assert light == pytest.approx(0, abs=1e-3) and height == pytest.approx(60, abs=0.01)  # above the front
    assert light_of(90, 20)[0] > 0 > light_of(-90, 20)[0]  # it goes where the front goes
    assert abs(light_of(180, 20)[0]) == pytest.approx(180, abs=1e-3)  # from behind the chair when its back is seen


@pytest.fixture(scope="module")
def block():
    """A grey box with a bar along its lower front edge."""
    parts = [a_box((-0.5, -0.6, -0.5), (0.5, 0.6, 0.5)), a_box((-0.4, -0.6, 0.5), (0.4, -0.4, 0.7))]
    triangles = np.concatenate([parts[0][1], parts[1][1] + 8])
    flat = np.concatenate([part[0] for part in parts])[triangles].reshape(-1, 3).astype(np.float32)
    return Mesh(flat, np.arange(len(flat), dtype=np.int32).reshape(-1, 3), np.full((len(flat), 3), 0.5, np.float32))


def test_one_crop_serves_all_pictures_of_a_chair(block):
    pictures = draw_chair(block)
    assert pictures.shape == (62, 150, 150, 4) and pictures.dtype == np.uint8
    rows, columns = (np.nonzero((pictures[..., 3] > 0).any((0, axis)))[0] for axis in (2, 1))
    spans = [rows.max() + 1 - rows.min(), columns.max() + 1 - columns.min()]
    assert 143 <= max(spans) <= 147  # 3 % of margin in all
    for span in (rows, columns):
        assert abs(span.min() + span.max() - 149) <= 2
    again = draw_chair(block, views=VIEWS[5:7])
    np.testing.assert_array_equal(again, pictures[5:7])
    shades = grey(pictures)
    assert shades.shape == (62, 150, 150) and shades[:, 0, 0].min() == 255


def test_a_chair_seen_from_behind_is_dark(block):
    front, back = grey(draw_chair(block, views=[VIEWS[23], VIEWS[8]]))  # theta 267 and 92
    assert abs(VIEWS[23].azimuth) < 5 and abs(VIEWS[8].azimuth) > 175
    display = 255 * (1.055 * 0.5 ** (1 / 2.4) - 0.055)
    assert back[90:105, 60:90].max() == pytest.approx(0.2 * display, abs=2)  # ambient light alone
    assert np.median(front[60:75, 60:90]) == pytest.approx((0.2 + 0.8 * 0.5) * display, rel=0.02)


def test_chairs_are_split_by_their_names():
    names = tuple(f"{number:032x}" for number in range(1393))
    train, test = split(names)
    assert sorted(train + test) == sorted(names) and not set(train) & set(test)
    assert 130 <= len(test) <= 180
    assert split(names[:50])[1] == tuple(name for name in test if name in names[:50])


def test_mini_batches_of_drawn_chairs():
    chairs = DrawnChairs(open_source("chairs"), tuple(str(seed) for seed in range(6)))
    batch = mini_batch(chairs, chairs.chairs, "azimuth", np.random.default_rng(0), size=40, count=3)
    assert batch.pictures.shape == (3, 40, 40, 4) and len(set(batch.seeds)) == 1
    assert len({view.azimuth for view in batch.views}) == 3 and len({view.elevation for view in batch.views}) == 1


# Seeing 3D chairs


@pytest.fixture
def renders(tmp_path):
    """Three chairs in six views of 120 pixels: a block that is the further right, the larger its azimuth."""
    for number, tone in enumerate((30, 90, 150)):
        folder = tmp_path / "rendered_chairs" / f"{number:032x}" / "renders"
        folder.mkdir(parents=True)
        for index, (elevation, theta) in enumerate((e, t) for e in (20, 30) for t in (0, 267, 180)):
            picture = np.full((120, 120, 3), 255, np.uint8)
            left = 55 + round(azimuth_of(theta) / 6)
            picture[40 + elevation // 10:70, left:left + 10 + number] = tone
            Image.fromarray(picture).save(folder / f"image_{index:03d}_p{elevation:03d}_t{theta:03d}_r096.png")
    (tmp_path / "rendered_chairs" / "all_chair_names.mat").write_bytes(b"")
    return tmp_path / "rendered_chairs"


def test_rendered_chairs_have_our_angles_and_one_crop(renders):
    chairs = RenderedChairs(renders.parent)  # the folder that the archive is unpacked in will do as well
    assert chairs.chairs == tuple(f"{number:032x}" for number in range(3))
    views = chairs.views(chairs.chairs[0])
    assert {(view.azimuth, view.elevation) for view in views} == {(a, e) for a in (-90, 3, 90) for e in (20, 30)}
    assert chairs.crop(chairs.chairs[0]) == pytest.approx((39.4, 35.4, 41.2), abs=0.5)
    pictures = chairs.pictures(chairs.chairs[0], views, 50)
    assert pictures.shape == (6, 50, 50, 4) and pictures.dtype == np.uint8
    places = {view.azimuth: np.nonzero(picture[..., 3] > 128)[1].mean() for view, picture in zip(views, pictures)}
    assert places[-90] < 15 < places[3] < 35 < places[90]
    middle = pictures[0][pictures[0][..., 3] == 255]
    assert (middle[:, :3] == 30).all() and pictures[0][0, 0].tolist() == [255, 255, 255, 0]


def test_rendered_chairs_make_one_factor_mini_batches(renders):
    chairs = RenderedChairs(renders)
    views, rng = chairs.views(chairs.chairs[0]), np.random.default_rng(4)
    turned = mini_batch(chairs, chairs.chairs, "azimuth", rng, 30, count=3, views=views)
    assert len(set(turned.seeds)) == 1 and len({view.elevation for view in turned.views}) == 1
    assert {view.azimuth for view in turned.views} == {-90, 3, 90}
    tones = [picture[..., :3][picture[..., 3] == 255].min() for picture in turned.pictures]
    assert len(set(tones)) == 1
    others = mini_batch(chairs, chairs.chairs, "intrinsic", rng, 30, count=3, views=views)
    assert sorted(others.seeds) == [0, 1, 2] and len({view.azimuth for view in others.views}) == 1
    tones = [int(picture[..., :3][picture[..., 3] == 255].min()) for picture in others.pictures]
    assert tones == [(30, 90, 150)[seed] for seed in others.seeds]
    again = mini_batch(chairs, chairs.chairs, "intrinsic", np.random.default_rng(9), 30, count=2, views=views)
    same = mini_batch(RenderedChairs(renders), chairs.chairs, "intrinsic", np.random.default_rng(9), 30, 2, views)
    assert again.pictures.tobytes() == same.pictures.tobytes() and again.seeds == same.seeds


def test_rendered_chairs_say_what_is_wanted(renders, tmp_path):
    for path in (None, tmp_path / "absent"):
        with pytest.raises(FileNotFoundError, match=r"rendered_chairs.*image_003_p020_t011_r096\.png.*seeing3Dchairs"):
            RenderedChairs(path)
    chairs = RenderedChairs(renders)
    with pytest.raises(ValueError, match="no picture at azimuth"):
        chairs.pictures(chairs.chairs[0], [View(12.0, 20.0)], 30)
    with pytest.raises(ValueError, match="azimuth or intrinsic"):
        mini_batch(chairs, chairs.chairs, "light", np.random.default_rng(0), 30)
    with pytest.raises(ValueError, match="needs 20 chairs; there are 3"):
        mini_batch(chairs, chairs.chairs, "intrinsic", np.random.default_rng(0), 30)
    broken = renders / chairs.chairs[0] / "renders" / "image_000_p020_t000_r096.png"
    broken.write_bytes(b"no picture")
    with pytest.raises(ValueError, match="image_000_p020_t000_r096.png cannot be read"):
        RenderedChairs(renders).crop(chairs.chairs[0])
    broken.rename(broken.with_name("image_front.png"))
    with pytest.raises(ValueError, match="image_front.png is not named like"):
        RenderedChairs(renders)
