"""How fast pixels follow the hand, measured on the running demo from outside.

    python -m dcign bench live                                  # a real mouse drag in a real Chromium
    python -m dcign bench live --rtt 80                         # 80 ms of added round trip
    python -m dcign bench live --clients 4                      # three more clients at the same time
    python -m dcign bench live --block-websockets               # the fall-back to plain requests
    python -m dcign bench live --soak 5                         # sixteen clients for five minutes
    python -m dcign bench export                                # a turn of 72 frames as GIF and as video

live.py     the command: what is run, the bars, the report
export.py   the time of an export, without a browser
drag.py     the browser: drag a slider at 60 Hz and record every input and every frame
clients.py  light clients on the socket, without a browser
server.py   the demo in a process of its own
proxy.py    a longer line: a TCP proxy that delays
"""

from __future__ import annotations

import argparse

SOAK_CLIENTS = 16


def add_options(parser: argparse.ArgumentParser) -> None:
    """The options of `bench live`."""
    parser.add_argument("--seconds", type=float, default=4.0, help="of dragging, %(default)s")
    parser.add_argument("--rtt", type=float, default=0.0, metavar="MS", help="add a round trip of so many ms")
    parser.add_argument("--clients", type=int, default=1, help="at the same time: one browser, the others light")
    parser.add_argument("--block-websockets", action="store_true", help="measure the fall-back")
    parser.add_argument("--soak", type=float, metavar="MINUTES", help=f"{SOAK_CLIENTS} light clients instead")
    add_common_options(parser)


def add_common_options(parser: argparse.ArgumentParser) -> None:
    """The options of every bench."""
    parser.add_argument("--weights", help="a weights folder; by default everything that is bundled")
    parser.add_argument("--json", action="store_true", help="print the numbers as JSON")
