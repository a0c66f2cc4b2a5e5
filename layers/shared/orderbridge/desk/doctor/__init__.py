"""`merchants check`: tries everything that a merchant depends on, and says what to do."""
