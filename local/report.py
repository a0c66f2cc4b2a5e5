"""What a run left behind: every order of every merchant, as JSON, as a table, and as it changes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Set
from dataclasses import dataclass
from typing import Any, Protocol

from rich import box
from rich.table import Table
from rich.text import Text

from cli.merchants_file import Merchant, Merchants
from orderbridge.figures.figures import Figures
from orderbridge.figures.view import FiguresView
from orderbridge.ledger.ledger import Ledger
from orderbridge.ledger.told import BillingAnswer
from orderbridge.merchants.health import Health
from orderbridge.merchants.settings import parse_secrets, parse_settings
from orderbridge.merchants.usage import Usage
from orderbridge.platform.clock import Clock
from orderbridge.platform.errors import SettingsError
from orderbridge.platform.table import Table as LedgerTable
from orderbridge.products.product_records import ProductRecord, ProductRecords
from orderbridge.stock.movement_records import MovementRecords
from orderbridge.stock.stock_records import StockRecord, StockRecords
from orderbridge.tracking.cost_records import CostRecords, MonthlyCost
from orderbridge.vendors.bibi.mapping import warehouse_text

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
    billed: bool | None = None
    """Whether Abillify bills it as it was sold; None where that was not found out."""


class Books(Protocol):
    """Where the orders, the stock, the products and the counted calls of a merchant can be read."""

    def orders(self, merchant: str) -> Iterable[OrderLine]: ...

    def stock(self, merchant: str) -> Iterable[StockRecord]: ...

    def products(self, merchant: str) -> Iterable[ProductRecord]: ...

    def movements(self, merchant: str) -> dict[str, list[str]]: ...

    def calls(self, merchant: str) -> Mapping[str, int]: ...

    def shipping(self, merchant: str) -> Iterable[MonthlyCost]: ...

    def errors(self, merchant: str) -> Iterable[str]: ...

    def figures(self, merchant: str) -> Figures: ...


class LedgerBooks:
    """The project's own ledger and call counts in its DynamoDB table."""

    def __init__(self, dynamodb: Any, table_name: str, clock: Clock) -> None:
        self._clock = clock
        self._table = table = LedgerTable(dynamodb, table_name)
        self._ledger = Ledger(table, clock)
        self._usage = Usage(table, clock)
        self._health = Health(table, clock)
        self._view = FiguresView(table, clock)

    def orders(self, merchant: str) -> Iterator[OrderLine]:
        for order in self._ledger.orders(merchant):
            yield OrderLine(
                billbee_id=order.billbee_id,
                order_number=order.number.text or None,
                status=str(order.status),
                reason=order.reason,
                tracking=tuple(order.parcels),
                version=order.version,
                billed=_billed(order.told),
            )

    def stock(self, merchant: str) -> Iterable[StockRecord]:
        return StockRecords(self._table, merchant, self._clock).all()

    def products(self, merchant: str) -> Iterable[ProductRecord]:
        return ProductRecords(self._table, merchant).all()

    def movements(self, merchant: str) -> dict[str, list[str]]:
        """What moved last of each SKU, in plain words."""
        return {one.sku: [note.text for note in one.last] for one in MovementRecords(self._table, merchant).all()}

    def calls(self, merchant: str) -> Mapping[str, int]:
        return self._usage.total(merchant)

    def shipping(self, merchant: str) -> Iterable[MonthlyCost]:
        """What parcels cost this month, by the warehouse's calendar."""
        return CostRecords(self._table, merchant, self._clock).of_month(warehouse_text(self._clock.now())[:7])

    def figures(self, merchant: str) -> Figures:
        """What was counted of all that the table keeps (R43)."""
        return self._view.total([merchant], self._view.first)

    def errors(self, merchant: str) -> Iterator[str]:
        """The errors of the jobs that last failed, each text once."""
        yield from dict.fromkeys(job.error for job in self._health.jobs(merchant) if job.error)


