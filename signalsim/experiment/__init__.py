"""Controllers compared on the same traffic: replications, statistics, gate, results on disk."""

from .comparison import Comparison, compare
from .document import FORMAT_VERSION, comparison_document, run_document, to_text
from .gate import Verdict, judge
from .names import Names
from .outcome import Outcome, result_key
from .statistics import Interval, interval, paired_difference
from .store import check_folder, new_folder

__all__ = [
    "FORMAT_VERSION",
    "Comparison",
    "Interval",
    "Names",
    "Outcome",
    "Verdict",
    "check_folder",
    "compare",
    "comparison_document",
    "interval",
    "judge",
    "new_folder",
    "paired_difference",
    "result_key",
    "run_document",
    "to_text",
]
