import sys
import time

import numpy as np
import pytest
from PIL import Image, ImageSequence

from dcign import export
from dcign.sweeps import path, sweep_values


def a_sweep(count: int, size: int = 160) -> np.ndarray:
    """A shaded ball that moves over grey: colours and gradients as in a render."""
    rows, columns = np.mgrid[:size, :size] / size
    frames = np.empty((count, size, size, 3), np.uint8)
    for number in range(count):
        centre = 0.2 + 0.6 * number / max(count - 1, 1)
        distance = np.hypot(rows - 0.5, columns - centre) / 0.3
        shade = np.clip(1 - distance, 0, 1)[..., None]
        frames[number] = np.where(distance[..., None] < 1, 60 + shade * (190, 130, 90), 208)
    return frames


def durations(file) -> list[int]:
    """Milliseconds of each frame as stored."""
    with Image.open(file) as image:
        # WebP knows a frame's duration once the frame is loaded.
        return [frame.load() and frame.info["duration"] for frame in ImageSequence.Iterator(image)]


@pytest.mark.parametrize("fps", [10, 12, 20, 24, 30, 50])
def test_a_gif_takes_as_long_as_its_frames(tmp_path, fps):
    file = export.save(a_sweep(36, 40), tmp_path / "turn.gif", fps=fps)
    assert sum(durations(file)) == pytest.approx(36 * 1000 / fps, abs=10)


def test_equal_frames_keep_their_time(tmp_path):
    frames = a_sweep(4, 40)[[0, 0, 0, 1, 1, 2, 3, 3]]
    for name in ("still.gif", "still.webp"):
        assert sum(durations(export.save(frames, tmp_path / name, fps=20))) == 400


def test_a_gif_loops_for_ever_unless_told_otherwise(tmp_path):
    frames = a_sweep(3, 40)
    with Image.open(export.save(frames, tmp_path / "a.gif")) as image:
        assert image.info["loop"] == 0
    with Image.open(export.save(frames, tmp_path / "b.gif", loop=False)) as image:
        assert "loop" not in image.info


def test_a_gif_looks_like_its_frames(tmp_path):
    frames = a_sweep(24)
    with Image.open(export.save(frames, tmp_path / "turn.gif")) as image:
        shown = np.stack([np.asarray(frame.convert("RGB")) for frame in ImageSequence.Iterator(image)])
    assert shown.shape == frames.shape
    assert np.abs(shown.astype(int) - frames).mean() < 3
    assert np.abs(shown[:, :20].astype(int) - 208).max() <= 2   # the plain ground has no speckles


@pytest.mark.parametrize("level", [255, 208, 131])
def test_a_gif_keeps_the_ground_exactly(tmp_path, level):
    frames = a_sweep(24)
    frames[(frames == 208).all(-1)] = level
    frames[:, 120:] = np.maximum(frames[:, 120:], 3) - np.array([3, 4, 4], np.uint8)   # shades next to the ground
    with Image.open(export.save(frames, tmp_path / "turn.gif")) as image:
        shown = np.stack([np.asarray(frame.convert("RGB")) for frame in ImageSequence.Iterator(image)])
    assert (shown[:, :20, :, :] == level).all()


def test_a_gif_of_72_frames_takes_less_than_two_seconds(tmp_path):
    """Of this process's own time: others may be busy beside it."""
    frames = a_sweep(72)
    start = time.process_time()
    export.save(frames, tmp_path / "turn.gif")
    assert time.process_time() - start < 2


def test_webp_keeps_frames_and_time(tmp_path):
    file = export.save(a_sweep(12, 40), tmp_path / "turn.webp", fps=30)
    assert len(durations(file)) == 12
    assert sum(durations(file)) == 400


def test_mp4_keeps_frames_size_and_rate(tmp_path):
    ffmpeg = pytest.importorskip("imageio_ffmpeg")
    frames = a_sweep(20)[:, :, :151]     # an odd width, which H.264 cannot store
    reader = ffmpeg.read_frames(str(export.save(frames, tmp_path / "turn.mp4", fps=25)))
    facts = next(reader)
    shown = [np.frombuffer(frame, np.uint8).reshape(160, 152, 3) for frame in reader]
    assert facts["size"] == (152, 160)
    assert facts["fps"] == 25
    assert len(shown) == 20
    assert np.abs(shown[10][:, :151].astype(int) - frames[10]).mean() < 6


