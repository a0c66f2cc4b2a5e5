"""R4: what the warehouse is told about the payment; what is not paid is never said to be."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orderbridge.orders.shipping_order import ImportRules, build, find_problems
from orderbridge.orders.terms import BEFORE_PAYMENT, CASH_ON_DELIVERY, ON_INVOICE, is_prepaid, pay_method
from tests.builders import NOW, TAGS, order

PAID_AT = datetime(2026, 3, 1, tzinfo=UTC)
BILLBEES_TYPES = [None, 1, 2, 3, 4, 6, *range(19, 64), 104]


@pytest.mark.parametrize(
    ("payment", "state", "paid", "prepaid"),
    [
        (3, 3, True, True), (3, 3, False, True), (None, 3, False, True), (1, 3, True, True),
        (1, 1, False, False), (1, 2, False, False), (31, 1, True, True),
        (26, 3, False, False), (26, 3, True, True), (51, 3, False, False), (60, 3, False, False),
        (25, 3, False, True), (29, 3, False, True), (54, 3, False, True),
        (2, 3, False, False), (2, 3, True, False), (2, 1, False, False),
        (26, 13, False, False), (3, 13, False, True), (3, 16, False, True), (3, 11, False, False),
    ],
)  # fmt: skip
def test_r4_what_is_paid_is_told_apart(payment: int | None, state: int, *, paid: bool, prepaid: bool) -> None:
    assert is_prepaid(order(payment_type=payment, state=state, paid_at=PAID_AT if paid else None)) == prepaid


@given(
    payment=st.sampled_from(BILLBEES_TYPES),
    state=st.integers(1, 17),
    paid=st.booleans(),
    mapped=st.dictionaries(st.sampled_from([1, 2, 26]), st.sampled_from(["IN", "EC", "PP"])),
)
def test_r4_prepaid_is_said_of_what_is_paid_or_what_the_merchant_says_it_of(
    payment: int | None, state: int, *, paid: bool, mapped: dict[int, str]
) -> None:
    sold = order(payment_type=payment, state=state, paid_at=PAID_AT if paid else None)
    method = pay_method(sold, "PP", mapped)
    if payment in mapped:
        assert method == mapped[payment]
    elif payment == CASH_ON_DELIVERY or (not paid and (payment in ON_INVOICE or state in BEFORE_PAYMENT)):
        assert method is None
    else:
        assert method == "PP"


@pytest.mark.parametrize(("payment", "code"), [(26, "OB-123"), (2, "OB-124")])
def test_r2_what_is_not_paid_is_rejected_and_the_setting_is_named(payment: int, code: str) -> None:
    rules = ImportRules(tags=TAGS, number_is_billbee_id=True, send_buyer_message=False)
    (problem,) = find_problems(order(payment_type=payment), {}, rules)
    assert problem.code == code
    for text in (problem.text, problem.german):
        assert "bibi.pay_methods" in text
        assert f'"{payment}"' in text
    (nameless,) = find_problems(order(state=1), {}, rules)
    assert (nameless.code, "bibi.pay_methods" in nameless.text) == ("OB-123", False)


@pytest.mark.parametrize(("payment", "sent"), [(26, "IN"), (2, "CD"), (3, "VP"), (None, "VP")])
def test_r4_the_pay_method_of_the_settings_is_sent(payment: int | None, sent: str) -> None:
    rules = ImportRules(
        tags=TAGS, number_is_billbee_id=True, send_buyer_message=False, prepaid="VP", pay_methods={26: "IN", 2: "CD"}
    )
    sold = order(payment_type=payment)
    assert find_problems(sold, {}, rules) == []
    assert build(sold, {}, rules, ship_method="24", today=NOW.date()).pay_method == sent
