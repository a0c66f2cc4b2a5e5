"""BiBi's bills of material: what a kit consists of. The calls are documented without their paths (``bibi_paths.py``).

The documents describe the request as a JSON payload, where all other calls post form fields. So it is sent as JSON
first, and as the form field ``json`` if that is refused or changes nothing. What can be read back decides.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from contextlib import suppress
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from orderbridge.platform.errors import NotFound, Refused, ServerError
from orderbridge.products.kits import same_contents
from orderbridge.vendors.bibi.models import rows, text_or_empty
from orderbridge.vendors.bibi.refusals import raise_unless_none
from orderbridge.vendors.http import whole

if TYPE_CHECKING:
    from orderbridge.vendors.bibi.api import BibiApi

_UPSERT: Final = "bom_upsert_many"
_MOST_PAGES: Final = 20


def upsert_boms(api: BibiApi, kits: Mapping[str, Mapping[str, int]]) -> frozenset[str]:
    """Set the contents of kits, replacing the earlier ones. May be repeated.

    Args:
        kits: by the kit's product number, pieces by product number. The products must be there.

    Returns:
        The kits that the warehouse shows as they were sent. What it would pack for the others is not known.

    Raises:
        Refused: the warehouse accepts them in neither form.
        UpstreamError: as every call.
    """
    as_form = False
    try:
        api.call(_UPSERT, body=_sent(kits))
    except (Refused, ServerError) as first:
        as_form = True
        _send_as_form(api, kits, first)
    shown = _as_sent(api, kits)
    missing = {kit: contents for kit, contents in kits.items() if kit not in shown}
    if missing and not as_form:
        with suppress(Refused):  # the form may be refused although the JSON was accepted
            api.call(_UPSERT, _form(missing))
            shown |= _as_sent(api, missing)
    return shown


def bom(api: BibiApi, kit: str) -> dict[str, int] | None:
    """The contents of a kit as the warehouse shows them; None if it shows none, or if they cannot be read.

    Raises the errors of ``orderbridge.platform.errors``.
    """
    components: list[dict[str, Any]] = []
    try:
        for answer in api.pages("bom_get", suffix=kit, at_most=_MOST_PAGES):
            shown = (answer.data or {}).get("result")
            # The documents show the components inside their kit here, and next to it in the full list.
            found = [shown] if isinstance(shown, dict) and "product_number" in shown else list(rows(shown))
            for row in found:
                if text_or_empty(row.get("product_number")).casefold() not in ("", kit.casefold()):
                    continue
                inner = row.get("components")
                components += rows(inner) if isinstance(inner, list | dict) else [row]
    except (NotFound, Refused) as error:
        raise_unless_none(error)
        return None
    return _contents(components)


def _contents(components: Iterable[dict[str, Any]]) -> dict[str, int] | None:
    contents = Counter[str]()
    for one in components:
        sku, count = text_or_empty(one.get("component_product_number")), _count(one.get("component_quantity"))
        if not sku or count is None:
            return None
        contents[sku] += count
    return dict(contents) or None


def _as_sent(api: BibiApi, kits: Mapping[str, Mapping[str, int]]) -> frozenset[str]:
    shown = {kit: bom(api, kit) for kit in kits}
    return frozenset(kit for kit, contents in kits.items() if same_contents(shown[kit] or {}, contents))


def _send_as_form(api: BibiApi, kits: Mapping[str, Mapping[str, int]], first: Refused | ServerError) -> None:
    try:
        api.call(_UPSERT, _form(kits))
    except Refused as second:
        if first.detail == second.detail:
            raise
        # One refusal is about the form of the request, the other about the kits.
        detail = f"{first.detail} / {second.detail}"
        raise Refused(second.operation, detail, status=second.status, code=second.code) from None


def _sent(kits: Mapping[str, Mapping[str, int]]) -> list[dict[str, Any]]:
    return [
        {
            "product_number": kit,
            "components": [
                {"component_product_number": sku, "component_quantity": count} for sku, count in contents.items()
            ],
        }
        for kit, contents in kits.items()
    ]


def _form(kits: Mapping[str, Mapping[str, int]]) -> dict[str, str]:
    return {"json": json.dumps(_sent(kits), ensure_ascii=False)}


def _count(value: object) -> int | None:
    """Pieces, which come as text; None if it is not a whole number, because only whole pieces are sent."""
    count = None if isinstance(value, bool) else whole(value)
    return count if count is not None and Decimal(str(value).strip()) == count else None
