"""The use cases: one module each, named as the function that calls it."""
