"""A product's EAN, as in barcodes: also a UPC, which is an EAN with a leading zero, and a GTIN-14."""

from __future__ import annotations


def bare_ean(ean: str) -> str:
    """An EAN in its comparable form: a UPC is an EAN with a leading zero, and both may be written as a GTIN-14.

    >>> bare_ean("0012345678905") == bare_ean("012345678905")
    True
    """
    digits = ean.strip()
    return digits.lstrip("0").rjust(8, "0") if digits.isascii() and digits.isdigit() else digits


def upc(ean: str) -> str:
    """The GTIN-12 of an EAN, or an empty text if it has none: the warehouse's field takes twelve digits.

    >>> upc(bare_ean("0012345678905")), upc("4006381333931")
    ('012345678905', '')
    """
    bare = bare_ean(ean)
    return bare.rjust(12, "0") if bare.isdigit() and 8 < len(bare) <= 12 else ""


def check_digit_fits(digits: str) -> bool:
    """Whether the check digit of an EAN, UPC or GTIN is right."""
    weighed = sum(int(one) * (3 if place % 2 else 1) for place, one in enumerate(reversed(digits)))
    return weighed % 10 == 0
