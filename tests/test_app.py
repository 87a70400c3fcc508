"""The demo over HTTP: how fast it answers, its named endpoints, and what it refuses."""

from __future__ import annotations

import importlib.util
import io
import json
import os
import urllib.error
import urllib.request

import demo_weights
import numpy as np
import pytest
from demo_server import serve
from gradio_client import handle_file
from gradio_client.exceptions import AppError
from PIL import Image

import app
import dcign
from dcign.ui.live import jpeg


@pytest.fixture(scope="module")
def picture(weights):
    return handle_file(str(weights / "faces" / "examples" / "03.png"))


@pytest.fixture(scope="module")
def code(client, picture):
    return client.predict(picture, "faces", api_name="/encode")[0]


def pixels(path) -> np.ndarray:
    return np.asarray(Image.open(path).convert("RGB")).astype(int)


def raw_call(server, name: str, body: str, route: str = "run") -> tuple[int, str]:
    """POST a body as it is (NaN is not JSON, but Python clients send it); (status, text)."""
    request = urllib.request.Request(
        f"{server.url}/gradio_api/{route}/{name}", body.encode(), {"Content-Type": "application/json"}
    )
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def queued_call(server, name: str, body: str) -> tuple[bool, str]:
    """The same through the queue, by plain HTTP; (whether it succeeded, text of the answer)."""
    status, text = raw_call(server, name, body, "call")
    if status != 200:
        return False, text
    event = json.loads(text)["event_id"]
    with urllib.request.urlopen(f"{server.url}/gradio_api/call/{name}/{event}", timeout=30) as answer:
        text = answer.read().decode()
    return "event: complete" in text, text


def upload(server, content: bytes) -> str:
    """Upload a PNG file as a browser does; its path on the server."""
    head = 'Content-Disposition: form-data; name="files"; filename="a.png"\r\nContent-Type: image/png'
    body = f"--form\r\n{head}\r\n\r\n".encode() + content + b"\r\n--form--\r\n"
    request = urllib.request.Request(
        f"{server.url}/gradio_api/upload", body, {"Content-Type": "multipart/form-data; boundary=form"}
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)[0]


def test_first_answer_within_15_seconds(server):
    assert server.started < 15


def test_only_these_endpoints_are_public_and_documented(client):
    endpoints = client.view_api(return_format="dict", print_info=False)["named_endpoints"]
    assert set(endpoints) == {
        "/models", "/encode", "/estimate", "/render", "/sweep", "/export", "/vary", "/random", "/morph", "/swap"
    }
    for name, endpoint in endpoints.items():
        assert len(endpoint["description"]) > 40, name
        for place in (*endpoint["parameters"], *endpoint["returns"]):
            where = (name, place.get("parameter_name", place["label"]))
            text = place["python_type"]["description"]
            assert len(text) > 20 and text[0].isupper() and text.endswith("."), where
            assert place["type"]["description"] == text and "Args:" not in text, where


def test_openapi_has_the_texts_and_valid_schemas(server):
    with urllib.request.urlopen(f"{server.url}/gradio_api/openapi.json", timeout=30) as answer:
        paths = json.load(answer)["paths"]
    render = paths["/gradio_api/call/v2/render"]["post"]
    assert "Returns picture: The drawn picture" in render["description"]
    wanted = render["requestBody"]["content"]["application/json"]["schema"]["properties"]
    assert wanted["code"]["type"] == "object"
    assert wanted["azimuth"]["type"] == ["number", "null"] and "degrees" in wanted["azimuth"]["description"]


def test_what_may_be_left_out_may_be_left_out(client, code):
    drawn = client.predict(code, api_name="/render")
    assert np.array_equal(pixels(drawn), pixels(client.predict(code, None, None, None, api_name="/render")))
    assert client.predict(code, api_name="/swap") == code


def test_encode_returns_code_degrees_and_the_prepared_picture(client, picture, weights):
    code, degrees, prepared = client.predict(picture, "faces", api_name="/encode")
    studio = dcign.load(str(weights / "faces"), device="cpu")
    expected = studio.encode(str(weights / "faces" / "examples" / "03.png"))
    assert np.allclose(code["latents"], expected.latents, atol=1e-4)
    assert degrees == pytest.approx({
        "azimuth": expected.azimuth, "elevation": expected.elevation, "light": expected.light
    }, abs=0.1)
    assert pixels(prepared).shape == (demo_weights.SIZE, demo_weights.SIZE, 3)


