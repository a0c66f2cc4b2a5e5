"""What a command shows: calm, aligned lines for people, or one JSON object."""

from __future__ import annotations

import json
import os
import textwrap
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, is_dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any, Final

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from cli.failures import Told

_WITHOUT_A_TERMINAL: Final = 120
"""Characters in a line where nothing says how many fit."""
_ROOM_FOR_TEXT: Final = 32
"""With less than this beside the other columns, running text goes below them."""
_LEAST_ROOM: Final = 20
STYLES: Final = {
    "ok": "green",
    "shipped": "green",
    "rejected": "red",
    "wrong": "red",
    "hint": "yellow",
    "held": "yellow",
    "cancelling": "yellow",
    "cancelled": "dim",
    "paused": "yellow",
    "test": "yellow",
}

Cell = str | Text


class Output:
    """Where a command writes to.

    Args:
        as_json: one JSON object on standard output, and nothing else there.
    """

    def __init__(self, *, as_json: bool) -> None:
        self.as_json = as_json
        self._console = _console(stderr=False)
        self._errors = _console(stderr=True)

    @property
    def width(self) -> int:
        return self._console.width

    def show(self, answer: Mapping[str, Any], render: Callable[[], None]) -> None:
        """The answer of a command: as JSON, or as ``render`` writes it. Times in it become UTC."""
        if self.as_json:
            self._write_json(answer)
        else:
            render()

    def progress(self, line: str) -> None:
        """What is being done meanwhile; only for people at a terminal."""
        if not self.as_json and self._errors.is_terminal:
            self._errors.print(Text(line, style="dim"))

    def fail(self, told: Told) -> None:
        """The failure that ends the command."""
        if self.as_json:
            answer: dict[str, Any] = {"error": told.message, "status": told.status}
            self._write_json(answer | ({"hint": told.hint} if told.hint else {}))
            return
        _paragraph(self._errors, f"orderbridge: {told.message}", "red", 0)
        if told.hint:
            _paragraph(self._errors, told.hint, "", 2)

    def line(self, text: Cell = "", style: str = "", *, indent: int = 0) -> None:
        """One paragraph, folded at words with its indent kept."""
        style = style or (str(text.style) if isinstance(text, Text) else "")
        _paragraph(self._console, _plain(text), style, indent)

    def fields(self, pairs: Sequence[tuple[str, Cell]], *, indent: int = 0) -> None:
        """Names and values, aligned."""
        wide = max((cell_len(name) for name, _ in pairs), default=0)
        for name, value in pairs:
            gap = " " * (wide - cell_len(name))
            self._hanging(Text(" " * indent) + Text(name, style="dim") + Text(gap), value)

    def table(
        self, headers: Sequence[str], rows: Sequence[Sequence[Cell]], *, numbers: frozenset[int] = frozenset()
    ) -> None:
        """Rows in columns; the last one is running text, and goes below the others where there is no room beside them.

        Args:
            numbers: the columns that are set to the right.
        """
        widths = [max(cell_len(_plain(cell)) for cell in column) for column in zip(headers, *rows, strict=True)]
        beside = sum(widths[:-1]) + 2 * (len(widths) - 1)
        if beside + min(widths[-1], _ROOM_FOR_TEXT) <= self.width:
            self._print(_columns([Text(head, style="dim") for head in headers], widths, numbers))
            for row in rows:
                if cell_len(_plain(row[-1])) <= self.width - beside:
                    self._print(_columns(row, widths, numbers))
                else:
                    self._hanging(_columns(row[:-1], widths, numbers, fill=True), row[-1])
        elif beside <= self.width + 2:
            for row in rows:
                self._print(_columns(row[:-1], widths, numbers))
                if _plain(row[-1]):
                    self.line(row[-1], indent=4)
        else:
            for row in rows:
                self.fields([(head, cell) for head, cell in zip(headers, row, strict=True) if _plain(cell)])
                self.line()

    def _hanging(self, lead: Text, text: Cell) -> None:
        """Something short, then text that is folded beside it."""
        start = cell_len(lead.plain) + 2
        if self.width - start < _LEAST_ROOM:
            self._print(lead)
            self.line(text, indent=4)
            return
        style = str(text.style) if isinstance(text, Text) else ""
        first, *others = textwrap.wrap(_plain(text), self.width - start, break_on_hyphens=False) or [""]
        self._print(lead + Text("  ") + Text(first, style=style))
        for part in others:
            self._print(Text(" " * start + part, style=style))

    def _print(self, text: Text) -> None:
        text.rstrip()
        self._console.print(text, soft_wrap=True)

    def _write_json(self, answer: Mapping[str, Any]) -> None:
        self._print(Text(json.dumps(answer, default=as_json, ensure_ascii=False, indent=2)))


def _columns(cells: Sequence[Cell], widths: Sequence[int], numbers: frozenset[int], *, fill: bool = False) -> Text:
    """One line of a table; the last cell is filled up to its width only with ``fill``."""
    line = Text()
    for place, cell in enumerate(cells):
        text = cell if isinstance(cell, Text) else Text(cell)
        gap = " " * (widths[place] - cell_len(text.plain))
        last = place == len(cells) - 1
        line += Text(gap) + text if place in numbers else text + Text("" if last and not fill else gap)
        line += Text("" if last else "  ")
    return line


def styled(word: str) -> Text:
    """A status, mode or severity in its colour."""
    return Text(word, style=STYLES.get(word, ""))


def as_json(value: object) -> Any:
    """What JSON has no form of its own for. Times are UTC."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="seconds")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, Enum):
        return value.value
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    if isinstance(value, set | frozenset | tuple):
        return sorted(value) if isinstance(value, set | frozenset) else list(value)
    raise TypeError(f"no JSON for {type(value).__name__}")


def _paragraph(console: Console, text: str, style: str, indent: int) -> None:
    for part in textwrap.wrap(text, max(_LEAST_ROOM, console.width - indent), break_on_hyphens=False) or [""]:
        console.print(Text(" " * indent + part, style=style), soft_wrap=True)


def _plain(cell: Cell) -> str:
    return cell.plain if isinstance(cell, Text) else cell


def _console(*, stderr: bool) -> Console:
    console = Console(stderr=stderr, highlight=False, markup=False, emoji=False)
    if not console.is_terminal and "COLUMNS" not in os.environ:
        console.width = _WITHOUT_A_TERMINAL
    return console
