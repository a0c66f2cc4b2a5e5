"""What several files of tests look at."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from tests.integration.board_scene import Scene

if TYPE_CHECKING:
    from tests.cli_world import CliWorld


@pytest.fixture
def scene() -> Scene:
    """The order board over an empty table."""
    return Scene()


@pytest.fixture(scope="module")
def stack() -> Iterator[CliWorld]:
    """The stack that a file of tests of the operator's tool shares."""
    from tests.cli_world import cli_world  # noqa: PLC0415  moto takes long to import

    with cli_world() as made:
        yield made
