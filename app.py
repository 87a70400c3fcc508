"""Serve the demo; also the entry point of a Hugging Face Space.

    python app.py                                  # http://127.0.0.1:7860
    python app.py --port 8000 --weights runs/my-faces
    python app.py --host 0.0.0.0                   # reachable from other machines
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import signal
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager

# Read when Gradio is imported: nothing is reported to anybody.
os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")

MAX_UPLOAD = "20mb"
MAX_WAITING = 64
_ENDING = (signal.SIGTERM, signal.SIGINT)
_PATIENCE = 6.0   # seconds for an orderly end: `docker stop` kills after ten


def arguments(argv: list[str] | None = None) -> argparse.Namespace:
    """The command line. On a Space (SPACE_ID is set) the defaults are the address that Spaces expect."""
    on_space = bool(os.environ.get("SPACE_ID"))
    port = os.environ.get("GRADIO_SERVER_PORT") or (on_space and os.environ.get("PORT")) or "7860"
    parser = argparse.ArgumentParser(description="Serve the DC-IGN demo.")
    parser.add_argument("--host", default=os.environ.get("GRADIO_SERVER_NAME") or
                        ("0.0.0.0" if on_space else "127.0.0.1"), help="address to listen on (%(default)s)")
    parser.add_argument("--port", type=int, default=port, help="port to listen on (%(default)s)")
    parser.add_argument("--device", default="auto", choices=["auto", "cpu", "cuda"],
                        help="where the network runs (%(default)s)")
    parser.add_argument("--mcp", action="store_true", default=None,
                        help="offer the endpoints as MCP tools as well (needs pip install 'gradio[mcp]'); "
                        "the environment variable GRADIO_MCP_SERVER=true does the same")
    parser.add_argument("--weights", help="a weights folder, or a folder of such folders (default: weights/)")
    return parser.parse_args(argv)


@contextmanager
def nothing_left_behind() -> Iterator[None]:
    """Keep all temporary files of the process in a folder of its own, which SIGTERM and Ctrl-C remove as well.

    Gradio deletes uploads and exports in an orderly end only, and its server, in a thread, hears no signals: without
    this `docker stop` leaves what visitors sent on the disk. A GRADIO_TEMP_DIR that the user set stays where it is.
    """
    heard: list[int] = []

    def end(number: int, _frame: object) -> None:
        for each in _ENDING:   # a second one must not cut the tidying short
            signal.signal(each, signal.SIG_IGN)
        heard.append(number)
        raise SystemExit

    for each in _ENDING:
        if signal.getsignal(each) is not signal.SIG_IGN:   # as after nohup
            signal.signal(each, end)
    try:
        with tempfile.TemporaryDirectory(prefix="dcign-", ignore_cleanup_errors=True) as folder:
            tempfile.tempdir = folder
            if not os.environ.get("GRADIO_TEMP_DIR"):
                os.environ["GRADIO_TEMP_DIR"] = os.path.join(folder, "gradio")
            yield
    finally:
        tempfile.tempdir = None
        if heard:   # at once: the usual end waits for the thread of an export under way
            sys.stdout.flush()
            os._exit(128 + heard[0])


def main(argv: list[str] | None = None) -> None:
    """Build the page and serve it until interrupted."""
    options = arguments(argv)   # before the slow imports, so that --help and mistakes answer at once
    mcp = options.mcp or os.environ.get("GRADIO_MCP_SERVER", "").lower() == "true"
    if mcp and importlib.util.find_spec("mcp") is None:
        raise SystemExit("app.py: MCP tools need one more package: pip install 'gradio[mcp]'")
    with nothing_left_behind():   # before Gradio is imported: it asks for its folder then
        serve(options)


def serve(options: argparse.Namespace) -> None:
    """Build the page and serve it; SystemExit with the remedy if that is not possible."""
    import torch

    from dcign import face_detector, head_finder
    from dcign.ui import Studios, build_demo

    # One picture is too little work for many threads: the live frames have decode threads of their own.
    torch.set_num_threads(1)
    try:
        demo = build_demo(Studios(options.weights, options.device))
    except (FileNotFoundError, ValueError) as error:   # no weights, or weights that do not fit
        raise SystemExit(f"app.py: {error}") from None
    if face_detector.path() is None and not head_finder.usable():
        print(f"app.py: no face detector: {face_detector.REMEDY}")
    # Closed to direct calls, which pass the queue by: exports, many at once, would leave no time for the live frames.
    demo.queue(max_size=MAX_WAITING, api_open=False)
    try:
        demo.launch(
            server_name=options.host,
            server_port=options.port,
            max_file_size=MAX_UPLOAD,
            footer_links=["api", "settings"],
            run_history=False,   # it would record every live frame in the visitor's browser
            enable_monitoring=False,
            ssr_mode=False,
            share=False,
            pwa=False,
            mcp_server=options.mcp,   # None: GRADIO_MCP_SERVER decides
        )
    except OSError:   # the port is taken, or the address is not ours
        raise SystemExit(
            f"app.py: cannot listen on {options.host}:{options.port}: choose another --port or --host"
        ) from None
    finally:
        closing = threading.Thread(target=demo.close, kwargs={"verbose": False}, daemon=True)
        closing.start()
        closing.join(_PATIENCE)


if __name__ == "__main__":
    main()
