"""Products as the merchant has them, and what the warehouse is told about them (R19)."""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING

from orderbridge.domain import problems
from orderbridge.domain.inbound import upc
from orderbridge.domain.kits import KitPart, find_kit_problems
from orderbridge.domain.plain_text import plain_text
from orderbridge.domain.pricing import cents
from orderbridge.domain.shipping_order import SKU_LIMIT

if TYPE_CHECKING:
    from orderbridge.domain.problems import Problem

NAME_LIMIT = 80
DESCRIPTION_LIMIT = 2000
"""The warehouse names no limits; a label and a pick list need no more."""
_GRAMS_PER_POUND = Decimal("453.59237")
_CENTIMETRES_PER_INCH = Decimal("2.54")
_TRAILING = frozenset("\u200c\u200d\u0e33\u0eb3\uff9e\uff9f")
"""What only follows another: joiners, Thai and Lao am, the voicing of halfwidth Katakana."""
_LEADING = frozenset(
    "\u0d4e\U000111c2\U000111c3\U0001193f\U00011941\U00011a84\U00011a85\U00011a86\U00011a87\U00011a88\U00011a89\U00011d46"
)
"""Letters that only stand before another, as the Malayalam dot reph; joiners and the like have their own category."""
_VIRAMA = 9
"""Combining class of the signs that tie two consonants together."""


@dataclass(frozen=True)
class Product:
    """A product of the merchant's shops. Texts are by language and may be HTML, weight is in grams, sizes are in
    centimetres; the price is gross, with ``vat_percent`` in it.
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
    grams: Decimal = Decimal(0)
    width_cm: Decimal = Decimal(0)
    length_cm: Decimal = Decimal(0)
    height_cm: Decimal = Decimal(0)
    tariff_number: str = ""
    parts: tuple[KitPart, ...] = ()

    @property
    def is_sent(self) -> bool:
        """Bundles are not sent, their components are; what is digital is not in a warehouse."""
        return not (self.is_bundle or self.is_digital)

    @property
    def is_kit(self) -> bool:
        """Sent by merchants who have kits (R26)."""
        return self.is_bundle and not self.is_digital


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


def find_product_problems(product: Product) -> list[Problem]:
    """What keeps a product from being sent. A kit needs no EAN: its pieces are scanned."""
    found = []
    if not product.sku:
        found.append(problems.PRODUCT_WITHOUT_SKU)
    elif len(product.sku) > SKU_LIMIT:
        found.append(problems.long_sku(product.sku, SKU_LIMIT))
    if product.is_bundle:
        found += find_kit_problems(product.sku, product.id, product.parts)
    elif not product.ean:
        found.append(problems.product_without_ean(product.sku))
    return found


def content_hash(product: Product, language: str) -> str:
    """A fingerprint of all that an update would tell the warehouse. Sizes are not part of it: they are sent only
    once.
    """
    told = dict(to_warehouse(product, language, with_dimensions=False).__dict__)
    if product.is_bundle:
        told["parts"] = sorted((part.sku or f"#{part.product_id}", f"{part.amount:f}") for part in product.parts)
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
        name=shortened(plain_text(in_language(product.names, language)), NAME_LIMIT) or product.sku,
        description=shortened(plain_text(in_language(product.descriptions, language)), DESCRIPTION_LIMIT),
        available=not product.is_deactivated,
        price=cents(product.price * 100 / (100 + product.vat_percent)),
        cost=product.cost,
        tariff_number=re.sub("[^0-9]", "", product.tariff_number),
        status=status,
    )
    if not with_dimensions:
        return told
    return WarehouseProduct(
        **{
            **told.__dict__,
            "pounds": _divided(product.grams, _GRAMS_PER_POUND),
            "width_in": _divided(product.width_cm, _CENTIMETRES_PER_INCH),
            "length_in": _divided(product.length_cm, _CENTIMETRES_PER_INCH),
            "height_in": _divided(product.height_cm, _CENTIMETRES_PER_INCH),
        }
    )


def in_language(texts: dict[str, str], language: str) -> str:
    """The text in the wanted language, else English, German, or any there is.

    >>> in_language({"DE": "Tasse", "EN": ""}, "en")
    'Tasse'
    """
    folded = {code.casefold()[:2]: text for code, text in texts.items() if text}
    for code in (language.casefold()[:2], "en", "de"):
        if code in folded:
            return folded[code]
    return next(iter(folded.values()), "")


def shortened(text: str, limit: int) -> str:
    """At most ``limit`` characters, cut at a word where possible and never inside a character that is made of several.

    >>> shortened("Tasse mit Henkel", 10)
    'Tasse mit'
    """
    text = " ".join(text.split())
    if len(text) <= limit:
        return text
    end = limit
    while end > 0 and _continues(text, end):
        end -= 1
    cut = text[:end]
    space = cut.rfind(" ")
    if text[end : end + 1] != " " and space >= limit // 2:
        cut = cut[:space]
    return cut.rstrip()


def _continues(text: str, at: int) -> bool:
    """Whether the character at ``at`` belongs to the one before it: accents, vowel signs, joiners, skin tones, flags,
    syllables. It may say so too often, never too rarely.
    """
    here, before = text[at], text[at - 1]
    if unicodedata.category(here)[0] == "M" or here in _TRAILING:
        return True
    if unicodedata.category(before) == "Cf" or before in _LEADING:
        return True
    if "Cn" in (unicodedata.category(here), unicodedata.category(before)):  # newer than this Python: who knows
        return True
    if "\U0001f3fb" <= here <= "\U0001f3ff" or "\U000e0020" <= here <= "\U000e007f":
        return True
    if (_is_hangul(here) or _is_syllable_part(here)) and (
        _is_syllable_part(before) or (_is_hangul(before) and not _is_hangul(here))
    ):
        return True
    if _ends_in_virama(text, at):
        return True
    if _is_flag_half(here):
        run = 0
        while at - 1 - run >= 0 and _is_flag_half(text[at - 1 - run]):
            run += 1
        return run % 2 == 1
    return False


def _ends_in_virama(text: str, at: int) -> bool:
    """Whether one of the signs right before ``at`` ties what follows to what they stand on."""
    while at > 0 and unicodedata.category(text[at - 1])[0] == "M":
        at -= 1
        if unicodedata.combining(text[at]) == _VIRAMA:
            return True
    return False


def _is_hangul(character: str) -> bool:
    return "\uac00" <= character <= "\ud7a3"


def _is_syllable_part(character: str) -> bool:
    return "\u1100" <= character <= "\u11ff" or "\ua960" <= character <= "\ua97f" or "\ud7b0" <= character <= "\ud7ff"


def _is_flag_half(character: str) -> bool:
    return "\U0001f1e6" <= character <= "\U0001f1ff"


def _divided(value: Decimal, by: Decimal) -> Decimal | None:
    """None for nothing: a weight or size of 0 is one that the shop does not know."""
    return (value / by).quantize(Decimal("0.0001"), rounding=ROUND_HALF_UP) or None
