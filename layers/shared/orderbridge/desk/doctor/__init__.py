"""The doctor: tries everything that a merchant's work depends on, and says what to do."""
