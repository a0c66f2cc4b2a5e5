"""The examples in the docstrings hold."""

from __future__ import annotations

import doctest
import importlib
import pkgutil

import pytest

import orderbridge

_MODULES = [module.name for module in pkgutil.walk_packages(orderbridge.__path__, "orderbridge.")]


@pytest.mark.parametrize("name", _MODULES)
def test_the_examples_hold(name: str) -> None:
    assert doctest.testmod(importlib.import_module(name)).failed == 0


def test_there_are_examples_to_check() -> None:
    assert sum(doctest.testmod(importlib.import_module(name)).attempted for name in _MODULES) >= 5
