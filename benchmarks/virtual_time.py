"""Time that passes only when somebody waits, for all code that asks what time it is while it is in force."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, tzinfo
from typing import Any
from unittest.mock import patch

from tests.faults.mishaps import ActingClock

_ASKING = ("orderbridge", "benchmarked_")
"""Modules whose `datetime.now` follows: ours."""


@contextmanager
def virtual_time(clock: ActingClock) -> Iterator[None]:
    """Let `time.time`, `time.monotonic`, `time.sleep` and `datetime.now` follow a clock."""

    class Kind(type):
        def __instancecheck__(cls, one: Any) -> bool:
            return isinstance(one, datetime)

    class Moment(datetime, metaclass=Kind):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
            return datetime.fromtimestamp(clock(), tz)

        @classmethod
        def fromtimestamp(cls, timestamp: float, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
            return datetime.fromtimestamp(timestamp, tz)

        @classmethod
        def fromisoformat(cls, text: str) -> datetime:  # type: ignore[override]
            return datetime.fromisoformat(text)

    asking = [
        module
        for name, module in list(sys.modules.items())
        if name.startswith(_ASKING) and getattr(module, "datetime", None) is datetime
    ]
    for module in asking:
        module.datetime = Moment  # type: ignore[attr-defined]
    try:
        with (
            patch.object(time, "time", clock),
            patch.object(time, "monotonic", clock),
            patch.object(time, "sleep", clock.sleep),
        ):
            yield
    finally:
        for module in asking:
            module.datetime = datetime  # type: ignore[attr-defined]
