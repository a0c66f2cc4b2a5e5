"""Where a running `serve` listens, in a file of its own while it runs: other programs of this machine find it there
(`cli.local_stack`).
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

from cli.local_stack import FOLDER, LocalStack
from local.clock import WALL_CLOCK, ScaledClock


def own_folder(folder: Path = FOLDER) -> Path:
    """The folder for what runs leave behind. Git does not see it."""
    folder.mkdir(exist_ok=True)
    (folder / ".gitignore").write_text("*\n", encoding="utf-8")
    return folder


@contextmanager
def announced(url: str, aws: str, folder: Path = FOLDER, clock: ScaledClock = WALL_CLOCK) -> Iterator[None]:
    """This process is found as a `serve` meanwhile."""
    path = own_folder(folder) / f"serve-{os.getpid()}.json"
    one = LocalStack(os.getpid(), url, aws, clock.speed, clock.origin)
    path.write_text(json.dumps(asdict(one)), encoding="utf-8")
    try:
        yield
    finally:
        path.unlink(missing_ok=True)
