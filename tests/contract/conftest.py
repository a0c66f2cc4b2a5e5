"""What several files of tests call."""

from __future__ import annotations

import pytest

from tests.contract.canned import Canned
from tests.contract.clients import token


@pytest.fixture
def server() -> Canned:
    """A vendor that answers what it is told to; until then it gives BiBi's token."""
    return Canned(token())
