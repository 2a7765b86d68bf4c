"""Level of service."""

import numpy as np

# s of control delay up to which A, B, C, D, E reach; beyond them is F
SIGNALISED_S = (10.0, 20.0, 35.0, 55.0, 80.0)
UNSIGNALISED_S = (10.0, 15.0, 25.0, 35.0, 50.0)


def level_of_service(
    delay_s: np.ndarray, signalised: np.ndarray, v_over_c: np.ndarray | None = None
) -> np.ndarray:
    """(n,) letters A to F, '' where no vehicle came (the delay is NaN).

    By mean control delay: HCM (7th ed.), exhibit 19-8 at signals; exhibits 20-2, 21-8 and 22-8 at stop
    signs and roundabouts. A lane group whose degree of saturation is above 1 is F whatever its delay;
    approaches and junctions go by delay alone, so leave ``v_over_c`` away for them. There is none of a
    network.
    """
    by_signal = np.searchsorted(SIGNALISED_S, delay_s)
    by_sign = np.searchsorted(UNSIGNALISED_S, delay_s)
    step = np.where(signalised, by_signal, by_sign)
    if v_over_c is not None:
        step = np.where(v_over_c > 1, 5, step)  # NaN is not above 1
    return np.where(np.isnan(delay_s), "", np.array(list("ABCDEF"))[np.minimum(step, 5)])
