"""python -m dcign bench live: run the demo, measure, compare with the bars.

The decode time is the server's own, of the same run: while the browser works on the same cores.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from contextlib import ExitStack, nullcontext
from dataclasses import dataclass
from typing import Any

from ..live.frames import jpeg
from . import SOAK_CLIENTS
from .clients import crowd
from .drag import chromium, drag, first_visit
from .proxy import delayed
from .server import Server, running

_WARM = 30.0         # seconds of a soak before its memory is compared
_GROWTH = 1.05


@dataclass(frozen=True)
class Bars:
    """What has to be reached; None where a situation has no bar. Times in ms."""

    fps: float
    p50: float | None = None
    p95: float | None = None
    settle: float | None = None
    p50_per_decode: float | None = None
    moving: float | None = None


HERE = Bars(fps=45, p50=30, p95=45, settle=40, p50_per_decode=1.8, moving=2000)
FAR_AWAY = Bars(fps=40)           # and p50 <= round trip + 40
TOGETHER = Bars(fps=15)
BLOCKED = Bars(fps=20)


def run(options: argparse.Namespace) -> int:
    """Measure and print; 0 if every bar is reached, else 1."""
    code, alone = _a_code(options.weights)
    with running(options.weights) as server:
        if options.soak:
            numbers, missed = _soak(server, code, options.soak * 60)
        else:
            numbers, missed = _drag(server, code, options)
    numbers["decode_alone_ms"] = alone
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else None
    numbers["load_of_machine"] = load and round(load, 2)
    if options.json:
        print(json.dumps({**numbers, "missed": missed}))
    else:
        for name, value in numbers.items():
            print(f"{name.replace('_', ' '):<24}{value}")
        print("every bar reached" if not missed else "missed: " + "; ".join(missed))
    return 1 if missed else 0


def _a_code(weights: str | None) -> tuple[str, float]:
    """A code that the demo understands, as JSON, and the time of one frame without anything beside it, ms."""
    import torch

    from ..ui import Studios

    studios = Studios(weights)
    name = next(iter(studios))
    studio = studios[name]
    pictures = sorted((studios.folder(name) / "examples").glob("*.png"))
    if not pictures:
        raise FileNotFoundError(f"{studios.folder(name)} has no examples to drag")
    code = studio.encode(pictures[0])
    torch.set_num_threads(1)
    times = []
    for degrees in range(60):
        begin = time.perf_counter()
        jpeg(studio.quick().render(code, azimuth=float(degrees)))
        times.append(time.perf_counter() - begin)
    return code.to_json(), round(sorted(times)[len(times) // 2] * 1000, 1)


def _drag(server: Server, code: str, options: argparse.Namespace) -> tuple[dict[str, Any], list[str]]:
    before = server.files()
    with ExitStack() as stack:
        browser = stack.enter_context(chromium())
        port = stack.enter_context(delayed(server.port, options.rtt) if options.rtt else nullcontext(server.port))
        members = stack.enter_context(crowd(server.url, code, options.clients - 1)) if options.clients > 1 else []
        url = f"http://127.0.0.1:{port}"
        first_visit(browser, url)   # once for the caches
        moving = round(first_visit(browser, url))
        numbers = drag(browser, url, options.seconds, options.block_websockets).report() | {"moving_after_ms": moving}
    bars, bound = HERE, HERE.p50
    if options.rtt:
        bars, bound = FAR_AWAY, options.rtt + 40
    if options.clients > 1:
        bars, bound = TOGETHER, None
    if options.block_websockets:
        bars, bound = BLOCKED, None
    numbers["files_left"] = server.files() - before
    slowest = numbers["fps"]
    if members:
        numbers["fps_of_the_others"] = [round(member.fps(), 1) for member in members]
        slowest = min(slowest, *numbers["fps_of_the_others"])
    tests = {
        f"fewer than {bars.fps:g} frames/s": slowest < bars.fps,
        f"p50 above {bound} ms": bound is not None and numbers["p50_ms"] > bound,
        f"p50 above {bars.p50_per_decode} times the decode time":
            bars.p50_per_decode is not None and numbers["p50_ms"] > bars.p50_per_decode * numbers["decode_ms"],
        f"p95 above {bars.p95} ms": bars.p95 is not None and numbers["p95_ms"] > bars.p95,
        f"settled later than {bars.settle} ms":
            bars.settle is not None and not (numbers["settle_ms"] or 1e9) <= bars.settle,
        f"a first visit shows nothing moving for {bars.moving} ms":
            bars.moving is not None and numbers["moving_after_ms"] > bars.moving,
        "frames out of order": numbers["out_of_order"] > 0,
        "blank frames": numbers["blank"] > 0,
        "something over the picture": numbers["covered"] > 0,
        "the last frame is not the last input's": not numbers["last_frame_right"],
        "live frames became files": numbers["files_left"] > 0,
        "errors": any(member.errors or member.backwards for member in members),
    }
    return numbers, [text for text, failed in tests.items() if failed]


def _soak(server: Server, code: str, seconds: float) -> tuple[dict[str, Any], list[str]]:
    before = server.files()
    with crowd(server.url, code, SOAK_CLIENTS) as members:
        time.sleep(min(_WARM, seconds / 2))
        warm = server.memory()
        time.sleep(max(seconds - _WARM, seconds / 2))
        last = server.memory()
    errors = [text for member in members for text in member.errors]
    log = server.log()
    numbers = {
        "clients": len(members), "seconds": round(seconds),
        "fps_lowest": round(min(member.fps() for member in members), 1),
        "fps_in_all": round(sum(member.fps() for member in members), 1),
        "out_of_order": sum(member.backwards for member in members),
        "errors": len(errors), "errors_in_log": log.count("Traceback"),
        "memory_warm_MB": warm and round(warm / 1e6), "memory_last_MB": last and round(last / 1e6),
        "files_left": server.files() - before,
    }
    tests = {
        "errors: " + "; ".join(errors[:3]): bool(errors), "errors in the log": "Traceback" in log,
        "frames out of order": numbers["out_of_order"] > 0,
        "memory grew by more than 5 %": bool(warm and last and last > _GROWTH * warm),
        "files were left": numbers["files_left"] > 0,
    }
    return numbers, [text for text, failed in tests.items() if failed]
