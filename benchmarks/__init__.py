"""What the README claims, measured. See `benchmarks/README.md`."""

import local as local  # puts the layer on the path, where Lambda has it
