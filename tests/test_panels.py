"""The panels in a real Chromium: exports in every format, cancelled and made again, a recorded path."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from browser_page import needs_chromium, open_page, set_slider
from demo_server import ROOT
from PIL import Image

pytestmark = needs_chromium


@pytest.fixture
def page(server, browser):
    with open_page(browser, server.url, accept_downloads=True) as opened:
        if opened.get_by_role("tab", name="Export").count():
            opened.get_by_role("tab", name="Export").click()
        yield opened


def pick(page, box: str, choice: str) -> None:
    """Choose from a drop-down list."""
    page.click(f"#{box} input")
    page.get_by_role("option", name=choice).click()


def download(page, button: str, folder: Path) -> Path:
    with page.expect_download() as started:
        page.click(f"#{button}")
    path = folder / started.value.suggested_filename
    started.value.save_as(path)
    return path


def exported(page, shown: str = "#sweep img") -> None:
    page.click("#make-export")
    page.wait_for_selector(f"{shown}, #download:visible")
    page.wait_for_selector("#download")


def durations(path: Path) -> tuple[list[int], list[np.ndarray]]:
    with Image.open(path) as animation:
        assert animation.info["loop"] == 0
        times, frames = [], []
        for number in range(animation.n_frames):
            animation.seek(number)
            times.append(animation.info["duration"])
            frames.append(np.asarray(animation.convert("RGB")).astype(int))
    return times, frames


def test_a_gif_has_the_frames_time_and_size_asked_for(page, tmp_path):
    page.click("#factor label:has-text('Light')")
    page.fill("#frames input", "10")
    page.fill("#fps input", "10")
    pick(page, "size", "160 px")
    page.uncheck("#export-options label:has-text('There and back') input")
    exported(page)
    times, frames = durations(download(page, "download", tmp_path))
    assert sum(times) == 1000 and len(frames) == 10 and frames[0].shape == (160, 160, 3)
    assert np.abs(frames[0] - frames[-1]).mean() > 0.5


def test_its_settings_make_the_same_bytes_on_the_page_and_on_the_command_line(page, tmp_path, weights):
    page.click("#factor label:has-text('All')")
    page.fill("#frames input", "8")
    pick(page, "format", "WebP")
    exported(page)
    first = download(page, "download", tmp_path).read_bytes()
    recipe = download(page, "download-recipe", tmp_path)
    assert json.loads(recipe.read_text())["settings"]["motion"] == "all"
    page.click("#factor label:has-text('Light')")
    page.fill("#frames input", "5")
    page.click("button:has-text('Make an export again')")
    page.set_input_files("#load-recipe input[type=file]", str(recipe))
    page.wait_for_function("() => document.querySelector('#frames input').value === '8'")
    page.wait_for_function("() => !document.querySelector('#export-progress').innerText")
    page.wait_for_selector("#download")
    assert download(page, "download", tmp_path).read_bytes() == first
    made = tmp_path / "again.webp"
    model = ["--weights", str(weights / "faces"), "-o", str(made)]
    command = [sys.executable, "-m", "dcign", "export", str(recipe), *model]
    subprocess.run(command, check=True, cwd=ROOT, env={**os.environ, "OMP_NUM_THREADS": "1"})
    assert made.read_bytes() == first


def test_a_video_plays(page):
    pick(page, "format", "MP4")
    page.fill("#frames input", "12")
    exported(page, "#sweep-video video")
    page.wait_for_function("() => document.querySelector('#sweep-video video').videoWidth === 320")
    assert page.locator("#sweep img").count() == 0


def test_a_long_export_shows_its_progress_and_cancel_ends_it(page):
    page.fill("#frames input", "240")
    pick(page, "size", "480 px")
    pick(page, "format", "WebP")
    assert page.is_disabled("#cancel-export")
    page.click("#make-export")
    page.wait_for_selector("#export-progress span:has-text('of')")
    page.click("#cancel-export:not([disabled])")
    page.wait_for_selector("#export-progress :text('Cancelled.')")
    page.wait_for_timeout(1500)
    assert page.locator("#download").count() == 0 or page.is_hidden("#download")
    page.fill("#frames input", "4")
    exported(page)      # and the next one is not held up


def test_an_export_that_waits_for_its_turn_can_be_cancelled(page, server, browser):
    with open_page(browser, server.url) as other:
        other.get_by_role("tab", name="Export").click()
        other.fill("#frames input", "240")
        pick(other, "size", "480 px")
        pick(other, "format", "WebP")
        other.click("#make-export")
        other.wait_for_selector("#export-progress span:has-text('of')")
        page.fill("#frames input", "4")
        page.click("#make-export")
        page.wait_for_selector("#export-progress :text('Waiting')")
        page.click("#cancel-export:not([disabled])")
        page.wait_for_selector("#export-progress :text('Cancelled.')")
        other.click("#cancel-export")
        other.wait_for_selector("#export-progress :text('Cancelled.')")
    page.wait_for_timeout(1000)     # its turn would have come
    assert page.is_hidden("#download") and page.is_disabled("#cancel-export")
    exported(page)


def test_a_recorded_path_is_exported_as_it_was_turned(page, tmp_path):
    page.click(".recorder .record")
    for value in (10, 30, 50, 70):
        set_slider(page, "azimuth", value)
        page.wait_for_timeout(150)   # it records ten times a second
    page.click(".recorder .record")
    page.wait_for_selector(".recorder .told:has-text('Recorded')")
    page.wait_for_function("() => document.querySelector('#factor input[value=path]').checked")
    exported(page)
    settings = json.loads(download(page, "download-recipe", tmp_path).read_text())["settings"]
    azimuths = [point[0] for point in settings["path"]]
    assert settings["motion"] == "path" and settings["frames"] == len(azimuths) > 5
    assert azimuths == sorted(azimuths) and azimuths[-1] == 70
    assert not settings["there_and_back"]


def test_a_loaded_path_can_be_exported_again(page, tmp_path):
    """The page that loads a recording has it as if it had recorded it, until another class is chosen."""
    recipe = json.loads(_recipe_of(page, tmp_path).read_text())
    recipe["settings"] |= {"motion": "path", "frames": 3, "path": [[0, 0, 0], [20, 0, 0], [40, 5, 10]]}
    path = tmp_path / "path.json"
    path.write_text(json.dumps(recipe))
    page.click("button:has-text('Make an export again')")
    page.set_input_files("#load-recipe input[type=file]", path)
    page.wait_for_selector(".recorder .told:has-text('Recorded 3 frames')")
    page.wait_for_selector("#download:visible")
    exported(page)
    again = json.loads(download(page, "download-recipe", tmp_path).read_text())["settings"]
    assert again["motion"] == "path" and again["path"] == recipe["settings"]["path"]
    page.click("#model label:has-text('Chairs')")
    page.wait_for_selector(".recorder .told:has-text('Turn the picture')")


def _recipe_of(page, folder: Path) -> Path:
    page.fill("#frames input", "2")
    exported(page)
    return download(page, "download-recipe", folder)


def test_another_class_clears_the_export(page):
    page.fill("#frames input", "4")
    exported(page)
    page.click("#model label:has-text('Chairs')")
    page.wait_for_selector("#sweep img", state="detached")
    page.wait_for_selector("#download", state="hidden")
