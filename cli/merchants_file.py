"""The merchants file, of the local system and of the operator's tool.

`{"billbee_api_key": "…", "merchants": {"acme": {"settings": {…}, "secrets": {"billbee_password": "…", …}}}}`

The file's own shape is checked here. The settings are not: they go to the registry as text.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cli.failures import BadInput

#: The characters of a name in an SSM parameter path.
_NAME = re.compile(r"[A-Za-z0-9_.-]{1,64}")


class MerchantsFileError(Exception):
    """The merchants file cannot be used. The message names the file, the key and what to do."""


@dataclass(frozen=True)
class Merchant:
    """One merchant: the settings' text as it goes to the registry, and secrets by name."""

    name: str
    settings: str
    secrets: Mapping[str, str] = field(repr=False)

    @property
    def billbee_username(self) -> str | None:
        """The Billbee user, if the settings name one."""
        try:
            username = json.loads(self.settings)["billbee"]["username"]
        except (ValueError, LookupError, TypeError):
            return None
        return username if isinstance(username, str) else None


@dataclass(frozen=True)
class Merchants:
    """The merchants of a file, with the application's Billbee key; empty where a file need not have it."""

    billbee_api_key: str = field(repr=False)
    merchants: tuple[Merchant, ...]

    def __iter__(self) -> Iterator[Merchant]:
        return iter(self.merchants)


def load(path: Path, *, needs_key: bool = True) -> Merchants:
    """Read a merchants file; one that `orderbridge merchants export` wrote has no key. Raises MerchantsFileError."""
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise MerchantsFileError(f"{path}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise MerchantsFileError(f"{path}: not UTF-8 text") from None
    except json.JSONDecodeError as error:
        raise MerchantsFileError(f"{path}: not JSON: {error.msg} at line {error.lineno}") from None
    except (ValueError, RecursionError):
        raise MerchantsFileError(f"{path}: not JSON: nested too deep, or a number too long") from None
    return parse(raw, str(path), needs_key=needs_key)


def parse(raw: Any, where: str, *, needs_key: bool = True) -> Merchants:
    """Check the shape of a merchants file; `where` names it in errors. Raises MerchantsFileError."""
    raw = _object(raw, where, "the file")
    _no_other_keys(raw, where, "", {"billbee_api_key", "merchants"})
    has_key = needs_key or "billbee_api_key" in raw
    api_key = _text(raw.get("billbee_api_key"), where, "billbee_api_key") if has_key else ""
    merchants = []
    for name, value in _object(raw.get("merchants"), where, "merchants").items():
        key = f"merchants.{name}"
        if not _NAME.fullmatch(name):
            raise MerchantsFileError(f"{where}: {key}: a merchant's name has only letters, digits, '_', '.' and '-'")
        merchant = _object(value, where, key)
        _no_other_keys(merchant, where, f"{key}.", {"settings", "secrets"})
        if "settings" not in merchant:
            raise MerchantsFileError(f"{where}: {key}.settings is missing")
        settings = merchant["settings"]
        secrets = _object(merchant.get("secrets", {}), where, f"{key}.secrets")
        for secret, text in secrets.items():
            _text(text, where, f"{key}.secrets.{secret}")
            if not _NAME.fullmatch(secret):
                raise MerchantsFileError(f"{where}: {key}.secrets: not a name for a secret: {secret!r}")
        text = settings if isinstance(settings, str) and settings else json.dumps(settings, ensure_ascii=False)
        merchants.append(Merchant(name, text, secrets))
    return Merchants(api_key, tuple(merchants))


@contextmanager
def named(path: Path, where: str = "") -> Iterator[None]:
    """Settings and secrets that are checked inside are those of a file, which errors then name. Raises BadInput."""
    from orderbridge.platform.errors import SettingsError

    try:
        yield
    except SettingsError as error:
        hint = "correct the file, then again; nothing was written"
        raise BadInput(f"{path}: {where}{error.key}: {error.reason}", hint) from None


def read_settings(path: Path) -> str:
    """The text of a file with one merchant's settings, unchecked. Raises BadInput."""
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise BadInput(f"{path}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise BadInput(f"{path}: not UTF-8 text") from None


def _object(value: Any, where: str, key: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise MerchantsFileError(f"{where}: {key} must be a JSON object")
    return value


def _text(value: Any, where: str, key: str) -> str:
    if not isinstance(value, str) or not value:
        raise MerchantsFileError(f"{where}: {key} must be a text that is not empty")
    return value


def _no_other_keys(value: Mapping[str, Any], where: str, prefix: str, known: set[str]) -> None:
    if unknown := sorted(set(value) - known):
        raise MerchantsFileError(f"{where}: unknown key {prefix}{unknown[0]}")
