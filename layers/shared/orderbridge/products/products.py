"""The merchant's products, and what the warehouse is told about them (R19)."""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING

from orderbridge.ledger.ean import upc
from orderbridge.ledger.money_only import describes
from orderbridge.ledger.parcel_cost import GRAMS_PER_POUND
from orderbridge.ledger.pricing import cents
from orderbridge.ledger.sku import SKU_LIMIT
from orderbridge.platform.texts import one_line, plain_text
from orderbridge.products import problems as product_problems
from orderbridge.products.kits import KitComponent, find_kit_problems

if TYPE_CHECKING:
    from orderbridge.ledger.problem import Problem

NAME_LIMIT = 80
DESCRIPTION_LIMIT = 2000
"""The warehouse documents no limits. Labels and pick lists need no more than this."""
_CENTIMETRES_PER_INCH = Decimal("2.54")


@dataclass(frozen=True)
class Product:
    """A product of the merchant's shops. Texts are by language and may be HTML, weight is in grams, sizes are in
    centimetres; the price is gross, with ``vat_percent`` in it.
    ``pieces_per_sale`` are taken from the stock for each one that is sold. ``sold``: how many were in the last 30 days.
    ``warning``: the level of stock below which the merchant wants to be warned.
    """

    id: int
    sku: str
    ean: str
    is_bundle: bool = False
    is_digital: bool = False
    is_deactivated: bool = False
    names: dict[str, str] = field(default_factory=dict)
    descriptions: dict[str, str] = field(default_factory=dict)
    price: Decimal = Decimal(0)
    vat_percent: Decimal = Decimal(0)
    cost: Decimal = Decimal(0)
    pieces_per_sale: Decimal = Decimal(1)
    grams: Decimal = Decimal(0)
    width_cm: Decimal = Decimal(0)
    length_cm: Decimal = Decimal(0)
    height_cm: Decimal = Decimal(0)
    tariff_number: str = ""
    components: tuple[KitComponent, ...] = ()
    sold: Decimal = Decimal(0)
    warning: Decimal | None = None
    warning_by_stock: Mapping[int, Decimal] = field(default_factory=dict)

    @property
    def is_sent(self) -> bool:
        """Whether it is sent. Of bundles the components are sent, and digital products are not sent at all."""
        return not (self.is_bundle or self.is_digital)

    @property
    def is_kit(self) -> bool:
        """Whether it is sent for merchants that have kits (R26)."""
        return self.is_bundle and not self.is_digital


@dataclass(frozen=True)
class ProductPage:
    """One page of products."""

    products: tuple[Product, ...]
    total_pages: int


@dataclass(frozen=True)
class WarehouseProduct:
    """What the warehouse is told: net prices, pounds and inches.

    Attributes:
        code: the digits of the EAN: a GTIN-12 where it is one, else as the shop has it.
        status: the warehouse's code; empty where it must not be sent.
        pounds, width_in, length_in, height_in: None where they are not known or must not be sent.
    """

    sku: str
    code: str
    name: str
    description: str
    available: bool
    price: Decimal
    cost: Decimal
    tariff_number: str
    status: str = ""
    pounds: Decimal | None = None
    width_in: Decimal | None = None
    length_in: Decimal | None = None
    height_in: Decimal | None = None


def is_money_only(product: Product, patterns: Sequence[str]) -> bool:
    """Whether the merchant's settings describe it as something that is charged and not shipped (R34)."""
    return describes(patterns, product.sku, *product.names.values())


def find_product_problems(product: Product) -> list[Problem]:
    """The problems that keep a product from being sent. A kit needs no EAN, because its components are scanned."""
    found = []
    if not product.sku:
        found.append(product_problems.PRODUCT_WITHOUT_SKU)
    elif len(product.sku) > SKU_LIMIT:
        found.append(product_problems.long_sku(product.sku, SKU_LIMIT))
    if product.is_bundle:
        found += find_kit_problems(product.sku, product.id, product.components)
    elif not product.ean:
        found.append(product_problems.product_without_ean(product.sku))
    return found


def content_hash(product: Product, language: str) -> str:
    """A fingerprint of everything that an update would tell the warehouse. Sizes are left out, because they are sent
    only once.
    """
    told = dict(to_warehouse(product, language, with_dimensions=False).__dict__)
    if product.is_bundle:
        told["parts"] = sorted((one.sku or f"#{one.product_id}", f"{one.amount:f}") for one in product.components)
    canonical = json.dumps(told, sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.sha256(canonical.encode()).hexdigest()[:32]


def to_warehouse(product: Product, language: str, *, with_dimensions: bool, status: str = "") -> WarehouseProduct:
    """What the warehouse is told about a product; sizes and weight only when it is created.

    Args:
        status: the warehouse's code for the status it is to have.
    """
    told = WarehouseProduct(
        sku=product.sku,
        code=upc(product.ean) or re.sub(r"[ -]", "", product.ean),
        name=shortened(one_line(plain_text(in_language(product.names, language))), NAME_LIMIT) or product.sku,
        description=shortened(one_line(plain_text(in_language(product.descriptions, language))), DESCRIPTION_LIMIT),
        available=not product.is_deactivated,
        price=cents(product.price * 100 / (100 + product.vat_percent)),
        cost=product.cost,
        tariff_number=re.sub("[^0-9]", "", product.tariff_number),
        status=status,
    )
    if not with_dimensions:
        return told
    return replace(
        told,
        pounds=_divided(product.grams, GRAMS_PER_POUND),
        width_in=_divided(product.width_cm, _CENTIMETRES_PER_INCH),
        length_in=_divided(product.length_cm, _CENTIMETRES_PER_INCH),
        height_in=_divided(product.height_cm, _CENTIMETRES_PER_INCH),
    )


def in_language(texts: dict[str, str], language: str) -> str:
    """The text in the wanted language, else in English, German or any other.

    >>> in_language({"DE": "Tasse", "EN": ""}, "en")
    'Tasse'
    """
    folded = {code.casefold()[:2]: text for code, text in texts.items() if text}
    for code in (language.casefold()[:2], "en", "de"):
        if code in folded:
            return folded[code]
    return next(iter(folded.values()), "")


def shortened(text: str, limit: int) -> str:
    """At most ``limit`` characters, cut at a word unless that would lose half of them. A letter keeps its accents.

    >>> shortened("Tasse mit Henkel", 10)
    'Tasse mit'
    """
    text = " ".join(text.split())
    if len(text) <= limit:
        return text
    space = text.rfind(" ", limit // 2, limit + 1)
    end = space if space > 0 else limit
    while end > 0 and unicodedata.category(text[end]).startswith("M"):
        end -= 1
    return text[:end].rstrip()


def _divided(value: Decimal, by: Decimal) -> Decimal | None:
    """None for 0, because a weight or size of 0 is unknown to the shop."""
    return (value / by).quantize(Decimal("0.0001"), rounding=ROUND_HALF_UP) or None
