"""One file per foreign format: file <-> network, counts, plans, trips. None yet."""
