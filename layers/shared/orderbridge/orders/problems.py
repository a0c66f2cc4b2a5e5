"""Why an order is not sent, what is odd about it, and the results of a change, a cancellation or a hold (R2, R3,
R11-R13).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from orderbridge.ledger.problem import Problem

if TYPE_CHECKING:
    from orderbridge.ledger.conversion import Conversion, CurrencyRules

# ---- Why an order is not sent (R2, R3)

NO_ADDRESS = Problem(
    "OB-101",
    "The order has no shipping address: add one.",
    "Der Bestellung fehlt die Lieferadresse: bitte ergänzen.",
)
NO_RECIPIENT = Problem(
    "OB-102",
    "The shipping address has no name and no company: add the recipient.",
    "Der Lieferadresse fehlen Name und Firma: bitte den Empfänger ergänzen.",
)
NO_STREET = Problem(
    "OB-103",
    "The shipping address has no street: add it.",
    "Der Lieferadresse fehlt die Straße: bitte ergänzen.",
)
NO_CITY = Problem(
    "OB-104", "The shipping address has no city: add it.", "Der Lieferadresse fehlt der Ort: bitte ergänzen."
)
NO_POSTCODE = Problem(
    "OB-105",
    "The shipping address has no postcode: add it.",
    "Der Lieferadresse fehlt die Postleitzahl: bitte ergänzen.",
)
NO_COUNTRY = Problem(
    "OB-106",
    "The shipping address has no country: choose one.",
    "Der Lieferadresse fehlt das Land: bitte auswählen.",
)
NO_GOODS = Problem(
    "OB-110",
    "The order has no goods to ship: remove the order tag, or add a product that can be shipped.",
    "Die Bestellung enthält nichts zu versenden: bitte den Tag entfernen oder einen Artikel zum Versenden ergänzen.",
)

ONLY_FEES = Problem(
    "OB-125",
    "The order has nothing to ship: the setting money_only says that of its products only the money counts. Remove the"
    " order tag, or have that setting corrected.",
    "Die Bestellung enthält nichts zu versenden: laut der Einstellung money_only zählt bei ihren Artikeln nur der"
    " Betrag. Bitte den Tag der Bestellung entfernen oder die Einstellung berichtigen lassen.",
)


def unknown_country() -> Problem:
    return Problem(
        "OB-107",
        "The country of the shipping address is not a known country: choose it from the list.",
        "Das Land der Lieferadresse ist nicht bekannt: bitte aus der Liste wählen.",
    )


def unknown_state() -> Problem:
    return Problem(
        "OB-108",
        "The state of the shipping address is missing or not a US state: enter its name or its two-letter code, such as"
        " CA.",
        "Der Bundesstaat der Lieferadresse fehlt oder ist kein Staat der USA: bitte den Namen oder das Kürzel aus zwei"
        " Buchstaben angeben, etwa CA.",
    )


def unknown_currency(currency: str) -> Problem:
    return Problem(
        "OB-109",
        f"The currency {currency[:12]!r} is not an ISO 4217 currency: correct it.",
        f"Die Währung {currency[:12]!r} gibt es nach ISO 4217 nicht: bitte berichtigen.",
    )


NO_CURRENCY = Problem(
    "OB-127",
    "The order names no currency, and the setting currency.warehouse needs one: add it in Billbee.",
    "Die Bestellung nennt keine Währung, und die Einstellung currency.warehouse braucht eine: bitte in Billbee"
    " ergänzen.",
)


def no_rate(currency: str, rules: CurrencyRules) -> Problem:
    """``rules``: may have a rate that is not in force yet."""
    setting = f"currency.rates.{currency}"
    if (later := rules.rates.get(currency)) is not None:
        return Problem(
            "OB-128",
            f"The order is in {currency}, and the rate of the setting {setting} is in force from {later.since}: have a"
            " rate set that is in force now.",
            f"Die Bestellung lautet auf {currency}, und der Kurs der Einstellung {setting} gilt erst ab {later.since}:"
            " bitte einen Kurs angeben lassen, der jetzt gilt.",
        )
    return Problem(
        "OB-128",
        f"The order is in {currency}, and the warehouse counts in {rules.warehouse}: have the setting {setting} name a"
        " rate.",
        f"Die Bestellung lautet auf {currency}, das Lager rechnet in {rules.warehouse}: bitte in der Einstellung"
        f" {setting} einen Kurs angeben lassen.",
    )


def nothing_left(conversion: Conversion) -> Problem:
    setting = f"currency.rates.{conversion.currency}"
    return Problem(
        "OB-135",
        f"What the order costs is 0.00 {conversion.into} at the rate {conversion.rate:f} of the setting {setting}: have"
        " the rate corrected.",
        f"Was die Bestellung kostet, ist beim Kurs {conversion.rate:f} der Einstellung {setting} nur 0,00"
        f" {conversion.into}: bitte den Kurs berichtigen lassen.",
    )


def no_sku(line: int) -> Problem:
    return Problem(
        "OB-111",
        f"Line {line} has no SKU: give the product a SKU that the warehouse knows.",
        f"Position {line} hat keine SKU: bitte dem Artikel eine SKU geben, die das Lager kennt.",
    )


def bad_quantity(line: int, quantity: object) -> Problem:
    return Problem(
        "OB-113",
        f"Line {line} has the quantity {quantity}: it must be a whole number of at least 1.",
        f"Position {line} hat die Menge {quantity}: erlaubt sind ganze Zahlen ab 1.",
    )


def bad_pieces(line: int, per_sale: str) -> Problem:
    return Problem(
        "OB-129",
        f"Line {line} does not make a whole number of pieces: each unit sold takes {per_sale} from the stock"
        " (StockReduceItemsPerSale of the product). Correct the product or the quantity in Billbee.",
        f"Position {line} ergibt keine ganzen Stücke: jeder Verkauf verbraucht {per_sale} vom Bestand"
        " (StockReduceItemsPerSale des Artikels). Bitte den Artikel oder die Menge in Billbee berichtigen.",
    )


def bad_ship_date(tag: str) -> Problem:
    return Problem(
        "OB-116",
        f"The tag {tag[:40]!r} holds no date: write it as ship_on_2026-01-31.",
        f"Der Tag {tag[:40]!r} enthält kein Datum: bitte so schreiben: ship_on_2026-01-31.",
    )


def no_number() -> Problem:
    return Problem(
        "OB-117",
        "The order has no order number, and the merchant's setting asks for it: add one.",
        "Der Bestellung fehlt die Bestellnummer, die laut Einstellung verwendet wird: bitte ergänzen.",
    )


def number_taken(number: str, other: int) -> Problem:
    return Problem(
        "OB-118",
        f"The order number {number[:40]!r} was already used for the Billbee order {other}: numbers must be unique.",
        f"Die Bestellnummer {number[:40]!r} gehört schon zur Billbee-Bestellung {other}: sie muss eindeutig sein.",
    )


def unreadable(what: str) -> Problem:
    return Problem("OB-119", f"The order cannot be read: {what}.", f"Die Bestellung kann nicht gelesen werden: {what}.")


def refused_by_warehouse(message: str) -> Problem:
    return Problem(
        "OB-120",
        f"The warehouse refused the order: {message}",
        f"Das Lager hat die Bestellung abgelehnt: {message}",
    )


def kit_not_there(kit: str, why: str, german: str) -> Problem:
    return Problem(
        "OB-121",
        f"The bundle {kit[:60]!r} is not at the warehouse as a kit: {why}",
        f"Das Set {kit[:60]!r} gibt es im Lager nicht als Set: {german}",
    )


def kit_awaited(kit: str) -> Problem:
    return Problem(
        "OB-122",
        f"The warehouse does not have the bundle {kit[:60]!r} as it is now in Billbee: it is sent with the next"
        " products, and then the order.",
        f"Das Lager kennt das Set {kit[:60]!r} noch nicht so, wie es jetzt in Billbee steht: es geht mit den nächsten"
        " Artikeln ans Lager, danach die Bestellung.",
        passes=True,
    )


def not_paid(payment_type: int | None) -> Problem:
    """``payment_type``: by Billbee's numbers; None where the order names none."""
    if payment_type is None:
        return Problem(
            "OB-123",
            "The order is not paid, and the warehouse must not be told that it is: set it to paid in Billbee.",
            "Die Bestellung ist nicht bezahlt und darf nicht als bezahlt ans Lager gehen: bitte in Billbee auf bezahlt"
            " setzen.",
        )
    return Problem(
        "OB-123",
        f"The order is not paid (payment type {payment_type}), and the warehouse must not be told that it is: set it to"
        f' paid in Billbee, or have the setting bibi.pay_methods say which pay method of the warehouse "{payment_type}"'
        " is.",
        f"Die Bestellung ist nicht bezahlt (Zahlungsart {payment_type}) und darf nicht als bezahlt ans Lager gehen:"
        " bitte in Billbee auf bezahlt setzen, oder in der Einstellung bibi.pay_methods angeben lassen, welche"
        f' Zahlungsart des Lagers "{payment_type}" ist.',
    )


