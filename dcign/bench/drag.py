"""A hand in a real browser: drag the azimuth slider at 60 Hz and record every input and every frame.

    with chromium() as browser:
        recording = drag(browser, "http://127.0.0.1:7860", seconds=4)
        print(recording.report())
"""

from __future__ import annotations

import math
import shutil
import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

_HZ = 60
_TURNS = 2.3      # radians a second of the swing: it ends in full motion after four seconds
_REACH = 0.44     # of the slider's length, to either side of its middle
_FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking"]

# Inputs and frames with their times in ms, seen from outside: DOM events only. The server's own milliseconds of
# drawing come from the headers of the frames on the socket, or from Server-Timing of plain requests.
_RECORDER = """
window.bench = {inputs: [], frames: [], blank: 0, covered: 0, drawing: []};
addEventListener('input', (event) => {
  if (event.isTrusted && event.target.closest('#azimuth')) {
    bench.inputs.push([performance.now(), Number(event.target.value)]);
  }
}, true);
addEventListener('dcign:frame', (event) => {
  bench.frames.push([performance.now(), event.detail.azimuth, event.detail.sequence]);
  const canvas = event.target, context = canvas.getContext('2d'), box = canvas.getBoundingClientRect();
  const row = context.getImageData(0, canvas.height >> 1, canvas.width, 1).data;
  if (row.every((level, at) => level === row[at % 4])) bench.blank += 1;
  const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
  if (document.elementFromPoint(x, y) !== canvas) bench.covered += 1;
});
const Native = WebSocket;
window.WebSocket = class extends Native {
  constructor(...details) {
    super(...details);
    this.addEventListener('message', ({data}) => {
      if (typeof data === 'string') return;
      const length = new DataView(data).getUint32(0);
      bench.drawing.push(JSON.parse(new TextDecoder().decode(new Uint8Array(data, 4, length))).milliseconds);
    });
  }
};
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) {
    for (const timing of entry.serverTiming) if (timing.name === 'draw') bench.drawing.push(timing.duration);
  }
}).observe({type: 'resource', buffered: true});
"""
_BLOCKED = """
window.WebSocket = class extends EventTarget {
  constructor() { super(); setTimeout(() => this.onclose?.({code: 1006, reason: ''}), 5); }
  close() {}
};
"""