def test_a_render_is_drawn_more_nearly_than_by_one_pass(client, weights, tmp_path):
    """What the server's own network draws of a code is sent to it; the code that comes back has been refined."""
    studio = dcign.load(str(weights / "faces"), device="cpu")
    latents = np.random.default_rng(5).standard_normal(studio.layout.size).astype(np.float32)
    render = studio.render(dcign.GraphicsCode(latents, studio.layout, model="faces"))
    image = Image.fromarray(render)
    image.paste(demo_weights.GROUND, (0, 0, studio.size, 2))
    for box in ((0, 0, 2, studio.size), (studio.size - 2, 0, studio.size, studio.size)):
        image.paste(demo_weights.GROUND, box)
    image.save(tmp_path / "render.png")
    prepared = studio.prepare(tmp_path / "render.png")
    assert prepared.clean
    code, _, _ = client.predict(handle_file(tmp_path / "render.png"), "faces", api_name="/encode")
    once, refined = (studio.encode(prepared, refine=choice) for choice in (False, True))
    away = np.abs(once.latents - refined.latents).max()
    assert away > 0.01 and np.abs(np.array(code["latents"]) - refined.latents).max() < 0.5 * away


def test_estimate_agrees_with_encode(client, picture):
    assert client.predict(picture, "faces", api_name="/estimate") == client.predict(
        picture, "faces", api_name="/encode"
    )[1]


@pytest.mark.parametrize("angles", [(30, 5, -45), (-88, 0, 88), (None, None, None)])
def test_render_equals_the_library_within_jpeg_error(client, code, weights, angles):
    path = client.predict(code, *angles, api_name="/render")
    assert Image.open(path).format == "JPEG"
    studio = dcign.load(str(weights / "faces"), device="cpu")
    expected = studio.render(dcign.GraphicsCode.from_json(json.dumps(code)), *angles)
    # Noise of a random network is the worst case of JPEG: compare with its own JPEG, and loosely with itself.
    assert np.abs(pixels(path) - pixels(io.BytesIO(jpeg(expected)))).mean() < 0.5
    assert np.abs(pixels(path) - expected.astype(int)).mean() < 6


def test_render_is_stateless(client, code, weights):
    """Calls with two codes in turn answer as if each were alone; the code may travel as text too."""
    other = client.predict(
        handle_file(str(weights / "chairs" / "examples" / "05.png")), "chairs", api_name="/encode"
    )[0]
    first = pixels(client.predict(code, 10, 0, 0, api_name="/render"))
    between = pixels(client.predict(other, 10, 0, 0, api_name="/render"))
    again = pixels(client.predict(json.dumps(code), 10, 0, 0, api_name="/render"))
    assert np.array_equal(first, again)
    assert np.abs(first - between).mean() > 1


def test_sweep_has_the_frames_and_the_time_asked_for(client, code):
    path = client.predict(code, "light", 12, 10, False, api_name="/sweep")
    with Image.open(path) as animation:
        assert animation.format == "GIF" and animation.info["loop"] == 0
        durations = []
        for frame in range(animation.n_frames):
            animation.seek(frame)
            durations.append(animation.info["duration"])
    assert sum(durations) == 1200
    assert len(durations) == 12


def test_sweep_there_and_back_and_numbers_beyond_the_limits(client, code):
    path = client.predict(code, "azimuth", 1, 1000, True, api_name="/sweep")   # becomes 2 frames, 50 fps
    with Image.open(path) as animation:
        assert animation.n_frames == 2
        assert animation.info["duration"] == 20


@pytest.mark.parametrize("angles", [("left", 0, 0), ([1], 0, 0), (True, 0, 0), (0, {"a": 1}, 0)])
def test_render_refuses_what_is_no_angle(client, code, angles):
    with pytest.raises(AppError, match="finite number"):
        client.predict(code, *angles, api_name="/render")


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999", "9" * 400])
def test_numbers_that_are_not_finite_never_reach_the_model(server, client, code, number):
    status, text = raw_call(server, "render", f'{{"data": [{json.dumps(code)}, {number}, 0, 0]}}')
    assert status >= 400
    assert "finite number" in text and "/site-packages/" not in text
    assert client.predict(code, 0, 0, 0, api_name="/render")


