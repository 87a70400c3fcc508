"""The live frames without a browser: what the socket and the plain requests answer, and what they refuse."""

from __future__ import annotations

import asyncio
import io
import json
from dataclasses import replace

import numpy as np
import pytest
from live_messages import introduction, receive, unpacked, view
from PIL import Image
from starlette.applications import Starlette
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from dcign.live import frames
from dcign.live.limits import Limits
from dcign.live.pool import UNTAKEN, DecodePool
from dcign.live.routes import RENDER, SOCKET, _Service, routes


@pytest.fixture(scope="module")
def visitor(studios):
    """A client of the two routes; small limits, so that a test can pass them."""
    limits = Limits(characters=20_000, burst=120, rate=1, sockets=3)
    with TestClient(Starlette(routes=routes(studios, limits=limits)), "http://127.0.0.1") as client:
        yield client


def test_frames_carry_their_values_and_equal_the_library(visitor, studios, code):
    with visitor.websocket_connect(SOCKET) as socket:
        socket.send_text(introduction(code))
        for sequence, azimuth in ((3, 41), (9, -12.5)):
            socket.send_text(view(sequence, azimuth=azimuth, light=None))
            header, picture = unpacked(socket.receive_bytes())
            assert {name: header[name] for name in ("sequence", "azimuth", "elevation", "light")} == {
                "sequence": sequence, "azimuth": azimuth, "elevation": 0, "light": None}
            assert header["milliseconds"] > 0
            expected = studios["faces"].quick().render(
                code, **frames.moved(studios["faces"], code, {"azimuth": azimuth, "elevation": 0, "light": None}))
            assert picture == frames.jpeg(expected)


def test_a_frame_at_the_start_is_the_reconstruction(visitor, studios, code):
    studio = studios["faces"]
    start = frames.start_degrees(code, studio)
    assert frames.moved(studio, code, start) == {}
    with visitor.websocket_connect(SOCKET) as socket:
        socket.send_text(introduction(code))
        socket.send_text(view(1, **start))
        assert unpacked(socket.receive_bytes())[1] == frames.jpeg(studio.quick().render(code))


def test_the_page_can_ask_for_what_the_decoder_draws(visitor, studios, code):
    studio = studios["faces"]
    seen = replace(code, picture=frames.jpeg(np.full((studio.size, studio.size, 3), 90, np.uint8)))
    start = frames.start_degrees(seen, studio)
    with visitor.websocket_connect(SOCKET) as socket:
        socket.send_text(introduction(seen))
        for sequence, drawn in enumerate((False, True)):
            socket.send_text(json.dumps(json.loads(view(sequence, **start)) | {"drawn": drawn}))
            expected = studio.quick().render(seen.without_picture() if drawn else seen)
            assert receive(socket)[1] == frames.jpeg(expected)
    for drawn in (False, True):
        answer = visitor.post(RENDER, json={"code": seen.to_json(), **start, "drawn": drawn})
        assert answer.content == frames.jpeg(studio.quick().render(seen.without_picture() if drawn else seen))


def test_the_page_can_ask_for_a_pictures_detail(visitor, studios, code):
    studio = studios["faces"]
    smooth = np.linspace(60, 180, 2 * studio.size).astype(np.uint8)
    fine = np.broadcast_to(smooth[:, None, None], (2 * studio.size, 2 * studio.size, 3))
    seen = replace(code, picture=frames.jpeg(fine[::2, ::2].copy()), detail=frames.jpeg(fine.copy()))
    start = frames.start_degrees(seen, studio)
    asked = [{"fine": True}, {"fine": False}, {}, {"fine": True, "drawn": True}]
    with visitor.websocket_connect(SOCKET) as socket:
        socket.send_text(introduction(seen))
        for sequence, extra in enumerate(asked):
            socket.send_text(json.dumps(json.loads(view(sequence, **start)) | extra))
            header, picture = receive(socket)
            expected = extra == {"fine": True}
            assert header["fine"] is expected
            assert Image.open(io.BytesIO(picture)).width == (1 + expected) * studio.size
            assert visitor.post(RENDER, json={"code": seen.to_json(), **start, **extra}).content == picture


