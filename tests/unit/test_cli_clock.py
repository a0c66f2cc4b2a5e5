"""The tool tells the time of the deployment that it works on: a local stack's clock may run fast."""

from __future__ import annotations

import socket
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path

import pytest

from cli import local_stack
from cli.choice import Choice
from cli.local_stack import FastClock, LocalStack
from cli.output import Output
from cli.profiles_file import read_profiles
from cli.stack import Target
from cli.tool import Tool
from local.clock import ScaledClock
from local.serving import announced
from orderbridge.platform.clock import SYSTEM_CLOCK
from testkit.clock import NOON, ManualClock

SPEED = 60


def test_a_fast_clock_is_ahead_by_what_the_stack_has_gained_and_waits_as_long_as_others() -> None:
    machine = ManualClock(NOON)
    clock = FastClock(machine, LocalStack(1, "", "", SPEED, NOON.timestamp()))
    began = clock.monotonic()
    clock.sleep(10)
    assert clock.monotonic() - began == 10
    assert clock.now() == NOON + timedelta(minutes=10)


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


def tool(endpoint: str) -> Tool:
    choice = Choice(Target("local", endpoint), "a test", None, read_profiles({}))
    return Tool(choice, Output(as_json=True), debug=False, exits=ExitStack())
