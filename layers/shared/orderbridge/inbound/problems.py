"""The messages about a file that announces goods, with what to do, in English and German (R23).

The result file and the tool show them. They repeat what the file says in a column, shortened; a file of goods names
SKUs, quantities and a carrier, and no addresses.
"""

from __future__ import annotations

from collections.abc import Sequence

from orderbridge.ledger.problem import Problem

_SHOWN = 40


def _short(value: object) -> str:
    text = " ".join(str(value).split())
    return repr(text if len(text) <= _SHOWN else text[:_SHOWN] + "…")


def too_large(size: int, limit: int) -> Problem:
    megabytes, most = f"{size / 1_000_000:.1f}", f"{limit // 1_000_000}"
    return Problem(
        "OB-601",
        f"The file has {megabytes} MB, at most {most} MB are read: split it into several notices.",
        f"Die Datei hat {megabytes} MB, gelesen werden höchstens {most} MB: bitte auf mehrere Avise aufteilen.",
    )


EMPTY = Problem("OB-602", "The file is empty.", "Die Datei ist leer.")
WORKBOOK = Problem(
    "OB-603",
    "The file is an Excel workbook or an archive: save the sheet as CSV.",
    "Die Datei ist eine Excel-Mappe oder ein Archiv: bitte das Blatt als CSV speichern.",
)
NO_TEXT = Problem(
    "OB-603",
    "The file is not text: CSV or JSON is read.",
    "Die Datei ist kein Text: gelesen werden CSV und JSON.",
)


def bad_json(detail: str) -> Problem:
    return Problem("OB-604", f"The file is not valid JSON: {detail}.", f"Die Datei ist kein gültiges JSON: {detail}.")


def not_expected(where: str) -> Problem:
    return Problem(
        "OB-604",
        f"{where} has another shape than expected: see docs/inbound.md for examples.",
        f"{where} ist anders aufgebaut als erwartet: Beispiele stehen in docs/inbound.md.",
    )


NO_HEADER = Problem(
    "OB-605",
    "The file has no line that names its columns, e.g. sku;quantity.",
    "Der Datei fehlt die Zeile mit den Spaltennamen, z. B. sku;menge.",
)


def unknown_name(name: str, nearest: str, known: Sequence[str]) -> Problem:
    if nearest:
        english, german = f"did you mean {nearest!r}?", f"ist {nearest!r} gemeint?"
    else:
        english, german = f"known are {', '.join(known)}.", f"bekannt sind {', '.join(known)}."
    return Problem(
        "OB-606",
        f"The name {_short(name)} is not known: {english}",
        f"Der Name {_short(name)} ist nicht bekannt: {german}",
    )


def named_twice(name: str, first: str, second: str) -> Problem:
    return Problem(
        "OB-607",
        f"{_short(first)} and {_short(second)} both mean {name!r}: keep one of them.",
        f"{_short(first)} und {_short(second)} stehen beide für {name!r}: bitte nur eines behalten.",
    )


def two_values(name: str, first: object, second: object) -> Problem:
    return Problem(
        "OB-608",
        f"{name!r} is {_short(second)} here and {_short(first)} before: a file is one notice.",
        f"{name!r} ist hier {_short(second)} und vorher {_short(first)}: eine Datei ist ein Avis.",
    )


def row_too_long(cells: int, columns: int) -> Problem:
    return Problem(
        "OB-609",
        f"The row has {cells} values for {columns} columns: put a value with a separator in it between quotes.",
        f"Die Zeile hat {cells} Werte bei {columns} Spalten: bitte Werte mit Trennzeichen in Anführungszeichen setzen.",
    )


def missing(name: str) -> Problem:
    return Problem("OB-610", f"{name!r} is missing: add it.", f"{name!r} fehlt: bitte ergänzen.")


