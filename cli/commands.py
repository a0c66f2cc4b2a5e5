"""How commands are declared and run: options that all of them have, and one place where every failure ends.

@command(app, "show")
def show(tool: Tool, number: Annotated[str, typer.Argument()]) -> None: …
"""

from __future__ import annotations

import functools
import inspect
import os
import sys
import traceback
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import Annotated, Any, Final

import typer
from typer.core import TyperGroup

from cli.choice import Asked, Choice, choose
from cli.failures import FOUND_TROUBLE, INTERRUPTED, NO_ACCESS, BadInput, Told, explain
from cli.output import Output
from cli.tool import Tool
from cli.watching import WatchOption, watch_list

_PANEL: Final = "Which deployment, and how to answer"
_UsageError: Final[type[Exception]] = typer.BadParameter.__bases__[0]

ProfileOption = Annotated[
    str | None,
    typer.Option(
        "--profile",
        metavar="NAME",
        rich_help_panel=_PANEL,
        help="Of the settings file, or local; orderbridge profiles lists them.",
    ),
]
StageOption = Annotated[
    str | None,
    typer.Option("--stage", metavar="NAME", rich_help_panel=_PANEL, help="Else ORDERBRIDGE_STAGE, else dev."),
]
EndpointOption = Annotated[
    str | None,
    typer.Option(
        "--endpoint-url",
        metavar="URL",
        rich_help_panel=_PANEL,
        help="AWS elsewhere, as on the local stack; else AWS_ENDPOINT_URL.",
    ),
]
AwsProfileOption = Annotated[
    str | None, typer.Option("--aws-profile", metavar="NAME", rich_help_panel=_PANEL, help="Profile of the AWS CLI.")
]
RegionOption = Annotated[
    str | None, typer.Option("--region", metavar="NAME", rich_help_panel=_PANEL, help="AWS region.")
]
JsonOption = Annotated[bool, typer.Option("--json", rich_help_panel=_PANEL, help="One JSON object; times are UTC.")]
CsvOption = Annotated[
    bool, typer.Option("--csv", rich_help_panel=_PANEL, help="The command's table as CSV, for a spreadsheet.")
]
DebugOption = Annotated[
    bool, typer.Option("--debug", rich_help_panel=_PANEL, help="Tracebacks and log lines on standard error.")
]
MerchantOption = Annotated[
    str | None,
    typer.Option("--merchant", "-m", metavar="NAME", help="May be left out where there is only one."),
]
EveryMerchantOption = Annotated[
    str | None, typer.Option("--merchant", "-m", metavar="NAME", help="Only this one; all of them otherwise.")
]
NumberArgument = Annotated[str, typer.Argument(metavar="NUMBER", help="Billbee's id or the shop's order number.")]


@dataclass(frozen=True)
class Common:
    """The options of every command. They may also be given before the command."""

    profile: ProfileOption = None
    stage: StageOption = None
    endpoint_url: EndpointOption = None
    aws_profile: AwsProfileOption = None
    region: RegionOption = None
    json: JsonOption = False
    csv: CsvOption = False
    debug: DebugOption = False

    def over(self, outer: Common) -> Common:
        """These options, with those before the command as defaults."""
        said = {name: value for name, value in vars(self).items() if value}
        return replace(outer, **said)

    def choice(self) -> Choice:
        """Which deployment is meant. Raises ToolError."""
        asked = Asked(self.profile, self.stage, self.endpoint_url, self.region, self.aws_profile)
        return choose(asked, os.environ)


class ToolGroup(TyperGroup):
    """The tool itself. Whatever goes wrong in a command becomes a line and an exit status here."""

    def main(self, args: Sequence[str] | None = None, prog_name: str | None = None, **extra: Any) -> Any:  # type: ignore[override]
        extra["standalone_mode"] = False
        given = list(sys.argv[1:] if args is None else args)
        out = Output(as_json="--json" in given)
        try:
            status = super().main(given, prog_name or "orderbridge", **extra)
            sys.stdout.flush()
        except BrokenPipeError:
            # The reader of the pipe has closed it; Python's own flush at the end must not complain either.
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
            status = FOUND_TROUBLE
        except (KeyboardInterrupt, typer.Abort):
            status = INTERRUPTED
        except _UsageError as error:
            status = _misused(error, out)
        except Exception as error:  # noqa: BLE001 - a traceback is shown only on request
            status = _failed(error, out, debug="--debug" in given)
        if status == INTERRUPTED:
            out.fail(Told("interrupted", "", INTERRUPTED))
        sys.exit(status if isinstance(status, int) else 0)


