"""The process around the demo: what it leaves on the disk when it ends, who may pass the queue by, MCP."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import time
from pathlib import Path

import pytest
from demo_server import serve
from gradio_client import handle_file
from gradio_client.utils import Status
from test_app import queued_call, raw_call, upload

import app

LONG = {"frames": 240, "size": 480, "format": "mp4", "motion": "all"}


@pytest.fixture
def temporary(tmp_path, monkeypatch) -> Path:
    """An empty folder in which servers that start now keep their temporary files."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    monkeypatch.delenv("GRADIO_TEMP_DIR", raising=False)
    return folder


def files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def ended_by(server, number: int) -> float:
    """Send the signal; seconds until the process is gone."""
    begin = time.monotonic()
    os.kill(server.process.pid, number)
    server.process.wait(30)
    return time.monotonic() - begin


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_nothing_is_left_behind_by_a_signal(weights, temporary, tmp_path, number):
    """After an upload and an export, while another export is being made and a visitor is connected."""
    if signal.getsignal(number) is signal.SIG_IGN:
        pytest.skip("this signal is ignored here, as in the background of a shell, and so by the server")
    picture = handle_file(str(weights / "faces" / "examples" / "03.png"))
    with serve(weights, tmp_path / "app.log") as server:
        client = server.client()
        code = client.predict(picture, "faces", api_name="/encode")[0]
        client.predict(code, {"frames": 4}, api_name="/export")
        assert {".png", ".gif", ".json"} <= {path.suffix for path in files(temporary)}
        job = client.submit(code, LONG, api_name="/export")
        until = time.monotonic() + 60
        while job.status().code not in (Status.PROCESSING, Status.PROGRESS, Status.ITERATING) and time.monotonic() < until:
            time.sleep(0.02)
        assert not job.done()
        assert ended_by(server, number) < 10
    assert server.process.returncode == 128 + number
    assert list(temporary.iterdir()) == []
    assert "Traceback" not in (tmp_path / "app.log").read_text()


def test_a_folder_that_the_user_chose_stays_but_is_emptied(weights, temporary, tmp_path, monkeypatch):
    chosen = tmp_path / "chosen"
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(chosen))
    with serve(weights, tmp_path / "app.log") as server:
        upload(server, (weights / "faces" / "examples" / "03.png").read_bytes())
        assert files(chosen) and chosen.is_dir()
        assert ended_by(server, signal.SIGTERM) < 10
    assert chosen.is_dir() and files(chosen) == []
    assert list(temporary.iterdir()) == []


@pytest.mark.parametrize("route", ["run", "api"])
@pytest.mark.parametrize("endpoint", ["export", "sweep", "encode", "estimate"])
def test_nobody_passes_the_queue_by(server, endpoint, route):
    status, text = raw_call(server, endpoint, json.dumps({"data": [{}, {}, None]}), route)
    assert status == 404 and "join the queue" in text


def test_a_frame_needs_no_queue(server, client, weights):
    picture = handle_file(str(weights / "faces" / "examples" / "03.png"))
    body = json.dumps({"data": [client.predict(picture, "faces", api_name="/encode")[0], 10, 0, 0]})
    status, text = raw_call(server, "render", body)
    assert status == 200 and json.loads(text)["data"][0]["path"].endswith(".jpg")
    done, text = queued_call(server, "render", body)   # and may have one
    assert done and "render.jpg" in text


def test_a_socket_takes_no_message_that_grows_or_is_too_long(server):
    client = pytest.importorskip("websockets.sync.client", reason="websockets is not installed")
    from websockets.exceptions import ConnectionClosed

    address = server.url.replace("http", "ws", 1) + "/gradio_api/live/socket"
    with client.connect(address, compression="deflate") as socket:
        assert "Sec-WebSocket-Extensions" not in socket.response.headers   # nothing to inflate
        socket.send(json.dumps({"kind": "view", "key": "k", "sequence": 0, "azimuth": 0, "elevation": 0, "light": 0}))
        assert json.loads(socket.recv(10))["kind"] == "unknown"
        with pytest.raises(ConnectionClosed) as end:
            socket.send("x" * 1_000_000)
            socket.recv(10)
        assert end.value.rcvd.code == 1009


def test_the_option_for_mcp_leaves_the_choice_to_the_environment():
    assert app.arguments([]).mcp is None
    assert app.arguments(["--mcp"]).mcp is True


def test_mcp_lists_and_runs_the_endpoints(weights, temporary, tmp_path, monkeypatch):
    mcp = pytest.importorskip("mcp", reason="MCP tools need pip install 'gradio[mcp]'")
    from mcp.client.streamable_http import streamablehttp_client

    monkeypatch.setenv("GRADIO_MCP_SERVER", "true")
    picture = handle_file(str(weights / "faces" / "examples" / "03.png"))

    async def ask(url: str, code: dict) -> tuple:
        async with (
            streamablehttp_client(f"{url}/gradio_api/mcp/") as (receive, send, _),
            mcp.ClientSession(receive, send) as session,
        ):
            await session.initialize()
            listed = await session.list_tools()
            drawn = await session.call_tool("render", {"code": code, "azimuth": 30, "light": None})
            made = await session.call_tool("export", {"code": code, "settings": {"frames": 4}})
            return listed.tools, drawn, made

    with serve(weights, tmp_path / "app.log") as server:
        code = server.client().predict(picture, "faces", api_name="/encode")[0]
        tools, drawn, made = asyncio.run(ask(server.url, code))
    assert {tool.name for tool in tools} == {
        "models", "encode", "estimate", "render", "sweep", "export", "vary", "random", "morph", "swap"
    }
    for tool in tools:
        for name, schema in tool.inputSchema["properties"].items():
            assert len(schema["description"]) > 20, (tool.name, name)
    assert not drawn.isError and drawn.content[0].type == "image"
    assert not made.isError and ".gif" in made.content[0].text
