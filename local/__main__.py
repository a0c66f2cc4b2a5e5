"""The command line: `python -m local run` and `serve`; `shop` and `warehouse` for the sandbox of a running `serve`."""

from __future__ import annotations

import json
import logging
import math
import signal
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import Annotated, Literal, TextIO

import typer
from rich.console import Console

from cli.merchants_file import MerchantsFileError
from local import report as reports
from local.clock import WALL_CLOCK
from local.console import console as console_for
from local.console import folded
from local.readings_option import ReadingOption, readings
from local.run import serve as serve_system
from local.run import until_idle
from local.sandbox import commands as sandbox
from local.system import FunctionLog, Options, System, open_log_file, running
from local.template import TemplateError
from orderbridge.vendors.http import checked_base_url

app = typer.Typer(add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False)
app.add_typer(sandbox.shop, name="shop")
app.add_typer(sandbox.warehouse, name="warehouse")

#: Of `run` without options. Beyond it the demo takes no less time: the machine itself is the limit.
DEMO_SPEED = 10.0

MerchantsOption = Annotated[
    Path | None,
    typer.Option("--merchants", metavar="FILE", help="Merchants with settings and secrets, as JSON."),
]


def _base_url(url: str | None) -> str | None:
    """Refuse here what every function would refuse later, one by one."""
    try:
        return url and checked_base_url(url)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None


BillbeeOption = Annotated[
    str | None,
    typer.Option(metavar="URL", callback=_base_url, help="Billbee's base URL instead of the simulator."),
]
BibiOption = Annotated[
    str | None, typer.Option(metavar="URL", callback=_base_url, help="BiBi's base URL instead of the simulator.")
]
AbillifyOption = Annotated[
    str | None,
    typer.Option(metavar="URL", callback=_base_url, help="Abillify's base URL instead of the simulator."),
]


def _speed(text: str) -> float:
    with suppress(ValueError):
        if 1 <= (speed := float(text)) < math.inf:
            return speed
    raise typer.BadParameter(f"{text} is no speed: give a number of at least 1")


SpeedOption = Annotated[
    float | None,
    typer.Option(
        metavar="N",
        parser=_speed,
        help=f"Run the clock N times as fast as real time. Without it: {DEMO_SPEED:g} for the demo, else 1.",
    ),
]
CyclesOption = Annotated[int | None, typer.Option(min=1, metavar="N", help="Exactly N cycles.")]
JsonOption = Annotated[
    bool, typer.Option("--json", help="One JSON object on standard output, all else on standard error.")
]


@app.command()
def run(
    merchants: MerchantsOption = None,
    billbee_url: BillbeeOption = None,
    bibi_url: BibiOption = None,
    abillify_url: AbillifyOption = None,
    until_idle_: Annotated[
        bool, typer.Option("--until-idle", help="Until a whole cycle changes nothing (this is the default).")
    ] = False,
    cycles: CyclesOption = None,
    reading: ReadingOption = None,
    json_: JsonOption = False,
    speed: SpeedOption = None,
) -> None:
    """Fire each schedule in turn and drain the queues, until nothing changes. Without options: the demo."""
    del until_idle_
    began = WALL_CLOCK.monotonic()
    is_demo = not (merchants or billbee_url or bibi_url or abillify_url)
    chosen = readings(reading, billbee_url=billbee_url, bibi_url=bibi_url)
    options = Options(merchants, billbee_url, bibi_url, abillify_url, chosen, speed or (DEMO_SPEED if is_demo else 1.0))
    with _system(options, as_json=json_) as (system, console):
        went_well = until_idle(system, cycles)
        report, width = reports.as_json(system.books, system.merchants), console.width
        wrong = system.world.check(report) if system.world and cycles is None else []
        if json_:
            print(json.dumps(report, ensure_ascii=False, indent=2))
        else:
            for table in (
                *reports.order_tables(report, system.labels),
                *reports.product_tables(system.books, system.merchants),
                *reports.stock_tables(report),
            ):
                console.print(table)
        for line in system.world.remarks() if system.world else ():
            _plain(console, folded(line, width), "bold")
        for line in reports.closing_lines(report, WALL_CLOCK.monotonic() - began):
            _plain(console, folded(line, width))
        for line in wrong:
            _plain(console, folded(f"not as it should be: {line}", width), "red")
        if system.world and cycles is None and not wrong:
            _plain(console, "Every order ended as it should.", "bold green")
    raise typer.Exit(0 if went_well and not wrong else 1)


