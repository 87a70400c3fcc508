"""A person's visit in a real Chromium: choose, drag, reset, upload, export; no error, no foreign host.

On the bundled weights if they are there, else on small random ones.
"""

from __future__ import annotations

import time

import demo_weights
import numpy as np
import pytest
from bad_pictures import straight, text
from browser_page import address, degrees, needs_chromium, open_page, set_slider, shown
from demo_server import serve
from PIL import Image

from dcign.checkpoints import weights_root

BUNDLED = weights_root() / "faces" / "examples"
CAME = "old => document.querySelector('#view canvas').toDataURL() !== old"   # another frame than this one
pytestmark = needs_chromium


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    weights = weights_root() if BUNDLED.is_dir() else demo_weights.write(tmp_path_factory.mktemp("weights"))
    with serve(weights, tmp_path_factory.mktemp("log") / "app.log") as running:
        yield running


@pytest.fixture
def page(server, browser):
    with open_page(browser, server.url, accept_downloads=True) as opened:
        yield opened


def choose(page, number: int) -> None:
    """Click an example other than the one shown, and wait until it has been read."""
    before = page.get_attribute("#pictures img", "src")
    page.locator("#examples button.thumbnail-item").nth(number).click()
    page.wait_for_function("old => document.querySelector('#pictures img').src !== old", arg=before)


def settled(page, quiet: float = 1.0, patience: float = 60.0) -> np.ndarray:
    """Wait until the picture has not changed for `quiet` seconds."""
    last, since, end = address(page), time.monotonic(), time.monotonic() + patience
    while time.monotonic() < end:
        page.wait_for_timeout(50)
        now = address(page)
        if now != last:
            last, since = now, time.monotonic()
        elif time.monotonic() - since > quiet:
            return shown(page)
    raise AssertionError("the picture does not come to rest")


def drag(page, name: str, where: float) -> list[str]:
    """Drag a slider's handle with the mouse to a share of its range; every distinct frame seen on the way.

    Four times on the way the hand waits, button down, until a frame has come: only a slow machine needs it.
    """
    slider = page.locator(f"#{name} input[type=range]")
    slider.scroll_into_view_if_needed()
    box = slider.bounding_box()
    low, high = (float(slider.get_attribute(end)) for end in ("min", "max"))
    start = (degrees(page, name) - low) / (high - low)
    thumb = box["height"] / 2
    along = lambda share: box["x"] + thumb / 2 + share * (box["width"] - thumb)   # noqa: E731
    row = box["y"] + box["height"] / 2
    frames = [address(page)]
    seen, value = 1, degrees(page, name)
    page.mouse.move(along(start), row)
    page.mouse.down()
    for step in range(1, 21):
        page.mouse.move(along(start + (where - start) * step / 20), row)
        page.wait_for_timeout(30)
        if address(page) != frames[-1]:
            frames.append(address(page))
        if step % 5 == 0:
            if len(frames) == seen and degrees(page, name) != value:
                page.wait_for_function(CAME, arg=frames[-1])
                frames.append(address(page))
            seen, value = len(frames), degrees(page, name)
    page.mouse.up()
    return frames


def test_something_is_there_without_an_upload(page):
    assert shown(page).std() > 1
    assert page.locator("#examples button.thumbnail-item").count() >= 8
    assert page.locator("#pictures img").count() == 2
    assert page.locator("#estimate td.degrees").count() == 3
    for name in ("azimuth", "elevation", "light"):
        words = page.locator("#estimate tr", has_text=name.capitalize()).locator("td.degrees").inner_text()
        assert abs(float(words.rstrip("°").replace("−", "-")) - degrees(page, name)) <= 1
    view, azimuth, light = (
        page.locator(where).bounding_box() for where in ("#view canvas", "#azimuth", "#light")
    )
    assert view["width"] > 500 and max(box["y"] + box["height"] for box in (view, azimuth, light)) < 900


def test_choosing_an_example_shows_it(page):
    before = shown(page)
    choose(page, 3)
    assert np.abs(settled(page) - before).mean() > 0.5


def test_the_example_that_is_shown_comes_back_when_it_is_chosen_again(page):
    choose(page, 3)
    before, start = settled(page), degrees(page, "azimuth")
    page.locator("#azimuth input[type=number]").fill(str(-60 if start > 0 else 60))
    page.wait_for_function("start => window.painted.at(-1).azimuth != start", arg=start)
    page.locator("#examples button.thumbnail-item").nth(3).click()
    page.wait_for_function("start => window.painted.at(-1).azimuth == start", arg=start)
    assert np.abs(settled(page) - before).mean() < 0.1 and degrees(page, "azimuth") == start


@pytest.mark.parametrize("name", ["azimuth", "elevation", "light"])
def test_dragging_a_slider_redraws_the_picture_live_and_reset_brings_it_back(page, name):
    choose(page, 1)
    before = settled(page)
    start = degrees(page, name)
    low, high = (float(page.get_attribute(f"#{name} input[type=range]", end)) for end in ("min", "max"))
    target = 0.05 if start > (low + high) / 2 else 0.95
    frames = drag(page, name, target)
    assert len(frames) >= 4, "frames arrive during the drag, not only after it"
    after = settled(page)
    assert abs((degrees(page, name) - low) / (high - low) - target) < 0.05
    assert np.abs(after - before).mean() > 0.5
    page.click("#reset")
    page.wait_for_function(
        "([name, start]) => document.querySelector(`#${name} input[type=range]`).value == start",
        arg=[name, start],
    )
    assert np.abs(settled(page) - before).mean() < 0.1


