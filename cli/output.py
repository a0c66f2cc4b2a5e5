"""The output of a command: aligned lines for people, one JSON object, or its table as CSV."""

from __future__ import annotations

import csv
import json
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, is_dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any, Final

from rich.cells import cell_len
from rich.console import Console, RenderableType
from rich.padding import Padding
from rich.table import Column, Table
from rich.text import Text

from cli.failures import Told

_WITHOUT_A_TERMINAL: Final = 120
"""Width of a line if no terminal and no variable says it."""
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
    """Writes the output of a command.

    Args:
        as_json: write one JSON object to standard output, and nothing else.
        as_csv: write the command's first table to standard output as CSV, and nothing else.
    """

    def __init__(self, *, as_json: bool, as_csv: bool = False) -> None:
        self.as_json = as_json
        self.as_csv = as_csv
        self._tables = 0
        self._unsaid: list[str] = []
        self._drawn = False
        self._console = _console(stderr=False)
        self._errors = _console(stderr=True)

    def show(self, answer: Mapping[str, Any], render: Callable[[], None]) -> None:
        """Shows the answer of a command, as JSON or as ``render`` writes it. Times in JSON are UTC."""
        if self.as_json:
            self._write_json(answer)
            return
        render()
        if self.as_csv and not self._tables:
            why = f"; it says: {self._unsaid[0]}" if self._unsaid else ""
            _print(self._errors, _paragraph(f"orderbridge: there is no table to write as CSV{why}"))

    def clear(self) -> None:
        """Begins on an empty screen at a terminal, and after an empty line elsewhere."""
        if self._console.is_terminal:
            self._console.clear()
        elif self._drawn:
            self.line()
        self._drawn = True

    def flush(self) -> None:
        """Shows what was written so far."""
        self._console.file.flush()

    def progress(self, line: str) -> None:
        """Shows what is being done, at a terminal only."""
        if not self.as_json and self._errors.is_terminal:
            self._errors.print(Text(line, style="dim"))

    def note(self, line: str) -> None:
        """Shows on standard error what whoever calls the tool should know."""
        _print(self._errors, _paragraph(f"orderbridge: {line}", "yellow"))

    def fail(self, told: Told) -> None:
        """Shows the failure that ends the command."""
        if self.as_json:
            answer: dict[str, Any] = {"error": told.message, "status": told.status}
            self._write_json(answer | ({"hint": told.hint} if told.hint else {}))
            return
        _print(self._errors, _paragraph(f"orderbridge: {told.message}", "red"))
        if told.hint:
            _print(self._errors, _paragraph(told.hint, indent=2))

    def line(self, text: Cell = "", style: str = "", *, indent: int = 0) -> None:
        """Shows one paragraph, folded at words, with its indent kept."""
        if self.as_csv:
            self._unsaid += [str(text)] if str(text) else []
            return
        _print(self._console, _paragraph(text, style, indent))

    def fields(self, pairs: Sequence[tuple[str, Cell]], *, indent: int = 0) -> None:
        """Shows names and values, aligned."""
        if self.as_csv:
            return
        widest = max((cell_len(name) for name, _ in pairs), default=0)
        names = Column(style="dim", overflow="fold", no_wrap=widest * 3 < self._console.width * 2)
        grid = Table.grid(names, Column(overflow="fold"), padding=(0, 2, 0, 0))
        for name, value in pairs:
            grid.add_row(name, value)
        _print(self._console, Padding(grid, (0, 0, 0, indent)))

    def table(
        self, headers: Sequence[str], rows: Sequence[Sequence[Cell]], *, numbers: frozenset[int] = frozenset()
    ) -> None:
        """Shows rows in columns. In a narrow terminal the columns fold their text. As CSV, a dash is an empty cell.

        Args:
            numbers: the columns that are aligned right and not folded.
        """
        self._tables += 1
        if self.as_csv:
            if self._tables > 1:  # columns of another table would be no CSV
                return
            from orderbridge.platform.texts import for_spreadsheet

            writer = csv.writer(sys.stdout, lineterminator="\n")
            writer.writerows(
                [for_spreadsheet("" if str(cell) == "–" else str(cell)) for cell in row] for row in (headers, *rows)
            )
            return
        table = Table(box=None, header_style="dim", pad_edge=False, padding=(0, 2, 0, 0))
        for place, head in enumerate(headers):
            if place in numbers:
                table.add_column(head, justify="right", no_wrap=True)
            else:
                table.add_column(head, overflow="fold")
        for row in rows:
            table.add_row(*row)
        _print(self._console, table)

    def _write_json(self, answer: Mapping[str, Any]) -> None:
        text = json.dumps(answer, default=as_json, ensure_ascii=False, indent=2)
        self._console.print(Text(text), soft_wrap=True)


def styled(word: str) -> Text:
    """A status, mode or severity in its colour."""
    return Text(word, style=STYLES.get(word, ""))


def as_json(value: object) -> Any:
    """Converts values that JSON does not have. Times become UTC."""
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


def _paragraph(text: Cell, style: str = "", indent: int = 0) -> Padding:
    return Padding(Text(text, style) if isinstance(text, str) else text, (0, 0, 0, indent))


def _print(console: Console, shown: RenderableType) -> None:
    """Prints without rich's trailing blanks, so that lines can be copied."""
    with console.capture() as lines:
        console.print(shown)
    text = lines.get().removesuffix("\n")
    console.file.write("".join(f"{line.rstrip()}\n" for line in text.split("\n")))


def _console(*, stderr: bool) -> Console:
    console = Console(stderr=stderr, highlight=False, markup=False, emoji=False)
    if not console.is_terminal and "COLUMNS" not in os.environ:
        console.width = _WITHOUT_A_TERMINAL
    return console
