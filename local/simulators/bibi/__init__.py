"""BiBi Solutions on one machine: the API, and the warehouse behind it with controls for tests."""

from local.simulators.bibi.account import Account
from local.simulators.bibi.server import Bibi

__all__ = ["Account", "Bibi"]
