"""axe-core in the tests' browser: what it finds to be serious for those who use a page by keyboard or screen reader."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Final

from tests.browser import Tab

_ASK: Final = """axe.run(document, {resultTypes: ["violations"]}).then(found => found.violations
  .filter(one => ["serious", "critical"].includes(one.impact))
  .map(one => one.id + ": " + one.nodes[0].html + " " + one.nodes[0].failureSummary))"""


@cache
def _script() -> str:
    return (files("axe_core_python") / "axe.min.js").read_text(encoding="utf-8")


def serious_issues(tab: Tab) -> list[str]:
    """The rule and the first element of each."""
    if not tab.evaluate("'axe' in window"):
        tab.evaluate(_script() + "; 0")
    found: list[str] = tab.evaluate(_ASK)
    return found
