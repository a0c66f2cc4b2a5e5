"""What can go wrong with a call to a vendor's simulator, by the suite's names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from local.simulators.faults import Kind

KINDS: Final[Mapping[str, Kind]] = {"request": "reset_before", "answer": "drop_after"}
"""The simulators' names for what they call differently."""
MISHAPS: Final = (
    "request", "answer", "delay_after", "status", "status_after", "bad_gateway", "throttled", "cut_json", "cut_body",
    "html", "html_before", "gateway_404_json", "gateway_404_html",
)  # fmt: skip
