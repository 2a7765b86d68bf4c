"""scenarios/crossing with pedestrians: two crossings beside Main Street's greens, one beside Mill Lane's."""

from pathlib import Path

CROSSINGS = """\
crossing_id,node_id,link_ids,length_m,group_id,push_button,rest_in_walk,lead_s,turns,walking_speed_mps
north,C,N_in N_out,8,PN,1,0,0,,
south,C,S_out S_in,8,PS,0,1,0,,
west,C,W_in W_out,16,PW,0,0,3,,1.2
"""
GROUPS = "PN,C,,,,across the north leg\nPS,C,,,,across the south leg\nPW,C,8,,,across the west leg\n"
HOURLY = {"north": 240, "south": 180, "west": 120}


def add_crossings(folder: Path) -> Path:
    """Add crossings, their groups and counts of pedestrians to a copy of scenarios/crossing."""
    (folder / "crossing.csv").write_text(CROSSINGS)
    with (folder / "signal_group.csv").open("a") as groups:
        groups.write(GROUPS)
    stages = folder / "signal_stage.csv"
    stages.write_text(stages.read_text().replace("C,1,E W,", "C,1,E W PN PS,").replace("N S,", "N S PW,"))
    rows = ["crossing_id,interval_start,interval_end,pedestrians"]
    rows += [f"{name},2024-05-14T08:00:00+02:00,2024-05-14T09:00:00+02:00,{n}" for name, n in HOURLY.items()]
    (folder / "pedestrians.csv").write_text("\n".join(rows) + "\n")
    return folder
