"""`orderbridge inbound`: goods on their way to the warehouse.

Nothing here changes something at the warehouse directly: a command is a file that is dropped like a merchant's, and the
function answers with a result beside it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from cli import times
from cli.commands import EveryMerchantOption, MerchantOption, command, group
from cli.failures import FOUND_TROUBLE, BadInput, NotThere, nearest
from cli.tool import Tool
from cli.waiting import wait_for

if TYPE_CHECKING:
    from orderbridge.inbound.notice_records import NoticeRecord

app = group("Goods on their way to the warehouse: announce them, change that, see what arrived.")
_MOST: Final = 5_000_000
"""Bytes of a file, the function's limit too."""

TrackingArgument = Annotated[str, typer.Argument(metavar="TRACKING", help="The shipment's tracking or BOL number.")]
WaitOption = Annotated[
    int, typer.Option("--wait", metavar="SECONDS", min=0, max=900, help="How long to wait for the result.")
]


@command(app, "announce")
def announce(
    tool: Tool,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="CSV or JSON, see docs/inbound.md.")],
    merchant: MerchantOption = None,
    wait: WaitOption = 120,
) -> None:
    """Announce the goods of a file. It is checked here first; if a row is wrong, nothing is sent."""
    from orderbridge.inbound.files import read_file
    from orderbridge.inbound.notice import check
    from orderbridge.inbound.results import OURS

    name = tool.merchant(merchant)
    try:
        size = file.stat().st_size
        content = file.read_bytes() if size <= _MOST else b""
    except OSError as error:
        raise BadInput(f"{file}: {error.strerror}") from None
    if size > _MOST:
        raise BadInput(f"{file} has {size / 1_000_000:.1f} MB, at most 5 MB are read", "split it into several notices")
    known_as = re.sub(r"[^\w. -]+", "_", file.name)
    if known_as.endswith(OURS):
        raise BadInput(f"{file.name} is the name of a result", "give the file another name")
    _, problems = check(read_file(known_as, content), tool.clock.now().date())
    if problems:
        language = tool.settings()[name].language if name in tool.settings() else "en"
        told = [{"row": one.row, "column": one.column, "text": one.problem.say(language)} for one in problems]
        answer = {"merchant": name, "file": str(file), "outcome": "refused", "problems": told}
        tool.out.show(answer, lambda: _show_problems(tool, file.name, told))
        raise typer.Exit(FOUND_TROUBLE)
    _drop(tool, name, known_as, content, wait)


@command(app, "add")
def add(
    tool: Tool,
    tracking: TrackingArgument,
    products: Annotated[list[str], typer.Argument(metavar="SKU=QUANTITY...", help="e.g. MUG-01=12 TEE-01=5")],
    merchant: MerchantOption = None,
    wait: WaitOption = 120,
) -> None:
    """Add products to a notice that is still open."""
    rows = []
    for one in products:
        sku, equals, quantity = one.rpartition("=")
        if not (sku and equals and re.fullmatch("[0-9]{1,7}", quantity) and int(quantity)):
            raise BadInput(f"{one!r} is no SKU=QUANTITY", "e.g. orderbridge inbound add 1Z4 MUG-01=12")
        rows.append({"sku": sku, "quantity": quantity})
    _command(tool, "add", tracking, {"products": rows}, merchant, wait)


@command(app, "remove")
def remove(
    tool: Tool,
    tracking: TrackingArgument,
    skus: Annotated[list[str], typer.Argument(metavar="SKU...", help="Products to take off.")],
    merchant: MerchantOption = None,
    wait: WaitOption = 120,
) -> None:
    """Remove products from a notice that is still open."""
    _command(tool, "remove", tracking, {"products": [{"sku": sku} for sku in skus]}, merchant, wait)


@command(app, "close")
def close(tool: Tool, tracking: TrackingArgument, merchant: MerchantOption = None, wait: WaitOption = 120) -> None:
    """Tell the warehouse that nothing more of a notice will arrive. Usually it closes notices itself."""
    _command(tool, "close", tracking, {}, merchant, wait)


@command(app, "delete")
def delete(tool: Tool, tracking: TrackingArgument, merchant: MerchantOption = None, wait: WaitOption = 120) -> None:
    """Withdraw a notice, e.g. to announce it again with other products."""
    _command(tool, "delete", tracking, {}, merchant, wait)


@command(app, "list")
def list_notices(
    tool: Tool,
    everything: Annotated[bool, typer.Option("--all", help="Also those that are deleted or were refused.")] = False,
    merchant: EveryMerchantOption = None,
) -> None:
    """The notices that were announced: when they are expected, and what arrived."""
    from orderbridge.inbound.notice_records import REUSABLE, InboundNotices

    names = tool.merchants(merchant)
    if not names:
        raise tool.no_merchants()
    found = [(name, one) for name in names for one in InboundNotices(tool.deployment.table, name, tool.clock).all()]
    shown = [(name, one) for name, one in found if everything or one.status not in REUSABLE]

    def render() -> None:
        if not shown:
            tool.out.line("nothing is announced")
            return
        rows = [
            (
                one.tracking_number,
                name,
                one.status,
                str(one.date_shipped or "–"),
                str(one.expected_delivery_date or "–"),
                str(sum(one.announced.values())),
                "–" if one.received is None else str(sum(one.received.values())),
                one.destination,
            )
            for name, one in shown
        ]
        heads = ("notice", "merchant", "status", "shipped", "expected", "pieces", "received", "to")
        tool.out.table(heads, rows, numbers=frozenset({5, 6}))

    tool.out.show({"notices": [{"merchant": name, **_as_json(one)} for name, one in shown]}, render)


