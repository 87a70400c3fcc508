import threading

import numpy as np
import pytest
from bad_pictures import BLUE, GREEN, RED, near, quadrants
from PIL import Image

from dcign import checkpoints, face_detector
from dcign.photos import PictureSpec, prepare

FACE = PictureSpec(160, (208, 208, 208), "face")
CHAIR = PictureSpec(160, (255, 255, 255), "object")


pytestmark = pytest.mark.usefixtures("no_photo_networks")  # test_head_finder.py and test_cut_out.py have these


def blob(size: int, ground, box, colour=RED) -> Image.Image:
    image = Image.new("RGB", (size, size), ground)
    image.paste(colour, box)
    return image


def test_our_own_renders_are_only_resized():
    for spec in (FACE, CHAIR):
        for size in (160, 240, 320):
            image = blob(size, spec.ground, (size // 4, size // 4, size // 2, size // 2))
            prepared = prepare(image, spec)
            assert prepared.found and not prepared.warnings
            assert near(prepared.picture.getpixel((60, 60)), RED)
            assert near(prepared.picture.getpixel((100, 100)), spec.ground)
    same = blob(160, (255, 255, 255), (40, 40, 80, 80))
    np.testing.assert_array_equal(np.asarray(prepare(same, CHAIR).picture), np.asarray(same))


def test_a_chair_on_a_plain_ground_is_framed_and_put_on_white():
    photo = Image.new("RGB", (900, 500), (236, 231, 228))
    photo.paste((90, 50, 20), (600, 100, 750, 400))     # 150 x 300
    prepared = prepare(photo, CHAIR)
    assert prepared.found and not prepared.warnings
    pixels = np.asarray(prepared.picture).astype(int)
    assert (pixels[0] == 255).all() and (pixels[:, 0] == 255).all()
    rows, columns = np.nonzero(pixels.sum(2) < 500)
    assert abs(np.ptp(rows) + 1 - 0.8 * 160) <= 2
    assert abs(np.ptp(columns) + 1 - 0.4 * 160) <= 2
    assert abs(rows.mean() - 0.53 * 160) < 1.5 and abs(columns.mean() - 79.5) < 1.5


@pytest.mark.parametrize("side", [160, 240, 320, 500])
def test_pale_paper_is_taken_for_no_renders_ground_however_small_the_picture(side):
    paper = np.broadcast_to(np.linspace(232, 252, side).astype(np.uint8)[:, None, None], (side, side, 3)).copy()
    paper[side // 4:side // 2, side // 4:side // 2] = RED
    prepared = prepare(Image.fromarray(paper), CHAIR)
    pixels = np.asarray(prepared.picture).astype(int)
    assert prepared.found and prepared.clean and not prepared.warnings
    assert (pixels[0] == 255).all() and (pixels[:, 0] == 255).all()
    assert abs((pixels.sum(2) < 500).any(1).sum() - 0.8 * 160) <= 2


def test_specks_do_not_widen_the_box():
    photo = blob(600, (255, 255, 255), (200, 200, 400, 400))
    photo.putpixel((20, 20), (0, 0, 0))
    framed = np.asarray(prepare(photo, CHAIR).picture).astype(int).sum(2) < 500
    assert framed.any(0).sum() == pytest.approx(128, abs=2)


def test_a_chair_in_a_room_is_shown_whole_with_a_warning():
    prepared = prepare(quadrants(), CHAIR)
    assert not prepared.found
    assert "white or even background" in prepared.warnings[0]
    picture = prepared.picture
    assert picture.size == (160, 160)
    # 80 x 60 fills the width; above and below, the edge is drawn out.
    seen = {(5, 0): RED, (155, 0): GREEN, (5, 159): BLUE, (5, 75): RED, (5, 85): BLUE}
    for place, colour in seen.items():
        assert near(picture.getpixel(place), colour)


def test_an_empty_picture_is_not_found():
    assert not prepare(Image.new("RGB", (500, 400), (250, 250, 250)), CHAIR).found


def test_a_face_without_a_detector_is_cropped_with_a_warning(monkeypatch, tmp_path):
    monkeypatch.setattr(checkpoints, "weights_root", lambda: tmp_path)
    for setting in ("", str(tmp_path / "nothing.onnx")):
        monkeypatch.setenv("DCIGN_DETECTOR", setting)
        prepared = prepare(quadrants(), FACE)
        assert not prepared.found
        assert "crop the picture to a square around the head" in prepared.warnings[0]
        assert near(prepared.picture.getpixel((20, 20)), RED)
        assert near(prepared.picture.getpixel((140, 140)), (255, 255, 255))


@pytest.mark.parametrize("face", [(300, 200, 90, 120), (10, 5, 60, 80)])
def test_a_found_face_lands_where_training_faces_are(monkeypatch, face):
    photo = Image.new("RGB", (640, 480), (200, 180, 160))
    x, y, width, height = face
    photo.paste(RED, (x, y, x + width, y + height))
    monkeypatch.setattr(face_detector, "path", lambda: "a detector")
    monkeypatch.setattr(face_detector, "find_face", lambda image: face)
    prepared = prepare(photo, PictureSpec(160, (208, 208, 208), "face", (0.25, 0.3, 0.375, 0.5)))
    assert prepared.found and not prepared.warnings
    pixels = np.asarray(prepared.picture).astype(int)
    rows, columns = np.nonzero(pixels[..., 1] < 105)
    # What lies outside the photo continues its edge.
    assert columns.min() == pytest.approx(40, abs=1) and columns.max() == pytest.approx(99, abs=1)
    assert rows.min() == pytest.approx(48, abs=1) and rows.max() == pytest.approx(127, abs=1)
    assert near(pixels[0, 0], (200, 180, 160))


def test_the_detector_is_where_the_variable_says_or_in_the_weights_folder(monkeypatch, tmp_path):
    pytest.importorskip("cv2")
    monkeypatch.setattr(checkpoints, "weights_root", lambda: tmp_path)
    monkeypatch.delenv(face_detector.VARIABLE, raising=False)
    assert face_detector.path() is None
    with pytest.raises(RuntimeError, match="install opencv"):
        face_detector.find_face(quadrants())
    dropped, named = tmp_path / face_detector.FILE, tmp_path / "other.onnx"
    for file in (dropped, named):
        file.write_bytes(b"a detector")
    assert face_detector.path() == dropped
    monkeypatch.setenv(face_detector.VARIABLE, str(named))
    assert face_detector.path() == named


def test_the_largest_face_is_told_in_the_pictures_own_pixels(monkeypatch):
    class Detector:
        def setInputSize(self, size):   # noqa: N802, OpenCV's name
            self.size = size

        def detect(self, picture):
            assert self.size == (480, 240) and picture.shape == (240, 480, 3)
            assert (picture[0, 0] == RED[::-1]).all()   # OpenCV reads blue first
            return 1, np.array([[300, 10, 30, 30, 0.9], [100, 50, 60, 80, 0.7], [5, 5, 50, 50, 0.8]], np.float32)

    monkeypatch.setattr(face_detector, "path", lambda: "a detector")
    monkeypatch.setattr(face_detector, "_detector", lambda file: (Detector(), threading.Lock()))
    assert face_detector.find_face(Image.new("RGB", (960, 480), RED)) == (200, 100, 120, 160)


def test_no_face_is_said(monkeypatch):
    monkeypatch.setattr(face_detector, "path", lambda: "a detector")
    monkeypatch.setattr(face_detector, "find_face", lambda image: None)
    prepared = prepare(quadrants(), FACE)
    assert not prepared.found and "No face was found" in prepared.warnings[0]


@pytest.mark.skipif(face_detector.path() is None, reason="needs DCIGN_DETECTOR and OpenCV")
def test_the_real_detector_sees_no_face_in_noise():
    noise = np.random.default_rng(0).integers(0, 256, (300, 400, 3), dtype=np.uint8)
    assert face_detector.find_face(Image.fromarray(noise)) is None
