"""Parts of the project in processes of their own, which take real time: `local serve`, and built functions."""
