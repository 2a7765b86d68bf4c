"""Validation of the compiled engine against SUMO's microsimulation and published figures.

``grids`` and ``stopline`` make the scenarios, ``runs`` simulates them in both engines, ``measures``
turns runs into rows, ``heldout`` has the data that nothing was calibrated on, ``table`` prints.
"""
