"""Why a product or a bundle is not sent to the warehouse (R19, R26), and with it orders of it (R2)."""

from __future__ import annotations

from orderbridge.ledger.problem import Problem


def long_sku(sku: str, limit: int) -> Problem:
    return Problem(
        "OB-112",
        f"The SKU {sku[:60]!r} has {len(sku)} characters, the warehouse takes at most {limit}: shorten it.",
        f"Die SKU {sku[:60]!r} hat {len(sku)} Zeichen, das Lager nimmt höchstens {limit}: bitte kürzen.",
    )


def empty_bundle(sku: str) -> Problem:
    return Problem(
        "OB-114",
        f"The bundle {sku[:60]!r} has no components that can be shipped: complete its bill of material.",
        f"Das Set {sku[:60]!r} hat keine Bestandteile zum Versenden: bitte die Stückliste ergänzen.",
    )


def bad_component(bundle: str, component: str) -> Problem:
    return Problem(
        "OB-115",
        f"The bundle {bundle[:60]!r} needs a part of a piece of {component[:60]!r}: amounts must be whole numbers.",
        f"Das Set {bundle[:60]!r} braucht von {component[:60]!r} kein ganzes Stück: erlaubt sind ganze Zahlen.",
    )


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
    """``component``: the bundle within the bundle."""
    if kit.casefold() == component.casefold():
        return Problem(
            "OB-306",
            f"The bundle {kit[:60]!r} contains itself: take it out of its own bill of material.",
            f"Das Set {kit[:60]!r} enthält sich selbst: bitte aus seiner eigenen Stückliste nehmen.",
        )
    return Problem(
        "OB-306",
        f"The bundle {kit[:60]!r} contains the bundle {component[:60]!r}, and the warehouse's kits hold no kits: list"
        f" the products of {component[:60]!r} in its place, or have the setting bundles set to components, which sends"
        " the products of every bundle.",
        f"Das Set {kit[:60]!r} enthält das Set {component[:60]!r}, ein Set im Lager kann aber keine Sets enthalten:"
        f" bitte statt {component[:60]!r} dessen Artikel in die Stückliste aufnehmen oder die Einstellung bundles auf"
        " components setzen lassen, dann gehen die Artikel jedes Sets ans Lager.",
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
