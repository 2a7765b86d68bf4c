"""``--fail-if EXPR``: a few comparisons of measures, decided on the replications, nothing else.

    max-pressure.mean_delay_s > deployed.mean_delay_s
    split-reallocation.vs_baseline.mean_delay_s.percent > -5 or max-pressure.unserved > 0

A comparison is evaluated in every replication; its two sides differ by a sample of numbers, whose
95 % interval decides: wholly on one side of 0, it is true or false, otherwise it is inconclusive.
Sides made of counts (``completed``, ``unserved``) and numbers only are facts: their means decide.
Where a value is missing or divided by zero the comparison is inconclusive.
A controller or preset name that is not plain goes in quotes: ``"my.py:Mine".mean_delay_s``; around
a minus sign there are blanks, because names contain hyphens.
"""

import math
import operator
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from signalsim.errors import InputError

from .statistics import interval

_TOKEN = re.compile(
    r"""\s*(?:(?P<number>\d+\.?\d*(?:[eE][+-]?\d+)?|\.\d+)
    |(?P<name>(?:"[^"]+"|'[^']+'|[A-Za-z_][\w-]*)(?:\.(?:"[^"]+"|'[^']+'|[A-Za-z_][\w-]*))*)
    |(?P<sign><=|>=|==|!=|[-+*/()<>]))""",
    re.VERBOSE,
)
_PART = re.compile(r'"([^"]+)"|\'([^\']+)\'|([^."\']+)')
_COMPARE: dict[str, Callable[[float, float], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
}


class Values(Protocol):
    """What the gate asks of a comparison."""

    def sample(self, path: tuple[str, ...]) -> tuple[np.ndarray, bool]:
        """The value of a dotted name in each replication; True if it is a count, not an estimate.

        Raises KeyError with a one-line message for a name that is not there.
        """
        ...


@dataclass(frozen=True)
class Verdict:
    """``fails``: True (the expression holds), False, or None (the replications do not decide)."""

    expression: str
    fails: bool | None


@dataclass(frozen=True)
class _Number:
    sample: np.ndarray
    exact: bool


def judge(expression: str, values: Values) -> Verdict:
    """Decide the gate. Raises InputError for what is not such an expression or names nothing."""
    if len(expression) > 2000:
        raise InputError(f"--fail-if: {len(expression)} characters; give at most 2000")
    try:
        with np.errstate(all="ignore"):
            return Verdict(expression, _Parser(expression, values).result())
    except RecursionError:
        raise InputError(f"--fail-if {expression[:40]!r}…: nested too deeply; use fewer brackets") from None


class _Parser:
    """Recursive descent, evaluating as it goes; lowest precedence first: or, and, not, < >, + -, * /."""

    def __init__(self, text: str, values: Values):
        self.text, self.values = text, values
        self.tokens = self._tokens()
        self.at = 0

    def result(self) -> bool | None:
        outcome = self._or()
        if self.at < len(self.tokens):
            raise self._error(f"did not expect {self._peek()!r}")
        return outcome

    def _tokens(self) -> list[str]:
        tokens, at = [], 0
        text = self.text.rstrip()
        while at < len(text):
            match = _TOKEN.match(text, at)
            if not match:
                raise self._error(f"did not expect {text[at:].strip()[:12]!r}")
            tokens.append(match.group().strip())
            at = match.end()
        return tokens

    def _error(self, what: str) -> InputError:
        return InputError(
            f"--fail-if {self.text!r}: {what}; give comparisons such as "
            "'max-pressure.mean_delay_s > deployed.mean_delay_s', joined by and, or, not"
        )

    def _peek(self) -> str:
        return self.tokens[self.at] if self.at < len(self.tokens) else ""

    def _take(self, *wanted: str) -> str:
        """The next token if it is one of these, else ''."""
        token = self._peek()
        if token and token in wanted:
            self.at += 1
            return token
        return ""

    def _or(self) -> bool | None:
        outcome = self._and()
        while self._take("or"):
            right = self._and()
            outcome = True if True in (outcome, right) else None if None in (outcome, right) else False
        return outcome

    def _and(self) -> bool | None:
        outcome = self._not()
        while self._take("and"):
            right = self._not()
            outcome = False if False in (outcome, right) else None if None in (outcome, right) else True
        return outcome

    def _not(self) -> bool | None:
        if self._take("not"):
            outcome = self._not()
            return None if outcome is None else not outcome
        if self._peek() == "(" and self._bracket_holds_comparison():
            self._take("(")
            outcome = self._or()
            self._close()
            return outcome
        return self._comparison()

    def _bracket_holds_comparison(self) -> bool:
        """Whether the bracket that opens here is around a comparison, not around a number."""
        depth = 0
        for token in self.tokens[self.at :]:
            depth += (token == "(") - (token == ")")
            if depth and (token in _COMPARE or token in ("and", "or", "not")):
                return True
            if not depth:
                break
        return False

    def _close(self) -> None:
        if not self._take(")"):
            raise self._error(f"a bracket is not closed before {self._peek() or 'the end'!r}")

    def _comparison(self) -> bool | None:
        left = self._sum()
        sign = self._take(*_COMPARE)
        if not sign:
            raise self._error(f"expected a comparison (< <= > >= == !=) before {self._peek() or 'the end'!r}")
        right = self._sum()
        if self._peek() in _COMPARE:
            raise self._error("compare two sides at a time and join them by 'and'")
        difference = np.atleast_1d(left.sample - right.sample)
        return _decide(difference, left.exact and right.exact, _COMPARE[sign])

    def _sum(self) -> _Number:
        number = self._product()
        while sign := self._take("+", "-"):
            right = self._product()
            sample = number.sample + right.sample if sign == "+" else number.sample - right.sample
            number = _Number(sample, number.exact and right.exact)
        return number

    def _product(self) -> _Number:
        number = self._atom()
        while sign := self._take("*", "/"):
            right = self._atom()
            sample = number.sample * right.sample if sign == "*" else number.sample / right.sample
            number = _Number(sample, number.exact and right.exact)
        return number

    def _atom(self) -> _Number:
        if self._take("-"):
            number = self._atom()
            return _Number(-number.sample, number.exact)
        if self._take("("):
            number = self._sum()
            self._close()
            return number
        token = self._peek()
        if not token or token in _COMPARE or token in ("+", "*", "/", ")", "and", "or", "not"):
            raise self._error(f"expected a measure or a number before {token or 'the end'!r}")
        self.at += 1
        if token[0].isdigit() or token[0] == ".":
            return _Number(np.array([float(token)]), True)
        try:
            return _Number(*self.values.sample(tuple("".join(part) for part in _PART.findall(token))))
        except KeyError as error:
            raise self._error(str(error.args[0])) from None


def _decide(difference: np.ndarray, exact: bool, compare: Callable[[float, float], bool]) -> bool | None:
    """Whether ``compare(left, right)`` holds for the true means, from the sample of left - right."""
    found = interval(difference)
    if math.isnan(found.mean):  # a measure that is missing, a division by zero
        return None
    if exact or found.low == found.high:
        return compare(found.mean, 0.0)
    if not found.known:
        return None
    if found.verdict == 0:  # neither side: equality cannot be shown by a sample either
        return None
    return compare(found.low, 0.0)
