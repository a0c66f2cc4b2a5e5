"""The client of Abillify, which bills the merchants' orders."""