def long_personalisation(lines: Sequence[int], length: int, limit: int) -> Problem:
    places = ", ".join(map(str, lines))
    english, german = ("lines", "Positionen") if len(lines) > 1 else ("line", "Position")
    return Problem(
        "OB-126",
        f"The personalisation of {english} {places} has {length} characters, and the order comment holds {limit}:"
        " shorten it in Billbee. Attributes that the warehouse does not need can be named in the setting"
        " attributes_not_sent.",
        f"Die Personalisierung der {german} {places} hat {length} Zeichen, in den Kommentar der Bestellung passen"
        f" {limit}: bitte in Billbee kürzen. Attribute, die das Lager nicht braucht, kann die Einstellung"
        " attributes_not_sent nennen.",
    )


def long_message(length: int, room: int, limit: int) -> Problem:
    """``room``: what is left of the limit for the buyer's message, in characters."""
    return Problem(
        "OB-134",
        f"The buyer's message has {length} characters, and the order comment has room for {room} of {limit}: shorten it"
        " in Billbee. If the warehouse takes longer comments, have the setting bibi.longest_comment raised; if it does"
        " not need messages, have bibi.send_buyer_message set to false.",
        f"Die Nachricht des Käufers hat {length} Zeichen, im Kommentar der Bestellung ist Platz für {room} von {limit}:"
        " bitte in Billbee kürzen. Nimmt das Lager längere Kommentare an, bitte die Einstellung bibi.longest_comment"
        " erhöhen lassen; braucht es keine Nachrichten, bibi.send_buyer_message auf false setzen lassen.",
    )


