"""Goods on their way to the warehouse: what a file must say about them, and its mistakes (R23). Pure: no I/O.

A file is read into names and texts (`files`), checked here row by row, which gives a `Draft`, and becomes a `Notice`
once its products are known.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final, Literal

from orderbridge.inbound import problems
from orderbridge.ledger.ean import bare_ean, check_digit_fits
from orderbridge.ledger.sku import SKU_LIMIT, Sku
from orderbridge.platform.countries import country_code

if TYPE_CHECKING:
    from orderbridge.ledger.problem import Problem

Action = Literal["announce", "add", "remove", "close", "delete"]
CLOSED: Final = "Closed"
"""The warehouse's status of a closed notice."""
ACTIONS: Final[tuple[Action, ...]] = ("announce", "add", "remove", "close", "delete")

LARGEST_QUANTITY: Final = 1_000_000
LARGEST_COUNT: Final = 100_000
LARGEST_WEIGHT: Final = 10_000
"""Pounds of one box."""
MOST_ROWS: Final = 2_000
_FARTHEST: Final = timedelta(days=400)
_TEXT_LIMIT: Final = 60
_POUNDS: Final = Decimal("0.45359237")
"""Kilograms in a pound."""
_UNREADABLE: Final = frozenset({"OB-601", "OB-602", "OB-603", "OB-604", "OB-605", "OB-606"})
_TRACKING_NUMBER: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._/#-]{0,49}")
_WHOLE: Final = re.compile(r"([0-9]{1,12})(?:[.,]0{1,2})?")
"""A spreadsheet may add an empty fraction. Three zeros could be a thousand."""
_DECIMAL: Final = re.compile(r"[0-9]{1,9}([.,][0-9]{1,6})?")
_ISO: Final = re.compile(r"([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})(?:[T ]00:00(?::00)?)?")
_GERMAN: Final = re.compile(r"([0-9]{1,2})\.([0-9]{1,2})\.([0-9]{4})")
_ROUNDED: Final = re.compile(r"[0-9](?:[.,][0-9]+)?[eE]\+?[0-9]+")

REQUIRED: Final = ("tracking_number", "date_shipped", "expected_delivery_date", "country", "destination")
_TEXTS: Final = ("destination", "carrier", "carrier_phone", "city", "state", "po_number")
_ROW_TEXTS: Final = ("box_number", "pallet_number", "lot_number")
_COUNTS: Final = ("boxes", "pallets", "inner_packs", "units_per_inner_pack")


@dataclass(frozen=True)
class RowProblem:
    """What is wrong, and where. ``row`` counts the lines of a CSV file, or the products of a JSON file, from 1; None
    for the file as a whole. ``column``: by our name.
    """

    row: int | None
    column: str | None
    problem: Problem


@dataclass(frozen=True)
class Row:
    """One row of a file: texts by our names."""

    number: int
    fields: Mapping[str, str]


@dataclass(frozen=True)
class Sheet:
    """A file as it was read: the notice's fields and rows as texts, and what could not be read."""

    action: str = "announce"
    header: Mapping[str, str] = field(default_factory=dict)
    rows: tuple[Row, ...] = ()
    problems: tuple[RowProblem, ...] = ()


@dataclass(frozen=True)
class NoticeLine:
    """One product of a notice.

    Attributes:
        row: its row in the file.
        sku: empty in a draft that has an EAN instead.
        ean: 8, 12, 13 or 14 digits, without padding zeros; empty if none was given.
        quantity: pieces.
        inner_packs, units_per_inner_pack: packages within the boxes, and pieces in each.
        box_pounds: weight of a box.
    """

    row: int
    sku: str
    quantity: int
    ean: str = ""
    box_number: str = ""
    boxes: int | None = None
    pallet_number: str = ""
    pallets: int | None = None
    inner_packs: int | None = None
    units_per_inner_pack: int | None = None
    box_pounds: Decimal | None = None
    lot_number: str = ""


@dataclass(frozen=True)
class Header:
    """The shipment as a whole. ``country``: of origin, ISO 3166-1 alpha-2. ``destination``: the warehouse's city."""

    tracking_number: str
    date_shipped: date
    expected_delivery_date: date
    country: str
    destination: str
    carrier: str = ""
    carrier_phone: str = ""
    city: str = ""
    state: str = ""
    po_number: str = ""


@dataclass(frozen=True)
class Draft:
    """What a file asks for, before its products are looked up. ``header`` is None for all actions but announce."""

    action: Action
    tracking_number: str
    header: Header | None
    lines: tuple[NoticeLine, ...]


@dataclass(frozen=True)
class Notice:
    """An advance shipping notice, ready to be sent. Each line has a SKU of its own."""

    header: Header
    lines: tuple[NoticeLine, ...]

    @property
    def content_hash(self) -> str:
        """Equal for files with equal content, in any order and form."""
        lines = sorted(json.dumps({**line.__dict__, "row": 0}, default=str, sort_keys=True) for line in self.lines)
        canonical = json.dumps([self.header.__dict__, lines], default=str, sort_keys=True)
        return hashlib.sha256(canonical.encode()).hexdigest()[:32]


