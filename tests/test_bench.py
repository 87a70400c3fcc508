"""The measuring itself: what a recording says, a longer line, and a crowd on the running demo."""

from __future__ import annotations

import json
import socket
import threading
import time

import demo_weights
import pytest

from dcign.__main__ import main
from dcign.bench.clients import crowd
from dcign.bench.drag import Recording
from dcign.bench.proxy import delayed
from dcign.ui import Studios


def a_recording(inputs, frames) -> Recording:
    return Recording(1.0, inputs, frames, drawing=[10.0, 12.0, 30.0], blank=0, covered=0)


def test_a_passed_over_input_counts_with_the_frame_that_took_its_place():
    recording = a_recording(
        inputs=[(0, 1), (16, 2), (32, 3)],
        frames=[(20, 1, 0), (50, 3, 1)],   # 2 was never drawn
    )
    assert recording.lags() == [20, 34, 18]


def test_a_value_that_comes_again_does_not_look_fast():
    """The frame for the first 5 arrives after the second 5 was asked for: it can only belong to what is newest."""
    recording = a_recording(inputs=[(0, 5), (10, 6), (20, 5)], frames=[(30, 5, 0), (45, 6, 1)])
    assert recording.lags() == [30, 20, 10]
    assert recording.report()["last_frame_right"] is False


def test_the_report_of_a_faultless_drag_and_of_a_bad_one():
    good = a_recording([(0, 1), (16, 2)], [(11, 1, 0), (29, 2, 1)]).report()
    assert (good["p50_ms"], good["settle_ms"], good["decode_ms"], good["fps"]) == (13, 13, 12, 2)
    assert good["last_frame_right"] and good["out_of_order"] == 0
    bad = a_recording([(0, 1), (16, 2)], [(11, 2, 5), (29, 1, 4)]).report()
    assert bad["out_of_order"] == 1 and not bad["last_frame_right"] and bad["settle_ms"] is None


def test_a_drag_without_frames_says_so():
    with pytest.raises(RuntimeError, match="no frames"):
        a_recording([(0, 1)], []).report()
    with pytest.raises(RuntimeError, match="no slider"):
        a_recording([], [(0, 1, 2)]).report()


def test_the_proxy_adds_its_round_trip_and_holds_nothing_up():
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def echo() -> None:
            connection, _ = listener.accept()
            with connection:
                while piece := connection.recv(100):
                    connection.sendall(piece)

        threading.Thread(target=echo, daemon=True).start()
        with delayed(listener.getsockname()[1], 200) as port:
            with socket.create_connection(("127.0.0.1", port), 10) as line:
                begin = time.monotonic()
                for _ in range(10):
                    line.sendall(b"x")
                    time.sleep(0.02)
                answer = b""
                while len(answer) < 10:
                    answer += line.recv(10)
                spent = time.monotonic() - begin
    assert 0.38 <= spent < 1.5   # the last of them was sent after 180 ms; in turn they would take 2 s
    assert answer == b"x" * 10


def test_a_crowd_gets_frames_in_order(server, weights):
    studios = Studios(weights, device="cpu")
    code = studios["faces"].encode(demo_weights.picture(1)).to_json()
    with crowd(server.url, code, 4) as members:
        end = time.monotonic() + 20
        while time.monotonic() < end and min(member.frames for member in members) < 5:
            time.sleep(0.05)
    assert all(member.frames >= 5 and member.backwards == 0 and member.errors == [] for member in members)


def test_a_crowd_with_a_code_of_nobody_reports_errors(server, weights):
    studios = Studios(weights, device="cpu")
    code = json.loads(studios["faces"].encode(demo_weights.picture(1)).to_json())
    with crowd(server.url, json.dumps({**code, "model": "cars"}), 1) as members:
        end = time.monotonic() + 20
        while time.monotonic() < end and not members[0].errors:
            time.sleep(0.05)
    assert "cars" in members[0].errors[0]


def test_exports_are_timed(weights, capsys):
    assert main(["bench", "export", "--weights", str(weights), "--json"]) in (0, 1)
    told = json.loads(capsys.readouterr().out)
    assert set(told["seconds"]) == {f"{name} {kind}" for name in ("faces", "chairs") for kind in ("gif", "mp4")}
    assert all(seconds > 0 for seconds in told["seconds"].values())
    assert told["missed"] == [name for name, seconds in told["seconds"].items() if seconds > 2]