def test_plain_requests_know_their_code_for_a_while_and_no_more_than_a_few(studios, code, monkeypatch):
    monkeypatch.setattr("dcign.live.routes._RECENT", 1)
    service = _Service(studios, DecodePool(), Limits())
    other = replace(code, light=3.0)

    async def drag() -> None:
        monkeypatch.setattr("dcign.live.routes._SECONDS", 0.4)
        known = await service._code(code.to_json())
        assert known == code and await service._code(code.to_json()) is known
        new = await service._code(other.to_json())
        assert new == other and await service._code(other.to_json()) is not new
        await asyncio.sleep(0.6)
        assert not service._recent

    asyncio.run(drag())


def test_a_picture_of_another_size_fills_no_memory(studios, code):
    size = studios["faces"].size
    right, wrong = (replace(code, picture=frames.jpeg(np.zeros((side, side, 3), np.uint8))) for side in (size, size + 8))
    assert frames.drawable(studios, right) is right and frames.drawable(studios, code) is code
    assert frames.drawable(studios, wrong) == frames.drawable(studios, right).without_picture()
    assert frames.drawable({}, right).picture is None


def test_a_burst_ends_with_its_newest_and_never_goes_back(visitor, code):
    with visitor.websocket_connect(SOCKET) as socket:
        socket.send_text(introduction(code))
        for sequence in range(40):
            socket.send_text(view(sequence, azimuth=sequence))
        seen = [receive(socket)[0]]
        while seen[-1]["sequence"] < 39:
            seen.append(receive(socket)[0])
    numbers = [header["sequence"] for header in seen]
    assert numbers == sorted(set(numbers)) and len(numbers) < 40
    assert all(header["azimuth"] == header["sequence"] for header in seen)


def test_a_slow_line_collects_no_old_frames(visitor, code):
    """Only so many frames are on their way; what waits for the next is the newest."""
    with visitor.websocket_connect(SOCKET) as socket:
        socket.send_text(introduction(code))
        for sequence in range(UNTAKEN):
            socket.send_text(view(sequence, azimuth=sequence))
            assert unpacked(socket.receive_bytes())[0]["sequence"] == sequence
        for sequence in range(UNTAKEN, UNTAKEN + 5):
            socket.send_text(view(sequence, azimuth=sequence))
        socket.send_text(json.dumps({"kind": "view", "key": "other", "sequence": 99}))
        assert json.loads(socket.receive_text())["kind"] == "unknown", "nothing was drawn in between"
        socket.send_text(json.dumps({"kind": "seen", "sequence": 0}))
        assert unpacked(socket.receive_bytes())[0]["sequence"] == UNTAKEN + 4


def test_a_code_that_is_not_known_is_asked_for(visitor, code):
    with visitor.websocket_connect(SOCKET) as socket:
        socket.send_text(view(0, azimuth=1))
        assert json.loads(socket.receive_text()) == {"kind": "unknown", "key": "k"}
        socket.send_text(introduction(code))
        socket.send_text(view(1, azimuth=1))
        assert unpacked(socket.receive_bytes())[0]["sequence"] == 1


@pytest.mark.parametrize("angle", ['"left"', "NaN", "-Infinity", "1e999", "true", "[1]", '{"a": 1}', "9" * 400])
def test_what_is_no_angle_is_explained_and_the_socket_lives(visitor, code, angle):
    with visitor.websocket_connect(SOCKET) as socket:
        socket.send_text(introduction(code))
        socket.send_text(f'{{"kind": "view", "key": "k", "sequence": 1, "azimuth": {angle}}}')
        answer = json.loads(socket.receive_text())
        assert answer["kind"] == "problem" and answer["sequence"] == 1 and "finite number" in answer["message"]
        socket.send_text(view(2, azimuth=0))
        assert unpacked(socket.receive_bytes())[0]["sequence"] == 2


@pytest.mark.parametrize("damage", [
    lambda code: None, lambda code: 7, lambda code: "{}", lambda code: "[" * 10_000,
    lambda code: code.replace("[", "[1e30, ", 2),
])
def test_a_code_that_cannot_be_used_is_explained(visitor, code, damage):
    with visitor.websocket_connect(SOCKET) as socket:
        socket.send_text(json.dumps({"kind": "code", "key": "k", "code": damage(code.to_json())}))
        answer = json.loads(socket.receive_text())
        assert answer["kind"] == "problem" and "code" in answer["message"]


