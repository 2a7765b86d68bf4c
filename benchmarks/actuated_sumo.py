"""SUMO's own actuated and NEMA controllers, and ours, on the same detectors: do they switch alike?

SUMO runs a crossing under its program; what its detectors saw in each second is then shown to our controller
and interlock, without traffic. Starts and ends of green of every phase are compared. Needs the extra 'sumo',
and the repository's tests beside this folder. Exit code 1 if what must agree within one second does not.

    python benchmarks/actuated_sumo.py [--seconds N] [--json]
"""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

CASES = {
    "actuated": "SUMO's actuated: four stages in turn, max-gap 3 s, 5 to 30 s",
    "nema": "SUMO's NEMA: two rings, every phase with minimum recall, extension 3 s, 5 to 30 s",
}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=int, default=3600)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--case", choices=CASES, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.case:  # libsumo holds one simulation per process
        from support.sumoreplay import compare

        with tempfile.TemporaryDirectory() as folder:
            print(json.dumps(compare(given.case, Path(folder), given.seconds)._asdict()))
        return 0
    rows = {}
    for case in CASES:
        command = [sys.executable, __file__, "--case", case, "--seconds", str(given.seconds)]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        rows[case] = json.loads(done.stdout.splitlines()[-1])
    if given.json:
        print(json.dumps(rows, indent=1))
    else:
        for case, row in rows.items():
            print(
                f"{CASES[case]}: {row['compared']} of {row['theirs']} greens, same start and end to the second: "
                f"{row['equal']}, largest difference {row['largest_s']:g} s"
            )
    return int(any(row["largest_s"] > 1 or row["compared"] < row["theirs"] - 8 for row in rows.values()))


if __name__ == "__main__":
    sys.exit(main())
