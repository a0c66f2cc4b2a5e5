"""`run` fires all schedules in turn and drains the queues, cycle by cycle; `serve` keeps to the timetable."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any

from local import doorbell
from local.clock import WALL_CLOCK
from local.http import HttpApi
from local.sandbox.control import Control
from local.sandbox.page import PATH as SANDBOX
from local.schedules import timetable
from local.serving import announced
from local.stack import Function, Schedule
from local.system import System
from local.workers import Invocation

#: Real seconds between two looks at the timetable: they are work for this machine, at whatever speed.
_LOOK_EVERY = 0.2


def cycle(system: System) -> bool:
    """Fire each schedule once, in the template's order, and drain the queues after each. False if one failed."""
    went_well = True
    for schedule in system.stack.schedules:
        went_well &= not system.fire(schedule).failed
        system.drain()
        system.break_silence(partial("… {} is done".format, schedule.logical_id))
    return went_well


def until_idle(system: System, cycles: int | None = None) -> bool:
    """Run until a whole cycle changes nothing, or exactly `cycles` of them. False when the last one failed.

    In the demo's world the warehouse does its next step whenever a cycle has changed nothing; it is over when
    there was nothing left to do and one more cycle changes nothing either.
    """
    done = 0
    went_well = True
    world_is_done = system.world is None
    before = system.fingerprint()
    while cycles is None or done < cycles:
        went_well = cycle(system)
        done += 1
        after = system.fingerprint()
        if after == before:
            if world_is_done and cycles is None:
                break
            world_is_done = world_is_done or not _advance(system, system.world.advance if system.world else None)
        before = after
    return went_well


def _advance(system: System, step: Callable[[], bool] | None) -> bool:
    """Let the simulated warehouse do its next step. False when nothing was left to do, or it does none by itself."""
    if step is None or not step():
        return False
    system.tell("the warehouse continues to work")
    return True


class Timetable:
    """When which schedule is due; `now` is the clock, in UTC."""

    def __init__(self, schedules: list[Schedule], now: Callable[[], datetime]) -> None:
        self._now = now
        self._tables = [(schedule, timetable(schedule.expression, schedule.time_zone)) for schedule in schedules]
        begin = now()
        self._due = [begin if table.at_start else table.next_after(begin) for _, table in self._tables]

    def take_due(self) -> list[Schedule]:
        """The schedules that are due, each once however late it is."""
        now = self._now()
        ready = []
        for number, (schedule, table) in enumerate(self._tables):
            due = self._due[number]
            if due is not None and due <= now:
                ready.append(schedule)
                self._due[number] = table.next_after(now)
        return ready


def serve(system: System, port: int) -> None:
    """Run on the template's timetable and serve its HTTP routes until interrupted."""

    def invoke(function: Function, event: Any) -> Invocation:
        result = system.workers.invoke(function, event)
        system.pollers.wake()
        return result

    schedules = Timetable(system.stack.schedules, system.clock.now)
    sandbox = Control(system.sandbox, system.clock.now) if system.sandbox else None
    with (
        HttpApi(system.stack.routes, invoke, port, system.clock, sandbox) as api,
        announced(api.url, system.stack.aws.endpoint, clock=system.clock),
    ):
        system.workers.of_this_machine["LABELS_URL"] = f"{api.url}/labels"
        system.workers.of_this_machine["BOARD_URL"] = api.url
        routes = ", ".join(f"{route.method} {route.path}" for route in system.stack.routes)
        system.say(f"listening on {api.url} ({routes or 'the template has no HTTP routes yet'}); Ctrl-C ends it")
        if any((route.method, route.path) == ("GET", "/") for route in system.stack.routes):
            system.say(f"the order board is at {api.url}/, the sandbox at {api.url}{SANDBOX}")
        if system.billbee:
            for line in doorbell.register(system.billbee, system.merchants, system.stack.routes, api.url):
                system.say(line)
        for schedule in system.stack.schedules:
            system.say(f"{schedule.expression}: {schedule.function.label} {schedule.event}")
        fired = False
        while True:
            for schedule in schedules.take_due():
                system.fire(schedule)
                fired = True
            for line in system.sandbox.news() if system.sandbox else ():
                system.tell(f"sandbox: {line}")
            system.tell_changes(at_most_every=1.0)
            if fired and system.pollers.idle():
                # The system has seen what the warehouse's last step led to, and has nothing left to do.
                fired = False
                _advance(system, system.step)
            WALL_CLOCK.sleep(_LOOK_EVERY)