def command(
    app: typer.Typer, name: str, *, watched: bool = False
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Declare a command: a function that takes a `Tool` and its own options.

    Args:
        watched: it is a list that can be drawn again and again, with --watch.
    """
    return lambda function: app.command(name)(_with_common(function, watched=watched))


def overview(app: typer.Typer, *, watched: bool = False) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Declare what a group does without a command."""
    return lambda function: app.callback(invoke_without_command=True)(_with_common(function, watched=watched))


def group(help: str, *, has_overview: bool = False) -> typer.Typer:
    """A group of commands; called without one it shows its overview or its help."""
    return typer.Typer(
        help=help, no_args_is_help=not has_overview, add_completion=False, pretty_exceptions_enable=False
    )


def _with_common(function: Callable[..., None], *, watched: bool) -> Callable[..., None]:
    own = inspect.signature(function, eval_str=True)
    common = inspect.signature(Common, eval_str=True).parameters.values()
    keyword = inspect.Parameter.KEYWORD_ONLY
    context = inspect.Parameter("ctx", keyword, annotation=typer.Context)
    watch = [inspect.Parameter("watch", keyword, default=None, annotation=WatchOption)] if watched else []
    shown = [one.replace(kind=keyword) for one in (*list(own.parameters.values())[1:], *watch, *common)]

    @functools.wraps(function)
    def run(*, ctx: typer.Context, **given: Any) -> None:
        outer = ctx.obj if isinstance(ctx.obj, Common) else Common()
        asked = Common(**{one.name: given.pop(one.name) for one in common}).over(outer)
        ctx.obj = asked
        if ctx.invoked_subcommand is not None:
            return
        with ExitStack() as exits:
            if asked.json and asked.csv:
                raise BadInput("--json and --csv exclude each other", "leave out one of them")
            out = Output(as_json=asked.json, as_csv=asked.csv)
            choice = asked.choice()
            for note in choice.notes:
                out.note(note)
            every = given.pop("watch", None)
            tool = Tool(choice, out, debug=asked.debug, exits=exits)
            if every is None:
                function(tool, **given)
            else:
                watch_list(tool, every, lambda again: function(again, **given))

    run.__signature__ = own.replace(parameters=[context, *shown])  # type: ignore[attr-defined]
    run.__annotations__ = {one.name: one.annotation for one in (context, *shown)}
    return run


def _show_version(asked: bool) -> None:
    if asked:
        from importlib.metadata import version

        typer.echo(f"orderbridge {version('orderbridge')}")
        raise typer.Exit


def root(
    ctx: typer.Context,
    profile: ProfileOption = None,
    stage: StageOption = None,
    endpoint_url: EndpointOption = None,
    aws_profile: AwsProfileOption = None,
    region: RegionOption = None,
    json: JsonOption = False,
    csv: CsvOption = False,
    debug: DebugOption = False,
    version: Annotated[
        bool, typer.Option("--version", is_eager=True, callback=_show_version, help="Show the version and exit.")
    ] = False,
) -> None:
    """Shows where an order is, why it is not imported, what is stuck, and how to fix it.

    Works against AWS and against the local stack. Exit status 0: nothing is wrong; 1: something needs a person or was
    not found; 2: bad input or no access.
    """
    ctx.obj = Common(profile, stage, endpoint_url, aws_profile, region, json, csv, debug)


def _misused(error: Exception, out: Output) -> int:
    """Unknown options and commands. A group that was called without a command has shown its help."""
    context = getattr(error, "ctx", None)
    if type(error).__name__ == "NoArgsIsHelpError":
        return NO_ACCESS
    message = getattr(error, "format_message", error.__str__)()
    hint = f"{context.command_path} --help says what there is" if context is not None else ""
    out.fail(Told(message, hint, NO_ACCESS))
    return NO_ACCESS


def _failed(error: Exception, out: Output, *, debug: bool) -> int:
    if debug:
        traceback.print_exception(error, file=sys.stderr)
    told = in_words(error)
    out.fail(told)
    return told.status


def in_words(error: Exception) -> Told:
    """Any failure in words that are fit to be shown."""
    told = explain(error)
    if told is not None:
        return told
    # Not in the error's words, which may not be fit for a terminal.
    where = f"{type(error).__name__} in {_place(error)}"
    return Told(f"a defect of this tool: {where}", "--debug shows the traceback; please report it", NO_ACCESS)


def _place(error: Exception) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    return f"{os.path.basename(frames[-1].filename)}:{frames[-1].lineno}" if frames else "an unknown place"  # noqa: PTH119
