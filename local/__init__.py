"""The whole system on one machine: the template on moto's server, the real handlers, simulated vendors."""

import sys
from pathlib import Path

# The layer is a folder here: the report reads the ledger with the project's own code.
_LAYER = str(Path(__file__).resolve().parent.parent / "layers" / "shared")
if _LAYER not in sys.path:
    sys.path.append(_LAYER)
