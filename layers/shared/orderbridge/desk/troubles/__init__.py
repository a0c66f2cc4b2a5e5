"""What is wrong with any merchant, found before anybody asks (R33)."""
