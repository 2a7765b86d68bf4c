"""A fixed plan that has cameras, and somebody who looks at what they show."""

from collections.abc import Callable

from signalsim.control import get, prepare
from signalsim.sensing.observation import Observation


class Looking:
    """The deployed plan; ``look(observation)`` is called at each of its decisions. Traffic does not depend on
    the cameras."""

    def __init__(self, look: Callable[[Observation], None]) -> None:
        self._look = look

    def prepare(self, built):
        policy = prepare(get("deployed"), built)
        decide = policy.decide

        def looking(observation, due, request):
            if len(due):  # else before the run
                self._look(observation)
            decide(observation, due, request)

        policy.decide, policy.needs_sensing = looking, True
        return policy
