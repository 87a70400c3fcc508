"""The demo in a real Chromium, for tests that use it as a person would. Skipped without Playwright or Chromium.

    with open_page(browser, url) as page:     # waits until frames can come; fails on errors and foreign requests
"""

from __future__ import annotations

import base64
import io
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import numpy as np
import pytest
from PIL import Image

sync_api = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
    "--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run",
]
needs_chromium = pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")

# Every frame that was painted, seen from outside, and the degrees that the sliders showed at that moment.
_RECORDER = """
window.painted = [];
addEventListener('dcign:frame', (event) => window.painted.push(event.detail));
"""


@contextmanager
def chromium() -> Iterator:
    """A browser."""
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def open_page(browser, url: str, script: str = "", forgiven: str = "", **options) -> Iterator:
    """The demo, freshly opened; at the end: no error on the console but those that match `forgiven`, and no
    request to anybody else. Nothing moves by itself unless options say reduced_motion="no-preference"."""
    host = urlsplit(url).netloc
    complaints: list[str] = []
    settings = {"viewport": {"width": 1400, "height": 900}, "reduced_motion": "reduce", **options}
    context = browser.new_context(**settings)
    context.set_default_timeout(60_000)   # a slow machine is not an error
    page = context.new_page()
    page.add_init_script(_RECORDER + script)
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))

    def foreign(request):
        address = urlsplit(request.url)
        if address.scheme not in ("data", "blob") and address.netloc != host:
            complaints.append(f"request to {request.url}")

    page.on("request", foreign)
    try:
        page.goto(url)
        page.wait_for_selector("#azimuth input[type=range]")
        page.wait_for_function("window.painted.length > 0")
        page.wait_for_selector(".viewer[data-transport=socket], .viewer[data-transport=http]")
        yield page
    except BaseException:
        print("the console said:", complaints)   # often why the test fails
        raise
    finally:
        context.close()   # else it goes on asking the server for frames
    serious = [text for text in complaints if not (forgiven and re.search(forgiven, text))]
    assert not serious, serious


def address(page) -> str:
    """The big picture as a data: address."""
    return page.evaluate("() => document.querySelector('#view canvas').toDataURL()")


def shown(page) -> np.ndarray:
    """The big picture's pixels (H, W, 3)."""
    data = base64.b64decode(address(page).partition(",")[2])
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB")).astype(int)


def degrees(page, name: str) -> float:
    """Where that slider stands."""
    return float(page.input_value(f"#{name} input[type=range]"))


def last_frame(page) -> dict:
    """The values of the newest frame on the canvas."""
    return page.evaluate("window.painted.at(-1)")


def arrived(page) -> dict:
    """Wait until the frame on the canvas is that of the sliders, and return its values."""
    # the sliders follow what was done before by an animation frame
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    page.wait_for_function("""() => {
        const frame = window.painted.at(-1);
        return ['azimuth', 'elevation', 'light'].every((name) => {
            const slider = document.querySelector(`#${name} input[type=range]`);
            return !slider || frame[name] === Number(slider.value);
        });
    }""")
    return last_frame(page)


def canvas_centre(page) -> tuple[float, float]:
    box = page.locator("#view canvas").bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def drag_canvas(page, dx: float, dy: float, steps: int = 12) -> None:
    x, y = canvas_centre(page)
    page.mouse.move(x, y)
    page.mouse.down()
    for step in range(1, steps + 1):
        page.mouse.move(x + dx * step / steps, y + dy * step / steps)
        page.wait_for_timeout(16)
    page.mouse.up()


def set_slider(page, name: str, value: float) -> dict:
    page.locator(f"#{name} input[type=number]").fill(str(value))
    return arrived(page)
