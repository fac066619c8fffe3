"""Results packed and unpacked are the same results."""

from __future__ import annotations

import pytest

from supervisor.drill.records import Records
from supervisor.drill.result import Fate, Result

RESULTS = (
    Result(Fate.ANSWERED, 200, "", "/a", 0, 1.0, 1.5, 3.0, 5_000_000_000),
    Result(Fate.REFUSED, None, "ECONNREFUSED", "/b", 999, 2.0, None, 2.1, 0),
    Result(Fate.LOST, 206, "reset in body", "/a", 1, 2.0, 2.0, 2.5, 7, True, 1.25, True),
    Result(Fate.TURNED_AWAY, 503, "", "/a", 1, 2.0, 2.0, 2.75, 7, t_due=0.0),
)


def test_what_was_appended_comes_back() -> None:
    records = Records(RESULTS)
    assert tuple(records) == RESULTS == records
    assert (records[1], records[-1], records[1:3]) == (RESULTS[1], RESULTS[3], [*RESULTS[1:3]])
    with pytest.raises(IndexError):
        records[4]


def test_columns_agree_with_the_results() -> None:
    records = Records(RESULTS)
    assert records.counts() == dict.fromkeys(Fate, 1)
    assert records.late() == 1
    assert records.seconds() == sorted(result.seconds for result in RESULTS)
    assert records.last_end() == 3.0
    assert records.of(Fate.LOST) == (RESULTS[2],)
    assert records.where(lambda accepted, _: accepted <= 1.5) == (RESULTS[0],)
    assert Records().last_end() is None


def test_a_copy_does_not_grow() -> None:
    records = Records(RESULTS[:1])
    copy = records.copy()
    records.append(RESULTS[1])
    assert (len(copy), len(records)) == (1, 2)


def test_a_result_takes_56_bytes() -> None:
    """A drill of a million requests must fit beside the service that it drills."""
    records = Records(RESULTS * 250)
    assert len(records._rows) == 56 * 1000
    assert len(records._names) == 5
