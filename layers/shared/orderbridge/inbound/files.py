"""Reads a file that announces goods: bytes in, names and texts out, whatever program wrote it (R23). Pure: no I/O.

CSV comes in UTF-8, UTF-16 or Windows-1252, with `;`, `,` or tabs; the notice's own fields are above the table as `name:
value`, or in columns with the same value in every row. JSON comes as BiBi documents it, or flat.
"""

from __future__ import annotations

import csv
import difflib
import io
import json
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any, Final, TypeGuard

from orderbridge.inbound import problems
from orderbridge.inbound.notice import MOST_ROWS, Row, RowProblem, Sheet

if TYPE_CHECKING:
    from orderbridge.ledger.problem import Problem

LARGEST_FILE: Final = 5_000_000
"""Bytes."""
_SEPARATORS: Final = ";,\t|"
_MOST_COLUMNS: Final = 60
_NAMES_LOOKED_FOR: Final = 30
"""For how many unknown names the nearest one is looked up, because each look-up takes time."""
_LOOKED_AT: Final = 40
"""Within how many lines the names of the columns must come."""

HEADER_NAMES: Final[Mapping[str, str]] = {
    "action": "aktion",
    "tracking_number": "asn_bol_track_number bol bol_number asn asn_number tracking track_number sendungsnummer"
    " avisnummer frachtbriefnummer",
    "date_shipped": "shipped shipped_on ship_date shipping_date versanddatum versandtag versendet_am",
    "expected_delivery_date": "expected expected_date expected_on delivery_date eta arrival arrival_date liefertermin"
    " lieferdatum erwartet_am ankunft ankunftsdatum",
    "country": "shipment_origination_country origination_country origin_country country_of_origin land herkunftsland"
    " ursprungsland",
    "destination": "destination_warehouse warehouse ship_to lager ziellager ziel",
    "carrier": "carrier_name spediteur spedition frachtführer transporteur",
    "carrier_phone": "phone telefon",
    "city": "shipment_origination_city origination_city origin_city stadt herkunftsort ort",
    "state": "shipment_origination_state origination_state origin_state bundesland bundesstaat",
    "po_number": "po purchase_order purchase_order_number bestellnummer",
}
ROW_NAMES: Final[Mapping[str, str]] = {
    "sku": "product_number product item_number item_no item article article_number artikel artikelnummer artikel_nr",
    "ean": "upc upc_code gtin barcode ean_code ean13 strichcode",
    "quantity": "qty pieces units count menge anzahl stück stückzahl",
    "box_number": "box box_no carton_number karton_nr kartonnummer karton",
    "boxes": "number_of_boxes box_count cartons kartons anzahl_kartons",
    "pallet_number": "pallet pallet_no palette palettennummer paletten_nr",
    "pallets": "number_of_pallets pallet_count paletten anzahl_paletten",
    "inner_packs": "number_of_inner_packs inner_pack_count innenkartons anzahl_innenkartons",
    "units_per_inner_pack": "number_of_units_inner_pack units_inner_pack inner_pack_units stück_je_innenkarton",
    "box_weight": "weight_of_box weight weight_lb box_weight_lb",
    "box_weight_kg": "weight_kg gewicht gewicht_kg kartongewicht",
    "lot_number": "lot batch batch_number charge chargennummer",
}
"""Our names, and other accepted ones. Case, spaces and signs between words do not matter."""
IGNORED: Final = (
    "description short_description product_description name product_name title color colour size note notes comment"
    " bezeichnung artikelbezeichnung beschreibung titel farbe größe bemerkung notiz kommentar"
)
"""Columns that are allowed and ignored."""


def _fold(name: str) -> str:
    """A name without case, marks and separators."""
    plain = unicodedata.normalize("NFKD", name.replace("ß", "ss").casefold())
    return re.sub(r"[^a-z0-9]+", "", plain)


def _index(names: Mapping[str, str]) -> dict[str, str]:
    return {_fold(other): ours for ours, others in names.items() for other in (ours, *others.split())}


_HEADER_INDEX: Final = _index(HEADER_NAMES)
_ROW_INDEX: Final = _index(ROW_NAMES)
_INDEX: Final = {**_HEADER_INDEX, **_ROW_INDEX}
_IGNORED: Final = frozenset(_fold(name) for name in IGNORED.split())


def read_file(name: str, content: bytes) -> Sheet:
    """Read a file by its content. Only the ending of its name counts, and only if the content does not decide."""
    if len(content) > LARGEST_FILE:
        return _unreadable(problems.too_large(len(content), LARGEST_FILE))
    if content[:4] in (b"PK\x03\x04", b"PK\x05\x06", b"\xd0\xcf\x11\xe0") or content[:2] == b"\x1f\x8b":
        return _unreadable(problems.WORKBOOK)
    text = decoded(content)
    if text is None:
        return _unreadable(problems.NO_TEXT)
    if not text.strip():
        return _unreadable(problems.EMPTY)
    if name.casefold().endswith(".json") or text.lstrip()[:1] in ("{", "["):
        return _read_json(text)
    return _read_csv(text)


