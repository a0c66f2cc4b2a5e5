"""Each test of a warehouse runs against every warehouse."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.contract.conformance.warehouses import HOUSES, House, opened


@pytest.fixture(params=HOUSES)
def house(request: pytest.FixtureRequest) -> Iterator[House]:
    with opened(request.param) as found:
        yield found