def test_the_last_position_of_a_fast_drag_is_the_one_that_stays(page):
    """The picture after the drag is the same as after typing the same number."""
    drag(page, "azimuth", 0.2)
    dragged, value = settled(page), degrees(page, "azimuth")
    box = page.locator("#azimuth input[type=number]")
    box.fill("0")
    settled(page)
    box.fill(str(int(value)))
    assert np.abs(settled(page) - dragged).mean() < 0.1


def test_keyboard_moves_a_slider(page):
    before, start = settled(page), degrees(page, "light")
    page.focus("#light input[type=range]")
    for _ in range(15):
        page.keyboard.press("ArrowLeft" if start > 0 else "ArrowRight")
    assert abs(degrees(page, "light") - start) == 15
    assert np.abs(settled(page) - before).mean() > 0.1


def test_presets_set_the_slider_and_the_picture(page):
    before = settled(page)
    page.click("#presets button:has-text('Profile left')")
    page.wait_for_function("() => document.querySelector('#azimuth input[type=range]').value == -90")
    assert np.abs(settled(page) - before).mean() > 0.5


def test_chairs_have_their_own_examples_and_ranges(page):
    if page.locator("#model").count() == 0:
        pytest.skip("only one model")
    old = address(page)
    page.click("#model label:has-text('Chairs')")
    page.wait_for_function("() => document.querySelector('#azimuth input[type=range]').max == 180")
    page.wait_for_function(CAME, arg=old)
    before = settled(page)
    page.click("#presets button:has-text('Back')")
    page.wait_for_function("() => document.querySelector('#azimuth input[type=range]').value == 180")
    assert np.abs(settled(page) - before).mean() > 0.5


def test_an_upload_is_read_and_a_bad_one_explained(page, tmp_path):
    good, bad = tmp_path / "good.png", tmp_path / "bad.png"
    straight().save(good)
    text(bad)
    before = page.get_attribute("#pictures img", "src")
    page.set_input_files("#upload input[type=file]", str(bad))
    page.wait_for_selector("#notes .note:has-text('not a picture')")
    assert page.get_attribute("#pictures img", "src") == before
    page.wait_for_selector("#upload input[type=file]", state="attached")
    page.set_input_files("#upload input[type=file]", str(good))
    page.wait_for_function("old => document.querySelector('#pictures img').src !== old", arg=before)
    assert "not a picture" not in page.inner_text("#notes")
    page.locator("#examples button.thumbnail-item").nth(0).click()
    page.wait_for_function("old => document.querySelector('#pictures img').src === old", arg=before)


def test_a_large_upload_is_shown_with_its_detail(page, tmp_path):
    """The canvas takes the size of the frames: while it moves that of the network's own pixels, at rest twice that."""
    side, old = 160 if BUNDLED.is_dir() else demo_weights.SIZE, page.get_attribute("#pictures img", "src")
    rows, columns = np.indices((4 * side, 4 * side)) // side
    Image.fromarray(np.where((rows + columns)[..., None] % 2, 90, 160).astype(np.uint8).repeat(3, 2)).save(tmp_path / "large.png")
    page.set_input_files("#upload input[type=file]", str(tmp_path / "large.png"))
    page.wait_for_function("old => document.querySelector('#pictures img').src !== old", arg=old)
    page.wait_for_function("side => document.querySelector('#view canvas').width === side", arg=2 * side)
    page.evaluate("window.sizes = []; addEventListener('dcign:frame', ({target}) => window.sizes.push(target.width))")
    set_slider(page, "azimuth", degrees(page, "azimuth") + 5)
    page.wait_for_function("side => document.querySelector('#view canvas').width === side", arg=2 * side)  # as soon as it rests
    page.wait_for_timeout(400)
    assert page.evaluate("window.sizes") in ([side, 2 * side], [2 * side])  # the latter on a fast machine


def test_what_is_chosen_is_seen_to_be_under_the_mouse(page):
    chosen = page.locator("#model input[type=radio]:checked")
    colour = "element => getComputedStyle(element).backgroundColor"
    page.mouse.move(0, 0)
    before = chosen.evaluate(colour)
    chosen.hover()
    page.wait_for_timeout(300)
    assert chosen.evaluate(colour) == before != "rgb(255, 255, 255)"


def test_live_frames_are_not_files(page):
    """Dragging asks for nothing but the frames on the socket."""
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    assert len(drag(page, "azimuth", 0.9)) > 3
    settled(page)
    assert asked == []


@pytest.mark.parametrize("width", [390, 1024])
def test_narrow_windows_need_no_sideways_scrolling(page, width):
    page.set_viewport_size({"width": width, "height": 844})
    page.wait_for_function("width => document.documentElement.scrollWidth <= width", arg=width)
    box = page.locator("#view canvas").bounding_box()
    assert box["width"] > 0.55 * width and box["y"] + box["height"] < 844
