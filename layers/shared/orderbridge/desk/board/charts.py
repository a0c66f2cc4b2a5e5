"""Pictures of figures as SVG, made here: no library, no script. Widths are percentages, so that a picture fits a phone
with its letters at full size. Each has a title, a description, and its figures as a table.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from orderbridge.desk.board.markup import Content, Markup, el
from orderbridge.desk.board.reader import Reader

HEIGHT: Final = 150
"""Of the plot, in pixels."""
_TOP: Final = 8
_LABELS: Final = 22
_MOST_LABELS: Final = 5
_STEPS: Final = (1, 2, 3, 4, 5, 6, 8)


@dataclass(frozen=True)
class Series:
    """One kind of figure, as long as there are days. None: no figure for that day.

    Attributes:
        look: its colour in the style sheet: ``good``, ``bad``, ``calm``, ``main``.
    """

    name: str
    look: str
    values: Sequence[float | None]


@dataclass(frozen=True)
class Bar:
    """A row of horizontal bars. ``text`` is its figure in words; ``more`` stands in a column of its own."""

    name: Content
    value: float
    text: str
    look: str = "main"
    more: str = ""


def stacked_days(say: Reader, title: str, about: str, days: Sequence[str], series: Sequence[Series]) -> Markup:
    """Bars by day, one kind on top of the other."""
    totals = [sum(one.values[n] or 0 for one in series) for n in range(len(days))]
    top = _scale(max(totals, default=0))
    wide = 100 / max(1, len(days))
    bars = []
    for n, day in enumerate(days):
        height = 0.0
        for one in series:
            value = one.values[n] or 0
            if not value:
                continue
            size = value / top * HEIGHT
            hint = el("title", f"{day}: {say.number(value)} {one.name}")
            y = _TOP + HEIGHT - height - size
            bars.append(
                el("rect", hint, x=_share(n * wide + wide * 0.14), width=_share(wide * 0.72), y=_px(y),
                   height=_px(max(size - 1, 0.75)), class_=f"fill {one.look}")
            )  # fmt: skip
            height += size
    return _figure(say, title, about, days, series, bars, [say.number(top), say.number(top / 2), "0"])


def lines(
    say: Reader,
    title: str,
    about: str,
    days: Sequence[str],
    series: Sequence[Series],
    unit: str,
    decimals: int = 0,
    *,
    top: float | None = None,
) -> Markup:
    """A line for each kind. ``unit`` follows the figures at the side; ``top`` ends the scale, if given."""
    known = [value for one in series for value in one.values if value is not None]
    top = top or _scale(max(known, default=0))
    wide = 100 / max(1, len(days))
    drawn: list[Markup] = []
    for one in series:
        points = [
            ((n + 0.5) * wide, _TOP + HEIGHT - value / top * HEIGHT, value, days[n])
            for n, value in enumerate(one.values)
            if value is not None
        ]
        for (x1, y1, *_), (x2, y2, *_) in pairwise(points):
            drawn.append(el("line", x1=_share(x1), y1=_px(y1), x2=_share(x2), y2=_px(y2), class_=f"stroke {one.look}"))
        for x, y, value, day in points:
            hint = el("title", f"{day}: {say.number(value, decimals)} {unit} {one.name}")
            drawn.append(el("circle", hint, cx=_share(x), cy=_px(y), r="2.5", class_=f"fill {one.look}"))
    axis = [f"{say.number(top, 0)} {unit}", say.number(top / 2, 0 if top >= 2 else 1), "0"]
    return _figure(say, title, about, days, series, drawn, axis, decimals=decimals)


def bars(say: Reader, title: str, headings: Sequence[str], rows: Sequence[Bar]) -> Markup:
    """Horizontal bars, each in a row of a table that has its figure as text. ``headings``: of the names, the bars and
    figures, and of what else is said, if anything.
    """
    if not rows:
        return _nothing(say, title)
    top = max(row.value for row in rows) or 1
    more = len(headings) > 2
    head = el("tr", [el("th", text, scope="col", class_="amount" if n else None) for n, text in enumerate(headings)])
    body = [
        el(
            "tr",
            el("th", row.name, scope="row"),
            el(
                "td",
                el("span", row.text, class_="of"),
                el("svg", el("rect", width=_share(row.value / top * 100), height="100%", rx="2",
                   class_=f"fill {row.look}"), class_="bar", aria_hidden="true"),
            ),
            el("td", row.more, class_="amount") if more else None,
        )
        for row in rows
    ]  # fmt: skip
    table = el("table", el("caption", title), el("thead", head), el("tbody", body), class_="bars")
    return el("div", table, class_="chart panel")


def _nothing(say: Reader, title: str) -> Markup:
    return el("div", el("h3", title), el("p", say("There are no figures yet."), class_="quiet"), class_="chart panel")


def _figure(
    say: Reader,
    title: str,
    about: str,
    days: Sequence[str],
    series: Sequence[Series],
    drawn: Sequence[Markup],
    axis: Sequence[str],
    *,
    decimals: int = 0,
) -> Markup:
    """A plot with its scale, legend and table."""
    if not drawn:
        return _nothing(say, title)
    name = "".join(letter for letter in title.casefold() if letter.isalnum())
    grid = [
        el("line", x1="0", x2="100%", y1=_px(y), y2=_px(y), class_="grid")
        for y in (_TOP, _TOP + HEIGHT / 2, _TOP + HEIGHT)
    ]
    plot = el(
        "svg", el("title", title, id=f"{name}-t"), el("desc", about, id=f"{name}-d"), grid, list(drawn), _days(days),
        role="img", aria_labelledby=f"{name}-t", aria_describedby=f"{name}-d", class_="plot",
        height=_TOP + HEIGHT + _LABELS,
    )  # fmt: skip
    scale = el("div", [el("span", text) for text in axis], class_="scale", aria_hidden="true")
    legend = [
        el("li", el("span", class_=f"key {one.look}", aria_hidden="true"), one.name, class_="small") for one in series
    ]
    table = el(
        "details",
        el("summary", say("As a table")),
        el("div", _table(say, title, days, series, decimals), class_="wide", tabindex=0, role="region",
           aria_label=title),
    )  # fmt: skip
    return el(
        "figure",
        el("figcaption", el("h3", title), el("p", about, class_="quiet small")),
        el("ul", legend, class_="legend"),
        el("div", scale, plot, class_="plotted"),
        table,
        class_="chart panel",
    )


def _table(say: Reader, title: str, days: Sequence[str], series: Sequence[Series], decimals: int) -> Markup:
    head = el("tr", el("th", say("Day"), scope="col"), [el("th", s.name, scope="col", class_="amount") for s in series])
    rows = [
        el(
            "tr",
            el("th", day, scope="row"),
            [el("td", _value(say, one.values[n], decimals), class_="amount") for one in series],
        )
        for n, day in reversed(list(enumerate(days)))
    ]
    return el("table", el("caption", title, class_="unseen"), el("thead", head), el("tbody", rows))


def _value(say: Reader, value: float | None, decimals: int) -> str:
    return "–" if value is None else say.number(value, decimals)


def _days(days: Sequence[str]) -> list[Markup]:
    """A few of the days below the plot: the first, the last, and some between them."""
    wide = 100 / max(1, len(days))
    count = min(_MOST_LABELS, len(days))
    chosen = sorted({round(place * (len(days) - 1) / max(1, count - 1)) for place in range(count)})
    labels = []
    for n in chosen:
        anchor = "start" if n == 0 and len(days) > 1 else "end" if n == len(days) - 1 and n else "middle"
        x = {"start": 0.0, "end": 100.0}.get(anchor, (n + 0.5) * wide)
        labels.append(el("text", days[n], x=_share(x), y=_px(_TOP + HEIGHT + 16), text_anchor=anchor))
    return labels


def _scale(most: float) -> float:
    """The smallest round figure that is at least as large: a digit with zeros."""
    size = 1.0
    while True:
        for step in _STEPS:
            if step * size >= most:
                return step * size
        size *= 10


def _share(value: float) -> str:
    return f"{value:.2f}%"


def _px(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")
