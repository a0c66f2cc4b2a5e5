"""How a test waits for a condition in another thread or process, where no clock of a test can be passed in.

It looks every 10 ms in real time, and goes on as soon as the condition holds.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

PATIENCE: Final = 300.0
"""Seconds until a waiting test fails; long enough for a busy machine."""


def wait_until(true: Callable[[], object], seconds: float = PATIENCE) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "waited too long"
        time.sleep(0.01)
