"""The JSON answer of a command, for programs that call it in this process."""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable, Mapping
from contextlib import ExitStack, suppress
from typing import TYPE_CHECKING, Any

import typer

from cli.output import Output, as_json
from cli.tool import Tool

if TYPE_CHECKING:
    from cli.failures import Told


class _Kept(Output):
    """Keeps the answer, and writes nothing."""

    def __init__(self) -> None:
        super().__init__(as_json=True)
        self.answer: dict[str, Any] = {}

    def show(self, answer: Mapping[str, Any], render: Callable[[], None]) -> None:
        self.answer = json.loads(json.dumps(answer, default=as_json))

    def note(self, line: str) -> None:
        pass

    def progress(self, line: str) -> None:
        pass

    def fail(self, told: Told) -> None:
        pass


def answer_of(command: Callable[..., None], tool: Tool, **given: Any) -> dict[str, Any]:
    """What a command answers with --json. Its exit status does not count.

    Raises:
        Exception: whatever the command raises.
    """
    out = _Kept()
    with ExitStack() as exits, suppress(typer.Exit):
        inspect.unwrap(command)(tool.anew(exits, out), **given)
    return out.answer
