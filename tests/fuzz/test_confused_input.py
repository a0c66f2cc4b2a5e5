"""Whatever comes in from outside ends in a result or in an error with a name of ours (`errors.py`).

Each target raises what has no such name, and gives the endings of all its readings.
"""

from __future__ import annotations

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.effort import THOROUGH, share
from tests.fuzz.samples import SAMPLES, texts
from tests.fuzz.strategies import AWKWARD, confused, json_text, paths, values
from tests.fuzz.targets import READINGS, RESULT, TARGETS, abillify_answer, bibi_answer, billbee_answer

EXAMPLES = 150 if THOROUGH else 40
STATUSES = (200, 201, 202, 204, 302, 400, 401, 403, 404, 405, 408, 409, 410, 422, 429, 500, 502, 503, 504, 599)
NO_SUCCESS = {302, 401, 403, 408, 429, 500, 502, 503, 504, 599}
"""Statuses that answer no call. The others beyond 299 may say that what was asked for is not there."""
ANSWERS = {"billbee_answer": billbee_answer, "bibi_answer": bibi_answer, "abillify_answer": abillify_answer}
REFUSING = (*ANSWERS, "message", "webhook")
"""Each sample is read as every kind of answer or message, and rings without a signature."""
slow = settings(max_examples=EXAMPLES, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])


def _text(value: object) -> str:
    return value if isinstance(value, str) else json_text(value)


def test_every_target_has_samples() -> None:
    assert SAMPLES.keys() == TARGETS.keys()


@pytest.mark.parametrize("target", [target for target in TARGETS if target not in REFUSING])
def test_the_samples_themselves_are_not_refused(target: str) -> None:
    """If they were, all that the fuzzing makes of them would be refused as well."""
    for text in texts(target):
        assert TARGETS[target](text) == [RESULT] * READINGS[target], text


@pytest.mark.parametrize("target", TARGETS)
@slow
@given(data=st.data())
def test_a_confused_sample_ends_in_a_result_or_a_named_error(target: str, data: st.DataObject) -> None:
    sample = data.draw(st.sampled_from(SAMPLES[target]))
    assert len(TARGETS[target](_text(data.draw(confused(sample))))) == READINGS[target]


@pytest.mark.parametrize("target", TARGETS)
@slow
@given(value=values | st.text(max_size=80) | st.text("0123456789-+:TZ.eE[]{}\",' /\\", max_size=60))
def test_any_json_and_any_text_ends_in_a_result_or_a_named_error(target: str, value: object) -> None:
    assert len(TARGETS[target](_text(value))) == READINGS[target]


@pytest.mark.parametrize("target", [target for target in TARGETS if target not in ANSWERS])
def test_each_field_survives_each_awkward_value(target: str) -> None:
    """One field at a time, all of them: nothing is left to chance here. Where time is short, each field survives every
    third value, by turns.
    """
    for sample in SAMPLES[target]:
        for turn, path in enumerate(paths(sample)):
            for value in share(AWKWARD, 3, first=turn):
                assert len(TARGETS[target](_text(_exchanged(sample, path, value)))) == READINGS[target]


def _exchanged(sample: object, path: tuple[str | int, ...], value: object) -> object:
    if not path:
        return value
    head, *rest = path
    if isinstance(sample, dict):
        return sample | {head: _exchanged(sample[head], tuple(rest), value)}
    assert isinstance(sample, list)
    return [_exchanged(one, tuple(rest), value) if place == head else one for place, one in enumerate(sample)]


@pytest.mark.parametrize("status", STATUSES)
def test_an_answer_with_any_status_ends_in_a_result_or_a_named_error(status: int) -> None:
    for target, answer in ANSWERS.items():
        for text in [
            *texts(target),
            "",
            " ",
            "<html>",
            "[",
            '{"a":',
            '{"ErrorCode": Infinity}',
            '{"code": NaN}',
            "\x00",
        ]:
            for endings in (answer(text, status), answer(text[: len(text) // 2], status)):
                assert len(endings) == READINGS[target]
                assert RESULT not in endings or status not in NO_SUCCESS, (target, text, endings)


@pytest.mark.parametrize("target", TARGETS)
def test_what_is_nested_deep_ends_in_a_result_or_a_named_error(target: str) -> None:
    """Below what the parser takes, and around its limit: whatever walks through it afterwards must bear it too."""
    field = {"settings": "carriers", "message": "order", "billbee_order": "Tags", "bibi_answer": "result"}
    for depth in (50, 500, 900, 930, 950, 970, 980, 990, 1000, 100_000):
        for begin, end in (("[", "]"), ('{"a":', "}")):
            deep = begin * depth + ("1" if begin != "[" else "") + end * depth
            nested = [deep]
            for name in (field.get(target, "Data"), "message", "ErrorMessage"):
                nested.append(f'{{"success": false, "ErrorCode": 5, {json.dumps(name)}: {deep}}}')
                nested.append(f'{{"success": true, {json.dumps(name)}: {deep}}}')
            assert [len(TARGETS[target](text)) for text in nested] == [READINGS[target]] * len(nested)
