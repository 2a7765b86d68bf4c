"""Names of approaches and turns as count sheets use them."""

APPROACHES = ("NB", "SB", "EB", "WB", "NE", "NW", "SE", "SW")
TURNS = ("L", "T", "R", "U", "L2", "R2")


def is_turn(name: str) -> bool:
    """Whether a name is one such as NBL: the direction of travel, then the turn."""
    return name[:2] in APPROACHES and name[2:] in TURNS
