"""The results of a file that announces goods, and what was received: files for programs and for people (R23).

A result is JSON with the figures and with the same in lines of text, in the merchant's language.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, Literal

from orderbridge.ledger.sku import Sku
from orderbridge.platform.texts import for_spreadsheet

if TYPE_CHECKING:
    from orderbridge.inbound.notice import NoticeLine, RowProblem
    from orderbridge.ledger.problem import Language

RESULT: Final = ".result.json"
RECEIVED: Final = ".received.json"
RECEIVED_CSV: Final = ".received.csv"
OURS: Final = (RESULT, RECEIVED, RECEIVED_CSV)
"""Endings of the files that we write. They are not processed."""
_MOST_LISTED: Final = 200

Outcome = Literal["announced", "already announced", "added", "removed", "closed", "deleted", "checked", "refused"]
_SAID: Final[Mapping[Outcome, tuple[str, str]]] = {
    "announced": ("announced to the warehouse", "beim Lager angekündigt"),
    "already announced": ("was announced already; nothing was sent", "war schon angekündigt; nichts wurde gesendet"),
    "added": ("products added", "Artikel hinzugefügt"),
    "removed": ("products removed", "Artikel entfernt"),
    "closed": ("closed at the warehouse", "im Lager geschlossen"),
    "deleted": ("deleted at the warehouse", "im Lager gelöscht"),
    "checked": ("checked only", "nur geprüft"),
    "refused": ("nothing was done", "nichts wurde getan"),
}


@dataclass(frozen=True)
class Result:
    """The result of a file.

    Attributes:
        etag: of the content that was read. Other content under the same name is another file.
        number: the warehouse's number of the notice.
        remarks: what is odd or worth knowing, but no error.
    """

    file: str
    etag: str
    outcome: Outcome
    tracking_number: str = ""
    number: str = ""
    lines: Sequence[NoticeLine] = ()
    problems: Sequence[RowProblem] = ()
    remarks: Sequence[RowProblem] = ()

    def to_json(self, at: datetime, language: Language) -> bytes:
        """The result file. ``at``: when it was written."""
        answer: dict[str, Any] = {
            "file": self.file,
            "etag": self.etag,
            "written_at": at.isoformat(timespec="seconds"),
            "outcome": self.outcome,
            "tracking_number": self.tracking_number,
            "notice_number": self.number,
            "products": [{"row": line.row, "sku": line.sku, "quantity": line.quantity} for line in self.lines],
            "problems": [_problem(one, language) for one in self.problems[:_MOST_LISTED]],
            "remarks": [_problem(one, language) for one in self.remarks[:_MOST_LISTED]],
            "text": self.text(language),
        }
        return (json.dumps(answer, ensure_ascii=False, indent=2) + "\n").encode()

    def text(self, language: Language) -> list[str]:
        """The same for people."""
        german = language == "de"
        name = self.tracking_number or self.file.rpartition("/")[2]
        lines = [f"{name}: {_SAID[self.outcome][german]}"]
        if self.outcome == "announced":
            pieces = sum(line.quantity for line in self.lines)
            words = ("Artikel", "Stück") if german else ("products", "pieces")
            lines.append(f"{len(self.lines)} {words[0]}, {pieces} {words[1]}")
        said = [*self.problems, *self.remarks]
        lines += [_line(one, language) for one in said[:_MOST_LISTED]]
        if len(said) > _MOST_LISTED:
            lines.append(f"… {'und weitere' if german else 'and more'}: {len(said) - _MOST_LISTED}")
        return lines


def _problem(one: RowProblem, language: Language) -> dict[str, Any]:
    text = one.problem.german if language == "de" else one.problem.text
    return {"row": one.row, "column": one.column, "code": one.problem.code, "text": text}


def _line(one: RowProblem, language: Language) -> str:
    where = "" if one.row is None else f"{'Zeile' if language == 'de' else 'row'} {one.row}: "
    return where + one.problem.say(language)


# ---- Received, against announced


@dataclass(frozen=True)
class Received:
    """What arrived of a closed notice.

    Attributes:
        announced: pieces by SKU.
        received: pieces by SKU that the warehouse booked in between shipping and closing; None if it could not be
            asked.
        shared: SKUs that another notice of the same time has too, so that it is not known whose the pieces are.
    """

    tracking_number: str
    closed_at: datetime
    announced: Mapping[str, int]
    received: Mapping[str, int] | None
    shared: frozenset[Sku] = frozenset()

    def rows(self) -> list[tuple[str, int, int | None]]:
        """SKU, announced, received; in order of the SKUs."""
        arrived = self.received
        skus = sorted({*self.announced, *(arrived or {})}, key=str.casefold)
        return [(sku, self.announced.get(sku, 0), None if arrived is None else arrived.get(sku, 0)) for sku in skus]

    def summary(self, language: Language = "en") -> str:
        """One line, e.g. ``1Z4: 95 of 100 pieces received; TEE-01: 5 missing``."""
        german = language == "de"
        total = sum(self.announced.values())
        if self.received is None:
            words = "Eingang nicht lesbar" if german else "what was received could not be read"
            return f"{self.tracking_number}: {total} {'Stück, ' if german else 'pieces, '}{words}"
        arrived = sum(self.received.values())
        words = "Stück eingegangen" if german else "pieces received"
        line = f"{self.tracking_number}: {arrived} {'von' if german else 'of'} {total} {words}"
        off = [(sku, got - said) for sku, said, got in self.rows() if got is not None and got != said]
        missing, more = ("fehlen", "mehr") if german else ("missing", "more")
        told = [f"{sku}: {abs(by)} {missing if by < 0 else more}" for sku, by in off]
        return "; ".join([line, *told[:5], *(["…"] if len(told) > 5 else [])])

    def to_json(self, language: Language) -> bytes:
        answer = {
            "tracking_number": self.tracking_number,
            "closed_at": self.closed_at.isoformat(timespec="seconds"),
            "products": [
                {
                    "sku": sku,
                    "announced": said,
                    "received": got,
                    "difference": None if got is None else got - said,
                    "shared_with_another_notice": Sku(sku) in self.shared,
                }
                for sku, said, got in self.rows()
            ],
            "text": [self.summary(language)],
        }
        return (json.dumps(answer, ensure_ascii=False, indent=2) + "\n").encode()

    def to_csv(self) -> bytes:
        """For a spreadsheet: UTF-8 with a byte-order mark, semicolons."""
        text = io.StringIO(newline="")
        writer = csv.writer(text, delimiter=";")
        writer.writerow(["sku", "announced", "received", "difference"])
        for sku, said, got in self.rows():
            writer.writerow([for_spreadsheet(sku), said, "" if got is None else got, "" if got is None else got - said])
        return text.getvalue().encode("utf-8-sig")
