"""Pictures of figures: their measures, and their words for who does not see them."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest

from orderbridge.desk.board.charts import HEIGHT, Bar, Series, bars, lines, stacked_days
from orderbridge.desk.board.reader import Reader

SAY = Reader(datetime(2026, 7, 1, 12, tzinfo=UTC))
DAYS = ["29 Jun", "30 Jun", "1 Jul"]


def numbers(html: str, attribute: str) -> list[float]:
    return [float(text) for text in re.findall(rf' {attribute}="([0-9.]+)%?"', html)]


def test_bars_of_a_day_stand_on_each_other_and_none_is_higher_than_the_plot() -> None:
    good, bad = Series("shipped", "good", [10, 30, 0]), Series("rejected", "bad", [0, 10, 5])
    html = str(stacked_days(SAY, "Orders", "By day.", DAYS, [good, bad]))
    heights = re.findall(r'<rect[^>]* height="([0-9.]+)"', html)
    assert [round(float(height) + 1) for height in heights] == [
        round(HEIGHT * share) for share in (10 / 40, 30 / 40, 10 / 40, 5 / 40)
    ]
    assert "<title>30 Jun: 30 shipped</title>" in html


def test_a_picture_has_a_title_a_description_and_its_figures_as_a_table() -> None:
    html = str(lines(SAY, "Hours <to> ship", "Median.", DAYS, [Series("median", "main", [1.5, None, 1234.5])], "h", 1))
    assert '<title id="hourstoship-t">Hours &lt;to&gt; ship</title>' in html
    assert 'role="img" aria-labelledby="hourstoship-t" aria-describedby="hourstoship-d"' in html
    assert '<th scope="row">1 Jul</th><td class="amount">1,234.5</td>' in html
    assert '<th scope="row">30 Jun</th><td class="amount">–</td>' in html


def test_a_day_without_a_figure_leaves_a_gap_and_is_not_zero() -> None:
    html = str(lines(SAY, "Hours", "Median.", DAYS, [Series("median", "main", [1, None, 3])], "h"))
    assert html.count("<circle") == 2


@pytest.mark.parametrize("values", [[], [None, None, None]])
def test_no_data_says_so(values: list[float | None]) -> None:
    html = str(lines(SAY, "Hours", "Median.", DAYS[: len(values)], [Series("median", "main", values)], "h"))
    assert "There are no figures yet." in html
    assert "<svg" not in html
    assert "There are no figures yet." in str(bars(SAY, "Costs", ("What", "USD"), []))
    assert "There are no figures yet." in str(stacked_days(SAY, "Orders", "By day.", [], [Series("a", "main", [])]))


def test_the_widest_bar_is_the_largest_figure() -> None:
    rows = [Bar("UPS", 20, "20"), Bar("USPS", 5, "5"), Bar("DHL", 0, "0")]
    assert numbers(str(bars(SAY, "Parcels", ("Carrier", "Parcels"), rows)), "width") == [100.0, 25.0, 0.0]


def test_few_days_are_named_below_and_the_ends_are_among_them() -> None:
    days = [f"d{n}" for n in range(90)]
    html = str(stacked_days(SAY, "Orders", "By day.", days, [Series("shipped", "good", [1.0] * 90)]))
    named = re.findall(r"<text[^>]*>(d\d+)</text>", html)
    assert (named[0], named[-1], len(named)) == ("d0", "d89", 5)
