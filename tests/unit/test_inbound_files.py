"""R23: a file that announces goods is read whatever program wrote it, and what is wrong with it is said by row."""

from __future__ import annotations

import json
import time
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orderbridge.inbound.files import HEADER_NAMES, LARGEST_FILE, ROW_NAMES, read_file
from orderbridge.inbound.notice import MOST_ROWS, Draft, NoticeLine, RowProblem, check, resolve, warnings
from orderbridge.inbound.results import Received
from orderbridge.ledger.ean import bare_ean, upc
from orderbridge.ledger.sku import Sku

TODAY = date(2026, 3, 1)
FIELDS = "tracking_number;T-1\ndate_shipped;2026-03-01\nexpected;09.03.2026\ncountry;CN\ndestination;Wisconsin\n"


def read(content: str | bytes, name: str = "goods.csv") -> tuple[Draft | None, list[RowProblem]]:
    return check(read_file(name, content.encode() if isinstance(content, str) else content), TODAY)


def draft(content: str | bytes, name: str = "goods.csv") -> Draft:
    made, problems = read(content, name)
    assert made is not None, [str(one.problem) for one in problems]
    return made


def codes(content: str | bytes, name: str = "goods.csv") -> list[tuple[int | None, str]]:
    made, problems = read(content, name)
    assert made is None
    return [(one.row, one.problem.code) for one in problems]


def table(*rows: str, head: str = "sku;quantity") -> str:
    return FIELDS + "\n".join((head, *rows)) + "\n"


# What is read


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"])
@pytest.mark.parametrize("separator", [";", ",", "\t", "|"])
def test_r23_every_encoding_and_separator_of_a_spreadsheet_reads_alike(encoding: str, separator: str) -> None:
    text = table("GRÖSSE-1;12", "MUG-01;3").replace(";", separator).replace("\n", "\r\n")
    made = draft(text.encode(encoding))
    assert [(line.sku, line.quantity, line.row) for line in made.lines] == [("GRÖSSE-1", 12, 7), ("MUG-01", 3, 8)]
    assert made.header is not None
    assert (made.header.destination, made.header.expected_delivery_date) == ("Wisconsin", date(2026, 3, 9))


def test_r23_fields_stand_above_the_table_or_in_columns() -> None:
    above = draft(
        "Avis März\n\nSendungsnummer: T-1\nVersanddatum;01.03.2026;\nLiefertermin: 2026-03-09\nLand: China\n"
        "Lager: Wisconsin\n\nArtikelnummer;Menge;Bezeichnung\nMUG-01;12;Becher\n"
    )
    columns = draft(
        "tracking number,date shipped,ETA,country,warehouse,SKU,Qty\n"
        "T-1,2026-03-01,2026-03-09,CN,Wisconsin,MUG-01,12\n"
        ",,,,,TEE-01,1\n"
    )
    assert above.header == columns.header
    assert [line.sku for line in columns.lines] == ["MUG-01", "TEE-01"]


def test_r23_a_value_with_the_separator_in_it_is_whole() -> None:
    made = draft(table("MUG-01;1").replace(";", ",").replace("Wisconsin", "Madison, Wisconsin"))
    assert made.header is not None
    assert made.header.destination == "Madison, Wisconsin"


def test_r23_json_is_read_as_documented_and_flat() -> None:
    header = {
        "asn_bol_track_number": "T-1", "date_shipped": "2026-03-01", "expected_delivery_date": "2026-03-09",
        "shipment_origination_country": "US", "destination_warehouse": "BWI", "po_number": "90210",
    }  # fmt: skip
    product = {"product_number": "00-1300", "upc_code": "012345678905", "quantity": 6, "weight_of_box": "1,5"}
    documented = draft(json.dumps({"Header": header, "Products": [product]}), "goods.json")
    flat = draft(json.dumps({**header, "products": [product]}), "goods.json")
    assert documented == flat
    (line,) = flat.lines
    assert (line.sku, upc(line.ean), line.quantity, line.box_pounds) == ("00-1300", "012345678905", 6, Decimal("1.5"))


def test_r23_a_weight_in_kilograms_becomes_pounds() -> None:
    (line,) = draft(table("MUG-01;1;10", head="sku;quantity;gewicht (kg)")).lines
    assert line.box_pounds == Decimal("22.05")


@pytest.mark.parametrize(
    ("asked", "skus"),
    [
        ({"action": "add", "products": [{"sku": "A", "qty": 2}]}, ["A"]),
        ({"action": "Remove", "sku": "A"}, ["A"]),
        ({"action": "close"}, []),
        ({"action": "delete"}, []),
    ],
)
def test_r23_a_command_needs_its_number_and_no_dates(asked: dict[str, Any], skus: list[str]) -> None:
    made = draft(json.dumps({"tracking_number": "T-1", **asked}), "c.json")
    assert (made.action, made.header) == (asked["action"].lower(), None)
    assert [line.sku for line in made.lines] == skus


