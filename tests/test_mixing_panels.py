"""Identity sliders, mixing, comparing, the wider ranges in a real Chromium; the page's arithmetic is the library's."""

from __future__ import annotations

import json
from dataclasses import replace

import demo_weights
import numpy as np
import pytest
from browser_page import arrived, degrees, needs_chromium, open_page, shown

import dcign
from dcign import mixing
from dcign.jpeg import jpeg

pytestmark = needs_chromium


@pytest.fixture(scope="module")
def studio(weights):
    return dcign.load(str(weights / "faces"), device="cpu")


def tab(page, name: str) -> None:
    page.get_by_role("tab", name=name).click()


def code(page) -> dcign.GraphicsCode:
    return dcign.GraphicsCode.from_json(page.evaluate("window.dcign.code()"))


def close(first: dcign.GraphicsCode, second: dcign.GraphicsCode) -> bool:
    alike = (first.offsets is None) == (second.offsets is None)
    if alike and first.offsets is not None:
        alike = np.allclose(first.offsets, second.offsets, atol=1e-3)
    return alike and np.allclose(first.latents, second.latents, atol=1e-3) and first.azimuth == second.azimuth


def given_offsets(page, studio, seed: int | None) -> dcign.GraphicsCode:
    """The code on the page with offsets, as that of a refined picture has them, or without any; all panels hear of it."""
    plain, rows = code(page), None
    if seed is not None:
        rows = np.random.default_rng(seed).normal(size=(studio._network.places, plain.layout.size)) * plain.layout.intrinsic
    changed = replace(plain, offsets=rows)
    page.evaluate("""text => {
        window.dcign.recode(text);
        document.dispatchEvent(new CustomEvent("dcign:code", {detail: {code: text, source: "test"}}));
    }""", changed.to_json())
    assert code(page) == changed
    return changed


def redrawn(page, act) -> np.ndarray:
    """The picture after a frame that came after the act."""
    count = page.evaluate("window.painted.length")
    act()
    page.wait_for_function("count => window.painted.length > count", arg=count)
    return shown(page)


def test_identity_sliders_do_what_the_library_does_and_back_undoes_it(page, studio):
    before, original = shown(page), code(page)
    tab(page, "Identity")
    sliders = page.locator("#identity input[type=range]")
    sliders.first.wait_for()
    assert sliders.count() == 6
    after = redrawn(page, lambda: (sliders.nth(0).fill("2"), sliders.nth(2).fill("-1.5")))
    expected = mixing.vary(original, studio.directions, {"intrinsic": [2, 0, -1.5]})
    assert close(code(page), expected)
    page.wait_for_timeout(300)
    assert np.abs(shown(page) - before).mean() > 0.3 and after.shape == before.shape
    redrawn(page, lambda: page.click("#identity .back"))
    assert code(page) == original
    assert sliders.nth(0).input_value() == "0"
    redrawn(page, lambda: sliders.nth(1).fill("1"))
    assert code(page).picture is None
    redrawn(page, lambda: sliders.nth(1).fill("0"))
    assert code(page) == original and original.picture is not None


def test_light_moves_on_the_picture_until_the_button_has_it_drawn(page, studio):
    own, start = page.locator("#view .own"), {name: degrees(page, name) for name in ("azimuth", "elevation", "light")}
    assert own.get_attribute("aria-pressed") == "true"
    seen = code(page)
    np.testing.assert_allclose(shown(page), seen.pixels.astype(float), atol=12)   # the input itself
    there = -60 if start["light"] > 0 else 60
    redrawn(page, lambda: page.locator("#light input[type=number]").fill(str(there)))
    page.wait_for_timeout(300)
    expected = {True: studio.render(seen, light=there), False: studio.render(seen.without_picture(), light=there)}
    apart = np.abs(expected[True].astype(float) - expected[False]).mean()
    assert apart > 5 and np.abs(shown(page) - expected[True]).mean() < 0.4 * apart
    redrawn(page, own.click)
    page.wait_for_timeout(300)
    assert own.get_attribute("aria-pressed") == "false"
    assert np.abs(shown(page) - expected[False]).mean() < 0.4 * apart


def test_a_changed_identity_has_no_picture_to_light(page):
    assert page.locator("#view .own").is_visible() and code(page).picture is not None
    tab(page, "Identity")
    page.locator("#identity .draw").wait_for()
    redrawn(page, lambda: page.click("#identity .draw"))
    assert code(page).picture is None and not page.locator("#view .own").is_visible()
    redrawn(page, lambda: page.click("#identity .back"))
    assert code(page).picture is not None and page.locator("#view .own").is_visible()


