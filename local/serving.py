"""Where a running `serve` listens, in a file of its own while it runs: other programs of this machine find it there.

`.local/serve-<pid>.json` holds `{"pid": …, "url": …, "aws": …}`.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

FOLDER: Final = Path(__file__).resolve().parent.parent / ".local"
"""Git does not see it."""
_PATTERN: Final = "serve-*.json"


@dataclass(frozen=True)
class Serving:
    """A running `serve`: the URL of its HTTP routes, and that of its AWS."""

    pid: int
    url: str
    aws: str


def own_folder(folder: Path = FOLDER) -> Path:
    """The folder for what runs leave behind."""
    folder.mkdir(exist_ok=True)
    (folder / ".gitignore").write_text("*\n", encoding="utf-8")
    return folder


@contextmanager
def announced(url: str, aws: str, folder: Path = FOLDER) -> Iterator[None]:
    """This process is found as a `serve` meanwhile."""
    path = own_folder(folder) / f"serve-{os.getpid()}.json"
    path.write_text(json.dumps(asdict(Serving(os.getpid(), url, aws))), encoding="utf-8")
    try:
        yield
    finally:
        path.unlink(missing_ok=True)


def all_serving(folder: Path = FOLDER) -> list[Serving]:
    """Every `serve` that runs. The files of those that were killed are removed."""
    found = []
    for path in sorted(folder.glob(_PATTERN)):
        try:
            one = Serving(**json.loads(path.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):  # it has just begun or ended
            continue
        if is_running(one.pid):
            found.append(one)
        else:
            path.unlink(missing_ok=True)
    return found


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
