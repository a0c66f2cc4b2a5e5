"""`orderbridge table restore`: restore a backup into the table while everything is paused."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from cli import times
from cli.commands import command, group
from cli.failures import BadInput, NotThere, ToolError
from cli.tool import Tool

if TYPE_CHECKING:
    from orderbridge.desk.restore_table import Counted, Restored

app = group("The table: bring a backup of it back.")

PAUSED_FOR: Final = timedelta(minutes=10)
"""Workers notice a pause within five minutes, and may then run for two more."""
_LOOK_AGAIN: Final = 15.0
_LONGEST_WAIT: Final = timedelta(hours=12)
_KEYS: Final = [("pk", "HASH"), ("sk", "RANGE")]


@command(app, "restore")
def restore(
    tool: Tool,
    at: Annotated[
        str | None, typer.Option("--at", metavar="WHEN", help="How the table was then: 2h, or 2026-11-22T10:00:00Z.")
    ] = None,
    copy: Annotated[
        str | None, typer.Option("--from", metavar="TABLE", help="A table that was restored already, in place of --at.")
    ] = None,
    source: Annotated[
        str | None, typer.Option("--source", metavar="TABLE", help="Whose backup it is, if not this stack's table.")
    ] = None,
    replace: Annotated[
        list[str] | None,
        typer.Option("--replace", metavar="WHAT", help="Also what differs: a kind, or PK/SK; may be repeated."),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Count what would change, and write nothing.")] = False,
) -> None:
    """Put back what the table has lost, from its state at a moment of the last 35 days.

    Differing items are replaced only if --replace names them. All merchants have to be paused. It may be repeated.
    """
    from orderbridge.desk import restore_table as service
    from orderbridge.platform.copying import WholeTable

    wanted = _checked(replace or [])
    if (at is None) == (copy is None):
        raise BadInput("say either --at or --from", "e.g. orderbridge table restore --at 2h --dry-run")
    if not dry_run:
        _check_paused(tool)
    name = tool.found.variables["TABLE_NAME"]
    source = source or name
    if copy is None:
        moment = times.parse_since(str(at), tool.clock.now())
        copy = f"{name}-restored-{moment:%Y%m%dT%H%M%SZ}"
        _start(tool, source, copy, moment)
    taken_at = _wait(tool, source, copy)
    client = tool.clients("dynamodb")
    table, backup = WholeTable(client, name, tool.clock), WholeTable(client, copy, tool.clock)
    if not dry_run:
        _check_paused(tool)  # a restore takes a while
    try:
        done = service.restore_table(
            table, backup, tool.registry, taken_at=taken_at, now=tool.clock.now(), replace=wanted, dry_run=dry_run
        )
    except service.NotInTheBackup as error:
        hint = "all else is done; the keys are listed by --dry-run --json"
        raise NotThere(f"the backup has nothing to replace {error}", hint) from None
    _show(tool, copy, taken_at, done, calls=table.calls + backup.calls, dry_run=dry_run)


def _checked(replace: list[str]) -> list[str]:
    from orderbridge.desk.restore_table import BACK

    for one in replace:
        if one not in BACK and "/" not in one:
            raise BadInput(f"--replace {one!r} is no kind of items", f"there are {', '.join(BACK)}; or a key as PK/SK")
    return replace


def _check_paused(tool: Tool) -> None:
    """A worker that still runs would write items while they are compared. Raises ToolError."""
    pause = tool.registry.pause()
    if pause is None:
        hint = f"orderbridge merchants pause --all, wait {PAUSED_FOR.seconds // 60} minutes; --dry-run needs no pause"
        raise ToolError("a table is restored only while all merchants are paused", hint)
    ready = pause.since + PAUSED_FOR
    if tool.found.processes and ready > tool.clock.now():
        hint = f"run it again at {times.local(ready)}; --dry-run can run now"
        raise ToolError("all merchants are paused, but functions may still be at work", hint)


def _start(tool: Tool, source: str, copy: str, moment: datetime) -> None:
    """Have AWS restore the table into another one, unless an earlier run has. It has no index, because only the tool
    reads it.
    """
    from botocore.exceptions import ClientError

    client = tool.clients("dynamodb")
    try:
        client.restore_table_to_point_in_time(
            SourceTableName=source,
            TargetTableName=copy,
            RestoreDateTime=moment,
            BillingModeOverride="PAY_PER_REQUEST",
            GlobalSecondaryIndexOverride=[],
        )
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if code in ("TableNotFoundException", "SourceTableNotFoundException"):
            raise NotThere(f"there is no table {source}") from None
        if code == "InvalidRestoreTimeException":
            message = error.response["Error"]["Message"]
            raise BadInput(f"--at: {message}", "any second of the last 35 days but for the last five minutes") from None
        if code == "PointInTimeRecoveryUnavailableException":
            hint = "--from takes a table that was restored from a backup"
            raise ToolError(f"the table {source} has no point-in-time recovery", hint) from None
        if code != "TableAlreadyExistsException":
            raise


def _wait(tool: Tool, source: str, copy: str) -> datetime:
    """Wait until the restored table can be read. Returns the moment that it shows. Raises ToolError."""
    client, end = tool.clients("dynamodb"), tool.clock.now() + _LONGEST_WAIT
    while True:
        try:
            found = client.describe_table(TableName=copy)["Table"]
        except client.exceptions.ResourceNotFoundException:
            raise NotThere(f"there is no table {copy}") from None
        if found["TableStatus"] == "ACTIVE":
            break
        if tool.clock.now() > end:
            raise ToolError(f"the table {copy} is still {found['TableStatus']}", f"later: --from {copy}")
        tool.out.progress(f"{copy} is {found['TableStatus']}")
        tool.patience.sleep(_LOOK_AGAIN)
    summary = found.get("RestoreSummary")
    if summary is None or str(summary["SourceTableArn"]).rpartition("/")[2] != source:
        hint = "--source names the table whose backup it is, e.g. after the stack was created again"
        raise BadInput(f"{copy} was not restored from {source}", hint)
    if sorted((one["AttributeName"], one["KeyType"]) for one in found["KeySchema"]) != _KEYS:
        raise BadInput(f"{copy} is no table of orderbridge")
    taken_at: datetime = summary["RestoreDateTime"]
    return taken_at.astimezone(UTC)


def _show(tool: Tool, copy: str, taken_at: datetime, done: Restored, *, calls: int, dry_run: bool) -> None:
    from orderbridge.desk.restore_table import BACK, OTHER

    shown = {kind: counted for kind, counted in done.kinds.items() if kind in BACK or kind == OTHER}
    answer: dict[str, Any] = {
        "table": tool.found.variables["TABLE_NAME"],
        "backup": copy,
        "taken_at": taken_at,
        "dry_run": dry_run,
        "kinds": {kind: _counts(counted) for kind, counted in shown.items()},
        "different": done.different_keys,
        "cautious_polls": sorted(done.merchants),
        "calls": calls,
    }

    def render() -> None:
        tool.out.line(f"The table {copy} shows how it was at {times.local(taken_at)}.")
        rows = [(kind, *map(str, _counts(shown[kind]).values())) for kind in (*BACK, OTHER) if kind in shown]
        headers = ("", "backup", "missing", "different", "newer", "put back", "replaced", "left to poll")
        tool.out.table(headers, rows, numbers=frozenset(range(1, len(headers))))
        for key in done.different_keys:
            tool.out.line(f"differs: {key}", indent=2)
        if dry_run:
            tool.out.line("Nothing is written yet. --replace adds what differs, by kind or by key.")
            tool.out.line(f"orderbridge table restore --from {copy}", indent=2)
            return
        who = ", ".join(sorted(done.merchants)) or "nobody"
        tool.out.line(f"The next poll is cautious for {who}.")
        tool.out.line("Now: look through orderbridge merchants list, then orderbridge merchants resume --all;")
        tool.out.line(
            "after half an hour orderbridge reconcile --since 3d. If that is clean, delete the restored table:"
        )
        tool.out.line(f"aws dynamodb delete-table --table-name {copy}", indent=2)

    tool.out.show(answer, render)


def _counts(counted: Counted) -> dict[str, int]:
    return {
        "in_backup": counted.in_backup,
        "missing": counted.missing,
        "different": counted.different,
        "newer": counted.newer,
        "put_back": counted.put_back,
        "replaced": counted.replaced,
        "left_to_poll": counted.left_to_poll,
    }
