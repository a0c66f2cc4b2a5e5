"""How much is tried: `make test` takes a share of the largest matrices, `make thorough` all of them."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Final, TypeVar

T = TypeVar("T")

THOROUGH: Final = os.environ.get("THOROUGH") == "1"


def share(cases: Sequence[T], one_in: int, first: int = 0) -> list[T]:
    """All of them, or every so many, always the same ones."""
    return list(cases) if THOROUGH else list(cases[first % one_in :: one_in])
