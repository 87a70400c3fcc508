"""The decode pool and the budget: only the newest is drawn, clients take turns, nobody may send without end."""

from __future__ import annotations

import gc
import threading
import time
import weakref

import pytest

from dcign.live.limits import Budget, Limits, TooMuch
from dcign.live.pool import UNTAKEN, DecodePool


class Gate:
    """Jobs that wait until they are let through, and a list of what was drawn in which order."""

    def __init__(self) -> None:
        self.open, self.begun = threading.Event(), threading.Event()
        self.results: list = []
        self.arrived = threading.Condition()

    def job(self, name):
        def run():
            self.begun.set()
            assert self.open.wait(20)
            return name
        return run

    def deliver(self, result) -> None:
        with self.arrived:
            self.results.append(result)
            self.arrived.notify_all()

    def wait(self, count: int) -> list:
        with self.arrived:
            assert self.arrived.wait_for(lambda: len(self.results) >= count, 20)
            return list(self.results)


def test_only_the_newest_offer_is_drawn():
    pool, gate = DecodePool(threads=1), Gate()
    lane = pool.lane(gate.deliver)
    lane.offer(gate.job(0))
    assert gate.begun.wait(20)
    for number in range(1, 50):
        lane.offer(gate.job(number))
    gate.open.set()
    assert gate.wait(2) == [0, 49]


def test_clients_take_turns():
    """One that asks for more than anybody else is drawn no more often."""
    pool, gate = DecodePool(threads=1), Gate()
    counts, lanes, over = {"greedy": 0, "modest": 0}, {}, threading.Event()

    def deliver(name):
        counts[name] += 1
        lanes[name].delivered()
        if sum(counts.values()) >= 100:
            over.set()
            return
        for _ in range(5 if name == "greedy" else 1):
            lanes[name].offer(lambda: name)

    lanes.update({name: pool.lane(deliver) for name in counts})
    blocker = pool.lane(gate.deliver)
    blocker.offer(gate.job("first"))
    for name, lane in lanes.items():
        lane.offer(lambda name=name: name)
    gate.open.set()
    assert over.wait(20)
    assert abs(counts["greedy"] - counts["modest"]) <= 2


def test_nothing_is_drawn_for_a_client_that_does_not_take_its_frames():
    pool, gate = DecodePool(threads=2), Gate()
    gate.open.set()
    lane = pool.lane(gate.deliver)
    for number in range(UNTAKEN):
        lane.offer(gate.job(number))
        gate.wait(number + 1)
    lane.offer(gate.job("later"))
    other = Gate()
    other.open.set()
    pool.lane(other.deliver).offer(other.job("other"))
    other.wait(1)
    assert gate.results == list(range(UNTAKEN))
    lane.delivered()
    assert gate.wait(UNTAKEN + 1)[-1] == "later"


def test_a_failing_job_harms_nobody_else():
    pool, gate = DecodePool(threads=1), Gate()
    gate.open.set()
    lane = pool.lane(gate.deliver)
    lane.offer(lambda: 1 / 0)
    assert isinstance(gate.wait(1)[0], ZeroDivisionError)
    lane.delivered()
    lane.offer(gate.job("next"))
    assert gate.wait(2)[1] == "next"


def test_the_budget_fills_again_with_time():
    now = [0.0]
    budget = Budget(Limits(rate=10, burst=20, unit=100, characters=1000), lambda: now[0])
    for _ in range(20):
        budget.spend("")
    with pytest.raises(TooMuch, match="too many"):
        budget.spend("x")
    now[0] = 100.0
    budget.spend("x" * 1000)   # costs eleven
    with pytest.raises(TooMuch, match="1001 characters"):
        budget.spend("x" * 1001)


def test_a_code_costs_what_it_takes_to_read_it():
    now = [0.0]
    budget = Budget(Limits(rate=10, burst=20, code_unit=2), lambda: now[0])
    for _ in range(4):
        budget.spend_code("x" * 10)
    with pytest.raises(TooMuch, match="long ones"):
        budget.spend_code("x" * 10)
    now[0] = 0.5
    with pytest.raises(TooMuch):   # what was asked for in vain has to be paid, too
        budget.spend_code("x" * 10)
    now[0] = 1.5
    budget.spend_code("x" * 10)
    budget.spend_code(7)   # is refused elsewhere


def test_an_idle_thread_holds_nobody():
    class Visitor:
        pass

    pool, gate, visitor = DecodePool(threads=1), Gate(), Visitor()
    gone, lane = weakref.ref(visitor), pool.lane(gate.deliver)
    lane.offer(lambda visitor=visitor: "drawn")
    assert gate.wait(1) == ["drawn"]
    lane.close()
    del visitor, lane
    for _ in range(100):   # the thread delivers first, and then lets go
        gc.collect()
        if gone() is None:
            break
        time.sleep(0.02)
    assert gone() is None
