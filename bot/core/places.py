"""Where a row stands in a list that comes in pages: the next page begins behind the last row shown.

A number of rows to skip would lose some, or show them twice, where the list changes meanwhile.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Place:
    """What the list is sorted by, of one row: its group first, then its moment, then its id.

    Which way moments run is the list's own affair. Where there are no groups, all are in group 0.
    """

    group: int
    at: datetime
    id: str
