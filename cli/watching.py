"""Draws a list again and again until Ctrl-C: over the last one at a terminal, below it elsewhere."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from typing import TYPE_CHECKING, Annotated

import typer

from cli import times
from cli.failures import BadInput, explain

if TYPE_CHECKING:
    from cli.tool import Tool

WatchOption = Annotated[
    float | None,
    typer.Option("--watch", min=1, max=3600, metavar="SECONDS", help="Draw it again every so often, until Ctrl-C."),
]


def watch_list(tool: Tool, every: float, draw: Callable[[Tool], None]) -> None:
    """Draw a list until Ctrl-C; the exit status is then that of the last one.

    A list that cannot be read is said, and tried again; the first one ends the command.

    Raises:
        BadInput: with --json or --csv, which have one answer.
    """
    if tool.out.as_json or tool.out.as_csv:
        raise BadInput("--watch draws for people", "leave out --json and --csv")
    status, is_first = 0, True
    try:
        while True:
            with ExitStack() as exits:
                again = tool.anew(exits)
                tool.out.clear()
                tool.out.line(f"{times.local(tool.clock.now())}, every {every:g} s; Ctrl-C ends it", style="dim")
                try:
                    draw(again)
                    status = 0
                except typer.Exit as ended:
                    status = ended.exit_code
                except Exception as error:
                    told = explain(error)
                    if is_first or told is None:
                        raise
                    tool.out.fail(told)
                    status = told.status
            is_first = False
            tool.out.flush()
            tool.patience.sleep(every)
    except KeyboardInterrupt:
        raise typer.Exit(status) from None