def decoded(content: bytes) -> str | None:
    """The text of a file: by its byte-order mark, as UTF-16 by its zeros, as UTF-8, else as Windows-1252. None if it is
    not text.
    """
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        encodings = ["utf-16"]
    elif b"\x00" in content[:200]:
        encodings = ["utf-16-le" if content[1:2] == b"\x00" else "utf-16-be"]
    else:
        encodings = ["utf-8-sig", "cp1252"]
    for encoding in encodings:
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        text = text.removeprefix("\ufeff")
        return None if any(ord(one) < 32 and one not in "\t\r\n\x0c\x1a" for one in text) else text.rstrip("\x1a")
    return None


def _unreadable(problem: Problem) -> Sheet:
    return Sheet(problems=(RowProblem(None, None, problem),))


# ---- JSON


def _read_json(text: str) -> Sheet:
    try:
        # As text, because a float would round an EAN, and a number of many digits is slow.
        raw = json.loads(text, parse_int=str, parse_float=str, parse_constant=str, object_pairs_hook=_once)
    except json.JSONDecodeError as error:
        return _unreadable(problems.bad_json(f"{error.msg} in line {error.lineno}"))
    except _Double as error:
        return _unreadable(problems.bad_json(f"{error.name!r} is there twice"))
    except (ValueError, RecursionError):
        return _unreadable(problems.bad_json("nested too deep"))
    if not isinstance(raw, dict):
        return _unreadable(problems.not_expected("JSON"))
    if len(raw) > _MOST_COLUMNS:
        return _unreadable(problems.not_expected("JSON"))
    found: list[RowProblem] = []
    by_fold = {_fold(name): value for name, value in raw.items()}
    entries = by_fold.get("products", [])
    own = by_fold.get("header", {})
    if not isinstance(own, dict) or not isinstance(entries, list):
        return _unreadable(problems.not_expected("'Header' / 'Products'"))
    flat = {name: value for name, value in raw.items() if _fold(name) not in ("header", "products")}
    in_row = {name: value for name, value in flat.items() if _fold(name) in _ROW_INDEX}
    if len(own) > _MOST_COLUMNS:
        return _unreadable(problems.not_expected("'Header'"))
    header = _named({n: v for n, v in flat.items() if n not in in_row} | own, _HEADER_INDEX, None, found)
    if in_row:  # {"action": "remove", "tracking_number": …, "sku": …}
        entries = [*entries, in_row]
    rows = [
        Row(place, _named(entry, _ROW_INDEX, place, found)) if _is_row(entry) else _no_row(place, found)
        for place, entry in enumerate(entries[: MOST_ROWS + 1], start=1)
    ]
    action = header.pop("action", "") or "announce"
    return Sheet(action, header, tuple(rows), tuple(found))


class _Double(ValueError):
    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name[:40]


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for name, value in pairs:
        if name in made:
            raise _Double(name)
        made[name] = value
    return made


def _is_row(entry: object) -> TypeGuard[dict[str, Any]]:
    return isinstance(entry, dict) and len(entry) <= _MOST_COLUMNS


def _no_row(place: int, found: list[RowProblem]) -> Row:
    found.append(RowProblem(place, None, problems.not_expected("'Products'")))
    return Row(place, {})


def _named(
    fields: Mapping[str, Any], index: Mapping[str, str], row: int | None, found: list[RowProblem]
) -> dict[str, str]:
    """The texts of an object, by our names."""
    made: dict[str, str] = {}
    said: dict[str, str] = {}
    for name, value in fields.items():
        ours = index.get(_fold(name))
        if ours is None:
            if _fold(name) not in _IGNORED:
                found.append(RowProblem(row, None, _unknown(name, index, found)))
        elif ours in made:
            found.append(RowProblem(row, ours, problems.named_twice(ours, said[ours], name)))
        elif value is not None and not isinstance(value, str):
            found.append(RowProblem(row, ours, problems.not_expected(repr(name[:40]))))
        else:
            made[ours], said[ours] = value or "", name
    return made


def _unknown(name: str, index: Mapping[str, str], found: Sequence[RowProblem]) -> Problem:
    look = len(found) < _NAMES_LOOKED_FOR
    nearest = difflib.get_close_matches(_fold(name[:40]), index, n=1, cutoff=0.6) if look else []
    return problems.unknown_name(name, index[nearest[0]] if nearest else "", list(dict.fromkeys(index.values())))


# ---- CSV


