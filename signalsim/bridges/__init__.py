"""Other programs behind this project's protocols."""
