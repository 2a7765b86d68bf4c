"""Turners who give way: capacities that a reader can work out."""

import math

import numpy as np
import pytest

from signalsim.control.giving_way import slowed, turners

pytestmark = pytest.mark.nojit
HEADWAY_S, GAP_S, FOLLOW_S = 2.0, 4.5, 2.5


@pytest.mark.parametrize("share", [0.25, 1.0])
def test_verification_turners_leave_as_gaps_allow(share):
    """Behind the queues Harders' capacity; while they discharge only those who do not turn."""
    one = turners(1, 1)
    one.share[0, 0], one.gap_s[0], one.follow_s[0] = share, GAP_S, FOLLOW_S
    others = (1 - share) * HEADWAY_S
    assert slowed(one, 0, 0, (0.0, 0.0), HEADWAY_S) == pytest.approx(HEADWAY_S / (others + share * FOLLOW_S))
    last = 1.0
    for flow in np.linspace(0.05, 0.5, 6):
        capacity = flow * math.exp(-flow * GAP_S) / (1 - math.exp(-flow * FOLLOW_S))
        free = slowed(one, 0, 0, (0.0, flow), HEADWAY_S)
        assert free == pytest.approx(HEADWAY_S / (others + share / capacity))
        assert slowed(one, 0, 0, (0.5, flow), HEADWAY_S) == pytest.approx((free + 1 - share) / 2)
        assert free < last
        last = free
    assert slowed(one, 0, 0, (1.0, 0.1), HEADWAY_S) == pytest.approx(1 - share)