def _read_csv(text: str) -> Sheet:
    try:
        separator = max(_SEPARATORS, key=lambda one: _names_found(text, one))  # the first of equal ones
        lines = _lines(text, separator)
        above = list(_until_head(lines))
        if not above or not _is_head(above[-1][1]):
            return _unreadable(problems.NO_HEADER)
        found: list[RowProblem] = []
        header: dict[str, str] = {}
        for number, cells in above[:-1]:
            _above_the_table(number, cells, separator, header, found)
        columns = _columns(*above[-1], found)
        rows = list(islice(_rows(lines, columns, header, found), MOST_ROWS + 1))
    except csv.Error:
        return _unreadable(problems.NO_TEXT)
    action = header.pop("action", "") or "announce"
    return Sheet(action, header, tuple(rows), tuple(found))


def _until_head(lines: Iterator[tuple[int, list[str]]]) -> Iterator[tuple[int, list[str]]]:
    """The lines up to the one that names the columns, which is the last; without one, the first lines."""
    for number, cells in islice(lines, _LOOKED_AT):
        yield number, cells
        if _is_head(cells):
            return


def _rows(
    lines: Iterator[tuple[int, list[str]]], columns: Sequence[str], header: dict[str, str], found: list[RowProblem]
) -> Iterator[Row]:
    """The rows of the table. Their values of the notice itself are added to ``header``."""
    for number, cells in lines:
        if not any(cells):
            continue
        if any(cells[len(columns) :]):
            found.append(RowProblem(number, None, problems.row_too_long(len(cells), len(columns))))
        fields = {ours: cell for ours, cell in zip(columns, cells, strict=False) if ours}
        for name, value in fields.items():
            if name in HEADER_NAMES:
                _set(header, name, value, number, found)
        yield Row(number, {name: cell for name, cell in fields.items() if name in ROW_NAMES})


def _lines(text: str, separator: str) -> Iterator[tuple[int, list[str]]]:
    """Line numbers, from 1, and their cells, without Excel's line `sep=;`."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    for cells in reader:
        if len(cells) in (1, 2) and cells[0].strip().casefold().startswith("sep="):
            continue
        yield reader.line_num, [cell.strip() for cell in cells]


def _names_found(text: str, separator: str) -> int:
    """How many column names the best line has with this separator."""
    head = "\n".join(text[:20_000].splitlines()[:_LOOKED_AT])
    return max(
        (sum(_fold(cell) in _INDEX for cell in cells[:_MOST_COLUMNS]) for _, cells in _lines(head, separator)),
        default=0,
    )


def _is_head(cells: Sequence[str]) -> bool:
    """Whether a line names columns: it has the name, or nearly the name, of a product's column, and another name."""
    named = [cell for cell in cells[:_MOST_COLUMNS] if cell]
    like = [cell for cell in named if _like(cell, _INDEX)]
    return any(_like(cell, _ROW_INDEX) for cell in like) and len(like) >= min(2, len(named)) and ":" not in named[0]


def _like(cell: str, index: Mapping[str, str]) -> bool:
    folded = _fold(cell[:40])
    return folded in index or bool(difflib.get_close_matches(folded, index, n=1, cutoff=0.75))


def _above_the_table(
    number: int, cells: Sequence[str], separator: str, header: dict[str, str], found: list[RowProblem]
) -> None:
    """A line `name: value`, or `name;value` as a spreadsheet writes it."""
    if not any(cells):
        return
    name, colon, begun = cells[0].partition(":")
    rest = [cell for cell in cells[1:] if cell]
    # A value with the separator in it was split.
    between = f"{separator} " if separator == "," else " "
    value = between.join([begun.strip(), *rest] if begun.strip() else rest)
    ours = _HEADER_INDEX.get(_fold(name))
    if ours is not None:
        _set(header, ours, value, number, found)
    elif colon or (rest and len(rest) == 1):
        found.append(RowProblem(number, None, _unknown(name, _HEADER_INDEX, found)))
    # Other lines above the table are titles or remarks.


def _set(header: dict[str, str], name: str, value: str, number: int, found: list[RowProblem]) -> None:
    """A field of the notice, given once, or again with the same value. An empty cell is ignored."""
    before = header.get(name, "")
    if before and value and before != value:
        found.append(RowProblem(number, name, problems.two_values(name, before, value)))
    elif value:
        header[name] = value


def _columns(number: int, names: Sequence[str], found: list[RowProblem]) -> list[str]:
    """Our names of the columns; empty for one that is ignored."""
    columns: list[str] = []
    if any(names[_MOST_COLUMNS:]):
        found.append(RowProblem(number, None, problems.row_too_long(len(names), _MOST_COLUMNS)))
    for name in names[:_MOST_COLUMNS]:
        ours = _INDEX.get(_fold(name), "")
        if not ours and name and _fold(name) not in _IGNORED:
            found.append(RowProblem(number, None, _unknown(name, _INDEX, found)))
        if ours and ours in columns:
            found.append(RowProblem(number, ours, problems.named_twice(ours, names[columns.index(ours)], name)))
        columns.append(ours)
    while columns and not names[len(columns) - 1]:
        columns.pop()
    return columns
