"""What several files of tests look at."""

from __future__ import annotations

import pytest

from tests.integration.board_scene import Scene


@pytest.fixture
def scene() -> Scene:
    """The order board over an empty table."""
    return Scene()
