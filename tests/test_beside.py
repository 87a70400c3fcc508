"""An entangled network beside a model: never one to choose, in the page only to compare with."""

from __future__ import annotations

import json

import demo_weights
import numpy as np
import pytest
from browser_page import arrived, needs_chromium, open_page
from demo_server import serve

from dcign import checkpoints
from dcign.ui.studios import Studios


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Faces with an entangled network beside them, and chairs without."""
    root = demo_weights.write(tmp_path_factory.mktemp("weights"))
    demo_weights.write_beside(root / "faces")
    return root


def test_it_is_no_model_to_choose(folder, monkeypatch):
    for given in (folder, folder / "faces"):
        studios = Studios(given)
        assert "faces" in list(studios) and "faces/entangled" not in list(studios)
        assert studios.beside("faces").name == "faces/entangled" and studios["faces/entangled"].size == 150
    assert Studios(folder).beside("chairs") is None
    checkpoints.update_index(folder, "faces")
    checkpoints.update_index(folder, "faces/entangled")
    monkeypatch.setattr(checkpoints, "weights_root", lambda: folder)
    assert checkpoints.available() == ["faces", "chairs"]


def test_one_in_a_folder_beside_a_model_takes_nobodys_place(tmp_path, caplog):
    root = demo_weights.write(tmp_path, ("faces",))
    sibling = demo_weights.write_beside(root / "faces").rename(root / "a-network")   # before "faces" in the alphabet
    config = json.loads((sibling / "config.json").read_text())
    (sibling / "config.json").write_text(json.dumps(config | {"training": {"config": {"clamp": "none"}}}))
    studios = Studios(root)
    assert list(studios) == ["faces"] and studios["faces"].size == demo_weights.SIZE
    assert studios.beside("faces").size == 150 and list(Studios(sibling)) == ["faces"]
    (sibling / "config.json").write_text(json.dumps(config))
    assert len(Studios(root)) == 1 and "left out" in caplog.text


def test_one_that_cannot_be_used_is_left_out(tmp_path, monkeypatch, caplog):
    root = demo_weights.write(tmp_path, ("faces",))
    beside = demo_weights.write_beside(root / "faces")
    checkpoints.update_index(root, "faces/entangled")
    monkeypatch.setattr(checkpoints, "weights_root", lambda: root)
    config = json.loads((beside / "config.json").read_text())
    (beside / "config.json").write_text(json.dumps(config | {"ground": [1, 2, 3]}))
    studios = Studios(root)
    assert studios.beside("faces") is None and studios["faces"].size == demo_weights.SIZE
    assert "checksum" in caplog.text


@needs_chromium
def test_the_page_draws_it_at_the_angles_of_the_viewer(folder, browser, tmp_path):
    def shown(page):
        """The right-hand picture's address, when it is that of the sliders."""
        arrived(page)
        page.wait_for_function("() => document.querySelector('.compare .after').src.startsWith('blob:')")
        page.wait_for_load_state("networkidle")
        return page.eval_on_selector(".compare .after", """async (image) => {
            await image.decode();
            const canvas = document.createElement('canvas');
            canvas.width = canvas.height = 30;
            canvas.getContext('2d').drawImage(image, 0, 0, 30, 30);
            return [...canvas.getContext('2d').getImageData(0, 0, 30, 30).data];
        }""")

    with serve(folder, tmp_path / "app.log") as server, open_page(browser, server.url) as page:
        assert page.locator(".compare .right").inner_text() == "Reconstruction"
        page.click(".compare .sides label:has-text('Entangled')")
        first = shown(page)
        before = page.get_attribute(".compare .after", "src")
        page.locator("#azimuth input[type=number]").fill("70")
        page.wait_for_function("old => document.querySelector('.compare .after').src !== old", arg=before)
        second = shown(page)
        assert np.abs(np.subtract(first, second)).max() > 5
        assert page.locator(".compare .right").inner_text() == "Entangled network"
        page.click(".compare .sides label:has-text('Input')")
        assert page.locator(".compare .right").inner_text() == "Reconstruction"
        page.click("#model label:has-text('Chairs')")
        page.wait_for_function("() => document.querySelector('#azimuth input[type=range]').max == 180")
        assert page.is_hidden(".compare .sides") and page.is_visible(".compare .after")
