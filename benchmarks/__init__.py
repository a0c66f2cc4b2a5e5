"""Speed and cost, measured. See `benchmarks/README.md`."""

import local as local  # puts the layer on the path, where Lambda has it