@dataclass(frozen=True)
class WarehouseNotice:
    """A notice as the warehouse has it.

    Attributes:
        status: ``"Open"`` or ``"Closed"``.
        quantities: by SKU; empty if only the list was read, which does not show products.
    """

    tracking_number: str
    status: str
    quantities: Mapping[str, int]

    @property
    def is_closed(self) -> bool:
        return self.status.casefold() == CLOSED.casefold()


def check(sheet: Sheet, today: date) -> tuple[Draft | None, list[RowProblem]]:
    """Check everything that needs no call. Returns the draft, or None and everything that is wrong."""
    found = list(sheet.problems)
    if any(one.problem.code in _UNREADABLE for one in found):
        return None, found  # a missing column may only have another name
    action = next((one for one in ACTIONS if one == sheet.action.strip().casefold()), None)
    if action is None:
        return None, [RowProblem(None, "action", problems.unknown_action(sheet.action)), *found]
    number = _tracking_number(sheet.header, found)
    header = _header(sheet.header, number, today, found) if action == "announce" else None
    lines: list[NoticeLine] = []
    if action in ("announce", "add", "remove"):
        if not sheet.rows and not found:
            found.append(RowProblem(None, None, problems.NO_PRODUCTS))
        if len(sheet.rows) > MOST_ROWS:
            found.append(RowProblem(None, None, problems.too_many_rows(MOST_ROWS)))
        else:
            lines = [_line(row, found, counted=action != "remove") for row in sheet.rows]
    found += _doubles(lines)
    if found:
        return None, sorted(found, key=lambda one: one.row or 0)
    return Draft(action, number, header, tuple(lines)), []


def resolve(
    lines: Sequence[NoticeLine], skus: Mapping[Sku, str], eans: Mapping[str, str]
) -> tuple[tuple[NoticeLine, ...], list[RowProblem]]:
    """Give each line its SKU as the merchant's products have it.

    Args:
        skus: the existing SKUs, as they are spelt.
        eans: the SKU of each EAN, in the form of `bare_ean`.
    """
    resolved: list[NoticeLine] = []
    found: list[RowProblem] = []
    for line in lines:
        by_ean, by_sku = eans.get(line.ean), skus.get(Sku(line.sku))
        if line.sku and by_sku is None:
            found.append(RowProblem(line.row, "sku", problems.unknown_product(line.sku)))
        elif line.sku and by_ean is not None and Sku(by_ean) != Sku(line.sku):
            found.append(RowProblem(line.row, "ean", problems.other_ean(line.sku, line.ean, by_ean)))
        elif (sku := by_sku or by_ean) is None:
            found.append(RowProblem(line.row, "ean", problems.unknown_product(line.ean)))
        else:
            resolved.append(replace(line, sku=sku))
    found += _doubles(resolved)
    return tuple(resolved), sorted(found, key=lambda one: one.row or 0)


def warnings(lines: Iterable[NoticeLine]) -> list[RowProblem]:
    """What is odd and is sent nevertheless: the documents' own example has more in its packs than it announces."""
    return [
        RowProblem(
            line.row,
            "inner_packs",
            problems.more_in_packs(line.inner_packs, line.units_per_inner_pack, line.quantity),
        )
        for line in lines
        if line.inner_packs
        and line.units_per_inner_pack
        and line.inner_packs * line.units_per_inner_pack > line.quantity
    ]


def _tracking_number(header: Mapping[str, str], found: list[RowProblem]) -> str:
    number = " ".join(header.get("tracking_number", "").split())
    if not number:
        found.append(RowProblem(None, "tracking_number", problems.missing("tracking_number")))
    elif not _TRACKING_NUMBER.fullmatch(number):
        found.append(RowProblem(None, "tracking_number", problems.bad_tracking_number(number)))
    return number


def _header(fields: Mapping[str, str], number: str, today: date, found: list[RowProblem]) -> Header:
    """The notice's own fields. Mistakes are added to ``found``; the rows are not checked then."""
    absent = [name for name in REQUIRED[1:] if not fields.get(name, "").strip()]
    found += [RowProblem(None, name, problems.missing(name)) for name in absent]
    dates = {name: _date(name, fields.get(name, ""), today, found) for name in REQUIRED[1:3]}
    shipped, expected = dates["date_shipped"], dates["expected_delivery_date"]
    if shipped and expected and expected < shipped:
        found.append(RowProblem(None, "expected_delivery_date", problems.ARRIVES_BEFORE_IT_LEAVES))
    written = fields.get("country", "").strip()
    country = country_code(written) if written else None
    if written and country is None:
        found.append(RowProblem(None, "country", problems.unknown_country(written)))
    texts = {name: _text(None, name, fields, found) for name in _TEXTS}
    return Header(number, shipped or today, expected or today, country or "", **texts)


