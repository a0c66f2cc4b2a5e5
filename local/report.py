"""What a run left behind: every order of every merchant, as JSON, as a table, and as it changes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from rich.table import Table
from rich.text import Text

from local.merchants import Merchant, Merchants
from orderbridge.errors import SettingsError
from orderbridge.settings import parse_secrets, parse_settings
from orderbridge.stores.health import Health
from orderbridge.stores.ledger import Ledger
from orderbridge.stores.table import Table as LedgerTable
from orderbridge.stores.usage import Usage

#: What a person should look at, and what is done.
_STYLES = {"rejected": "yellow", "cancelled": "yellow", "held": "yellow", "shipped": "green"}


@dataclass(frozen=True)
class OrderLine:
    """One order of the ledger, as far as a report needs it."""

    billbee_id: int
    order_number: str | None
    status: str
    reason: str | None
    tracking: tuple[str, ...]
    version: int


class Books(Protocol):
    """Where the orders and the counted calls of a merchant can be read."""

    def orders(self, merchant: str) -> Iterable[OrderLine]: ...

    def calls(self, merchant: str) -> Mapping[str, int]: ...

    def errors(self, merchant: str) -> Iterable[str]: ...


class LedgerBooks:
    """The project's own ledger and call counts in its DynamoDB table."""

    def __init__(self, dynamodb: Any, table_name: str) -> None:
        table = LedgerTable(dynamodb, table_name)
        self._ledger = Ledger(table)
        self._usage = Usage(table)
        self._health = Health(table)

    def orders(self, merchant: str) -> Iterator[OrderLine]:
        for order in self._ledger.orders(merchant):
            yield OrderLine(
                billbee_id=order.billbee_id,
                order_number=order.order_number,
                status=str(order.status),
                reason=order.reason,
                tracking=tuple(order.parcels),
                version=order.version,
            )

    def calls(self, merchant: str) -> Mapping[str, int]:
        return self._usage.total(merchant)

    def errors(self, merchant: str) -> Iterator[str]:
        """What stopped the jobs that failed last time, each text once."""
        yield from dict.fromkeys(job.error for job in self._health.jobs(merchant) if job.error)


#: Every order by (merchant, Billbee id).
Snapshot = dict[tuple[str, int], OrderLine]


def snapshot(books: Books, merchants: Merchants) -> Snapshot:
    """Every order of every merchant as it stands."""
    return {(m.name, order.billbee_id): order for m in merchants for order in books.orders(m.name)}


def changes(before: Snapshot, after: Snapshot, label: Callable[[str, int], str]) -> Iterator[str]:
    """One line for each order that moved between two snapshots."""
    for (merchant, billbee_id), order in sorted(after.items(), key=lambda item: item[0]):
        old = before.get((merchant, billbee_id))
        if old and (old.status, old.tracking) == (order.status, order.tracking):
            continue
        line = f"{merchant:<10} {billbee_id:>10}  {old.status + ' → ' if old else ''}{order.status}"
        if new := [number for number in order.tracking if not old or number not in old.tracking]:
            line += f", tracking {', '.join(new)}"
        if order.reason:
            line += f": {order.reason}"
        what = label(merchant, billbee_id)
        yield f"{line}  ({what})" if what else line


def bad_settings(merchant: Merchant) -> str | None:
    """What is wrong with a merchant's settings or secrets, in the functions' words; None when nothing is."""
    try:
        parse_settings(merchant.name, merchant.settings)
        parse_secrets(merchant.name, dict(merchant.secrets))
    except SettingsError as error:
        return str(error)
    return None


def as_json(books: Books, merchants: Merchants) -> dict[str, Any]:
    """The report of `--json`: each merchant's orders by Billbee id, its stock, and the calls it cost."""
    report: dict[str, Any] = {}
    for merchant in merchants:
        orders = sorted(books.orders(merchant.name), key=lambda order: order.billbee_id)
        report[merchant.name] = {
            "orders": [
                {
                    "billbee_id": order.billbee_id,
                    "status": order.status,
                    "bibi_order_number": order.order_number,
                    "tracking": list(order.tracking),
                    "reason": order.reason,
                }
                for order in orders
            ],
            "stock": {},
            "calls": {name: books.calls(merchant.name).get(name, 0) for name in ("billbee", "bibi", "throttled")},
        }
        if error := bad_settings(merchant) or "; ".join(books.errors(merchant.name)):
            report[merchant.name]["error"] = error
    return {"merchants": report}


def table(report: Mapping[str, Any], labels: Mapping[tuple[str, int], str]) -> Table:
    """Every order of a report, one row each; orders that have a label and were not imported come greyed."""
    rows = Table(title="Orders", title_justify="left", header_style="bold")
    for name in ("merchant", "Billbee id", "what it is", "status", "tracking", "reason"):
        rows.add_column(name, justify="right" if name == "Billbee id" else "left", overflow="fold")
    for merchant, found in report["merchants"].items():
        orders = {order["billbee_id"]: order for order in found["orders"]}
        ignored = {billbee_id for name, billbee_id in labels if name == merchant} - set(orders)
        for billbee_id in sorted(set(orders) | ignored):
            order = orders.get(billbee_id, {"status": "ignored", "tracking": [], "reason": None})
            rows.add_row(
                merchant,
                str(billbee_id),
                Text(labels.get((merchant, billbee_id), "")),
                Text(order["status"], style=_STYLES.get(order["status"], "")),
                Text("\n".join(order["tracking"])),
                Text(order["reason"] or ""),
                style="dim" if billbee_id in ignored else "",
            )
        rows.add_section()
    return rows


def closing_lines(report: Mapping[str, Any], seconds: float) -> Iterator[str]:
    """What the calls of each merchant were, what is wrong with it, and the sum of it all."""
    statuses: Counter[str] = Counter()
    for merchant, found in report["merchants"].items():
        calls = found["calls"]
        yield (
            f"{merchant}: {len(found['orders'])} orders, {calls['billbee']} calls to Billbee "
            f"and {calls['bibi']} to BiBi, {calls['throttled']} throttled"
        )
        if "error" in found:
            yield f"{merchant}: {found['error']}"
        statuses.update(order["status"] for order in found["orders"])
    counted = ", ".join(f"{count} {status}" for status, count in sorted(statuses.items()))
    yield f"{statuses.total()} orders in {seconds:.0f} s" + (f": {counted}" if counted else "")