@command(app, "show")
def show(
    tool: Tool,
    tracking: TrackingArgument,
    live: Annotated[bool, typer.Option("--live", help="Also what the warehouse says now; two calls at most.")] = False,
    merchant: EveryMerchantOption = None,
) -> None:
    """One notice: what was announced, and what arrived."""
    from orderbridge.inbound.notice_records import InboundNotices

    names = tool.merchants(merchant)
    stores = {name: InboundNotices(tool.deployment.table, name, tool.clock) for name in names}
    found = [
        (name, one) for name, store in stores.items() if (one := store.get(" ".join(tracking.split()))) is not None
    ]
    if not found:
        known = [one.tracking_number for store in stores.values() for one in store.all()]
        hint = nearest(tracking, known) if known else "orderbridge inbound announce FILE makes one"
        raise NotThere(f"there is no notice {tracking!r}", hint)
    answers = []
    for name, record in found:
        answer: dict[str, Any] = {"merchant": name, **_as_json(record)}
        if live:
            with tool.working(name) as workspace:
                there = workspace.warehouse.notices.get(record.tracking_number)
            answer["at_the_warehouse"] = None if there is None else {"status": there.status, **vars(there)}
        answers.append(answer)

    def render() -> None:
        for (name, record), answer in zip(found, answers, strict=True):
            _render(tool, name, record, answer)

    tool.out.show({"notices": answers}, render)


def _render(tool: Tool, name: str, record: NoticeRecord, answer: Mapping[str, Any]) -> None:
    tool.out.line(f"{name} {record.tracking_number}: {record.status}", style="bold")
    fields = [
        ("shipped", str(record.date_shipped or "–")),
        ("expected", str(record.expected_delivery_date or "–")),
        ("to", record.destination or "–"),
        ("announced", times.local(record.created_at)),
    ]
    if record.file:
        fields.append(("file", record.file))
    if record.closed_at:
        fields.append(("closed", times.local(record.closed_at)))
    if "at_the_warehouse" in answer:
        there = answer["at_the_warehouse"]
        fields.append(("now", there["status"] if there else "the warehouse has no such notice"))
    tool.out.fields(fields, indent=2)
    tool.out.line()
    rows = [
        (f"  {sku}", str(said), "–" if record.received is None else str(record.received.get(sku, 0)))
        for sku, said in sorted(record.announced.items())
    ]
    tool.out.table(("  sku", "announced", "received"), rows, numbers=frozenset({1, 2}))


def _as_json(record: NoticeRecord) -> dict[str, Any]:
    left_out = {"settles_at", "content_hash", "version"}
    return {name: value for name, value in vars(record).items() if name not in left_out}


def _command(tool: Tool, action: str, tracking: str, more: Mapping[str, Any], merchant: str | None, wait: int) -> None:
    name = tool.merchant(merchant)
    content = json.dumps({"action": action, "tracking_number": tracking, **more}, ensure_ascii=False).encode()
    safe = re.sub(r"[^A-Za-z0-9._-]+", "_", tracking)[:60]
    _drop(tool, name, f"command-{action}-{safe}-{tool.clock.now():%Y%m%dT%H%M%S%f}.json", content, wait)


def _drop(tool: Tool, merchant: str, name: str, content: bytes, wait: int) -> None:
    """Drop a file, wait for its result, and show it."""
    from orderbridge.inbound.results import RESULT

    if tool.settings_mode(merchant) == "paused":
        raise BadInput(f"{merchant} is paused: nothing is announced", f"{tool.how_to_resume(merchant)}, then again")
    documents, key = tool.deployment.documents, f"inbound/{merchant}/{name}"
    etag = documents.put(key, content)
    dropped = documents.head(key)
    tool.out.progress(f"{key}: waiting for the result …")

    def look() -> dict[str, Any] | None:
        answered = documents.head(key + RESULT)
        # An older result answers an earlier drop of the same content.
        if answered is None or (dropped is not None and answered.changed_at < dropped.changed_at):
            return None
        result: dict[str, Any] = json.loads(documents.get(key + RESULT) or b"{}")
        return result if result.get("etag") == etag else None

    told = wait_for(tool, wait, look)
    if told is None:
        raise NotThere(
            f"there is no result of {key} yet",
            "the file stays and is processed later; orderbridge jobs says what is wrong",
        )
    refused = told["outcome"] == "refused" or bool(told["problems"])

    def render() -> None:
        first, *others = told["text"]
        tool.out.line(first, style="red" if refused else "green")
        for line in others:
            tool.out.line(line, indent=2)

    tool.out.show({"merchant": merchant, **told}, render)
    if refused:
        raise typer.Exit(FOUND_TROUBLE)


def _show_problems(tool: Tool, name: str, told: Sequence[Mapping[str, Any]]) -> None:
    tool.out.line(f"{name}: nothing was sent", style="red")
    for one in told[:100]:
        tool.out.line(f"row {one['row']}: {one['text']}" if one["row"] is not None else str(one["text"]), indent=2)
    if len(told) > 100:
        tool.out.line(f"… and {len(told) - 100} more", indent=2)
