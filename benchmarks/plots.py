"""The curves of `docs/performance.md`, as SVG."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import matplotlib as mpl

mpl.use("svg")
import matplotlib.pyplot as plt

from local.stack import PROJECT

FOLDER: Final = PROJECT / "docs" / "images"
_STYLE: Final = {
    "svg.hashsalt": "orderbridge",  # the same figures give the same file
    "font.size": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.alpha": 0.3,
}


def drain(phases: Sequence[Mapping[str, Any]]) -> Path:
    """Orders done over time, beside what the throttles allow."""
    with plt.rc_context(_STYLE):
        figure, axes = plt.subplots(figsize=(7, 3.6))
        for phase, colour in zip(phases, ("tab:blue", "tab:green"), strict=True):
            done = [0.0, *phase["done_at"]]
            axes.step(done, range(len(done)), where="post", color=colour, label=phase["name"])
        limit = max(phase["limit"] for phase in phases)
        axes.plot([0, limit], [0, phases[0]["orders"]], color="black", linestyle="--", label="limit: 2 calls a second")
        axes.set_xlabel("seconds")
        axes.set_ylabel("orders")
        axes.legend(frameon=False)
        return _saved(figure, "performance-drain.svg")


def cost(found: Mapping[str, Any]) -> Path:
    """The dollars by component."""
    columns = [("per 10,000 orders", "10,000 orders"), ("idle merchant", "idle merchant, month")]
    names = sorted(
        {one["name"] for key, _ in columns for one in found[key]["components"] if one["dollars"] >= 0.001},
        key=lambda name: -_dollars(found, columns[0][0], name),
    )
    with plt.rc_context(_STYLE):
        figure, axes = plt.subplots(figsize=(7, 2.4))
        colours = plt.get_cmap("tab20")
        left = [0.0, 0.0]
        for number, name in enumerate(names):
            widths = [_dollars(found, key, name) for key, _ in columns]
            axes.barh([title for _, title in columns], widths, left=left, label=name, color=colours(number))
            left = [a + b for a, b in zip(left, widths, strict=True)]
        for row, (key, _) in enumerate(columns):
            axes.plot([found[key]["goal"]] * 2, [row - 0.45, row + 0.45], color="black", linestyle="--")
        axes.set_xlabel("US dollars; the dashed lines are the goals")
        axes.legend(frameon=False, fontsize=8, ncols=3, loc="lower center", bbox_to_anchor=(0.45, 1.0))
        return _saved(figure, "performance-cost.svg")


def cold_start(found: Sequence[Mapping[str, Any]], goal: float) -> Path:
    """Import and first invocation of each function, beside the floor."""
    ordered = sorted(found, key=lambda one: float(one["whole"][0]))
    names = [one["function"] for one in ordered]
    with plt.rc_context(_STYLE):
        figure, axes = plt.subplots(figsize=(7, 3.8))
        axes.barh(
            names, [one["whole"][0] * 1000 for one in ordered], color="tab:blue", label="import, first invocation"
        )
        floors = [one["floor"][0] * 1000 for one in ordered]
        axes.plot(floors, names, "|", color="black", markersize=13, markeredgewidth=2, label="floor")
        axes.plot([one * goal for one in floors], names, "|", color="tab:red", markersize=13, label="goal")
        axes.set_xlabel("milliseconds of processor time, least of all repetitions")
        axes.legend(frameon=False, loc="lower right")
        return _saved(figure, "performance-cold-start.svg")


def growth(long: Sequence[Mapping[str, Any]]) -> Path:
    """Units of a pass over the orders that the ledger holds."""
    with plt.rc_context(_STYLE):
        figure, axes = plt.subplots(figsize=(7, 2.8))
        for name in long[0]["units"]:
            axes.plot([one["finished"] for one in long], [one["units"][name] for one in long], marker="o", label=name)
        axes.set_xscale("log")
        axes.set_ylim(bottom=0)
        axes.set_xlabel("finished orders in the ledger")
        axes.set_ylabel("DynamoDB units of a pass")
        axes.legend(frameon=False, ncols=4, fontsize=8)
        return _saved(figure, "performance-growth.svg")


def _dollars(found: Mapping[str, Any], key: str, name: str) -> float:
    return next((float(one["dollars"]) for one in found[key]["components"] if one["name"] == name), 0.0)


def _saved(figure: Any, name: str) -> Path:
    FOLDER.mkdir(exist_ok=True)
    path = FOLDER / name
    figure.savefig(path, bbox_inches="tight", metadata={"Date": None})
    plt.close(figure)
    return path