def test_nothing_of_a_photograph_is_left_in_a_changed_identity(page):
    """Neither in what a slider sends with every step, nor in what the network alone is asked to draw of."""
    plain = code(page)
    detail = jpeg(np.full((2 * len(plain.pixels), 2 * len(plain.pixels), 3), 120, np.uint8))
    changed = replace(plain, detail=detail).to_json()
    page.evaluate("""text => {
        window.dcign.recode(text);
        document.dispatchEvent(new CustomEvent("dcign:code", {detail: {code: text, source: "test"}}));
    }""", changed)
    page.click("#view .own")
    bare = json.loads(page.evaluate("text => window.dcign.asShown(text)", changed))
    tab(page, "Identity")
    slider = page.locator("#identity input[type=range]").first
    slider.wait_for()
    redrawn(page, lambda: slider.fill("2"))
    moved = json.loads(page.evaluate("window.dcign.code()"))
    assert json.loads(changed)["detail"] and not {"picture", "detail"} & set(bare)
    assert moved["latents"] != bare["latents"] and not {"picture", "detail", "own_ground"} & set(moved)


def test_a_random_draw_is_another_identity_at_the_same_angles(page):
    original, pose = code(page), arrived(page)
    tab(page, "Identity")
    page.locator("#identity .draw").wait_for()
    redrawn(page, lambda: page.click("#identity .draw"))
    drawn = code(page)
    assert (drawn.latents[:6] == original.latents[:6]).all() and not np.allclose(drawn.intrinsic, original.intrinsic)
    assert {key: arrived(page)[key] for key in ("azimuth", "light")} == {key: pose[key] for key in ("azimuth", "light")}


def test_what_was_changed_is_what_is_exported(page, tmp_path):
    tab(page, "Identity")
    page.locator("#identity .draw").wait_for()
    redrawn(page, lambda: page.click("#identity .draw"))
    drawn = code(page)
    tab(page, "Export")
    page.fill("#frames input", "3")
    page.click("#make-export")
    with page.expect_download() as started:
        page.click("#download-recipe")
    record = json.loads(open(started.value.path()).read())
    assert dcign.GraphicsCode.from_json(json.dumps(record["code"])) == drawn


@pytest.mark.parametrize("drawn", [False, True])
def test_an_export_shows_the_picture_where_the_viewer_does(page, drawn):
    if drawn:
        redrawn(page, page.locator("#view .own").click)
    tab(page, "Export")
    page.click("#factor label:has-text('Light')")
    page.fill("#frames input", "3")
    page.click("#make-export")
    with page.expect_download() as started:
        page.click("#download-recipe")
    assert ("picture" in json.loads(open(started.value.path()).read())["code"]) is not drawn
    assert code(page).picture is not None


def test_a_turn_that_ends_goes_back_to_the_picture(page):
    page.evaluate("""() => {
        window.views = [];
        const send = WebSocket.prototype.send;
        WebSocket.prototype.send = function (text) {
            const message = JSON.parse(text);
            if (message.kind === "view") window.views.push(message.drawn);
            return send.call(this, text);
        };
    }""")
    page.click("#view .play")
    page.wait_for_function("() => window.views.at(-1) === true")
    page.click("#view .play")
    page.wait_for_function("() => window.views.at(-1) === false")


def test_morph_goes_to_the_other_identity_and_its_pose_is_taken(page, studio, weights):
    first = code(page)
    other = studio.encode(weights / "faces" / "examples" / "04.png")
    tab(page, "Mix")
    page.locator("#others button.thumbnail-item").nth(4).click()
    page.wait_for_selector("#mix .morph input:not([disabled])")
    redrawn(page, lambda: page.locator("#mix .morph input").fill("40"))
    assert close(code(page), mixing.morph(first, other, 0.4))
    redrawn(page, lambda: page.locator("#mix .morph input").fill("0"))
    assert code(page) == first
    page.click("#mix .pose")
    page.click("#mix .light")
    arrived(page)
    for name in ("azimuth", "elevation", "light"):
        assert degrees(page, name) == round(getattr(other, name))


