"""Finds what is wrong with any merchant, and tells it (R33)."""
