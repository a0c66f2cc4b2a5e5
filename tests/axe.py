"""axe-core in the tests' browser: what it finds to be serious for those who use a page by keyboard or screen reader."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path
from typing import Final

from tests.browser import Tab

_SHA256: Final = "29348999450cdf2849a8e70b7912fc2da85a849da39c0d0d5394f51d4a9ed95c"
"""Of axe-core 4.14.1."""
_ASK: Final = """axe.run(document, {resultTypes: ["violations"]}).then(found => found.violations
  .filter(one => ["serious", "critical"].includes(one.impact))
  .map(one => one.id + ": " + one.nodes[0].html + " " + one.nodes[0].failureSummary))"""


@cache
def _script() -> str:
    script = (Path(__file__).parent / "vendor" / "axe-core" / "axe.min.js").read_text(encoding="utf-8")
    assert hashlib.sha256(script.encode()).hexdigest() == _SHA256
    return script


def serious_issues(tab: Tab) -> list[str]:
    """The rule and the first element of each."""
    if not tab.evaluate("'axe' in window"):
        tab.evaluate(_script() + "; 0")
    found: list[str] = tab.evaluate(_ASK)
    return found
