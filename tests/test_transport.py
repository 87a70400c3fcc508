"""The line between viewer and server in a real Chromium: refused, unanswered, cut, long, and a server that restarts."""

from __future__ import annotations

import math
from urllib.parse import urlsplit

import pytest
from browser_page import (
    arrived,
    canvas_centre,
    drag_canvas,
    needs_chromium,
    open_page,
    set_slider,
)
from demo_server import serve

from dcign.bench.proxy import delayed

pytestmark = needs_chromium

# Sockets that never open, as behind a proxy that does not know them: refused at once, or without any answer.
REFUSED = """window.WebSocket = class {
    constructor() { setTimeout(() => this.onclose({code: 1006, reason: ''}), 5); }
    close() {}
};"""
UNANSWERED = "window.WebSocket = class { close() {} };"
# Sockets that can be cut from the test.
CUTTABLE = """const Native = WebSocket; window.allowed = true; window.sockets = [];
window.WebSocket = class extends Native {
    constructor(address) { super(window.allowed ? address : address + '/nowhere'); window.sockets.push(this); }
};"""


@pytest.mark.parametrize("script", [REFUSED, UNANSWERED], ids=["refused", "unanswered"])
def test_without_sockets_frames_come_by_plain_requests(server, browser, script):
    with open_page(browser, server.url, script) as page:
        page.evaluate("window.painted.length = 0")
        width = page.locator("#view canvas").bounding_box()["width"]
        drag_canvas(page, width / 3, 0, steps=30)
        arrived(page)
        numbers = page.evaluate("window.painted.map((frame) => frame.sequence)")
        assert all(a < b for a, b in zip(numbers, numbers[1:], strict=False)) and len(numbers) >= 4
        assert page.get_attribute(".viewer", "data-transport") == "http"
        assert page.locator(".trouble").inner_text() == ""


def test_from_the_socket_to_plain_requests_and_back(server, browser):
    """The handshake at the address that does not exist is refused: an error on the console that we made."""
    with open_page(browser, server.url, CUTTABLE, forgiven="WebSocket") as page:
        set_slider(page, "azimuth", 10)
        page.evaluate("() => { window.allowed = false; window.sockets.at(-1).close(); }")
        page.wait_for_selector(".viewer[data-transport=http]")
        assert set_slider(page, "azimuth", 20)["azimuth"] == 20
        page.evaluate("() => { window.allowed = true; window.dispatchEvent(new Event('online')); }")
        page.wait_for_selector(".viewer[data-transport=socket]")
        assert set_slider(page, "azimuth", 30)["azimuth"] == 30   # the code was sent again


def test_a_long_line_keeps_its_socket_while_the_hand_never_rests(server, browser):
    """Answers that are always behind the newest input are answers: ten seconds of turning over 80 ms of round trip."""
    with delayed(urlsplit(server.url).port, 80) as port:
        with open_page(browser, f"http://127.0.0.1:{port}", CUTTABLE) as page:
            page.wait_for_selector(".viewer[data-transport=socket]")
            slider, sockets = page.locator("#azimuth input[type=range]"), page.evaluate("window.sockets.length")
            box = slider.bounding_box()
            page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
            page.mouse.down()
            for step in range(600):
                page.mouse.move(box["x"] + box["width"] * (0.5 + 0.45 * math.sin(step / 8)), box["y"] + 4)
                page.wait_for_timeout(15)
            page.mouse.up()
            arrived(page)
            assert page.evaluate("window.sockets.length") == sockets
            assert page.get_attribute(".viewer", "data-transport") == "socket"


def test_a_restart_of_the_server_is_said_and_survived(browser, weights, tmp_path):
    with serve(weights, tmp_path / "first.log") as first:
        port = urlsplit(first.url).port
        with open_page(browser, first.url, forgiven="ERR_|WebSocket") as page:
            set_slider(page, "light", 40)
            x, y = canvas_centre(page)
            page.mouse.move(x, y)
            page.mouse.down()
            page.mouse.move(x + 20, y, steps=5)
            first.process.kill()   # in the middle of a drag, which goes on
            first.process.wait()
            page.mouse.move(x - 30, y, steps=20)
            page.wait_for_selector(".viewer[data-transport=lost]")
            assert "Connection lost" in page.inner_text(".trouble")
            page.mouse.move(x + 40, y, steps=20)
            page.mouse.up()
            page.locator("#azimuth input[type=number]").fill("25")
            with serve(weights, tmp_path / "second.log", port):
                frame = arrived(page)
                assert frame["azimuth"] == 25 and frame["light"] == 40
                page.wait_for_selector(".viewer[data-transport=socket]")
                assert page.locator(".trouble").inner_text() == ""
                assert set_slider(page, "azimuth", -25)["azimuth"] == -25
