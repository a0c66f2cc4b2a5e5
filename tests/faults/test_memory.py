"""The tables in memory are no kinder than moto's: the same journeys leave the same items in both."""

from __future__ import annotations

from typing import Any

import boto3
import pytest
from moto import mock_aws

from testkit.template import make_table
from testkit.world import World, world
from tests.faults.matrix import play
from tests.faults.scenes import SCENES

PASSING = {"succeeded_at", "failed_at", "expires_at", "calls", "imported_at", "parcels_at"}
"""Attributes that hold the time of this machine."""


def left_by(here: World, scene: str) -> dict[tuple[str, str], dict[str, Any]]:
    play(here, SCENES[scene], None)
    items = here.items()
    return {
        (item["pk"]["S"], item["sk"]["S"].partition("#20")[0]): {
            name: _sorted(value) for name, value in item.items() if name not in PASSING and name[-3:-2] != "h"
        }
        for item in items
    }


def _sorted(value: dict[str, Any]) -> dict[str, Any]:
    return {"M": dict(sorted(value["M"].items()))} if "M" in value else value


@pytest.mark.parametrize("scene", ["changes", "stock", "products", "tracking"])
def test_the_tables_in_memory_hold_what_moto_would(scene: str) -> None:
    with world(empty=True) as here:
        in_memory = left_by(here, scene)
    with mock_aws():
        client = boto3.client("dynamodb")
        make_table(client, "ledger-1")
        with world(dynamodb=client, empty=True) as here:
            on_moto = left_by(here, scene)
    assert len(in_memory) > 5
    assert in_memory == on_moto
