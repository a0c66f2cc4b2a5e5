"""The tool tells the time of the deployment that it works on: a local stack's clock may run fast."""

from __future__ import annotations

import socket
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from cli import local_stack
from cli.choice import Choice
from cli.local_stack import FastClock, LocalStack
from cli.output import Output
from cli.profiles_file import read_profiles
from cli.stack import Target
from cli.tool import WORKING_SECONDS, Tool
from cli.waiting import wait_for
from local.clock import ScaledClock
from local.serving import announced
from orderbridge.platform.clock import SYSTEM_CLOCK
from orderbridge.platform.table import Table
from orderbridge.vendors.billbee.slots import GRACE, CallSlots
from testkit.aws import MemoryDynamoDB
from testkit.clock import NOON, ManualClock
from testkit.environment import TABLE
from testkit.template import make_table

SPEED = 60


def test_a_fast_clock_runs_as_the_stacks_own_does() -> None:
    machine = ManualClock(NOON)
    clock, own = fast(machine), ScaledClock(SPEED, NOON.timestamp(), machine)
    began = clock.monotonic()
    clock.sleep(600)
    assert machine.slept == [10]
    assert clock.monotonic() - began == 600
    assert clock.now() == own.now() == NOON + timedelta(minutes=10)


def test_a_call_to_billbee_leaves_in_its_slot_at_the_stacks_clock() -> None:
    """A function of the stack has taken the slots of the next second."""
    client: Any = MemoryDynamoDB()
    make_table(client, TABLE)
    table, machine = Table(client, TABLE), ManualClock(NOON)
    clock = fast(machine)
    slot = int(clock.now().timestamp() * 1000) + 1000
    table.change("APPLICATION", "SLOTS#billbee", set={"next_at": slot})
    CallSlots(table, clock=clock).wait_for_turn()
    assert clock.now().timestamp() == pytest.approx(slot / 1000, abs=GRACE / 1000)
    assert machine.slept == [pytest.approx(1 / SPEED)]


def test_whoever_waits_for_the_tool_waits_by_the_machines_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    machine = ManualClock(NOON)
    monkeypatch.setattr(Tool, "clock", fast(machine))
    here = tool("http://127.0.0.1:9")
    assert wait_for(here, 5, lambda: None) is None
    assert sum(machine.slept) == 5
    assert here.working_seconds == WORKING_SECONDS * SPEED


@pytest.mark.parametrize("speed", [1, SPEED])
def test_the_tool_takes_the_clock_of_the_stack_at_its_endpoint(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, speed: int
) -> None:
    monkeypatch.setattr(local_stack, "FOLDER", tmp_path)
    origin = NOON.timestamp()
    with socket.create_server(("127.0.0.1", 0)) as aws:
        endpoint = f"http://127.0.0.1:{aws.getsockname()[1]}"
        with announced("http://127.0.0.1:1", endpoint, tmp_path, ScaledClock(speed, origin)):
            for other, is_fast in ((endpoint, speed != 1), ("http://127.0.0.1:9", False)):
                clock = tool(other).clock
                assert isinstance(clock, FastClock) == is_fast
                assert is_fast or clock is SYSTEM_CLOCK


def fast(machine: ManualClock) -> FastClock:
    return FastClock(machine, LocalStack(1, "", "", SPEED, NOON.timestamp()))


def tool(endpoint: str) -> Tool:
    choice = Choice(Target("local", endpoint), "a test", None, read_profiles({}))
    return Tool(choice, Output(as_json=True), debug=False, exits=ExitStack())
