"""Writing a row of the log. Part of the compiled loop, see ``kernel``."""

from .jit import njit


@njit(forceinline=True, inner=True)
def write(log, total, kind, entity, place, value):
    """A row of the log, if there is one."""
    if log.size > 0:
        row = log[total[0].records]
        row.t_ms = total[0].now_ms
        row.kind = kind
        row.entity = entity
        row.place = place
        row.value = value
        total[0].records += 1