# What is wrong


@pytest.mark.parametrize(
    ("content", "name", "found"),
    [
        (b"", "a.csv", [(None, "OB-602")]),
        (b" \r\n", "a.csv", [(None, "OB-602")]),
        (b"PK\x03\x04rest", "a.xlsx", [(None, "OB-603")]),
        (b"\x00\x01\x02" * 90, "a.csv", [(None, "OB-603")]),
        (b"\xff\xfe\x00\xd8", "a.csv", [(None, "OB-603")]),
        (b'{"a": ', "a.json", [(None, "OB-604")]),
        (b"[1]", "a.json", [(None, "OB-604")]),
        (b'{"sku": "a", "sku": "b"}', "a.json", [(None, "OB-604")]),
        (b"[" * 100_000, "a.json", [(None, "OB-604")]),
        (b"hello;world\n1;2\n", "a.csv", [(None, "OB-605")]),
        (b"x" * (LARGEST_FILE + 1), "a.csv", [(None, "OB-601")]),
    ],
)
def test_r23_what_is_no_such_file_is_said_in_one_line(
    content: bytes, name: str, found: list[tuple[int | None, str]]
) -> None:
    assert codes(content, name) == found


@pytest.mark.parametrize(
    ("rows", "found"),
    [
        (["MUG-01;-3"], [(7, "OB-618")]),
        (["MUG-01;0"], [(7, "OB-618")]),
        (["MUG-01;1000001"], [(7, "OB-618")]),
        (["MUG-01;1.000"], [(7, "OB-618")]),
        (["MUG-01;1,5"], [(7, "OB-618")]),
        (["MUG-01;" + "9" * 5000], [(7, "OB-618")]),
        (["MUG-01;"], [(7, "OB-610")]),
        ([";4"], [(7, "OB-617")]),
        (["A;1", "B;2", "a;3"], [(9, "OB-622")]),
        (["A;1;x"], [(7, "OB-609")]),
        (["X" * 21 + ";1"], [(7, "OB-615")]),
        ([], [(None, "OB-616")]),
        (["A;1"] * (MOST_ROWS + 1), [(None, "OB-616")]),
        (["A;x", "B;1", "C;y"], [(7, "OB-618"), (9, "OB-618")]),
    ],
)
def test_r23_every_bad_row_is_named(rows: list[str], found: list[tuple[int | None, str]]) -> None:
    assert codes(table(*rows)) == found


def test_r23_a_spreadsheets_empty_fraction_is_no_mistake() -> None:
    assert [line.quantity for line in draft(table("A;12,0", "B;3.00")).lines] == [12, 3]


@pytest.mark.parametrize(
    ("before", "after", "code"),
    [
        ("T-1", "", "OB-610"),
        ("T-1", "\u202etracking", "OB-611"),
        ("2026-03-01", "03/01/2026", "OB-612"),
        ("2026-03-01", "2026-02-30", "OB-612"),
        ("2026-03-01", "2062-03-01", "OB-612"),
        ("09.03.2026", "28.02.2026", "OB-613"),
        ("country;CN", "country;Atlantis", "OB-614"),
        ("Wisconsin", "W" * 61, "OB-615"),
        ("destination;Wisconsin", "", "OB-610"),
    ],
)
def test_r23_a_bad_field_of_the_notice_is_named(before: str, after: str, code: str) -> None:
    assert codes(table("A;1").replace(before, after))[0] == (None, code)


@pytest.mark.parametrize(
    ("name", "nearest"),
    [("quantiy", "quantity"), ("Mnge", "quantity"), ("skuu", "sku"), ("tracking_nubmer", "tracking_number")],
)
def test_r23_a_wrong_name_says_the_nearest(name: str, nearest: str) -> None:
    head = (
        f"{name};sku;quantity" if nearest == "tracking_number" else f"boxes;sku;{name}".replace("sku;skuu", "skuu;qty")
    )
    _, problems = read(f"{FIELDS}{head}\n1;A;2")
    assert [one.problem.code for one in problems] == ["OB-606"]
    assert f"did you mean {nearest!r}?" in problems[0].problem.text
    assert f"ist {nearest!r} gemeint?" in problems[0].problem.german


def test_r23_names_that_stand_for_the_same_and_two_notices_in_one_file_are_refused() -> None:
    assert codes(table("A;1;2", head="sku;quantity;menge"))[0] == (6, "OB-607")
    two = "tracking;shipped;eta;country;warehouse;sku;qty\nT-1;2026-03-01;2026-03-01;CN;W;A;1\nT-2;;;;;B;1\n"
    assert codes(two) == [(3, "OB-608")]


