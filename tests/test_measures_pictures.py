"""Measures of pictures and sweeps on cases whose answer is known."""

import numpy as np
import pytest
from PIL import Image
from scipy.ndimage import gaussian_filter

from train.camera import View
from train.measures import images, landmarks
from train.measures.generation import frechet, nearest
from train.measures.landmarks import blended, landmark_errors, surest
from train.measures.monotone import largest_fall
from train.measures.novel_views import MOVES, Drawn, moves
from train.measures.parts import followed
from train.measures.plots import curves, pairs
from train.measures.recognition import principal, rank_one
from train.measures.scenery import FACE_RANGES, RenderedChair, Scenery, identities
from train.measures.sharpness import parts_there, thin_parts
from train.measures.turn import unevenness
from train.scenes import HELD_OUT, paper_chairs

WHITE = (255, 255, 255)


def a_stool(shift: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """A black seat on two legs and the mask of it."""
    mask = np.zeros((160, 160), np.uint8)
    mask[50:80, 40 + shift:120 + shift] = 255
    mask[80:140, 44 + shift:48 + shift] = 255
    mask[80:140, 110 + shift:114 + shift] = 255
    picture = np.full((160, 160, 3), 255, np.uint8)
    picture[mask > 0] = 30
    return picture, mask


def test_ssim_is_that_of_scikit_image():
    from skimage.metrics import structural_similarity

    rng = np.random.default_rng(0)
    a, b = (gaussian_filter(rng.integers(0, 256, (60, 60, 3)), (1, 1, 0)).astype(np.uint8) for _ in range(2))
    b = (0.6 * a + 0.4 * b).astype(np.uint8)
    expected = structural_similarity(a, b, channel_axis=-1, gaussian_weights=True, sigma=1.5,
                                     use_sample_covariance=False)
    assert images.ssim(a[None], b[None])[0] == pytest.approx(expected, abs=1e-4)


def test_the_legs_of_a_stool_are_its_thin_parts():
    picture, mask = a_stool()
    labels = thin_parts(mask)
    assert labels.max() == 2 and (labels[60] == 0).all() and (labels[100:130, 44:48] > 0).all()
    assert parts_there(picture, picture, mask, WHITE) == (2, 2)
    assert parts_there(a_stool(2)[0], picture, mask, WHITE) == (2, 2)  # a little beside is there


def test_legs_that_are_missing_or_a_smear_are_not_there():
    picture, mask = a_stool()
    without, smeared = picture.copy(), picture.copy()
    without[80:, 100:] = 255
    smeared[80:140, 40:120] = 140
    assert parts_there(without, picture, mask, WHITE) == (1, 2)
    assert parts_there(smeared, picture, mask, WHITE) == (0, 2)
    assert parts_there(gaussian_filter(picture, (6, 6, 0)), picture, mask, WHITE)[0] == 0


def test_landmark_errors_are_of_faces_that_both_pictures_have():
    true = np.tile(np.arange(10.0).reshape(5, 2), (4, 1, 1))
    drawn = true.copy()
    drawn[0, :, 0] += 2.0
    drawn[1, :, 1] += 4.0
    drawn[2] = np.nan
    true[3] = np.nan
    found = landmark_errors(drawn, true)
    assert found["found"] == pytest.approx(2 / 3) and found["found_in_truth"] == pytest.approx(3 / 4)
    assert found["median"] == pytest.approx(3.0) and found["within"] == found["faces_within"] == pytest.approx(0.5)
    assert "median" not in landmark_errors(np.full((2, 5, 2), np.nan), true[:2])
    assert "found" not in landmark_errors(drawn[:1], true[3:])  # nobody could have found one


def test_landmarks_are_those_of_all_answers_about_the_surest_face():
    def answer(x: float, score: float, points: float) -> list[float]:  # a face 40 pixels wide, as YuNet reports it
        return [x, 10.0, 40.0, 40.0, *[points] * 10, score]

    answers = np.array([answer(10, 0.9, 20.0), answer(14, 0.6, 30.0), answer(100, 0.7, 120.0)])
    assert surest(answers) == pytest.approx(np.full((5, 2), 20.0))
    assert blended(answers) == pytest.approx(np.full((5, 2), 24.0))  # (0.9 * 20 + 0.6 * 30) / 1.5: not the other face
    assert blended(answers * np.array([1.0] * 2 + [0.0] + [1.0] * 12)) == pytest.approx(np.full((5, 2), 20.0))  # no width
    nearly = answers.copy()
    nearly[:2, -1] = 0.74, 0.76  # another cell becomes the surest
    assert np.abs(surest(nearly) - surest(answers)).max() == pytest.approx(10.0)
    assert np.abs(blended(nearly) - blended(answers)).max() < 1.5


def test_both_readings_are_told_beside_how_still_they_keep(monkeypatch):
    """A detector that sees one face where the picture is brightest, and one view whose face is two pixels off."""
    def answer(picture: np.ndarray, shift: float, score: float) -> list[float]:
        place = np.unravel_index(picture.sum(-1).argmax(), picture.shape[:2])[::-1] + np.array([shift, 0.0])
        return [*(place - 10), 20.0, 20.0, *np.tile(place, 5), score]

    class Detector:
        def detect(self, picture):
            return 1, np.array([answer(picture, 0.0, 0.9), answer(picture, 4.0, 0.9 - 1e-9)])

    monkeypatch.setattr(landmarks.face_detector, "path", lambda: "a detector")
    monkeypatch.setattr(landmarks.cv2.FaceDetectorYN, "create", lambda *_: Detector())
    true = np.zeros((2, 50, 50, 3), np.uint8)
    true[:, 25, 20] = 255
    drawn = true.copy()
    drawn[1] = np.roll(true[1], 2, 1)  # 4 % of the width
    views = [View(azimuth=10.0), View(azimuth=-10.0)]
    found = landmarks.faces({"light": Drawn(true, true, drawn, drawn, true[..., 0], views)})
    assert found["within"] == found["surest"] == 0.5 and found["median"] == found["surest_median"] == pytest.approx(2.0)
    assert found["shifted"] == found["surest_shifted"] == 1.0  # the pixel that the picture moved by is taken off
    assert found["pictures"] == 2 and found["found"] == 1.0
    own = landmarks.faces({"light": Drawn(true, true, drawn, drawn, true[..., 0], views),
                           "azimuth": Drawn(true, true, true, drawn, true[..., 0], views)})
    assert own["within"] == 0.75 and own["moved"] == 1.0 and own["own"] == 0.5  # the light's are no turned ones


def test_a_fall_is_counted_from_the_highest_reading_so_far():
    up = np.linspace(-90, 90, 37)
    slow = up.copy()
    slow[20:24] = slow[19] - np.array([1.0, 2.0, 3.0, 4.0])
    assert largest_fall(np.stack([up, up**3, -up, slow])) == pytest.approx([0.0, 0.0, 180.0, 4.0])


def test_a_fall_around_the_circle_knows_that_minus_180_follows_180():
    turn = (np.linspace(0, 350, 36) + 180) % 360 - 180
    assert largest_fall(turn[None], circular=True)[0] == pytest.approx(0.0)
    turn[10:12] = turn[[11, 10]]
    assert largest_fall(turn[None], circular=True)[0] == pytest.approx(10.0)


def test_an_even_turn_has_a_ratio_of_one_and_keyframes_a_large_one():
    even = np.broadcast_to(np.arange(0, 144, 2, dtype=np.uint8)[:, None, None, None], (72, 4, 4, 3))
    assert unevenness(even, circular=False) == pytest.approx(1.0)
    assert unevenness(even, circular=True) == pytest.approx(71.0)  # from the last back to the first
    keyframes = even.copy()
    keyframes[40:] += 20
    assert unevenness(keyframes, circular=False) == pytest.approx(11.0)
    assert unevenness(np.zeros((72, 4, 4, 3), np.uint8), circular=False) == float("inf")


def test_moves_stay_in_the_ranges_and_go_around_the_circle():
    rng = np.random.default_rng(0)
    faces = Scenery.of("heads", "stage", ("azimuth", "elevation", "light"))
    for factor, (low, high) in FACE_RANGES.items():
        for here, there in moves(faces, factor, 50, rng):
            assert abs(getattr(there, factor) - getattr(here, factor)) == pytest.approx(MOVES[factor])
            assert low <= getattr(there, factor) <= high
    chairs = Scenery.of("chairs", "stage", ("azimuth",))
    turned = np.array([there.azimuth - here.azimuth for here, there in moves(chairs, "azimuth", 50, rng)])
    assert np.abs((turned + 180) % 360 - 180) == pytest.approx(60)


def test_the_papers_chairs_vary_in_azimuth_alone_and_keep_their_light():
    scenery = Scenery.of("chairs", "paper-chairs", ("azimuth",))
    assert scenery.factors == ("azimuth",) and scenery.circular("azimuth")
    for here, there in moves(scenery, "azimuth", 20, np.random.default_rng(0)):
        assert here in paper_chairs.VIEWS and there == paper_chairs.view_of(there.azimuth, here.elevation)


def test_networks_without_colours_are_shown_none():
    class Chairs:
        chairs = ("red",)

        def pictures(self, chair, views, size):
            return np.tile(np.array([200, 20, 40, 255], np.uint8), (len(views), size, size, 1))

    colour, grey = (Scenery.of("chairs3d", "paper-chairs", ("azimuth",), which) for which in (False, True))
    thing, view = RenderedChair(Chairs(), "red"), paper_chairs.VIEWS[0]
    assert colour.picture(thing, view, 4)[0, 0].tolist() == [200, 20, 40]
    assert grey.with_mask(thing, view, 4)[0, 0].tolist() == [76, 76, 76, 255]  # 0.299 * 200 + 0.587 * 20 + 0.114 * 40


def test_recognition_of_known_identities():
    rng = np.random.default_rng(0)
    who = np.repeat(np.arange(20), 4)
    own = rng.normal(size=(20, 10))[who]
    assert rank_one(own + 0.05 * rng.normal(size=own.shape), who) == 1.0
    assert rank_one(rng.normal(size=own.shape), who) < 0.25
    assert rank_one(principal(own, 10), who) == 1.0 and principal(own, 3).shape == (80, 3)


def test_frechet_distance_of_known_gaussians():
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(4000, 3))
    assert frechet(rows, rows) == pytest.approx(0.0, abs=1e-6)
    assert frechet(rows + 2.0, rows) == pytest.approx(12.0, rel=1e-3)  # 3 x 2²
    assert frechet(3.0 * rows, rows) == pytest.approx(12.0, rel=0.1)  # 3 x (3 - 1)²
    place, difference = nearest(rows[:5] + 0.01, rows)
    assert (place == np.arange(5)).all() and difference == pytest.approx(np.full(5, 0.01), abs=1e-3)


