"""`orderbridge order return-label`: have a return label created, once, and write it to a file."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli import times
from cli.commands import MerchantOption, NumberArgument
from cli.failures import BadInput, NotThere, ToolError
from cli.orders import found_one
from cli.tool import Tool
from cli.waiting import wait_for

if TYPE_CHECKING:
    from orderbridge.ledger.ledger import Ledger
    from orderbridge.ledger.record import LedgerOrder
    from orderbridge.returns.label_store import OpenLabel


def return_label(
    tool: Tool,
    number: NumberArgument,
    file: Annotated[Path, typer.Option("--output", "-o", metavar="FILE", help="Where the label goes; a new file.")],
    again: Annotated[
        bool,
        typer.Option("--again", help="Also if the warehouse may have made one already: it may cost a second label."),
    ] = False,
    wait: Annotated[float, typer.Option("--wait", min=0, metavar="SECONDS", help="How long to wait for it.")] = 120,
    merchant: MerchantOption = None,
) -> None:
    """Have a return label created for an order that has left, and write it to a file.

    It is created once: while it is good, the same label is written again. The merchant is told on the order.
    """
    from orderbridge.ledger.ledger import Ledger
    from orderbridge.returns.make_labels import NoLabel, ask_for_label

    _check_file(file)
    record = found_one(tool, number, merchant)
    ledger = Ledger(tool.deployment.table, tool.clock)
    mode = tool.settings_mode(record.merchant)
    if mode in ("paused", "test"):
        raise ToolError(f"{record.merchant} is in mode {mode}: no label is made", "orderbridge merchants resume")
    try:
        asked = ask_for_label(ledger, record, tool.senders["push-orders"], tool.correlation_id, again=again)
    except NoLabel as error:
        raise NotThere(f"order {record.billbee_id} of {record.merchant}: {error}", error.hint) from None
    if asked:
        tool.out.progress("the warehouse is asked for a label …")
        record = _answered(tool, ledger, record, wait)
    opened = _opened(tool, record)
    _write(file, opened.label.content)
    answer = {
        "merchant": record.merchant,
        "billbee_id": record.billbee_id,
        "file": str(file),
        "kind": opened.label.format,
        "bytes": len(opened.label.content),
        "made_now": asked,
        "expires_at": opened.expires_at,
    }

    def render() -> None:
        how = "made" if asked else "made before"
        until = times.local(opened.expires_at)
        tool.out.line(f"{record.merchant} {record.billbee_id}: the label, {how} and kept until {until}, is in {file}")
        if file.suffix.lstrip(".").casefold() not in (str(opened.label.format), "jpeg"):
            tool.out.line(f"it is a {str(opened.label.format).upper()}", style="dim")

    tool.out.show(answer, render)


def _answered(tool: Tool, ledger: Ledger, record: LedgerOrder, wait: float) -> LedgerOrder:
    """The order's record once the result of the label is known. Raises ToolError."""
    from orderbridge.ledger.told import Answer

    def look() -> LedgerOrder | None:
        now = ledger.get(record.merchant, record.billbee_id)
        if now is not None and now.label is not None and now.label.stored:
            return now
        if now is not None and {Answer.LABEL_REFUSED, Answer.LABEL_UNKNOWN} & now.told:
            raise NotThere(f"order {record.billbee_id} of {record.merchant}: {now.reason}")
        return None

    found = wait_for(tool, wait, look)
    if found is None:
        again = f"orderbridge order return-label {record.billbee_id} -o FILE"
        raise NotThere(f"no label yet after {wait:.0f} s", f"it is fetched with the same command: {again}")
    return found


def _opened(tool: Tool, record: LedgerOrder) -> OpenLabel:
    opened = tool.deployment.labels.open(record.label.key) if record.label is not None else None
    if opened is None:
        raise NotThere(
            f"the label of order {record.billbee_id} of {record.merchant} cannot be read in the bucket",
            "it was removed there, or these credentials may not read it",
        )
    return opened


def _check_file(file: Path) -> None:
    """Check the file before a label is asked for, which may cost money. Raises BadInput."""
    if file.exists() or file.is_symlink():
        raise BadInput(f"-o {file}: it is there already", "say a new file: nothing is overwritten")
    if not file.parent.is_dir() or not os.access(file.parent, os.W_OK):
        raise BadInput(f"-o {file}: nothing can be written there")


def _write(file: Path, content: bytes) -> None:
    """Readable by the owner only, because a label holds an address."""
    try:
        handle: Any = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as written:
            written.write(content)
    except OSError as error:
        raise BadInput(f"-o {file}: {error.strerror}", "the label is kept: ask again with another file") from None
