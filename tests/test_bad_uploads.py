"""Hostile and unusual pictures through the running app: a remedy or a correct result, every time."""

from __future__ import annotations

import json
import urllib.error
import urllib.request

import demo_weights
import numpy as np
import pytest
from bad_pictures import READ, REFUSED, straight
from gradio_client import handle_file
from gradio_client.exceptions import AppError
from PIL import Image
from test_app import queued_call


@pytest.fixture(scope="module")
def good(tmp_path_factory):
    path = tmp_path_factory.mktemp("good") / "good.png"
    straight().save(path)
    return path


def prepared(client, path) -> np.ndarray:
    """The picture as the model of chairs sees it (H, W, 3); chairs are framed without a face detector."""
    shown = client.predict(handle_file(str(path)), "chairs", api_name="/encode")[2]
    return np.asarray(Image.open(shown).convert("RGB")).astype(int)


@pytest.mark.parametrize("endpoint", ["/encode", "/estimate"])
@pytest.mark.parametrize("name", REFUSED)
def test_refused_with_a_remedy_and_the_app_goes_on(server, client, good, tmp_path, name, endpoint):
    write, word = REFUSED[name]
    path = tmp_path / name
    write(path)
    logged = server.log.stat().st_size
    with pytest.raises(AppError, match=word) as refusal:
        client.predict(handle_file(str(path)), "faces", api_name=endpoint)
    message = str(refusal.value)
    assert ":" in message, "a message says what to do"
    assert "Traceback" not in message and str(tmp_path) not in message and "/tmp" not in message
    assert "Traceback" not in server.log.read_text()[logged:]
    assert set(client.predict(handle_file(str(good)), "faces", api_name="/estimate")) == {
        "azimuth", "elevation", "light"
    }


@pytest.mark.parametrize("name", READ)
def test_unusual_but_valid_pictures_are_read_as_they_look(client, good, tmp_path, name):
    path = tmp_path / name
    READ[name](path)
    expected, shown = prepared(client, good), prepared(client, path)
    if name == "deep-grey.png":
        expected = np.asarray(Image.fromarray(expected.astype(np.uint8)).convert("L"))[..., None]
    if name == "palette-alpha.png":   # half transparent: halfway to the ground
        expected = (expected + np.array(demo_weights.GROUND)) / 2
    assert np.abs(shown - expected).mean() < 6


def test_an_upload_beyond_the_size_limit_is_refused(server, client, good):
    boundary = "----form"
    body = (
        f'--{boundary}\r\nContent-Disposition: form-data; name="files"; filename="big.png"\r\n'
        "Content-Type: image/png\r\n\r\n"
    ).encode() + b"\0" * 21 * 2**20 + f"\r\n--{boundary}--\r\n".encode()
    request = urllib.request.Request(
        f"{server.url}/gradio_api/upload", body, {"Content-Type": f"multipart/form-data; boundary={boundary}"}
    )
    with pytest.raises(urllib.error.HTTPError) as refusal:
        urllib.request.urlopen(request, timeout=30)
    assert refusal.value.code == 413
    assert client.predict(handle_file(str(good)), "faces", api_name="/estimate")


def test_a_data_address_is_refused(server, client, good):
    """It would pass the limit of the upload route."""
    record = {"path": None, "url": "data:image/png;base64,AAAA", "meta": {"_type": "gradio.FileData"}}
    done, text = queued_call(server, "estimate", json.dumps({"data": [record, "faces"]}))
    assert not done and "upload a file" in text
    assert client.predict(handle_file(str(good)), "faces", api_name="/estimate")
