"""Writes the layer's reference tables from libraries that maintain them: `make tables`.

The libraries are development dependencies. The functions import what was written, ``tables.py`` and
``place_names.py`` of ``orderbridge.platform``; a test compares it with what the libraries say today.
"""