def test_offsets_are_mixed_in_the_page_as_by_the_library(page, studio, weights):
    tab(page, "Mix")
    page.locator("#mix .keep").wait_for()
    first = given_offsets(page, studio, 1)
    page.click("#mix .keep")
    page.locator("#examples button.thumbnail-item").nth(3).click()
    page.wait_for_function("old => window.dcign.code() !== old", arg=first.to_json())
    bare = given_offsets(page, studio, None)
    for percent in ("40", "100"):
        redrawn(page, lambda percent=percent: page.locator("#mix .morph input").fill(percent))
        assert close(code(page), mixing.morph(bare, first, int(percent) / 100))
    second = given_offsets(page, studio, 2)
    redrawn(page, lambda: page.locator("#mix .morph input").fill("30"))
    assert close(code(page), mixing.morph(second, first, 0.3))
    tab(page, "Identity")
    redrawn(page, lambda: page.click("#identity .draw"))
    assert code(page).offsets is None


def test_a_kept_picture_mixes_with_the_next_but_not_with_another_class(page):
    tab(page, "Mix")
    page.locator("#mix .keep").wait_for()
    page.click("#mix .keep")
    kept = code(page)
    page.locator("#examples button.thumbnail-item").nth(3).click()
    page.wait_for_function("old => window.dcign.code() !== old", arg=kept.to_json())
    next_one = code(page)
    redrawn(page, lambda: page.locator("#mix .morph input").fill("100"))
    assert np.allclose(code(page).intrinsic, kept.intrinsic, atol=1e-3)
    assert (code(page).latents[:6] == next_one.latents[:6]).all()
    page.click("#model label:has-text('Chairs')")
    page.wait_for_selector("#mix .told:has-text('another class')")
    assert page.is_disabled("#mix .morph input")


def test_a_kept_picture_lends_the_pose_it_was_kept_in(page):
    page.locator("#azimuth input[type=number]").fill("60")
    arrived(page)
    tab(page, "Mix")
    page.click("#mix .keep")
    kept = page.evaluate("window.dcign.code()")
    page.locator("#examples button.thumbnail-item").nth(3).click()
    page.wait_for_function("old => window.dcign.code() !== old", arg=kept)
    page.click("#mix .pose")
    page.wait_for_function("() => window.painted.at(-1).azimuth === 60")


def test_pose_of_one_light_of_another_identity_of_a_third(page, studio, tmp_path):
    """Three pictures, two of them uploaded."""
    identity, lent = code(page), []
    tab(page, "Mix")
    for number, button in ((21, "pose"), (22, "light")):
        path = tmp_path / f"{number}.png"
        demo_weights.picture(number).save(path)
        lent.append(studio.encode(path))
        before = page.get_attribute("#mix img", "src")
        with page.expect_file_chooser() as chooser:
            page.click("#mix-upload")
        chooser.value.set_files(path)
        page.wait_for_function("old => document.querySelector('#mix img').src !== (old ?? '')", arg=before)
        page.wait_for_selector("#mix .told:has-text('Your picture')")
        page.click(f"#mix .{button}")
    wanted = {"azimuth": round(lent[0].azimuth), "elevation": round(lent[0].elevation), "light": round(lent[1].light)}
    page.wait_for_function("wanted => Object.keys(wanted).every((name) => window.painted.at(-1)[name] === wanted[name])",
                           arg=wanted)
    assert code(page) == identity


def test_the_edge_between_input_and_reconstruction_moves_by_keys(page):
    edge = page.locator("#pictures input[type=range]")
    edge.focus()
    for _ in range(10):
        page.keyboard.press("ArrowRight")
    assert page.eval_on_selector("#pictures .compare", "figure => figure.style.getPropertyValue('--at')") == "60%"
    assert "true render" in page.inner_text("#pictures .left")


def test_ranges_widen_only_on_request(page):
    def limit() -> str:
        return page.get_attribute("#azimuth input[type=range]", "max")

    assert limit() == "90"
    page.check("#beyond input")
    page.wait_for_function("() => document.querySelector('#azimuth input[type=range]').max === '110'")
    page.fill("#azimuth input[type=number]", "105")
    assert arrived(page)["azimuth"] == 105
    page.uncheck("#beyond input")
    page.wait_for_function("() => document.querySelector('#azimuth input[type=range]').max === '90'")
    assert arrived(page)["azimuth"] == 90


def test_weights_without_directions_say_so(browser, tmp_path):
    from demo_server import serve

    folder = demo_weights.write(tmp_path, ("faces",))
    config = json.loads((folder / "faces" / "config.json").read_text())
    del config["directions"]
    (folder / "faces" / "config.json").write_text(json.dumps(config))
    with serve(folder, tmp_path / "app.log") as server, open_page(browser, server.url) as page:
        tab(page, "Identity")
        page.wait_for_selector("text=no identity sliders")
        assert page.locator("#identity input").count() == 0 and page.is_hidden("#identity .draw")