@pytest.mark.parametrize(
    ("ean", "code"), [("4006381333930", "OB-621"), ("4,00638E+12", "OB-621"), ("123", "OB-621"), ("abc", "OB-621")]
)
def test_r23_a_bad_ean_is_named(ean: str, code: str) -> None:
    assert codes(table(f"{ean};1", head="ean;quantity")) == [(7, code)]


def test_r23_an_ean_and_its_upc_are_one_product() -> None:
    assert codes(table("0012345678905;1", "012345678905;2", head="ean;quantity")) == [(8, "OB-622")]
    assert (upc("4006381333931"), upc(bare_ean("00012345678905"))) == ("", "012345678905")


def test_r23_more_in_packs_than_announced_is_a_remark_as_the_documented_example_has_it() -> None:
    made = draft(table("A;6;2;4", "B;8;2;4", head="sku;quantity;inner packs;units inner pack"))
    assert [(one.row, one.problem.code) for one in warnings(made.lines)] == [(7, "OB-625")]


# Products


def test_r23_skus_and_eans_become_the_products_of_the_merchant() -> None:
    lines = [NoticeLine(1, "mug-01", 1), NoticeLine(2, "", 2, ean="12345678905"), NoticeLine(3, "X", 1)]
    found, problems = resolve(lines, {Sku("mug-01"): "MUG-01"}, {"12345678905": "TEE-01"})
    assert [line.sku for line in found] == ["MUG-01", "TEE-01"]
    assert [(one.row, one.problem.code) for one in problems] == [(3, "OB-623")]


def test_r23_an_ean_of_another_product_and_a_product_named_in_two_ways_are_refused() -> None:
    skus, eans = {Sku("mug-01"): "MUG-01", Sku("tee-01"): "TEE-01"}, {"12345678905": "TEE-01"}
    _, wrong = resolve([NoticeLine(1, "MUG-01", 1, ean="12345678905")], skus, eans)
    _, twice = resolve([NoticeLine(1, "TEE-01", 1), NoticeLine(2, "", 1, ean="12345678905")], skus, eans)
    assert [[one.problem.code for one in found] for found in (wrong, twice)] == [["OB-624"], ["OB-622"]]


# Whatever comes


def test_r23_no_two_names_are_written_alike() -> None:
    names = [
        name
        for group in (HEADER_NAMES, ROW_NAMES)
        for ours, others in group.items()
        for name in (ours, *others.split())
    ]
    assert len({name.replace("_", "") for name in names}) == len(names)


@pytest.mark.parametrize(
    "content",
    [
        b"sku;quantity\n" + b"a;1\n" * 1_200_000,
        b"sku;quantity;" + b"columm;" * 600_000,
        b'"' + b"x" * 4_000_000,
        json.dumps({f"name {place}": 1 for place in range(200_000)}).encode(),
    ],
)
def test_r23_the_largest_file_is_refused_within_seconds(content: bytes) -> None:
    assert len(content) <= LARGEST_FILE
    began = time.process_time()
    made, problems = read(content)
    assert made is None
    assert problems
    assert time.process_time() - began < 5


@settings(max_examples=100, deadline=None)
@given(
    st.one_of(
        st.binary(max_size=200),
        st.lists(st.text(max_size=12), max_size=8).map(lambda cells: table(";".join(cells)).encode("utf-8", "replace")),
        st.recursive(
            st.none() | st.booleans() | st.floats() | st.text(max_size=8) | st.sampled_from(["sku", "Products", "T-1"]),
            lambda inner: (
                st.lists(inner, max_size=4)
                | st.dictionaries(
                    st.sampled_from(["Header", "Products", "sku", "qty", "action", "x"]), inner, max_size=5
                )
            ),
            max_leaves=12,
        ).map(lambda value: json.dumps(value).encode()),
    ),
    st.sampled_from(["a.csv", "a.json"]),
)
def test_r23_no_file_is_a_defect(content: bytes, name: str) -> None:
    made, problems = read(content, name)
    assert (made is None) == bool(problems)
    if made is not None:
        assert all(line.sku or line.ean for line in made.lines)


def test_r23_no_sku_in_the_list_of_received_goods_is_a_formula_of_a_spreadsheet() -> None:
    received = Received("T-1", datetime(2026, 7, 1, 12, tzinfo=UTC), {"=1+1": 3, "MUG-01": 2}, {"=1+1": 3, "MUG-01": 1})
    lines = received.to_csv().decode("utf-8-sig").splitlines()
    assert lines == ["sku;announced;received;difference", "'=1+1;3;3;0", "MUG-01;2;1;-1"]
