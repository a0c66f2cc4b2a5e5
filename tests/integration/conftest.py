"""What several files of tests look at."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.integration.board_scene import Scene, aws_clients, empty_scene


@pytest.fixture(scope="module")
def clients() -> Iterator[dict[str, Any]]:
    """AWS for the order board."""
    with aws_clients() as made:
        yield made


@pytest.fixture
def scene(clients: dict[str, Any]) -> Scene:
    """The order board over an empty table."""
    return empty_scene(clients)