def test_plots_and_sheets_are_written(tmp_path):
    degrees = np.linspace(-180, 180, 20)
    curves(tmp_path / "plots" / "turn.png", degrees, np.stack([degrees, -degrees]), "a turn", (-180.0, 180.0), True)
    assert np.asarray(Image.open(tmp_path / "plots" / "turn.png")).std() > 5
    upper = np.stack([np.full((20, 20, 3), level, np.uint8) for level in range(12)])
    pairs(tmp_path / "sheet.png", upper, 255 - upper)
    sheet = np.asarray(Image.open(tmp_path / "sheet.png"))
    assert sheet.shape == (2 * 44, 200, 3) and sheet[0, 25, 0] == 1 and sheet[20, 25, 0] == 254


def test_chairs_of_a_folder_of_renders_are_split_and_seen_from_their_own_views():
    class Renders:
        chairs = tuple(f"chair{k}" for k in range(60))

        def pictures(self, chair, views, size):
            assert all(view in paper_chairs.VIEWS for view in views)
            return np.full((len(views), size, size, 4), int(chair.removeprefix("chair")), np.uint8)

    renders = Renders()
    kept, trained = identities(renders, 5), identities(renders, 5, HELD_OUT)
    assert len(kept) == len(trained) == 5 and all(paper_chairs.is_test(chair.name) for chair in kept)
    assert not any(paper_chairs.is_test(chair.name) for chair in trained)
    scenery = Scenery.of("chairs3d", "paper-chairs", ("azimuth",))
    view = scenery.moved(scenery.random_view(np.random.default_rng(0)), "azimuth", 57.3)
    picture = scenery.picture(kept[0], view, 20)
    assert picture.shape == (20, 20, 3) and picture[0, 0, 0] == int(kept[0].name.removeprefix("chair"))
    assert len(scenery.stops("azimuth", 72)) == 31


def test_a_difference_is_followed_wholly_by_half_or_not_at_all():
    true = np.random.default_rng(0).normal(size=(4, 6, 6, 3))
    assert followed(true, true) == pytest.approx({"slope": 1, "correlation": 1})
    assert followed(0.5 * true, true) == pytest.approx({"slope": 0.5, "correlation": 1})
    assert followed(-true, true)["slope"] == pytest.approx(-1)
    assert followed(0 * true, true) == {"slope": 0, "correlation": 0}
