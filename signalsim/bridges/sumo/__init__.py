"""SUMO as an engine: its vehicles, this project's signals, cameras and controllers.

``engine`` is what a simulation drives: it holds the ``interlock``, composes the ``lamps`` and talks,
by way of ``pipe``, to a process in which libsumo runs. That process (``child``) lets ``drivers`` depart
and follows them (``traffic``). ``roads`` says which of SUMO's lanes is which of ours.

Nothing is imported here, so that the other process loads little.
"""