def _billed(told: Set[str]) -> bool | None:
    if BillingAnswer.OK in told:
        return True
    return False if BillingAnswer.MISMATCH in told else None


#: Every order by (merchant, Billbee id).
Snapshot = dict[tuple[str, int], OrderLine]


def snapshot(books: Books, merchants: Merchants) -> Snapshot:
    """Every order of every merchant in its present state."""
    return {(m.name, order.billbee_id): order for m in merchants for order in books.orders(m.name)}


def stock_snapshot(books: Books, merchants: Merchants) -> dict[tuple[str, str], tuple[int | None, bool]]:
    """What was last sent of every SKU of every merchant, and whether it has to be sent again."""
    return {(m.name, one.sku): (one.sent, one.due) for m in merchants for one in books.stock(m.name)}


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
    """What is wrong with a merchant's settings or secrets, in the functions' words, or None."""
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
                | ({} if order.billed is None else {"billed": order.billed})
                for order in orders
            ],
            "stock": {
                one.sku: {
                    "physical": one.physical,
                    "allocated": one.allocated,
                    "elsewhere": one.elsewhere,
                    "buffer": one.buffer,
                    "sent": one.sent,
                    "billbee_stock": one.billbee_stock,
                    "sent_at": one.sent_at.isoformat() if one.sent_at else None,
                    "unknown": one.unknown,
                }
                for one in books.stock(merchant.name)
            },
            "shipping": [
                {"ship_method": one.ship_method, "parcels": one.parcels, "cost_usd": f"{one.cost:.2f}"}
                for one in books.shipping(merchant.name)
            ],
            "calls": {name: books.calls(merchant.name).get(name, 0) for name in ("billbee", "bibi", "throttled")},
        }
        if (counted := books.figures(merchant.name)).counts:
            report[merchant.name]["figures"] = _figures(counted)
        if moved := books.movements(merchant.name):
            report[merchant.name]["movements"] = moved
        if error := bad_settings(merchant) or "; ".join(books.errors(merchant.name)):
            report[merchant.name]["error"] = error
    return {"merchants": report}


def _figures(counted: Figures) -> dict[str, Any]:
    median = counted.to_shipped.median
    return {
        "imported": counted.imported,
        "submitted": counted.submitted,
        "shipped": counted.shipped,
        "rejected": counted.rejected,
        "cancelled": counted.cancelled,
        "on_time": counted.on_time,
        "late": counted.late,
        "seconds_to_shipped": None if median is None else round(median.total_seconds()),
        "usd_per_order": None if counted.cost_per_order is None else str(counted.cost_per_order),
    }


def _table(title: str, *columns: str, numbers: Iterable[str] = (), whole: Iterable[str] = ()) -> Table:
    """A table that fits 80 columns. `numbers` are the columns of figures; those that are `whole` keep their width, and
    the others give way, between words.
    """
    rows = Table(title=title, title_justify="left", header_style="bold", box=box.SIMPLE_HEAD, show_edge=False)
    rows.padding = (0, 1, 0, 0)
    for name in columns:
        rows.add_column(name, justify="right" if name in numbers else "left", overflow="fold", no_wrap=name in whole)
    return rows


def _whole(text: object) -> Text:
    """A SKU or a number, which is not broken."""
    return Text(str(text), no_wrap=True)


def order_tables(report: Mapping[str, Any], labels: Mapping[tuple[str, int], str]) -> Iterator[Table]:
    """Every order of a report, a table for each merchant. Orders with a label that were not imported come greyed."""
    for merchant, found in report["merchants"].items():
        columns = ("Billbee id", "what it is", "status", "tracking")
        rows = _table(f"Orders of {merchant}", *columns, numbers=columns[:1], whole=("Billbee id", "tracking"))
        orders = {order["billbee_id"]: order for order in found["orders"]}
        ignored = {billbee_id for name, billbee_id in labels if name == merchant} - set(orders)
        for billbee_id in sorted(set(orders) | ignored):
            order = orders.get(billbee_id, {"status": "ignored", "tracking": [], "reason": None})
            told = filter(None, (labels.get((merchant, billbee_id)), order["reason"]))
            rows.add_row(
                _whole(billbee_id),
                Text("\n".join(told)),
                Text(order["status"].replace("_", "\n"), style=_STYLES.get(order["status"], "")),
                _whole("\n".join(order["tracking"])),
                style="dim" if billbee_id in ignored else "",
            )
        yield rows