CASH_ON_DELIVERY = Problem(
    "OB-124",
    "The order is paid in cash on delivery, and the warehouse must not be told that it is paid: have the setting"
    ' bibi.pay_methods say which pay method of the warehouse "2" is, or ship it another way.',
    "Die Bestellung ist eine Nachnahme und darf nicht als bezahlt ans Lager gehen: bitte in der Einstellung"
    ' bibi.pay_methods angeben lassen, welche Zahlungsart des Lagers "2" ist, oder sie anders versenden.',
)


def never_sent(tag: str) -> Problem:
    """``tag``: the received or the rejected one, which the order brought along."""
    return Problem(
        "OB-130",
        f"The order has the tag {tag}, but the warehouse does not have it: a copied or merged order keeps the tags"
        " of the first. If it is to be sent, remove that tag.",
        f"Die Bestellung hat den Tag {tag}, das Lager hat sie aber nicht: eine kopierte oder zusammengeführte"
        " Bestellung behält die Tags der ersten. Soll sie versendet werden, bitte diesen Tag entfernen.",
    )


def wrong_postcode(country: str, example: str) -> Problem:
    """``example``: a postcode of that country."""
    return Problem(
        "OB-131",
        f"The postcode of the shipping address is not valid for the country {country}, where postcodes look like"
        f" {example}: correct the postcode or the country.",
        f"Die Postleitzahl der Lieferadresse passt nicht zum Land {country}, dort sehen sie aus wie {example}: bitte"
        f" Postleitzahl oder Land berichtigen.",
    )


