"""The live frames' limits, each on the wire: who is cut off or refused, and who has room again."""

from __future__ import annotations

import asyncio
import json

import pytest
from live_messages import introduction, view
from starlette.applications import Starlette
from starlette.datastructures import Headers
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from dcign.live.conversation import Conversation
from dcign.live.limits import Limits
from dcign.live.pool import UNTAKEN, DecodePool
from dcign.live.routes import SOCKET, _Service, routes


def cut_off(socket) -> WebSocketDisconnect:
    with pytest.raises(WebSocketDisconnect) as end:
        while True:
            socket.receive_text()
    return end.value


def client_with(studios, **limits) -> TestClient:
    return TestClient(Starlette(routes=routes(studios, limits=Limits(**limits))), "http://127.0.0.1")


def test_who_sends_too_much_is_cut_off(studios):
    with client_with(studios, burst=120, rate=1) as client, client.websocket_connect(SOCKET) as socket:
        for sequence in range(200):
            socket.send_text(view(sequence, azimuth=0))
        assert "too many messages" in cut_off(socket).reason


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


def test_more_sockets_than_allowed_are_refused_and_room_is_made_again(studios):
    with client_with(studios, sockets=3) as client:
        def works() -> bool:
            with client.websocket_connect(SOCKET) as socket:
                socket.send_text(view(0, azimuth=0))
                return json.loads(socket.receive_text())["kind"] == "unknown"

        with client.websocket_connect(SOCKET), client.websocket_connect(SOCKET), client.websocket_connect(SOCKET):
            with pytest.raises(WebSocketDisconnect) as end, client.websocket_connect(SOCKET) as socket:
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
