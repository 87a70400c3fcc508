"""The page for everybody: axe-core finds nothing serious, and on every width picture and sliders fit one screen."""

from __future__ import annotations

import demo_weights
import pytest
from browser_page import needs_chromium, open_page
from demo_server import serve

axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe-playwright-python is not installed")
pytestmark = needs_chromium

SCREENS = {1400: 900, 1024: 768, 390: 844}   # pixels: width and height
TABS = ("Compare", "Identity", "Mix", "Export")


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """The page with all that it can have: an entangled network to compare with, too."""
    root = demo_weights.write(tmp_path_factory.mktemp("weights"))
    demo_weights.write_beside(root / "faces")
    with serve(root, tmp_path_factory.mktemp("log") / "app.log") as running:
        yield running


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", SCREENS)
def test_nothing_serious_on_any_tab(server, browser, width, scheme):
    screen = {"width": width, "height": SCREENS[width]}
    with open_page(browser, server.url, viewport=screen, color_scheme=scheme) as page:
        for tab in TABS:
            page.get_by_role("tab", name=tab).click()
            page.wait_for_timeout(300)   # colours change slowly
            found = axe.Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
            serious = [f"{rule['id']}: {node['html'][:150]}" for rule in found
                       if rule["impact"] in ("serious", "critical") for node in rule["nodes"]]
            assert not serious, f"{tab}: {serious}"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", SCREENS)
def test_picture_and_sliders_fit_one_screen(server, browser, width, scheme):
    height = SCREENS[width]
    with open_page(browser, server.url, viewport={"width": width, "height": height}, color_scheme=scheme) as page:
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        picture = page.locator("#view canvas").bounding_box()
        areas = page.evaluate("""() => [...document.querySelectorAll('img, canvas, video')]
            .filter((e) => e.checkVisibility() && !e.closest('#view')).map((e) => e.clientWidth * e.clientHeight)""")
        assert picture["width"] * picture["height"] > max(areas), "the picture is the largest thing on the page"
        boxes = [page.locator(f"#{name}").bounding_box() for name in ("azimuth", "elevation", "light")]
        top = min(picture["y"], *(box["y"] for box in boxes))
        bottom = max(picture["y"] + picture["height"], *(box["y"] + box["height"] for box in boxes))
        assert bottom - top <= height, "by scrolling at most, picture and sliders are seen together"
        for box in (picture, *boxes):
            assert box["x"] >= 0 and box["x"] + box["width"] <= width