@app.command()
def serve(
    port: Annotated[
        int, typer.Option(min=0, max=65535, metavar="N", help="Of the HTTP routes; 0 takes a free one.")
    ] = 8080,
    merchants: MerchantsOption = None,
    billbee_url: BillbeeOption = None,
    bibi_url: BibiOption = None,
    abillify_url: AbillifyOption = None,
    reading: ReadingOption = None,
    json_: JsonOption = False,
    speed: SpeedOption = None,
    warehouse: Annotated[
        Literal["auto", "hand"],
        typer.Option(help="Whether the simulated warehouse works by itself, or only when you tell it to."),
    ] = "auto",
) -> None:
    """Keep running on the template's schedules and serve its HTTP routes, until Ctrl-C."""
    chosen = readings(reading, billbee_url=billbee_url, bibi_url=bibi_url)
    options = Options(
        merchants, billbee_url, bibi_url, abillify_url, chosen, speed or 1.0, warehouse=warehouse, sandbox=True
    )
    with _system(options, as_json=json_) as (system, console):
        try:
            serve_system(system, port)
        except KeyboardInterrupt:
            _plain(console, "ending")
        if json_:
            print(json.dumps(reports.as_json(system.books, system.merchants), ensure_ascii=False, indent=2))


@contextmanager
def _system(options: Options, *, as_json: bool) -> Iterator[tuple[System, Console]]:
    """The running system and where to talk. Bad input of the user ends the program with what is wrong."""
    console = console_for(as_json=as_json)
    for number in (signal.SIGINT, signal.SIGTERM):  # also where a shell's background job ignores Ctrl-C
        signal.signal(number, _interrupt)
    logging.basicConfig(level=logging.WARNING, format="%(name)s: %(message)s", stream=sys.stderr)
    began = WALL_CLOCK.monotonic()

    def say(line: str) -> None:
        line = f"{WALL_CLOCK.monotonic() - began:6.1f} s  {line}"
        _plain(console, line if as_json else folded(line, console.width, indent=10))

    if options.speed != 1:
        say(f"the clock runs {options.speed:g} times as fast as real time (--speed {options.speed:g})")
    with ExitStack() as exits:
        stream: TextIO = sys.stderr
        if not as_json:
            path, stream = open_log_file()
            exits.enter_context(stream)
            say(f"the functions' logs go to {path}")
        try:
            with running(options, FunctionLog(stream), say) as system:
                stack = system.stack
                queues = len(stack.worked_queues)
                say(f"{len(stack.functions)} functions and {queues} queues are up, AWS is {stack.aws.endpoint}")
                yield system, console
        except (MerchantsFileError, TemplateError) as error:
            _plain(Console(stderr=True), str(error), "red")
            raise typer.Exit(2) from None
        except KeyboardInterrupt:
            _plain(console, "interrupted")
            raise typer.Exit(130) from None


def _plain(console: Console, line: str, style: str | None = None) -> None:
    """Plain text: without markup, and not folded again."""
    console.print(line, style=style, highlight=False, markup=False, emoji=False, soft_wrap=True)


def _interrupt(number: int, frame: FrameType | None) -> None:
    """End on either signal: everything that was started is stopped."""
    raise KeyboardInterrupt


if __name__ == "__main__":
    app()
