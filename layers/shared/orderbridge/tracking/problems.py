"""What the warehouse does with an order, and with its parcels (R17, R27)."""

from __future__ import annotations

from typing import Final

from orderbridge.ledger.problem import Problem

BACKORDERED = Problem(
    "OB-201",
    "The warehouse has this order on backorder: an item is not in stock. Nothing has to be done.",
    "Das Lager hat einen Artikel dieser Bestellung nicht vorrätig (Rückstand). Es ist nichts zu tun.",
)
BACKORDERED_WITH_OTHERS = Problem(
    "OB-202",
    "The warehouse holds a part of this order back until another item of it, on backorder, is in stock.",
    "Das Lager hält einen Teil dieser Bestellung zurück, bis ein anderer Artikel daraus wieder vorrätig ist.",
)
DECLINED = Problem(
    "OB-203",
    "The warehouse declined this order and does not ship it: ask the warehouse for the reason.",
    "Das Lager hat diese Bestellung abgelehnt und versendet sie nicht: bitte beim Lager nach dem Grund fragen.",
)
CANCELLED = Problem(
    "OB-204",
    "The warehouse cancelled this order or a part of it: that part is not shipped.",
    "Das Lager hat diese Bestellung oder einen Teil davon storniert: dieser Teil wird nicht versendet.",
)


def part_cancelled(pieces: str) -> Problem:
    """``pieces``: counts and SKUs, in any language."""
    return Problem(
        "OB-209",
        f"The warehouse cancelled a part of this order, which is not shipped: {pieces}. Refund it, or order it again.",
        f"Das Lager hat einen Teil dieser Bestellung storniert, er wird nicht versendet: {pieces}. Bitte erstatten oder"
        " neu bestellen.",
    )


def pieces_missing(pieces: str) -> Problem:
    """``pieces``: as in `part_cancelled`."""
    return Problem(
        "OB-210",
        f"The warehouse has shipped this order, but its report does not show all of it: {pieces}. Ask the warehouse"
        " whether they were shipped.",
        f"Das Lager hat diese Bestellung versendet, zeigt aber nicht alles davon: {pieces}. Bitte im Lager nachfragen,"
        " ob es versendet wurde.",
    )


def suspected_mispick(parcels: str, goods: str) -> Problem:
    """``parcels``, ``goods``: weights with their units, in English."""
    return Problem(
        "OB-211",
        f"The parcels of this order weigh {parcels}, its goods weigh {goods} in Billbee: the warehouse may have packed"
        " something else. Ask the warehouse, or correct the weights of the products.",
        f"Die Pakete dieser Bestellung wiegen {_german(parcels)}, die Artikel laut Billbee {_german(goods)}: vielleicht"
        " hat das Lager etwas anderes gepackt. Bitte im Lager nachfragen oder die Gewichte der Artikel berichtigen.",
    )


RETURNED = Problem(
    "OB-205",
    "This order or a part of it came back to the warehouse as a return.",
    "Diese Bestellung oder ein Teil davon kam als Retoure ins Lager zurück.",
)
BY_REPORT: Final = (BACKORDERED, BACKORDERED_WITH_OTHERS, DECLINED, CANCELLED, RETURNED)
"""What a report of the warehouse tells of an order; they are noted in English."""


def return_parcel(number: str) -> Problem:
    return Problem(
        "OB-207",
        f"The parcel {number[:60]} is on its way back to the warehouse, or has arrived there.",
        f"Das Paket {number[:60]} ist auf dem Rückweg ins Lager oder dort angekommen.",
    )


def parcel_voided(number: str) -> Problem:
    return Problem(
        "OB-208",
        f"The warehouse has voided the label of the parcel {number[:60]}: no parcel has this number. Wait for"
        " the number of another parcel, or ask the warehouse.",
        f"Das Lager hat das Etikett des Pakets {number[:60]} storniert: unter dieser Nummer ist nichts unterwegs. Bitte"
        " die Nummer eines anderen Pakets abwarten oder im Lager nachfragen.",
    )


def _german(number: str) -> str:
    return number.replace(".", ",")
