"""Start app.py as a person would, on small random weights and a free port.

    with serve(weights) as server:
        client = server.client()
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from gradio_client import Client

ROOT = Path(__file__).resolve().parents[1]
_PATIENCE = 120.0   # seconds; a slow machine is not an error


@dataclass(frozen=True)
class Server:
    """url: without a trailing slash. log: what the process wrote. started: seconds to the first HTTP 200."""

    url: str
    process: subprocess.Popen
    log: Path
    started: float

    def client(self) -> Client:
        return Client(self.url, verbose=False, download_files=str(self.log.parent / "downloads"))

    def memory(self) -> int:
        """Resident bytes."""
        for line in Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) * 1024
        raise RuntimeError("no VmRSS in /proc")


@contextmanager
def serve(weights: Path, log: Path, port: int | None = None) -> Iterator[Server]:
    """A running app, on a free port unless one is given; it is stopped at the end."""
    if port is None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
    hidden = ("SPACE_ID", "GRADIO_SERVER_NAME", "GRADIO_SERVER_PORT")
    environment = {key: value for key, value in os.environ.items() if key not in hidden}
    command = [sys.executable, "app.py", "--port", str(port), "--weights", str(weights), "--device", "cpu"]
    begin = time.monotonic()
    with log.open("wb") as file:
        process = subprocess.Popen(
            command, cwd=ROOT, env=environment,
            stdin=subprocess.DEVNULL, stdout=file, stderr=subprocess.STDOUT,
        )
    try:
        url = f"http://127.0.0.1:{port}"
        yield Server(url, process, log, _first_answer(url, process, log, begin))
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _first_answer(url: str, process: subprocess.Popen, log: Path, begin: float) -> float:
    while time.monotonic() - begin < _PATIENCE and process.poll() is None:
        try:
            with urllib.request.urlopen(url, timeout=5) as answer:
                if answer.status == 200:
                    return time.monotonic() - begin
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    raise RuntimeError(f"app.py did not start: {log.read_text(errors='replace')[-2000:]}")
