"""What merchants are told: each code is explained in docs/messages.md, and belongs to one topic."""

from __future__ import annotations

import re
from pathlib import Path

import orderbridge

_EXPLAINED = re.compile(r"^\| (?:`[^`|]*\[)?(OB-\d{3})\b", re.MULTILINE)


def codes_by_module() -> dict[str, set[str]]:
    sources = Path(orderbridge.__file__).parent.rglob("*problems.py")
    return {
        f"{source.parent.name}/{source.name}": set(re.findall(r'"(OB-\d{3})"', source.read_text("utf-8")))
        for source in sources
    }


def test_every_message_to_a_merchant_is_explained_and_no_other() -> None:
    _, _, explained = Path("docs/messages.md").read_text("utf-8").partition("\n## ")
    assert set(_EXPLAINED.findall(explained)) == set().union(*codes_by_module().values())


def test_a_code_belongs_to_one_topic() -> None:
    codes = [code for own in codes_by_module().values() for code in own]
    assert len(codes) > 70
    assert sorted(codes) == sorted(set(codes))
