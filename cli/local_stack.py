"""The local stacks that run on this machine. Each says where it is in `.local/serve-<pid>.json` while it runs:
`{"pid": …, "url": …, "aws": …, "speed": …, "origin": …}`.
"""

from __future__ import annotations

import json
import os
import socket
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from orderbridge.platform.clock import Clock

FOLDER: Final = Path(__file__).resolve().parent.parent / ".local"
_ANSWERS_WITHIN: Final = 1.0


@dataclass(frozen=True)
class LocalStack:
    """A local stack: the URL of its HTTP routes, and that of its AWS.

    Attributes:
        speed: how many times as fast as the machine's clock its clock runs.
        origin: the UNIX time at which both agree.
    """

    pid: int
    url: str
    aws: str
    speed: float = 1.0
    origin: float = 0.0


class FastClock:
    """The clock of a local stack that runs fast. Calls to its vendors keep to it, as the stack's functions do: a slot
    of Billbee that a function has taken is at a moment of this clock.

    Attributes:
        machine: the clock of the person who waits for the tool.
        speed: seconds of this clock in a second of the machine's.
    """

    def __init__(self, machine: Clock, stack: LocalStack) -> None:
        self.machine = machine
        self.speed = stack.speed
        self._origin = stack.origin

    def now(self) -> datetime:
        elapsed = self.machine.now().timestamp() - self._origin
        return datetime.fromtimestamp(self._origin + elapsed * self.speed, UTC)

    def monotonic(self) -> float:
        return self.machine.monotonic() * self.speed

    def sleep(self, seconds: float) -> None:
        self.machine.sleep(seconds / self.speed)


def local_stacks(folder: Path | None = None) -> tuple[list[LocalStack], list[Path]]:
    """The local stacks that run, and the files of those that ended without removing theirs.

    One runs if its process is there and its AWS takes connections, because another process may have its number now.
    """
    running, stale = [], []
    for path in sorted((folder or FOLDER).glob("serve-*.json")):
        try:
            stack = LocalStack(**json.loads(path.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):  # it has just begun or ended
            continue
        if is_running(stack.pid) and _answers(stack.aws):
            running.append(stack)
        else:
            stale.append(path)
    return running, stale


def is_running(pid: int) -> bool:
    """Whether a process of this machine has this number."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _answers(url: str) -> bool:
    where = urlsplit(url)
    try:
        with socket.create_connection((where.hostname or "", where.port or 80), timeout=_ANSWERS_WITHIN):
            return True
    except OSError:
        return False
