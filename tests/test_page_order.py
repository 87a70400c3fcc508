"""Whatever is asked for in whatever order: nothing is dropped, the last thing asked for is the last shown."""

from __future__ import annotations

import json

import demo_weights
from browser_page import arrived, degrees, needs_chromium, open_page, set_slider

pytestmark = needs_chromium


def scene(page) -> dict:
    return json.loads(page.evaluate("window.dcign.original()"))


def choose(page, model: str) -> None:
    page.click(f"#model label:has-text('{model}')")


def example(page, number: int) -> None:
    page.click(f"#examples button.thumbnail-item >> nth={number}")


def fill_frames(page, number: int) -> None:
    """As a person does: the page has seen it before the next click."""
    page.fill("#frames input", str(number))
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")


def original_of(page, number: int) -> str:
    """Choose an example and wait for it: its code."""
    before = page.evaluate("window.dcign.original()")
    example(page, number)
    page.wait_for_function("before => window.dcign.original() !== before", arg=before)
    return page.evaluate("window.dcign.original()")


def test_of_several_examples_the_last_is_shown(page):
    last = original_of(page, 5)
    original_of(page, 1)
    for number in (2, 3, 5):   # none of them waits for the one before
        example(page, number)
    page.wait_for_function("last => window.dcign.original() === last", arg=last)
    page.wait_for_timeout(500)
    assert page.evaluate("window.dcign.original()") == last


def test_the_page_says_that_it_reads_until_it_has_read(page):
    held = []
    page.route("**/queue/join**", lambda route: held.append(route))   # a server that is busy
    example(page, 3)
    page.wait_for_function("() => getComputedStyle(document.querySelector('#notes .reading')).opacity === '1'")
    assert "Reading" in page.inner_text("#notes [role=status]")
    assert len(held) == 1
    held[0].continue_()
    page.wait_for_function("() => !document.querySelector('#notes .reading')")


def test_of_two_classes_the_last_is_shown(page):
    choose(page, "Chairs")
    choose(page, "Faces")
    page.wait_for_timeout(300)
    choose(page, "Chairs")
    choose(page, "Faces")
    page.wait_for_function("() => JSON.parse(window.dcign.original()).model === 'faces' && "
                           "document.querySelector('#azimuth input[type=range]').max == 90")
    page.wait_for_timeout(800)
    assert scene(page)["model"] == "faces" and page.is_checked("#model input[value=faces]")
    assert page.locator("#azimuth input[type=range]").get_attribute("max") == "90"


def test_an_upload_stays_when_its_class_is_corrected(page, tmp_path):
    path = tmp_path / "mine.png"
    demo_weights.picture(77, ground=demo_weights.GROUND).save(path)   # a render for either class: neither frames it anew
    before = page.evaluate("window.dcign.original()")
    page.set_input_files("#upload input[type=file]", path)
    page.wait_for_function("before => window.dcign.original() !== before", arg=before)
    face = scene(page)
    choose(page, "Chairs")
    page.wait_for_function("() => JSON.parse(window.dcign.original()).model === 'chairs'")
    assert page.locator("#upload img").count() == 1   # still there
    assert scene(page)["picture"] == face["picture"]   # and what was read
    assert page.locator("#examples button.selected").count() == 0


def test_dragging_an_identity_slider_stays_connected(page):
    page.click("button[role=tab]:has-text('Identity')")
    page.locator("#identity input[type=range]").first.wait_for()
    last = page.evaluate("""() => new Promise((done) => {
        const slider = document.querySelector('#identity input[type=range]');
        const end = performance.now() + 4000;
        const step = () => {
            if (performance.now() > end) { done(window.dcign.code()); return; }
            slider.value = 2 * Math.sin(performance.now() / 150);
            slider.dispatchEvent(new Event('input', {bubbles: true}));
            setTimeout(step, 4);   // as on the fastest displays
        };
        step();
    })""")
    assert page.get_attribute(".viewer", "data-transport") == "socket"
    assert page.inner_text(".viewer .trouble") == ""
    frames = page.evaluate("window.painted.length")
    assert frames > 10 and page.evaluate("window.dcign.code()") == last
    set_slider(page, "light", 33)   # and what was drawn last is what is there


def test_an_emptied_number_shows_what_is_seen(page):
    set_slider(page, "azimuth", 45)
    box = page.locator("#azimuth input[type=number]")
    box.fill("")
    box.press("Tab")
    page.wait_for_function("() => document.querySelector('#azimuth input[type=number]').value === '45'")
    assert degrees(page, "azimuth") == arrived(page)["azimuth"] == 45


def test_a_newer_export_takes_the_place_of_one_that_is_being_made(page):
    page.click("button[role=tab]:has-text('Export')")
    fill_frames(page, 240)
    page.click("#make-export")
    page.wait_for_selector("#export-progress :text('of 240')")
    fill_frames(page, 4)
    page.click("#make-export")
    page.wait_for_selector("#download:visible")
    page.wait_for_timeout(500)
    assert page.is_disabled("#cancel-export") and "240" not in page.inner_text("#export-progress")
    fill_frames(page, 240)
    page.click("#make-export")
    page.wait_for_selector("#export-progress :text('of 240')")
    page.click("#cancel-export")
    fill_frames(page, 5)
    page.click("#make-export")   # at once, while the other ends
    page.wait_for_selector("#download:visible")


def test_an_export_ends_with_its_class(page):
    page.click("button[role=tab]:has-text('Export')")
    fill_frames(page, 120)
    page.click("#make-export")
    page.wait_for_selector("#export-progress :text('of 120')")
    choose(page, "Chairs")
    page.wait_for_function("() => JSON.parse(window.dcign.original()).model === 'chairs'")
    page.wait_for_timeout(1500)
    assert page.inner_text("#export-progress").strip() == "" and page.is_hidden("#download")


def test_a_recording_ends_with_its_picture(page):
    page.click("button[role=tab]:has-text('Export')")
    page.click(".recorder .record")
    set_slider(page, "azimuth", 30)
    original_of(page, 4)
    assert page.inner_text(".recorder .record") == "Record a path"
    assert "another picture" in page.inner_text(".recorder .told")


def test_an_address_names_what_is_seen_or_nothing(server, browser):
    with open_page(browser, f"{server.url}/?class=faces&example=3&azimuth=20&other=1") as page:
        page.wait_for_function("() => document.querySelector('#azimuth input[type=range]').value == 20")
        page.click("label:has-text('Let the sliders go beyond')")
        page.wait_for_function("() => document.querySelector('#azimuth input[type=range]').max > 90")
        set_slider(page, "azimuth", 105)
        page.click(".viewer .share")
        page.wait_for_function("() => location.search.includes('azimuth=90')")
        assert "class=faces&example=3" in page.url and "other" not in page.url
        original_of(page, 5)
        assert "class" not in page.url and "azimuth" not in page.url
