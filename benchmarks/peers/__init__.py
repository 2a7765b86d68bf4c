"""This project's engine beside other simulators, on the same grids: speed, and what it was bought with."""
