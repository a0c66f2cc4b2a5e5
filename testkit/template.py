"""What `template.yaml` says of the table."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from samtranslator.yaml_helper import yaml_parse

from local.stack import PROJECT


@lru_cache(maxsize=1)
def table_properties() -> dict[str, Any]:
    """What it takes to create the table."""
    template = yaml_parse((PROJECT / "template.yaml").read_text(encoding="utf-8"))
    properties: dict[str, Any] = template["Resources"]["Table"]["Properties"]
    taken = ("BillingMode", "AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes")
    return {key: properties[key] for key in taken}


def make_table(dynamodb: Any, name: str) -> str:
    """The table as the template defines it, in memory or on moto; gives its name."""
    dynamodb.create_table(TableName=name, **table_properties())
    return name
