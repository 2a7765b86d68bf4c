"""Controllers compared on the same traffic: replications, statistics, gate, results on disk."""

from .comparison import Comparison, compare
from .document import FORMAT_VERSION, comparison_document, engines_document, run_document, to_text
from .engines import EngineComparison, EngineNames, compare_engines
from .gate import Verdict, judge
from .names import Names
from .outcome import Outcome, result_key
from .statistics import Interval, interval, paired_difference
from .sweep import Sweep, read_sweep
from .tables import tables_of

__all__ = [
    "FORMAT_VERSION",
    "Comparison",
    "EngineComparison",
    "EngineNames",
    "Interval",
    "Names",
    "Outcome",
    "Sweep",
    "Verdict",
    "compare",
    "compare_engines",
    "comparison_document",
    "engines_document",
    "interval",
    "judge",
    "paired_difference",
    "read_sweep",
    "result_key",
    "run_document",
    "tables_of",
    "to_text",
]