def test_a_code_of_another_model_is_explained(visitor, code):
    other = json.dumps({**json.loads(code.to_json()), "model": "cars"})
    with visitor.websocket_connect(SOCKET) as socket:
        socket.send_text(json.dumps({"kind": "code", "key": "k", "code": other}))
        socket.send_text(view(1, azimuth=0))
        assert "encode the picture again" in json.loads(socket.receive_text())["message"]


@pytest.mark.parametrize("message", [
    "", "hello", "[]", "7", "null", "{}", '{"kind": "file", "key": "k"}', '{"kind": "view"}',
    '{"kind": "view", "key": "k"}', '{"kind": "view", "key": "k", "sequence": -1}',
    '{"kind": "seen"}', '{"kind": "view", "key": "k", "sequence": true}',
    '{"kind": "view", "key": "k", "sequence": 1e300}',
    '{"kind": "code", "key": 5, "code": ""}', '{"kind": "code", "key": "' + "k" * 65 + '", "code": ""}',
    "[" * 15_000, "x" * 20_001, b"\x00\x01",
])
def test_garbage_is_cut_off_with_a_reason(visitor, message):
    with visitor.websocket_connect(SOCKET) as socket:
        if isinstance(message, bytes):
            socket.send_bytes(message)
        else:
            socket.send_text(message)
        with pytest.raises(WebSocketDisconnect) as end:
            socket.receive_text()
    assert end.value.code == 1008 and 10 < len(end.value.reason) <= 123


@pytest.mark.parametrize("origin", ["http://[", "http://[::1", "null"])
def test_an_origin_that_no_browser_sends_is_refused(visitor, code, origin):
    body = {"code": code.to_json(), "azimuth": 1}
    assert visitor.post(RENDER, json=body, headers={"origin": origin}).status_code == 403


def test_what_a_problem_quotes_is_short(visitor, code):
    with visitor.websocket_connect(SOCKET) as socket:
        socket.send_text(introduction(code))
        socket.send_text(view(1, azimuth="x" * 3000))
        assert len(json.loads(socket.receive_text())["message"]) <= 300


def test_pages_of_other_sites_may_not_use_a_server_at_home(visitor, code):
    headers = {"host": "127.0.0.1:7860", "origin": "https://example.com"}
    with pytest.raises(WebSocketDisconnect) as end, visitor.websocket_connect(SOCKET, headers=headers) as socket:
        socket.receive_text()
    assert end.value.code == 1008
    with visitor.websocket_connect(SOCKET, headers={**headers, "x-forwarded-for": "203.0.113.9"}) as socket:
        socket.send_text(view(0, azimuth=0))
        assert json.loads(socket.receive_text())["kind"] == "unknown"
    body = {"code": code.to_json(), "azimuth": 1}
    assert visitor.post(RENDER, json=body, headers={"origin": "https://example.com"}).status_code == 403
    assert visitor.post(RENDER, json=body, headers={"origin": "http://localhost:7860"}).status_code == 200


def test_plain_requests_get_the_same_frame(visitor, studios, code):
    answer = visitor.post(RENDER, json={"code": code.to_json(), "azimuth": 20, "elevation": None, "light": -30})
    assert answer.headers["content-type"] == "image/jpeg" and "draw;dur=" in answer.headers["server-timing"]
    assert answer.content == frames.jpeg(studios["faces"].quick().render(code, azimuth=20, light=-30))
    assert visitor.get(RENDER).status_code == 204


@pytest.mark.parametrize(("body", "status"), [
    ("no JSON", 400), ("[]", 400), ("{}", 400), ("[" * 9000, 400), ('{"code": 7}', 400), ("x" * 20_001, 413),
])
def test_plain_requests_that_cannot_be_answered(visitor, body, status):
    answer = visitor.post(RENDER, content=body)
    assert answer.status_code == status and "Traceback" not in answer.text


def test_plain_requests_refuse_what_is_no_angle(visitor, code):
    answer = visitor.post(RENDER, json={"code": code.to_json(), "light": "left"})
    assert answer.status_code == 400 and "finite number" in answer.json()["error"]


def test_jpeg_takes_arrays_and_pictures():
    picture = np.full((24, 24, 3), 130, np.uint8)
    assert frames.jpeg(picture) == frames.jpeg(Image.fromarray(picture))
