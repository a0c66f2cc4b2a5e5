"""Abillify, which bills the merchants' orders."""