def rejected_by_rule(rule: str, text: str) -> Problem:
    """``text``: the merchant's own, in one language (R40)."""
    return Problem(
        "OB-140",
        f"The rule {rule!r} of the settings rejects this order: {text}",
        f"Die Regel {rule!r} der Einstellungen weist diese Bestellung ab: {text}",
    )


def credited_before(notes: Sequence[int]) -> Problem:
    """``notes``: the credit notes' ids in Billbee."""
    named = ", ".join(map(str, notes))
    english, german = ("notes", "Gutschriften") if len(notes) > 1 else ("note", "Gutschrift")
    verb, nimmt = ("take", "nehmen") if len(notes) > 1 else ("takes", "nimmt")
    return Problem(
        "OB-133",
        f"The credit {english} {named} {verb} back all of this order: cancel it in Billbee, unless it is to be shipped"
        " nevertheless.",
        f"Die {german} {named} {nimmt} diese ganze Bestellung zurück: bitte in Billbee stornieren, falls sie nicht"
        " trotzdem versendet werden soll.",
    )


def not_sent(tag: str) -> Problem:
    """What to do once a rejected order is fixed."""
    return Problem(
        "OB-100",
        f"This order was not sent to the warehouse. Once fixed, remove the tag {tag}; the order is then sent.",
        f"Diese Bestellung ging nicht ans Lager. Nach der Korrektur den Tag {tag} entfernen, dann wird sie gesendet.",
    )


# ---- What is odd about an order that was sent (R3)


def total_differs(total: str, adds_up_to: str) -> Problem:
    """Both amounts carry their currency."""
    return Problem(
        "OB-801",
        f"The total of this order is {total}, but its lines and its shipping cost add up to {adds_up_to}. The "
        "warehouse was sent the lines and the shipping cost as they are; correct the order in Billbee if one of them "
        "is wrong.",
        f"Die Summe dieser Bestellung ist {total}, ihre Positionen und Versandkosten ergeben aber {adds_up_to}. Das "
        "Lager hat Positionen und Versandkosten bekommen, wie sie sind; bitte in Billbee berichtigen, falls etwas "
        "davon falsch ist.",
    )


# ---- What became of a change, a cancellation or a hold (R11-R13)


ALREADY_CANCELLED = Problem(
    "OB-415",
    "This order was cancelled at the warehouse and cannot be changed or shipped any more: make a new order in Billbee.",
    "Diese Bestellung ist im Lager storniert und kann nicht mehr geändert oder versendet werden: bitte in Billbee eine"
    " neue Bestellung anlegen.",
)


def change_refused(why: str) -> Problem:
    return Problem(
        "OB-401",
        f"The change of this order came too late or cannot be made; the warehouse ships it as it was. {why}",
        f"Die Änderung kam zu spät oder ist nicht möglich; das Lager versendet die Bestellung wie zuvor. {why}",
    )


def cancelled_on_request() -> Problem:
    return Problem(
        "OB-402",
        "This order was cancelled at the warehouse. It is not shipped.",
        "Diese Bestellung wurde im Lager storniert. Sie wird nicht versendet.",
    )


def cancel_refused(status: str) -> Problem:
    return Problem(
        "OB-403",
        f"The cancellation came too late: at the warehouse this order is {status!r}, and it is shipped.",
        f"Die Stornierung kam zu spät: im Lager steht die Bestellung auf {status!r}, sie wird versendet.",
    )


