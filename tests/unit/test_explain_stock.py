"""A SKU's figure in plain words: each of its terms, and what is still to happen (R18)."""

from __future__ import annotations

from orderbridge.desk.explain_stock import explain_stock
from orderbridge.ledger.problem import Language
from orderbridge.stock.stock_records import StockRecord


def explained(record: StockRecord, language: Language = "en") -> list[str]:
    return [line.say(language) for line in explain_stock(record)]


def test_r18_every_term_of_the_figure_is_named() -> None:
    record = StockRecord("MUG", physical=10, allocated=4, elsewhere=3, buffer=2, sent=5, billbee_stock=1)
    assert explained(record) == [
        "10 on the shelf at the warehouse, 4 of them for orders that have not left",
        "− 3 promised to orders that did not come through Billbee",
        "− 2 kept back as the merchant's buffer",
        "= 5 told to Billbee, which subtracts what it has sold and not yet seen shipped",
        "1 offered by Billbee then",
    ]
    assert explained(record, "de") == [
        "10 im Regal des Lagers, davon 4 für Aufträge, die noch nicht fort sind",
        "− 3 zugesagt für Aufträge, die nicht über Billbee kamen",
        "− 2 als Puffer des Händlers zurückgehalten",
        "= 5 an Billbee gemeldet, das abzieht, was verkauft und noch nicht als versandt bekannt ist",
        "1 bot Billbee danach an",
    ]


def test_what_billbee_does_not_know_is_said() -> None:
    assert explained(StockRecord("MUG", physical=1, sent=1, unknown=True))[-1].startswith("Billbee did not take it")
    assert explained(StockRecord("MUG", unknown=True)) == ["Billbee does not know this SKU, so nothing could be told."]


def test_what_is_still_to_come_is_said() -> None:
    assert "next run" in explained(StockRecord("MUG", sent=1, billbee_stock=1, due=True))[-1]
    assert "next run" in explained(StockRecord("MUG"))[0]
