"""BiBi's bills of material: what a kit consists of. The calls are documented without their paths (``paths.py``)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from orderbridge.clients.bibi.client import BibiClient


def upsert_boms(client: BibiClient, kits: Mapping[str, Mapping[str, int]]) -> None:
    """Say what kits consist of, all or, as far as is documented, none; what was said before is replaced. Doing it twice
    is harmless. The products must be there. Raises the errors of ``orderbridge.errors``.

    Args:
        kits: by the kit's product number, pieces by product number.
    """
    sent = [
        {
            "product_number": kit,
            "components": [
                {"component_product_number": sku, "component_quantity": count} for sku, count in contents.items()
            ],
        }
        for kit, contents in kits.items()
    ]
    client.call("bom_upsert_many", {"json": json.dumps(sent, ensure_ascii=False)})