def bad_tracking_number(value: str) -> Problem:
    return Problem(
        "OB-611",
        f"The tracking number {_short(value)} must have 1 to 50 letters, digits, spaces or ._/#-, the first a letter"
        " or digit.",
        f"Die Sendungsnummer {_short(value)} muss 1 bis 50 Zeichen haben: Buchstaben, Ziffern, Leerzeichen oder ._/#-,"
        " zuerst ein Buchstabe oder eine Ziffer.",
    )


def bad_date(value: str) -> Problem:
    return Problem(
        "OB-612",
        f"The date {_short(value)} is not written as 2026-03-31 or 31.03.2026, or there is no such day.",
        f"Das Datum {_short(value)} ist anders geschrieben als 2026-03-31 oder 31.03.2026, oder den Tag gibt es nicht.",
    )


def far_date(value: str) -> Problem:
    return Problem(
        "OB-612",
        f"The date {_short(value)} is more than 400 days away: is the year right?",
        f"Das Datum {_short(value)} liegt mehr als 400 Tage entfernt: stimmt das Jahr?",
    )


ARRIVES_BEFORE_IT_LEAVES = Problem(
    "OB-613",
    "The expected delivery date is before the day of shipping: correct one of them.",
    "Der erwartete Liefertag liegt vor dem Versandtag: bitte einen von beiden berichtigen.",
)


def unknown_country(value: str) -> Problem:
    return Problem(
        "OB-614",
        f"The country of origin {_short(value)} is not known: use its two-letter code.",
        f"Das Herkunftsland {_short(value)} ist nicht bekannt: bitte das Kürzel aus zwei Buchstaben verwenden.",
    )


def too_long(name: str, limit: int) -> Problem:
    return Problem(
        "OB-615",
        f"{name!r} is longer than {limit} characters: shorten it.",
        f"{name!r} hat mehr als {limit} Zeichen: bitte kürzen.",
    )


NO_PRODUCTS = Problem("OB-616", "The file names no product.", "Die Datei nennt keinen Artikel.")


def too_many_rows(limit: int) -> Problem:
    return Problem(
        "OB-616",
        f"The file has more than {limit} products: split it into several notices.",
        f"Die Datei hat mehr als {limit} Artikel: bitte auf mehrere Avise aufteilen.",
    )


NO_SKU = Problem(
    "OB-617",
    "The row has neither a SKU nor an EAN: add one of them.",
    "Die Zeile hat weder SKU noch EAN: bitte eine davon ergänzen.",
)


def bad_quantity(value: str, most: int) -> Problem:
    return Problem(
        "OB-618",
        f"The quantity {_short(value)} must be a whole number from 1 to {most}, without separators.",
        f"Die Menge {_short(value)} muss eine ganze Zahl von 1 bis {most} sein, ohne Trennzeichen.",
    )


def bad_count(name: str, value: str, most: int) -> Problem:
    return Problem(
        "OB-619",
        f"{name!r} is {_short(value)}: it must be a whole number from 0 to {most}, or empty.",
        f"{name!r} ist {_short(value)}: erlaubt sind ganze Zahlen von 0 bis {most}, oder nichts.",
    )


def bad_weight(value: str, most: int) -> Problem:
    return Problem(
        "OB-620",
        f"The weight {_short(value)} must be a number above 0 and up to {most} pounds, or empty.",
        f"Das Gewicht {_short(value)} muss eine Zahl über 0 und bis {most} Pfund (lb) sein, oder leer.",
    )


def bad_ean(value: str) -> Problem:
    return Problem(
        "OB-621",
        f"The EAN {_short(value)} must have 8, 12, 13 or 14 digits, the last of which is their check digit.",
        f"Die EAN {_short(value)} muss 8, 12, 13 oder 14 Ziffern haben, deren letzte die Prüfziffer ist.",
    )


def rounded_ean(value: str) -> Problem:
    return Problem(
        "OB-621",
        f"The EAN {_short(value)} was rounded by a spreadsheet: format the column as text and enter it again.",
        f"Die EAN {_short(value)} hat eine Tabelle gerundet: bitte die Spalte als Text formatieren und neu eingeben.",
    )