def test_mp4_keeps_colours_and_says_which_they_are(tmp_path):
    ffmpeg = pytest.importorskip("imageio_ffmpeg")
    colours = np.array([[200, 60, 50], [60, 160, 70], [50, 70, 200], [208, 208, 208]], np.uint8)
    frames = np.broadcast_to(colours.repeat(40, 0)[None, None], (6, 160, 160, 3)).copy()
    file = export.save(frames, tmp_path / "turn.mp4", fps=25)
    reader = ffmpeg.read_frames(str(file))
    next(reader)
    shown = np.frombuffer(list(reader)[3], np.uint8).reshape(160, 160, 3)
    assert np.abs(shown[80, 20::40].astype(int) - colours).max() <= 4
    assert b"colr" in file.read_bytes()


def test_mp4_without_ffmpeg_names_the_remedy(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "imageio_ffmpeg", None)
    with pytest.raises(RuntimeError, match="pip install .imageio"):
        export.save(a_sweep(2, 40), tmp_path / "turn.mp4")
    assert not list(tmp_path.iterdir())


def test_png_is_a_contact_sheet(tmp_path):
    frames = a_sweep(9, 40)
    with Image.open(export.save(frames, tmp_path / "sheet.png")) as image:
        assert image.size == (3 * 42 - 2, 3 * 42 - 2)
        np.testing.assert_array_equal(np.asarray(image)[42:82, 84:124], frames[5])


def test_contact_sheet_fills_rows():
    frames = a_sweep(5, 40)
    sheet = np.asarray(export.contact_sheet(frames, columns=4, gap=0))
    assert sheet.shape == (80, 160, 3)
    np.testing.assert_array_equal(sheet[40:, :40], frames[4])
    assert (sheet[40:, 40:] == 255).all()
    assert export.contact_sheet(frames[0]).size == (40, 40)


def test_there_and_back_repeats_no_end():
    frames = a_sweep(4, 16)
    np.testing.assert_array_equal(export.there_and_back(frames), frames[[0, 1, 2, 3, 2, 1]])
    assert len(export.there_and_back(frames[:1])) == 1


@pytest.mark.parametrize("suffix", export.SUFFIXES)
def test_progress_ends_with_all_frames(tmp_path, suffix):
    seen = []
    export.save(list(a_sweep(5, 40)), tmp_path / f"turn{suffix}", progress=lambda *step: seen.append(step))
    assert seen[-1] == (5, 5)
    assert [path.name for path in tmp_path.iterdir()] == [f"turn{suffix}"]


@pytest.mark.parametrize(
    ("name", "fps"), [("a.avi", 20), ("a", 20), ("a.gif", 0), ("a.gif", float("nan")), ("a.gif", 51)]
)
def test_bad_names_and_rates_are_refused(tmp_path, name, fps):
    with pytest.raises(ValueError):
        export.save(a_sweep(2, 40), tmp_path / name, fps=fps)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "frames",
    [
        [],
        np.zeros((2, 8, 8), np.uint8),
        np.zeros((2, 8, 8, 3)),
        np.zeros((0, 8, 8, 3), np.uint8),
        [np.zeros((8, 8, 3), np.uint8), np.zeros((9, 8, 3), np.uint8)],
    ],
)
def test_bad_frames_are_refused(tmp_path, frames):
    with pytest.raises(ValueError, match="frames"):
        export.save(frames, tmp_path / "a.gif")


def test_a_missing_folder_is_said(tmp_path):
    with pytest.raises(FileNotFoundError, match="make it first"):
        export.save(a_sweep(2, 40), tmp_path / "nowhere" / "a.gif")


def test_sweep_values_include_both_ends_or_close_the_circle():
    np.testing.assert_allclose(sweep_values((-90, 90), 5), [-90, -45, 0, 45, 90])
    np.testing.assert_allclose(sweep_values((-180, 180), 4, circular=True), [-180, -90, 0, 90])
    np.testing.assert_allclose(path((-180, 180), 4), [-180, -90, 0, 90])
    np.testing.assert_allclose(path((0, 3), 4, there_and_back=True), [0, 1, 2, 3, 2, 1])