def stock_tables(report: Mapping[str, Any]) -> Iterator[Table]:
    """How every figure for Billbee was computed, a table for each merchant."""
    figures = ("physical", "allocated", "buffer", "told to Billbee", "Billbee's stock")
    for merchant, found in report["merchants"].items():
        rows = _table(f"Stock of {merchant}", "SKU", *figures, "when", numbers=figures, whole=("SKU", "when"))
        for sku, one in found["stock"].items():
            offered = "does not know it" if one["unknown"] else _text(one["billbee_stock"])
            numbers = [_text(one[name]) for name in ("physical", "allocated", "buffer", "sent")]
            style = _STYLES["rejected"] if one["unknown"] else ""
            when = _whole((one["sent_at"] or "")[11:19])
            rows.add_row(_whole(sku), *numbers, Text(offered, style=style), when)
        yield rows


def product_tables(books: Books, merchants: Merchants) -> Iterator[Table]:
    """The products that were created or refused at the warehouse, and how many were updated: a table each merchant."""
    for merchant in merchants:
        rows = _table(f"Products of {merchant.name}", "SKU", "at the warehouse", "why", whole=["SKU"])
        records = list(books.products(merchant.name))
        for one in records:
            if one.problem is not None:
                which = _whole(one.sku or f"product {one.product_id}")
                rows.add_row(which, Text("refused", style=_STYLES["rejected"]), Text(one.problem))
            elif one.created:
                rows.add_row(_whole(one.sku), Text("created", style=_STYLES["shipped"]), "")
        updated = sum(one.problem is None and not one.created for one in records)
        if updated:
            rows.add_row(f"{updated} others", "updated", "")
        yield rows


def _text(value: object) -> str:
    return "" if value is None else str(value)


def closing_lines(report: Mapping[str, Any], seconds: float) -> Iterator[str]:
    """The calls of each merchant, what is wrong with it, and the totals."""
    statuses: Counter[str] = Counter()
    for merchant, found in report["merchants"].items():
        calls = found["calls"]
        yield (
            f"{merchant}: {len(found['orders'])} orders, {calls['billbee']} calls to Billbee "
            f"and {calls['bibi']} to BiBi, {calls['throttled']} throttled"
        )
        billed = Counter(order["billed"] for order in found["orders"] if "billed" in order)
        if billed:
            yield f"{merchant}: {billed[True]} orders are billed as sold, {billed[False]} otherwise or not at all"
        if found["shipping"]:
            costs = ", ".join(f"{one['parcels']} x {one['ship_method']} {one['cost_usd']}" for one in found["shipping"])
            yield f"{merchant}: shipping in US dollars: {costs}"
        if one := found.get("figures"):
            promised = one["on_time"] + one["late"]
            kept = f", {one['on_time']} of {promised} when promised" if promised else ""
            cost = f", for {one['usd_per_order']} US dollars each" if one["usd_per_order"] else ""
            yield f"{merchant}: counted: {one['imported']} orders imported, {one['shipped']} shipped{kept}{cost}"
        for sku, texts in found.get("movements", {}).items():
            yield f"{merchant}: {sku}: {'; '.join(texts)}"
        if "error" in found:
            yield f"{merchant}: {found['error']}"
        statuses.update(order["status"] for order in found["orders"])
    counted = ", ".join(f"{count} {status}" for status, count in sorted(statuses.items()))
    yield f"{statuses.total()} orders in {seconds:.0f} s" + (f": {counted}" if counted else "")
