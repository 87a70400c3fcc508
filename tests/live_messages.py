"""What the page and the live socket say to each other."""

from __future__ import annotations

import json


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
