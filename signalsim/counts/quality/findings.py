"""What a check of counts says, and how bad it is."""

from dataclasses import dataclass

ERROR, WARNING, NOTE = "error", "warning", "note"
SEVERITIES = {
    ERROR: "the counts are wrong there: correct them, or mark them bad",
    WARNING: "they are probably wrong, or do not say what they seem to: look before using them",
    NOTE: "worth knowing",
}
KINDS = {
    "unusable": "what keeps the file from being used",
    "duplicate": "counted twice",
    "copied": "the same numbers under two names",
    "gap": "no counts",
    "clock-offset": "clocks that are wrong",
    "summer-time": "clocks that missed or made a change of summer time",
    "clock-drift": "clocks that run fast or slow",
    "clock-jump": "clocks that were set",
    "stuck": "the same number again and again",
    "dead": "zero where there must have been traffic",
    "impossible": "more vehicles than a road carries",
    "spike": "single counts far above those around them",
    "imbalance": "neighbours that do not agree",
    "capped": "discharge that looks like capacity, not demand",
}


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong; ids are empty where several are meant."""

    kind: str  # of KINDS
    severity: str  # of SEVERITIES
    camera: str
    link: str
    movement: str
    start_ms: int  # UTC
    end_ms: int
    text: str  # one sentence without the camera and the time


def worst(findings: list[Finding]) -> str:
    """The worst severity; '' where there is no finding."""
    found = {finding.severity for finding in findings}
    return next((severity for severity in SEVERITIES if severity in found), "")


def at_least(findings: list[Finding], severity: str) -> int:
    """How many findings are of a severity or worse."""
    order = list(SEVERITIES)
    return sum(order.index(finding.severity) <= order.index(severity) for finding in findings)
