"""What the sandbox of a local system acts on: simulators of this machine, and nothing beyond it."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from local.sandbox.act import perform
from local.sandbox.control import ACTS
from local.sandbox.places import Refusal
from local.system import FunctionLog, Options, System, running
from testkit.processes.serving import API_KEY, merchant

ELSEWHERE = "https://service.example/api"
ON_THIS_MACHINE = "http://127.0.0.1:9/api"
PRODUCTS = 7


@pytest.fixture
def own(tmp_path: Path) -> Path:
    path = tmp_path / "merchants.json"
    path.write_text(json.dumps({"billbee_api_key": API_KEY, "merchants": {"acme": merchant("acme")}}))
    return path


@contextmanager
def started(**options: Any) -> Iterator[System]:
    with running(Options(**options), FunctionLog(io.StringIO()), lambda _: None) as system:
        yield system


def do(system: System, act: str, **given: Any) -> dict[str, Any]:
    assert system.sandbox is not None
    return dict(perform(ACTS, act, given, system.sandbox).fields)


def test_with_ones_own_file_the_shop_has_products_and_no_orders_and_the_warehouse_works_by_itself(own: Path) -> None:
    with started(merchants=own, sandbox=True) as system:
        assert do(system, "shop/list")["orders"] == []
        assert system.sandbox is not None
        place = system.sandbox.place("acme")
        assert place.shop is not None
        assert place.warehouse is not None
        assert len(place.shop.products) == len(place.warehouse.products) == PRODUCTS
        assert system.step is not None
        assert not system.step()


def test_by_hand_the_warehouse_works_only_when_it_is_told_to() -> None:
    with started(sandbox=True, warehouse="hand") as system:
        assert system.step is None
        assert system.world is not None
        do(system, "warehouse/step")
        assert "acme drops a file that announces 2 products to the warehouse as BOL-2001" in system.world.remarks()


def test_run_finds_empty_accounts(own: Path) -> None:
    with started(merchants=own) as system:
        assert system.billbee is not None
        assert all(not shop.products and not shop.orders for shop in system.billbee.accounts.values())


@pytest.mark.parametrize("option", ["billbee_url", "bibi_url"])
def test_beside_a_service_on_another_machine_nothing_is_made_up(own: Path, option: str) -> None:
    with started(merchants=own, sandbox=True, **{option: ELSEWHERE}) as system:
        for act, given in (("shop/create-order", {}), ("warehouse/step", {}), ("warehouse/receive", {"sku": "MUG-01"})):
            with pytest.raises(
                Refusal, match=f"--{option.replace('_', '-')} names a service that is not on this machine"
            ):
                do(system, act, **given)
        assert system.step is None
        assert system.billbee is None or not any(shop.products for shop in system.billbee.accounts.values())


def test_beside_a_server_of_this_machine_the_other_side_can_be_played(own: Path) -> None:
    with started(merchants=own, sandbox=True, bibi_url=ON_THIS_MACHINE) as system:
        with pytest.raises(Refusal, match=r"The shop of acme has no products\. Give an item with a price"):
            do(system, "shop/create-order")
        assert do(system, "shop/create-order", items=["MUG-01:1:9.95"])["order"]["order"] == "10001"
        with pytest.raises(Refusal, match="acme has no simulated warehouse here"):
            do(system, "warehouse/receive", sku="MUG-01")
        assert system.step is None