@dataclass(frozen=True)
class Recording:
    """One drag. Times in ms. inputs: (time, degrees). frames: (time, degrees, sequence number). drawing: the
    server's own time for each frame."""

    seconds: float
    inputs: list[tuple[float, float]]
    frames: list[tuple[float, float, int]]
    drawing: list[float]
    blank: int
    covered: int

    def lags(self) -> list[float]:
        """For each input, the time until a frame for it or for a later input is on the canvas.

        An input that was passed over, because a newer one came before it was drawn, counts with the frame that
        took its place, so passing over is no way to look fast.
        """
        lags, newest, upcoming = [], -1, iter(self.frames)
        owed: list[int] = []      # inputs without a frame yet
        seen = 0
        for at, degrees, _ in upcoming:
            while seen < len(self.inputs) and self.inputs[seen][0] <= at:
                owed.append(seen)
                seen += 1
            # The frame belongs to the latest input of that value, not to an earlier pass over it.
            matching = [n for n in range(max(newest, 0), seen) if self.inputs[n][1] == degrees]
            if not matching:
                continue
            newest = matching[-1]
            lags += [at - self.inputs[n][0] for n in owed if n <= newest]
            owed = [n for n in owed if n > newest]
        return lags

    def report(self) -> dict[str, Any]:
        """The numbers that the bars are about."""
        lags = sorted(self.lags())
        if not self.inputs:
            raise RuntimeError("the drag moved no slider: is the machine too busy, or the page in disorder?")
        if not lags or not self.drawing:
            raise RuntimeError(f"{len(self.inputs)} inputs brought no frames: is the page in order?")
        last_time, last_value = self.inputs[-1]
        right = [at for at, degrees, _ in self.frames if at >= last_time and degrees == last_value]
        sequences = [sequence for *_, sequence in self.frames]
        return {
            "inputs": len(self.inputs),
            "frames": len(self.frames),
            "decode_ms": round(statistics.median(self.drawing), 1),
            "fps": round(len(self.frames) / self.seconds, 1),
            "p50_ms": round(lags[len(lags) // 2], 1),
            "p95_ms": round(lags[int(len(lags) * 0.95)], 1),
            "settle_ms": round(right[0] - last_time, 1) if right else None,
            "out_of_order": sum(a >= b for a, b in zip(sequences, sequences[1:], strict=False)),
            "blank": self.blank,
            "covered": self.covered,
            "last_frame_right": self.frames[-1][1] == last_value,
        }


@contextmanager
def chromium() -> Iterator[Any]:
    """A headless Chromium: the system's, or Playwright's own. RuntimeError that says how to get one."""
    try:
        from playwright.sync_api import Error, sync_playwright
    except ImportError:
        raise RuntimeError("this needs Playwright: python -m pip install playwright") from None
    with sync_playwright() as playwright:
        found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
        try:
            browser = playwright.chromium.launch(executable_path=found, args=_FLAGS)
        except Error:
            raise RuntimeError("this needs Chromium: run `python -m playwright install chromium`") from None
        yield browser
        browser.close()


def _at_rest(page: Any, element: Any) -> dict[str, float]:
    """Where the element is, once the page around it has stopped loading and moving."""
    box = None
    for _ in range(100):
        now = element.bounding_box()
        if now is not None and now == box:
            return now
        box = now
        page.wait_for_timeout(300)
    raise RuntimeError("the page does not come to rest")


def first_visit(browser: Any, url: str) -> float:
    """Milliseconds from asking for the page to the third view in its own motion, for who brings nothing."""
    context = browser.new_context(viewport={"width": 1400, "height": 900}, reduced_motion="no-preference")
    try:
        page = context.new_page()
        page.add_init_script(_RECORDER)
        page.goto(url)
        page.wait_for_function("new Set(bench.frames.map(([, azimuth]) => azimuth)).size >= 3", timeout=60_000)
        frames = page.evaluate("bench.frames")
    finally:
        context.close()
    seen: set[float] = set()
    return next(at for at, azimuth, _ in frames if len(seen := seen | {azimuth}) == 3)


def drag(browser: Any, url: str, seconds: float = 4.0, block_websockets: bool = False) -> Recording:
    """Open the page, drag the azimuth slider to and fro for that long, and say what happened."""
    context = browser.new_context(viewport={"width": 1400, "height": 900}, reduced_motion="reduce")
    try:
        page = context.new_page()
        page.set_default_timeout(60_000)
        page.add_init_script(_RECORDER + (_BLOCKED if block_websockets else ""))
        page.goto(url)
        way = "http" if block_websockets else "socket"
        page.wait_for_selector(f".viewer[data-transport={way}]")
        page.wait_for_function("bench.frames.length > 0")
        slider = page.locator("#azimuth input[type=range]")
        box = _at_rest(page, slider)
        low, high = (float(slider.get_attribute(end)) for end in ("min", "max"))
        thumb, row = box["height"], box["y"] + box["height"] / 2
        along = lambda share: box["x"] + thumb / 2 + share * (box["width"] - thumb)   # noqa: E731
        page.mouse.move(along((float(slider.input_value()) - low) / (high - low)), row)
        page.mouse.down()
        page.mouse.move(along(0.5), row)
        page.wait_for_timeout(1000)   # the first frames find cold caches
        page.evaluate("Object.assign(bench, {inputs: [], frames: [], drawing: [], blank: 0, covered: 0})")
        begin, step = time.perf_counter(), 0
        while (now := time.perf_counter() - begin) < seconds:
            page.mouse.move(along(0.5 + _REACH * math.sin(_TURNS * now)), row)
            step += 1
            time.sleep(max(0.0, begin + step / _HZ - time.perf_counter()))
        page.mouse.up()
        page.wait_for_timeout(1500)
        found = page.evaluate("bench")
    finally:
        context.close()
    return Recording(
        seconds, [tuple(item) for item in found["inputs"]], [tuple(item) for item in found["frames"]],
        found["drawing"], found["blank"], found["covered"],
    )
