"""What a person meets in a local run: 80 columns, whole words and SKUs, a log of its own, and the option for speed."""

from __future__ import annotations

import io
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console
from rich.table import Table
from typer.testing import CliRunner

from local import system
from local.__main__ import app
from local.console import console, folded
from local.report import order_tables, stock_tables
from testkit.clock import ManualClock

LONGEST_SKU = "TWENTY-CHARACTERS-20"
TRACKING = "9400100000000000000000"
REASON = "The SKU 'POSTER-LIMITED-EDITION-2026' has 27 characters, the warehouse takes at most 20: shorten it. [OB-112]"

ORDERS = [
    {
        "billbee_id": 1_000_000_001,
        "status": "partially_shipped",
        "tracking": [TRACKING, TRACKING[::-1]],
        "reason": None,
    },
    {"billbee_id": 2, "status": "rejected", "tracking": [], "reason": REASON},
]
FIGURE = {"physical": 10_000, "allocated": 10, "buffer": 3, "sent": 9_997, "sent_at": "2026-07-01T12:30:00+00:00"}
STOCK = {
    LONGEST_SKU: FIGURE | {"billbee_stock": 9_987, "unknown": False},
    "GHOST": FIGURE | {"billbee_stock": None, "unknown": True},
}
REPORT: dict[str, Any] = {"merchants": {"acme": {"orders": ORDERS, "stock": STOCK}}}


def printed(tables: Iterable[Table]) -> list[str]:
    text = io.StringIO()
    Console(file=text, width=80).print(*tables)
    return [line.rstrip() for line in text.getvalue().splitlines()]


def test_the_orders_fit_80_columns_and_no_word_is_broken() -> None:
    label = "to the United States, state spelled out"
    lines = printed(order_tables(REPORT, {("acme", 2): label, ("acme", 3): "no order tag"}))
    words = " ".join(lines).split()
    assert max(map(len, lines)) <= 80
    assert {"1000000001", "partially", "shipped", TRACKING, TRACKING[::-1], "ignored"} <= set(words)
    assert {*REASON.split(), *label.split()} <= set(words)


def test_the_stock_fits_80_columns_and_no_sku_is_cut() -> None:
    lines = printed(stock_tables(REPORT))
    assert max(map(len, lines)) <= 80
    assert any(line.startswith(f"{LONGEST_SKU} ") and line.endswith("12:30:00") for line in lines)
    assert {"9987", "does", "not", "know"} <= set(" ".join(lines).split())


def test_a_line_is_folded_between_words_and_goes_on_under_its_text() -> None:
    url = "https://doorbell.example/labels/" + "x" * 60
    assert folded(f"  12.3 s  acme is at {url} (until then)", 40, indent=10).splitlines() == [
        "  12.3 s  acme is at",
        f"          {url}",
        "          (until then)",
    ]


@pytest.mark.parametrize(("columns", "width"), [(None, 80), ("120", 120), ("wide", 80)])
def test_away_from_a_terminal_a_line_has_80_columns_unless_columns_says_otherwise(
    monkeypatch: pytest.MonkeyPatch, columns: str | None, width: int
) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)
    if columns is not None:
        monkeypatch.setenv("COLUMNS", columns)
    assert console(as_json=False).width == width


@pytest.mark.parametrize("command", ["run", "serve"])
@pytest.mark.parametrize("speed", ["0.5", "0", "-3", "nan", "inf", "fast"])
def test_a_speed_that_is_none_ends_with_status_2_and_the_reason(command: str, speed: str) -> None:
    done = CliRunner().invoke(app, [command, "--speed", speed])
    assert done.exit_code == 2
    assert "--speed" in done.output
    assert f"{speed} is no speed: give a number of at least 1" in done.output


def test_each_run_has_a_log_of_its_own_and_the_newest_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(system, "PROJECT", tmp_path)
    folder = tmp_path / ".local"
    folder.mkdir()
    for day in range(1, 13):
        (folder / f"orderbridge-202601{day:02}-120000-999999999.log").write_text("of a run that has ended")
    running = folder / f"orderbridge-20250101-120000-{os.getppid()}.log"
    running.write_text("of a run that goes on")
    path, stream = system.open_log_file()
    stream.write("of this run")
    stream.close()
    kept = sorted(folder.glob("*.log"))
    assert path in kept
    assert str(os.getpid()) in path.name
    assert running.read_text() == "of a run that goes on"
    assert len(kept) == 11
    assert [one.name[12:20] for one in kept[1:-1]] == [f"202601{day:02}" for day in range(4, 13)]


def test_a_run_that_tells_nothing_for_a_while_says_what_it_waits_for(monkeypatch: pytest.MonkeyPatch) -> None:
    machine = ManualClock()
    monkeypatch.setattr(system, "WALL_CLOCK", machine)
    told: list[str] = []
    nothing: Any = None
    running = system.System(nothing, nothing, nothing, nothing, nothing, told.append)
    for seconds in (2, 1, 2, 1):
        machine.seconds += seconds
        running.break_silence(lambda: "… waiting")
    assert told == ["… waiting", "… waiting"]
    machine.seconds += 2
    running.tell("something happened")
    machine.seconds += 2
    running.break_silence(lambda: "… waiting")
    assert told[2:] == ["something happened"]