@pytest.mark.parametrize(
    "damage",
    [
        lambda code: None,
        lambda code: "no code",
        lambda code: {},
        lambda code: {**code, "latents": code["latents"][:-1]},
        lambda code: {**code, "latents": ["a", *code["latents"][1:]]},
        lambda code: {**code, "latents": [1e30, *code["latents"][1:]]},
        lambda code: {**code, "model": "cars"},
        lambda code: {**code, "model": "chairs", "layout": [["azimuth", 16]]},
        lambda code: "[" * 100_000,
        lambda code: json.dumps(code) + " " * 300_000,
        lambda code: {**code, "latents": [0.5] * 1_000_000},
        lambda code: "x" * 5_000_000,
        lambda code: [code],
        lambda code: 7,
    ],
)
def test_codes_that_cannot_be_used_are_refused_with_a_remedy(client, code, damage):
    with pytest.raises(AppError, match="code|models") as refusal:
        client.predict(damage(code), 0, 0, 0, api_name="/render")
    assert "Traceback" not in str(refusal.value)


@pytest.mark.parametrize(
    "arguments", [("zoom", 12, 10, False), ("azimuth", "many", 10, False), (["light"], 12, 10, False)]
)
def test_sweep_refuses_bad_arguments(client, code, arguments):
    with pytest.raises(AppError, match="factors|finite number"):
        client.predict(code, *arguments, api_name="/sweep")


def test_an_unknown_model_is_refused(client, picture):
    with pytest.raises(AppError, match="Choose one of the models"):
        client.predict(picture, "cars", api_name="/encode")


@pytest.mark.parametrize("meta", [{"meta": {"_type": "gradio.FileData"}}, {}, {"meta": {"_type": "other"}}])
@pytest.mark.parametrize("endpoint", ["estimate", "encode"])
def test_a_path_outside_the_uploads_is_refused(server, client, picture, tmp_path, endpoint, meta):
    """A real picture of this machine, which nobody uploaded, by its path and by a way around."""
    demo_weights.picture(0).save(tmp_path / "private.png")
    uploaded = upload(server, (tmp_path / "private.png").read_bytes())
    body = json.dumps({"data": [{"path": uploaded, "meta": {"_type": "gradio.FileData"}}, "faces"]})
    assert queued_call(server, endpoint, body)[0]
    around = f"{os.path.dirname(uploaded)}/{'../' * 12}{tmp_path}/private.png"
    for path in (str(tmp_path / "private.png"), around, "app.py", "/nowhere.png", "a\0b"):
        body = json.dumps({"data": [{"path": path, **meta}, "faces"]})
        done, text = queued_call(server, endpoint, body)
        assert not done
        assert "Traceback" not in text and "latents" not in text and "check the path" not in text
    assert client.predict(picture, "faces", api_name="/estimate")


def test_memory_does_not_grow_with_what_is_asked(server, client, code):
    for azimuth in range(0, 60, 10):
        client.predict(code, azimuth, 0, 0, api_name="/render")
    client.predict(code, {"motion": "all", "frames": 48}, api_name="/export")
    assert server.memory() < 1.5e9


def test_missing_weights_end_with_a_message(tmp_path):
    with pytest.raises(RuntimeError, match="weights") as failure, serve(tmp_path, tmp_path / "app.log"):
        pass
    assert "Traceback" not in str(failure.value)


@pytest.mark.skipif(importlib.util.find_spec("mcp") is not None, reason="the package is here")
@pytest.mark.parametrize("arguments, variable", [(["--mcp"], ""), ([], "True")])
def test_mcp_without_its_package_ends_with_the_remedy(monkeypatch, arguments, variable):
    monkeypatch.setenv("GRADIO_MCP_SERVER", variable)
    with pytest.raises(SystemExit, match=r"gradio\[mcp\]"):
        app.main(arguments)
