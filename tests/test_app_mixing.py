"""The endpoints of exports and of arithmetic on codes, over HTTP; and the thread in which exports are made."""

from __future__ import annotations

import json
import threading
import time

import pytest
from gradio_client import handle_file
from gradio_client.exceptions import AppError
from PIL import Image

import dcign
from dcign import mixing
from dcign.export import Recipe
from dcign.ui.panels.work import Cancelled, Tickets, bar, watched


@pytest.fixture(scope="module")
def codes(client, weights):
    pictures = [handle_file(str(weights / "faces" / "examples" / f"0{number}.png")) for number in (1, 2, 3)]
    return [client.predict(picture, "faces", api_name="/encode")[0] for picture in pictures]


@pytest.fixture(scope="module")
def studio(weights):
    return dcign.load(str(weights / "faces"), device="cpu")


def read(code: dict) -> dcign.GraphicsCode:
    return dcign.GraphicsCode.from_json(json.dumps(code))


def test_models_says_what_can_be_asked_for(client):
    models = client.predict(api_name="/models")
    assert models["faces"]["ranges"]["azimuth"] == [-90, 90]
    assert models["faces"]["directions"] == {"intrinsic": 10}
    assert models["chairs"]["size"] == 80


def test_vary_random_morph_and_swap_equal_the_library(client, codes, studio):
    first, second, third = map(read, codes)
    varied = client.predict(codes[0], {"intrinsic": [1.5, 0, -2]}, api_name="/vary")
    assert read(varied) == mixing.vary(first, studio.directions, {"intrinsic": [1.5, 0, -2]})
    assert read(client.predict(codes[0], 7, api_name="/random")) == mixing.draw_identity(first, studio.directions, 7)
    assert read(client.predict(codes[0], codes[1], 0.3, api_name="/morph")) == mixing.morph(first, second, 0.3)
    swapped = read(client.predict(codes[0], codes[1], codes[2], api_name="/swap"))
    assert swapped == mixing.swap(first, second, third)
    assert client.predict(swapped.to_json(), None, None, None, api_name="/render")


@pytest.mark.parametrize(
    "call",
    [
        lambda codes: ("/vary", codes[0], {"hair": [1]}),
        lambda codes: ("/vary", codes[0], {"intrinsic": [99]}),
        lambda codes: ("/vary", codes[0], {"intrinsic": ["a"]}),
        lambda codes: ("/vary", codes[0], [1]),
        lambda codes: ("/vary", {**codes[0], "model": "cars"}, {}),
        lambda codes: ("/random", codes[0], "seven"),
        lambda codes: ("/vary", codes[0], {"intrinsic": 5}),
        lambda codes: ("/morph", codes[0], codes[1], 2),
        lambda codes: ("/morph", codes[0], {**codes[1], "model": "chairs"}, 0.5),
        lambda codes: ("/morph", codes[0], None, 0.5),
        lambda codes: ("/swap", codes[0], "x", None),
        lambda codes: ("/export", codes[0], {"motion": "zoom"}),
        lambda codes: ("/export", codes[0], {"side_by_side": True}),
        lambda codes: ("/export", codes[0], {"frames": 100000}),
        lambda codes: ("/export", codes[0], "{"),
    ],
)
def test_what_makes_no_sense_is_refused_with_a_message(client, codes, call):
    endpoint, *arguments = call(codes)
    if endpoint == "/export":
        arguments.append(None)
    with pytest.raises(AppError) as refusal:
        client.predict(*arguments, api_name=endpoint)
    assert "Traceback" not in str(refusal.value) and len(str(refusal.value)) > 20
    assert "log says more" not in str(refusal.value)


def test_export_returns_the_file_and_its_recipe(client, codes, weights, studio, tmp_path):
    settings = {"motion": "all", "frames": 6, "format": "webp", "size": 64, "side_by_side": True}
    picture = handle_file(str(weights / "faces" / "examples" / "01.png"))
    file, recipe = client.predict(codes[0], settings, picture, api_name="/export")
    with Image.open(file) as animation:
        assert animation.format == "WEBP" and animation.size == (129, 64) and animation.n_frames == 6
    again = dcign.export.make(studio, Recipe.from_json(open(recipe).read()), tmp_path / "again.webp")
    with open(file, "rb") as made:
        assert made.read() == again.read_bytes()


def test_watched_work_reports_and_returns():
    gate = threading.Event()

    def work(report):
        report("writing", 3, 4)
        gate.wait(10)
        return "done"

    steps = watched(work, threading.Event())
    seen = [next(steps)]
    while seen[-1] != ("writing", 3, 4):
        seen.append(next(steps))
    assert "Writing 3 of 4" in bar(seen[-1]) and bar(None) == ""
    gate.set()
    with pytest.raises(StopIteration) as ended:
        while True:
            next(steps)
    assert ended.value.value == "done"


def test_closing_ends_the_work_at_its_next_report():
    ended = threading.Event()

    def work(report):
        try:
            for number in range(10_000):
                report("drawing", number, 10_000)
                threading.Event().wait(0.005)
        finally:
            ended.set()

    steps = watched(work, threading.Event())
    next(steps)
    steps.close()
    assert ended.wait(5)


def test_leaving_waits_for_nobody_and_a_late_cancel_counts():
    gate, unwanted = threading.Event(), threading.Event()

    def work(report):
        gate.wait(10)       # as the last part of a file, which reports nothing
        return "done"

    steps = watched(work, threading.Event())
    next(steps)
    begin = time.monotonic()
    steps.close()
    assert time.monotonic() - begin < 2
    steps = watched(work, unwanted)
    next(steps)
    unwanted.set()
    gate.set()
    with pytest.raises(Cancelled):
        list(steps)


def test_a_ticket_cancels_its_own_work_only():
    tickets = Tickets()

    def work(report):
        for number in range(10_000):
            report("drawing", number, 10_000)
            threading.Event().wait(0.002)

    ticket = tickets.issue()
    with tickets.taken(ticket) as unwanted, tickets.taken(tickets.issue()) as other:
        steps = watched(work, unwanted)
        next(steps)
        for nonsense in ("", "guess", None, 7, ["x"]):
            tickets.cancel(nonsense)
        next(steps)
        tickets.cancel(ticket)
        with pytest.raises(Cancelled):
            list(steps)
        assert not other.is_set()
    tickets.cancel(ticket)      # long over: nothing happens


def test_many_tickets_take_none_away_that_has_begun():
    tickets = Tickets()
    ticket = tickets.issue()
    with tickets.taken(ticket) as unwanted:
        for _ in range(1100):
            tickets.issue()
        tickets.cancel(ticket)
        assert unwanted.is_set()
    waiting = tickets.issue()
    tickets.cancel(waiting)
    with tickets.taken(waiting) as unwanted:
        assert unwanted.is_set()
    for _ in range(3000):       # of pages that left before their turn
        tickets.issue()
    assert len(tickets._open) <= 1000


def test_what_the_work_raises_reaches_who_watches():
    def work(report):
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        list(watched(work, threading.Event()))