def _date(name: str, written: str, today: date, found: list[RowProblem]) -> date | None:
    written = written.strip()
    if not written:
        return None
    parts: tuple[int, ...] | None = None
    if iso := _ISO.fullmatch(written):
        parts = int(iso[1]), int(iso[2]), int(iso[3])
    elif german := _GERMAN.fullmatch(written):
        parts = int(german[3]), int(german[2]), int(german[1])
    try:
        day = date(*parts) if parts else None
    except ValueError:
        day = None
    if day is None:
        found.append(RowProblem(None, name, problems.bad_date(written)))
    elif abs(day - today) > _FARTHEST:
        found.append(RowProblem(None, name, problems.far_date(written)))
    return day


def _line(row: Row, found: list[RowProblem], *, counted: bool) -> NoticeLine:
    fields = row.fields
    sku, ean = fields.get("sku", "").strip(), _ean(row, found)
    if not sku and not fields.get("ean", "").strip():
        found.append(RowProblem(row.number, "sku", problems.NO_SKU))
    if len(sku) > SKU_LIMIT:
        found.append(RowProblem(row.number, "sku", problems.too_long("sku", SKU_LIMIT)))
    texts: dict[str, Any] = {name: _text(row.number, name, fields, found) for name in _ROW_TEXTS}
    counts: dict[str, Any] = {name: _count(row, name, found) for name in _COUNTS}
    return NoticeLine(
        row.number,
        sku,
        _quantity(row, found) if counted else 0,
        ean=ean,
        box_pounds=_weight(row, found),
        **texts,
        **counts,
    )


def _ean(row: Row, found: list[RowProblem]) -> str:
    written = row.fields.get("ean", "").strip()
    digits = re.sub(r"[ -]", "", written)
    if not written:
        return ""
    if _ROUNDED.fullmatch(written):
        found.append(RowProblem(row.number, "ean", problems.rounded_ean(written)))
    elif not (digits.isascii() and digits.isdigit() and len(digits) in (8, 12, 13, 14) and check_digit_fits(digits)):
        found.append(RowProblem(row.number, "ean", problems.bad_ean(written)))
    return bare_ean(digits)


def _quantity(row: Row, found: list[RowProblem]) -> int:
    written = row.fields.get("quantity", "").strip()
    match = _WHOLE.fullmatch(written)
    if not written:
        found.append(RowProblem(row.number, "quantity", problems.missing("quantity")))
    elif match is None or not 1 <= int(match[1]) <= LARGEST_QUANTITY:
        found.append(RowProblem(row.number, "quantity", problems.bad_quantity(written, LARGEST_QUANTITY)))
    else:
        return int(match[1])
    return 0


def _count(row: Row, name: str, found: list[RowProblem]) -> int | None:
    written = row.fields.get(name, "").strip()
    match = _WHOLE.fullmatch(written)
    if not written:
        return None
    if match is None or int(match[1]) > LARGEST_COUNT:
        found.append(RowProblem(row.number, name, problems.bad_count(name, written, LARGEST_COUNT)))
        return None
    return int(match[1])


def _weight(row: Row, found: list[RowProblem]) -> Decimal | None:
    """In pounds; kilograms are converted."""
    name = "box_weight" if row.fields.get("box_weight", "").strip() else "box_weight_kg"
    written = row.fields.get(name, "").strip()
    if not written:
        return None
    weight = Decimal(written.replace(",", ".")) if _DECIMAL.fullmatch(written) else None
    if weight is not None and name == "box_weight_kg":
        weight = (weight / _POUNDS).quantize(Decimal("0.01"))
    if weight is None or not 0 < weight <= LARGEST_WEIGHT:
        found.append(RowProblem(row.number, name, problems.bad_weight(written, LARGEST_WEIGHT)))
        return None
    return weight


def _text(row: int | None, name: str, fields: Mapping[str, str], found: list[RowProblem]) -> str:
    text = " ".join(fields.get(name, "").split())
    if len(text) > _TEXT_LIMIT:
        found.append(RowProblem(row, name, problems.too_long(name, _TEXT_LIMIT)))
    return text


def _doubles(lines: Iterable[NoticeLine]) -> list[RowProblem]:
    """Products that are named twice: the warehouse takes each once, and it is not clear which quantity counts."""
    first: dict[str, int] = {}
    found = []
    for line in lines:
        for kind, value in (("sku", Sku(line.sku).key), ("ean", line.ean)):
            if not value:
                continue
            row = first.setdefault(f"{kind} {value}", line.row)
            if row != line.row:
                found.append(RowProblem(line.row, kind, problems.product_twice(line.sku or line.ean, row)))
                break
    return found
