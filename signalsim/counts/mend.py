"""A count table with its gaps filled, as rows to write."""

from collections.abc import Iterator
from datetime import UTC, datetime, tzinfo

import numpy as np

from signalsim.counts.impute import Imputed
from signalsim.counts.spec import IMPUTED
from signalsim.counts.write import CountRow


def mended_rows(imputed: Imputed, zone: tzinfo | None) -> Iterator[CountRow]:
    """All rows of the table, with estimates in place of counts that are missing or bad, and new rows for
    those that are not there; by series and time, rows of other intervals behind them. Times in ``zone``
    (None: UTC).
    """
    record = imputed.record
    table = record.table
    written = np.zeros(len(table), bool)
    for k, key in enumerate(record.keys):
        for i in np.flatnonzero(imputed.is_new[k] | (record.row[k] >= 0)).tolist():
            row = int(record.row[k, i])
            if row >= 0:
                written[row] = True
            if imputed.is_new[k, i]:
                times = _stamp(record.time_ms(i), zone), _stamp(record.time_ms(i + 1), zone)
                yield (
                    key.camera, *times, key.link, key.movement, key.vehicle_class,
                    int(imputed.count[k, i]), IMPUTED,
                )  # fmt: skip
            else:
                yield _as_it_is(imputed, row, zone)
    for row in np.flatnonzero(~written).tolist():
        yield _as_it_is(imputed, row, zone)


def _as_it_is(imputed: Imputed, row: int, zone: tzinfo | None) -> CountRow:
    table = imputed.record.table
    count = float(table.numbers("count")[row])
    camera, link, movement, kind, quality = (
        table.texts(name)[row] for name in ("camera_id", "link_id", "movement_id", "vehicle_class", "quality")
    )
    begin, end = (_stamp(int(table.numbers(name)[row]), zone) for name in ("interval_start", "interval_end"))
    return camera, begin, end, link, movement, kind, None if count != count else int(count), quality


def _stamp(ms: int, zone: tzinfo | None) -> str:
    return datetime.fromtimestamp(ms / 1000, zone or UTC).isoformat()
