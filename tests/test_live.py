"""The live frames without a browser: what the socket and the plain requests answer, and what they refuse."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace

import demo_weights
import numpy as np
import pytest
from PIL import Image
from starlette.applications import Starlette
from starlette.datastructures import Headers
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from dcign.live import frames
from dcign.live.conversation import Conversation
from dcign.live.limits import Limits
from dcign.live.pool import UNTAKEN, DecodePool
from dcign.live.routes import RENDER, SOCKET, _Service, routes
from dcign.ui import Studios


@pytest.fixture(scope="module")
def studios(weights):
    return Studios(weights, device="cpu")


@pytest.fixture(scope="module")
def code(studios):
    return studios["faces"].encode(demo_weights.picture(2))


@pytest.fixture(scope="module")
def visitor(studios):
    """A client of the two routes; small limits, so that a test can pass them."""
    limits = Limits(characters=20_000, burst=120, rate=1, sockets=3)
    with TestClient(Starlette(routes=routes(studios, limits=limits)), "http://127.0.0.1") as client:
        yield client


def view(sequence: int, **angles) -> str:
    return json.dumps({"kind": "view", "key": "k", "sequence": sequence, "elevation": 0, "light": 0, **angles})


def introduction(code) -> str:
    return json.dumps({"kind": "code", "key": "k", "code": code.to_json()})


def receive(socket) -> tuple[dict, bytes]:
    """The next frame, confirmed as the page does."""
    header, picture = unpacked(socket.receive_bytes())
    socket.send_text(json.dumps({"kind": "seen", "sequence": header["sequence"]}))
    return header, picture


def unpacked(message: bytes) -> tuple[dict, bytes]:
    length = int.from_bytes(message[:4], "big")
    return json.loads(message[4 : 4 + length]), message[4 + length :]


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


def test_who_sends_too_much_is_cut_off(visitor, code):
    with visitor.websocket_connect(SOCKET) as socket:
        for sequence in range(200):
            socket.send_text(view(sequence, azimuth=0))
        assert "too many messages" in cut_off(socket).reason


def cut_off(socket) -> WebSocketDisconnect:
    with pytest.raises(WebSocketDisconnect) as end:
        while True:
            socket.receive_text()
    return end.value


def client_with(studios, **limits) -> TestClient:
    return TestClient(Starlette(routes=routes(studios, limits=Limits(**limits))), "http://127.0.0.1")


def test_codes_are_paid_for(studios, code):
    with client_with(studios, burst=100, rate=0.1, code_unit=len(code.to_json()) // 30) as client, client.websocket_connect(SOCKET) as socket:
        for _ in range(4):   # of 31 and a little more each
            socket.send_text(introduction(code))
        assert "long ones" in cut_off(socket).reason


def test_the_oldest_code_makes_room(studios, code):
    with client_with(studios, codes=1) as client, client.websocket_connect(SOCKET) as socket:
        for key in ("k", "other"):
            socket.send_text(json.dumps({"kind": "code", "key": key, "code": code.to_json()}))
        socket.send_text(view(1, azimuth=0))
        assert json.loads(socket.receive_text()) == {"kind": "unknown", "key": "k"}


def test_a_silent_socket_is_closed(studios):
    with client_with(studios, silence=0.2) as client, client.websocket_connect(SOCKET) as socket:
        end = cut_off(socket)
    assert end.code == 1000 and "long time" in end.reason


class Slow:
    """A plain request whose body comes when it is let go."""

    method, headers = "POST", Headers({"host": "127.0.0.1"})

    def __init__(self, body: bytes) -> None:
        self.body, self.let_go = body, asyncio.Event()

    async def stream(self):
        await self.let_go.wait()
        yield self.body


def test_plain_requests_have_places_and_leave_them(studios, code):
    body = json.dumps({"code": code.to_json(), "azimuth": 5}).encode()

    async def visits() -> list[int]:
        service = _Service(studios, DecodePool(), Limits(requests=1))
        first, second, third = Slow(body), Slow(body), Slow(b"no JSON")
        visit = asyncio.create_task(service.render(first))
        await asyncio.sleep(0)   # it has begun, and waits for its body
        second.let_go.set()
        refused = await service.render(second)
        first.let_go.set()
        third.let_go.set()
        answers = [refused, await visit, await service.render(third), await service.render(second)]
        return [answer.status_code for answer in answers]

    assert asyncio.run(visits()) == [503, 200, 400, 200]


def test_a_request_that_drips_is_given_up(studios):
    async def drip() -> int:
        service = _Service(studios, DecodePool(), Limits(patience=0.1))
        return (await service.render(Slow(b""))).status_code

    assert asyncio.run(drip()) == 408


def test_more_sockets_than_allowed_are_refused_and_room_is_made_again(visitor, code):
    def works() -> bool:
        with visitor.websocket_connect(SOCKET) as socket:
            socket.send_text(view(0, azimuth=0))
            return json.loads(socket.receive_text())["kind"] == "unknown"

    with visitor.websocket_connect(SOCKET), visitor.websocket_connect(SOCKET), visitor.websocket_connect(SOCKET):
        with pytest.raises(WebSocketDisconnect) as end, visitor.websocket_connect(SOCKET) as socket:
            socket.receive_text()
        assert end.value.code == 1013
    assert works()


def test_confirming_what_never_came_makes_no_room(studios, code):
    """A page that reads nothing but confirms everything may not fill the server's memory."""
    class Deaf:
        rounds = 0

        async def receive(self):
            self.rounds += 1
            await asyncio.sleep(0.01)
            if self.rounds > 200:
                return {"type": "websocket.disconnect"}
            texts = (view(self.rounds, azimuth=self.rounds % 60), json.dumps({"kind": "seen", "sequence": 2**53 - 1}))
            text = introduction(code) if self.rounds == 1 else texts[self.rounds % 2]
            return {"type": "websocket.receive", "text": text}

        async def send_bytes(self, _):
            await asyncio.sleep(60)

    async def talk() -> int:
        conversation = Conversation(Deaf(), studios, DecodePool(), Limits())
        await conversation.run()
        return conversation._outbox.qsize()

    assert 1 <= asyncio.run(talk()) <= UNTAKEN


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
