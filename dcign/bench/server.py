"""The demo in a process of its own, on a free port.

    with running(weights=None) as server:
        print(server.url, server.memory(), server.files())
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[2]
_PATIENCE = 120.0   # seconds
_OF_OTHERS = ("SPACE_ID", "GRADIO_SERVER_NAME", "GRADIO_SERVER_PORT")


@dataclass(frozen=True)
class Server:
    """port: on 127.0.0.1. folder: its log, and below temporary/ everything that Gradio writes."""

    port: int
    process: subprocess.Popen
    folder: Path

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def log(self) -> str:
        """What the process has written so far."""
        return (self.folder / "log").read_text(errors="replace")

    def memory(self) -> int | None:
        """Resident bytes; None where the system has no /proc."""
        try:
            status = Path(f"/proc/{self.process.pid}/status").read_text()
        except OSError:
            return None
        return next((int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("VmRSS")), None)

    def files(self) -> int:
        """How many files it has in its temporary folder."""
        return sum(path.is_file() for path in (self.folder / "temporary").rglob("*"))


@contextmanager
def running(weights: str | None = None) -> Iterator[Server]:
    """Start app.py, wait for its first answer, stop it in the end. RuntimeError with its log if it ends first."""
    if not (_ROOT / "app.py").is_file():
        raise FileNotFoundError(f"{_ROOT / 'app.py'} is missing: run this from a full checkout of the project")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "app.py", "--port", str(port), *(["--weights", weights] if weights else [])]
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        folder = Path(name)
        (folder / "temporary").mkdir()
        environment = {key: value for key, value in os.environ.items() if key not in _OF_OTHERS}
        environment |= {"GRADIO_TEMP_DIR": str(folder / "temporary"), "TMPDIR": str(folder / "temporary")}
        with (folder / "log").open("wb") as log:
            process = subprocess.Popen(
                command, cwd=_ROOT, env=environment,
                stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT,
            )
        server = Server(port, process, folder)
        try:
            _wait(server)
            yield server
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _wait(server: Server) -> None:
    end = time.monotonic() + _PATIENCE
    while time.monotonic() < end and server.process.poll() is None:
        try:
            with urllib.request.urlopen(server.url, timeout=5):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    raise RuntimeError(f"the demo did not start: {server.log()[-2000:]}")
