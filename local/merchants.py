"""The merchants file's way into SSM.

The settings go there as they stand, and the functions report what is wrong with them.
"""

from __future__ import annotations

from typing import Any

from cli.merchants_file import Merchant, Merchants, MerchantsFileError, load, parse

__all__ = ["Merchant", "Merchants", "MerchantsFileError", "load", "parse", "store"]


def store(ssm: Any, stage: str, merchants: Merchants) -> None:
    """Write the merchants to SSM, under the names the functions read."""
    root = f"/orderbridge/{stage}"

    def put(name: str, value: str, kind: str) -> None:
        ssm.put_parameter(Name=f"{root}/{name}", Value=value, Type=kind, Overwrite=True)

    put("billbee/api_key", merchants.billbee_api_key, "SecureString")
    for merchant in merchants.merchants:
        put(f"merchants/{merchant.name}/settings", merchant.settings, "String")
        for secret, value in merchant.secrets.items():
            put(f"merchants/{merchant.name}/secrets/{secret}", value, "SecureString")