def hold_refused(status: str) -> Problem:
    return Problem(
        "OB-404",
        f"The order could not be put on hold: at the warehouse it is {status!r}.",
        f"Die Bestellung konnte nicht angehalten werden: im Lager steht sie auf {status!r}.",
    )


def release_refused(status: str) -> Problem:
    return Problem(
        "OB-405",
        f"The order could not be released from hold: at the warehouse it is {status!r}.",
        f"Die Bestellung konnte nicht freigegeben werden: im Lager steht sie auf {status!r}.",
    )


def change_not_shown(fields: Sequence[str]) -> Problem:
    """``fields``: what the warehouse still shows unchanged, e.g. ``"products"`` or ``"street"``."""
    english = ", ".join(fields)
    german = ", ".join(_GERMAN_FIELDS.get(field, field) for field in fields)
    return Problem(
        "OB-406",
        f"The warehouse accepted the change of this order but does not show it: {english}. Ask the warehouse what it"
        " ships.",
        f"Das Lager hat die Änderung angenommen, zeigt sie aber nicht: {german}. Bitte beim Lager nachfragen, was es"
        " versendet.",
    )


def ask_for_change(fields: str, german: str, received: str) -> Problem:
    """``fields``, ``german``: what differs, in both languages. ``received``: the tag."""
    return Problem(
        "OB-407",
        f"This order differs in Billbee from what the warehouse has: {fields}. If the warehouse is to ship it as it is"
        f" in Billbee, remove the tag {received}.",
        f"Diese Bestellung weicht in Billbee von dem ab, was das Lager hat: {german}. Soll das Lager sie so versenden,"
        f" wie sie in Billbee steht, bitte den Tag {received} entfernen.",
    )


def content_differs(fields: str, german: str, received: str) -> Problem:
    return Problem(
        "OB-408",
        f"This order was changed in Billbee, and the warehouse ships it as it was: {fields}. To have it changed at the"
        f" warehouse, remove the tag {received}.",
        f"Diese Bestellung wurde in Billbee geändert, das Lager versendet sie wie zuvor: {german}. Um sie im Lager zu"
        f" ändern, bitte den Tag {received} entfernen.",
    )


def content_changed(fields: str, german: str) -> Problem:
    return Problem(
        "OB-409",
        f"The warehouse has taken over the change of this order: {fields}.",
        f"Das Lager hat die Änderung dieser Bestellung übernommen: {german}.",
    )


def changed_too_late(fields: str, german: str, status: str) -> Problem:
    return Problem(
        "OB-410",
        f"This order was changed in Billbee too late: {fields}. At the warehouse it is {status!r}, and it is shipped as"
        " it was.",
        f"Diese Bestellung wurde in Billbee zu spät geändert: {german}. Im Lager steht sie auf {status!r}, sie wird wie"
        " zuvor versendet.",
    )


def credited(note: int, status: str) -> Problem:
    """``note``: the credit note's id in Billbee."""
    return Problem(
        "OB-413",
        f"The credit note {note} was made for this order, but the warehouse ships the order as it is: there it is"
        f" {status!r}. To stop it, cancel the order in Billbee.",
        f"Zu dieser Bestellung wurde die Gutschrift {note} erstellt, das Lager versendet die Bestellung aber: dort"
        f" steht sie auf {status!r}. Soll sie nicht versendet werden, bitte die Bestellung in Billbee stornieren.",
    )


def cancelled_as_credited(note: int) -> Problem:
    return Problem(
        "OB-414",
        f"All of this order was credited by the credit note {note}, and it was cancelled at the warehouse. It is not"
        " shipped.",
        f"Diese Bestellung wurde mit der Gutschrift {note} ganz gutgeschrieben und im Lager storniert. Sie wird nicht"
        " versendet.",
    )


_GERMAN_FIELDS: Final = {
    "products": "Artikel",
    "name": "Name",
    "company": "Firma",
    "street": "Straße",
    "city": "Ort",
    "state": "Bundesstaat",
    "postcode": "Postleitzahl",
    "country": "Land",
}
