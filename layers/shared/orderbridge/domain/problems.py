"""What the merchant is told about an order or a product, in words to act on, English and German (R2, R11-R13, R17,
R19, R20).

Each kind has a code that stays the same, so that documentation and people can refer to it. The texts name fields and
SKUs, never the
content of an address: they are kept in the ledger.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

Language = Literal["en", "de"]


@dataclass(frozen=True)
class Problem:
    """One thing to tell.

    Attributes:
        code: stable, e.g. ``"OB-101"``.
        text: what is wrong and what to do, in one or two sentences.
        german: the same in German.
        passes: it goes away by itself, so that it is waited for.
    """

    code: str
    text: str
    german: str
    passes: bool = False

    def say(self, language: Language = "en") -> str:
        """The text with its code, e.g. ``"The order has no goods … [OB-110]"``."""
        return f"{self.german if language == 'de' else self.text} [{self.code}]"

    def __str__(self) -> str:
        return self.say()


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


def unknown_country() -> Problem:
    return Problem(
        "OB-107",
        "The country of the shipping address is not a known country: choose it from the list.",
        "Das Land der Lieferadresse ist nicht bekannt: bitte aus der Liste wählen.",
    )


def unknown_state() -> Problem:
    return Problem(
        "OB-108",
        "The state of the shipping address is missing or not a US state: use its two-letter code.",
        "Der Bundesstaat der Lieferadresse fehlt oder ist kein Staat der USA: bitte das Kürzel aus zwei Buchstaben"
        " verwenden.",
    )


def unknown_currency(currency: str) -> Problem:
    return Problem(
        "OB-109",
        f"The currency {currency[:12]!r} is not an ISO 4217 currency: correct it.",
        f"Die Währung {currency[:12]!r} gibt es nach ISO 4217 nicht: bitte berichtigen.",
    )


def no_sku(line: int) -> Problem:
    return Problem(
        "OB-111",
        f"Line {line} has no SKU: give the product a SKU that the warehouse knows.",
        f"Position {line} hat keine SKU: bitte dem Artikel eine SKU geben, die das Lager kennt.",
    )


def long_sku(sku: str, limit: int) -> Problem:
    return Problem(
        "OB-112",
        f"The SKU {sku[:60]!r} has {len(sku)} characters, the warehouse takes at most {limit}: shorten it.",
        f"Die SKU {sku[:60]!r} hat {len(sku)} Zeichen, das Lager nimmt höchstens {limit}: bitte kürzen.",
    )


def bad_quantity(line: int, quantity: object) -> Problem:
    return Problem(
        "OB-113",
        f"Line {line} has the quantity {quantity}: it must be a whole number of at least 1.",
        f"Position {line} hat die Menge {quantity}: erlaubt sind ganze Zahlen ab 1.",
    )


def empty_bundle(sku: str) -> Problem:
    return Problem(
        "OB-114",
        f"The bundle {sku[:60]!r} has no components: complete its bill of material.",
        f"Das Set {sku[:60]!r} hat keine Bestandteile: bitte die Stückliste ergänzen.",
    )


def bad_component(bundle: str, component: str) -> Problem:
    return Problem(
        "OB-115",
        f"The bundle {bundle[:60]!r} needs a part of a piece of {component[:60]!r}: amounts must be whole numbers.",
        f"Das Set {bundle[:60]!r} braucht von {component[:60]!r} kein ganzes Stück: erlaubt sind ganze Zahlen.",
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
        " products, and the order then.",
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


CASH_ON_DELIVERY = Problem(
    "OB-124",
    "The order is paid in cash on delivery, and the warehouse must not be told that it is paid: have the setting"
    ' bibi.pay_methods say which pay method of the warehouse "2" is, or ship it another way.',
    "Die Bestellung ist eine Nachnahme und darf nicht als bezahlt ans Lager gehen: bitte in der Einstellung"
    ' bibi.pay_methods angeben lassen, welche Zahlungsart des Lagers "2" ist, oder sie anders versenden.',
)


def not_sent(tag: str) -> Problem:
    """What to do once a rejected order is fixed."""
    return Problem(
        "OB-100",
        f"This order was not sent to the warehouse. Once fixed, remove the tag {tag}; the order is then sent.",
        f"Diese Bestellung ging nicht ans Lager. Nach der Korrektur den Tag {tag} entfernen, dann wird sie gesendet.",
    )


# ---- What the warehouse does with an order (R17)

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
RETURNED = Problem(
    "OB-205",
    "This order or a part of it came back to the warehouse as a return.",
    "Diese Bestellung oder ein Teil davon kam als Retoure ins Lager zurück.",
)


def return_parcel(number: str) -> Problem:
    return Problem(
        "OB-207",
        f"The parcel {number[:60]} is on its way back to the warehouse, or has arrived there.",
        f"Das Paket {number[:60]} ist auf dem Rückweg ins Lager oder dort angekommen.",
    )


def parcel_voided(number: str) -> Problem:
    return Problem(
        "OB-208",
        f"The warehouse has voided the label of the parcel {number[:60]}: nothing travels under this number. Wait for"
        " the number of another parcel, or ask the warehouse.",
        f"Das Lager hat das Etikett des Pakets {number[:60]} storniert: unter dieser Nummer ist nichts unterwegs. Bitte"
        " die Nummer eines anderen Pakets abwarten oder im Lager nachfragen.",
    )


def came_back(pieces: str, sku: str, reason: str, disposition: str) -> Problem:
    return Problem(
        "OB-206",
        f"Returned to the warehouse: {pieces} x {sku[:60]}. Reason: {reason or 'none given'}."
        f" Kept as: {disposition or 'not said'}.",
        f"Retoure im Lager: {pieces} x {sku[:60]}. Grund: {reason or 'nicht angegeben'}."
        f" Eingelagert als: {disposition or 'nicht angegeben'}.",
    )


# ---- What became of a change, a cancellation or a hold (R11-R13)


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
    """``fields``: what the warehouse still shows as it was, e.g. ``"products"`` or ``"street"``."""
    english = ", ".join(fields)
    german = ", ".join(_GERMAN_FIELDS.get(field, field) for field in fields)
    return Problem(
        "OB-406",
        f"The warehouse accepted the change of this order but does not show it: {english}. Ask the warehouse what it"
        " ships.",
        f"Das Lager hat die Änderung angenommen, zeigt sie aber nicht: {german}. Bitte beim Lager nachfragen, was es"
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


# ---- What is billed differently from how it was sold (R20)


def billing_differs(differences: str, german: str) -> Problem:
    """``differences`` and ``german``: what differs, as `orderbridge.domain.billing.tell` says it in both languages."""
    return Problem(
        "OB-501",
        f"Abillify bills this order differently from how it was sold: {differences}. Correct it there; it is then "
        "compared again.",
        f"Abillify rechnet diese Bestellung anders ab, als sie verkauft wurde: {german}. Bitte dort berichtigen: sie "
        "wird von selbst noch einmal verglichen.",
    )


def not_billed(reference: str, hours: int) -> Problem:
    """``hours``: how long it was waited for; 0 is not told."""
    english, german = (f" after {hours} hours", f" nach {hours} Stunden") if hours else ("", "")
    return Problem(
        "OB-502",
        f"Abillify does not have this order, or does not show it, as {reference[:60]!r}{english}: bill it there. It is "
        "looked for again by itself.",
        f"Abillify hat diese Bestellung{german} nicht unter {reference[:60]!r}, oder zeigt sie nicht: bitte dort "
        "abrechnen. Sie wird von selbst noch einmal gesucht.",
    )


def bill_unreadable(why: str) -> Problem:
    """``why``: what cannot be read, in words of ours."""
    return Problem(
        "OB-505",
        f"What Abillify shows of this order cannot be read, so that it is not compared: {why}. Look at it there. It is "
        "compared again by itself.",
        f"Was Abillify zu dieser Bestellung zeigt, ist nicht lesbar, sie wird also nicht verglichen: {why}. Bitte dort "
        "ansehen. Sie wird von selbst noch einmal verglichen.",
    )


def billing_settled(tag: str) -> Problem:
    return Problem(
        "OB-503",
        f"Abillify now bills this order as it was sold. The tag {tag} is settled and may be removed.",
        f"Abillify rechnet diese Bestellung jetzt ab, wie sie verkauft wurde. Der Tag {tag} ist erledigt und darf weg.",
    )


def not_held_until_billed(status: str) -> Problem:
    return Problem(
        "OB-504",
        f"The order could not be held until it is billed: at the warehouse it is {status!r}.",
        f"Die Bestellung konnte nicht bis zur Abrechnung angehalten werden: im Lager steht sie auf {status!r}.",
    )


# ---- Return labels (R24)


def label_ready(link: str, until: str) -> Problem:
    """The text holds the link, which opens the label: it is told, and kept nowhere.

    Args:
        until: a date, ``2026-01-31``.
    """
    return Problem(
        "OB-701",
        f"The return label is ready: {link} (until {until}; whoever has the link can open it).",
        f"Das Retourenetikett ist fertig: {link} (bis {until}; wer den Link hat, kann es öffnen).",
    )


def label_refused(why: str, german: str, tag: str) -> Problem:
    return Problem(
        "OB-702",
        f"There is no return label: {why}. To ask again, remove the tag {tag}, wait five minutes, and set it again.",
        f"Es gibt kein Retourenetikett: {german}. Für einen neuen Versuch den Tag {tag} entfernen, fünf Minuten"
        " warten und wieder setzen.",
    )


def label_unknown(billbee_id: int) -> Problem:
    return Problem(
        "OB-703",
        "The warehouse was asked for a return label and gave no answer; it may have made one. It is not asked again by"
        " itself, since each label may cost money: ask the warehouse. If it made none, whoever runs orderbridge can"
        f" have one made: orderbridge order return-label {billbee_id} --again",
        "Das Lager wurde um ein Retourenetikett gebeten und hat nicht geantwortet; vielleicht gibt es eines. Es wird"
        " nicht von selbst noch einmal gebeten, denn jedes kann Geld kosten: bitte beim Lager nachfragen. Gibt es"
        " keines, lässt es der Betreiber von orderbridge neu erstellen: orderbridge order return-label"
        f" {billbee_id} --again",
    )


# ---- What keeps a product from the warehouse (R19)

PRODUCT_WITHOUT_SKU = Problem(
    "OB-301", "The product has no SKU: give it one.", "Dem Artikel fehlt die SKU: bitte ergänzen."
)


def product_without_ean(sku: str) -> Problem:
    return Problem(
        "OB-302",
        f"The product {sku[:60]!r} has no EAN: add it.",
        f"Dem Artikel {sku[:60]!r} fehlt die EAN: bitte ergänzen.",
    )


def sku_taken(sku: str, other: int) -> Problem:
    return Problem(
        "OB-303",
        f"The SKU {sku[:60]!r} already belongs to the product {other}: every product needs its own.",
        f"Die SKU {sku[:60]!r} gehört schon zum Artikel {other}: jeder Artikel braucht seine eigene.",
    )


def ean_taken(ean: str, other: int) -> Problem:
    return Problem(
        "OB-304",
        f"The EAN {ean[:20]!r} already belongs to the product {other}: every product needs its own.",
        f"Die EAN {ean[:20]!r} gehört schon zum Artikel {other}: jeder Artikel braucht seine eigene.",
    )


def kit_in_kit(kit: str, component: str) -> Problem:
    what, german = f"the bundle {component[:60]!r}", f"das Set {component[:60]!r}"
    if kit.casefold() == component.casefold():
        what, german = "itself", "sich selbst"
    return Problem(
        "OB-306",
        f"The bundle {kit[:60]!r} contains {what}: a kit consists of products only, so list those in its bill of"
        " material.",
        f"Das Set {kit[:60]!r} enthält {german}: ein Set besteht nur aus Artikeln, bitte diese in die Stückliste"
        " aufnehmen.",
    )


def component_not_there(kit: str, component: str) -> Problem:
    return Problem(
        "OB-307",
        f"The bundle {kit[:60]!r} contains {component[:60]!r}, which the warehouse was not sent: give that product what"
        " it lacks, or take it out of the bill of material.",
        f"Das Set {kit[:60]!r} enthält {component[:60]!r}, das nicht ans Lager ging: bitte diesen Artikel ergänzen oder"
        " aus der Stückliste nehmen.",
    )


def no_kit_any_more(sku: str) -> Problem:
    return Problem(
        "OB-308",
        f"The product {sku[:60]!r} is no bundle any more, but the warehouse has it as a kit: give it a new SKU.",
        f"Der Artikel {sku[:60]!r} ist kein Set mehr, das Lager führt ihn aber als Set: bitte eine neue SKU vergeben.",
    )


def kit_not_confirmed(sku: str) -> Problem:
    return Problem(
        "OB-309",
        f"The warehouse does not show the bill of material of the bundle {sku[:60]!r} as it was sent: ask the warehouse"
        " what it would pack.",
        f"Das Lager zeigt die Stückliste des Sets {sku[:60]!r} nicht so, wie sie gesendet wurde: bitte das Lager"
        " fragen, was es packen würde.",
    )


def product_refused(message: str) -> Problem:
    return Problem(
        "OB-305",
        f"The warehouse refused the product: {message}",
        f"Das Lager hat den Artikel abgelehnt: {message}",
    )