def product_twice(sku: str, first_row: int) -> Problem:
    return Problem(
        "OB-622",
        f"{_short(sku)} is in row {first_row} already: a notice names a product once, add the quantities up.",
        f"{_short(sku)} steht schon in Zeile {first_row}: ein Avis nennt einen Artikel einmal, bitte zusammenzählen.",
    )


def unknown_product(name: str) -> Problem:
    return Problem(
        "OB-623",
        f"{_short(name)} is neither known as the SKU or EAN of a product sent to the warehouse nor to the warehouse"
        " itself: correct it, or let the products be synced first.",
        f"{_short(name)} ist weder als SKU oder EAN eines ans Lager gesendeten Artikels noch dem Lager selbst bekannt:"
        " bitte berichtigen oder erst die Artikel abgleichen lassen.",
    )


def other_ean(sku: str, ean: str, known: str) -> Problem:
    return Problem(
        "OB-624",
        f"The EAN {_short(ean)} belongs to {_short(known)}, the row says {_short(sku)}: correct one of them.",
        f"Die EAN {_short(ean)} gehört zu {_short(known)}, die Zeile nennt {_short(sku)}: bitte eines berichtigen.",
    )


def more_in_packs(packs: int, units: int, quantity: int) -> Problem:
    return Problem(
        "OB-625",
        f"{packs} inner packs of {units} hold {packs * units} pieces, and {quantity} are announced: is that right?",
        f"{packs} Innenkartons zu {units} fassen {packs * units} Stück, angekündigt sind {quantity}: stimmt das?",
    )


# ---- Of the notice as a whole


def number_taken(tracking_number: str, where: str) -> Problem:
    return Problem(
        "OB-630",
        f"{_short(tracking_number)} was announced with other products already ({where}): change that notice with"
        " add and remove, delete it, or use another number.",
        f"{_short(tracking_number)} ist schon mit anderen Artikeln angekündigt ({where}): bitte jenes Avis mit add und"
        " remove ändern, es löschen oder eine andere Nummer verwenden.",
    )


def refused(words: str) -> Problem:
    return Problem(
        "OB-631",
        f"The warehouse refused it: {words}",
        f"Das Lager hat es abgelehnt: {words}",
    )


def not_announced(tracking_number: str) -> Problem:
    return Problem(
        "OB-632",
        f"There is no notice {_short(tracking_number)}: orderbridge inbound list shows all notices.",
        f"Es gibt kein Avis {_short(tracking_number)}: orderbridge inbound list zeigt, welche es gibt.",
    )


def is_closed(tracking_number: str) -> Problem:
    return Problem(
        "OB-633",
        f"The notice {_short(tracking_number)} is closed at the warehouse: it cannot be changed any more.",
        f"Das Avis {_short(tracking_number)} ist im Lager geschlossen: es lässt sich nicht mehr ändern.",
    )


def other_quantity(sku: str, there: int, asked: int) -> Problem:
    return Problem(
        "OB-634",
        f"{_short(sku)} is on the notice with {there} pieces, not {asked}: remove it first, then add it.",
        f"{_short(sku)} steht mit {there} Stück auf dem Avis, nicht {asked}: bitte erst entfernen, dann hinzufügen.",
    )


def unknown_action(value: str) -> Problem:
    return Problem(
        "OB-635",
        f"The action {_short(value)} is not known: announce, add, remove, close or delete.",
        f"Die Aktion {_short(value)} ist nicht bekannt: announce, add, remove, close oder delete.",
    )


REHEARSAL = Problem(
    "OB-640",
    "The merchant is in test mode: the file was only checked. Drop it again once the merchant is live.",
    "Der Händler ist im Testmodus: die Datei wurde nur geprüft. Bitte im Echtbetrieb noch einmal ablegen.",
)
