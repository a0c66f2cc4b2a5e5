"""Run as a script: prints, for each function's folder given, how many modules its import brings, and its packages.

What all of them need is imported once; each function's import then happens in a process that was forked from there.
"""

import json
import os
import sys

AT_START = set(sys.modules)  # whatever this machine's environment brings along

import boto3  # noqa: E402, F401
from aws_lambda_powertools import Logger  # noqa: E402, F401


def imported(folder: str) -> dict[str, object]:
    """What importing the handler adds, seen from a forked process."""
    reading, writing = os.pipe()
    if os.fork() == 0:
        sys.path.insert(0, folder)
        import app  # type: ignore[import-not-found]  # noqa: F401, PLC0415

        names = set(sys.modules) - AT_START
        with os.fdopen(writing, "w") as told:
            json.dump({"modules": len(names), "names": sorted(names)}, told)
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as told:
        found: dict[str, object] = json.load(told)
    os.wait()
    return found


if __name__ == "__main__":
    sys.stdout.write(json.dumps({folder: imported(folder) for folder in sys.argv[1:]}))
