"""Reads a table out of the bytes of a CSV file, whatever program and language made it.

Called by `account_files.py`. Guesses only what cannot be misread: the encoding from its marks, the
separator from the header that it makes readable. What is wrong is told exactly, all of it at once.
"""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import islice
from typing import Literal

SEPARATORS = (",", ";", "\t", "|")
# An export may open with a title and a blank line; what comes later is no header.
HEADER_WITHIN = 20
FOUND_CHARACTERS = 60

FaultCode = Literal[
    "empty_file",
    "too_big",
    "too_many_rows",
    "not_text",
    "encoding",
    "no_header",
    "repeated_column",
    "cell_count",
    "quotes",
    "missing",
    "too_long",
    "not_a_date",
    "ambiguous_date",
    "not_an_amount",
    "ambiguous_amount",
    "not_whole_cents",
    "not_a_quantity",
    "not_a_currency",
    "not_yes_or_no",
    "unknown_licence",
    "repeated_user",
    "total",
]


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong, where: `line` counts from 1 as an editor does, `column` is the file's header.

    `line` is None for the file as a whole, `column` "" for a line as a whole. `found` is cut, on
    one line, and begins like no formula. `allowed` is for a technical reader, in English; a page
    for visitors has its own sentence for the `code`.
    """

    code: FaultCode
    line: int | None
    column: str
    found: str
    allowed: str

    def __str__(self) -> str:
        """The fault as a line of a report."""
        where = "the file" if self.line is None else f"line {self.line}"
        column = f", column “{self.column}”" if self.column else ""
        return f"{where}{column}: found {self.found or 'nothing'}; allowed: {self.allowed}"


@dataclass(slots=True)
class Faults:
    """Gathers faults: the first `limit` of them in full, all in `count`."""

    limit: int
    kept: list[Fault] = field(default_factory=list)
    count: int = 0

    def add(
        self, code: FaultCode, line: int | None, allowed: str, *, column: str = "", found: str = ""
    ) -> None:
        """Notes a fault."""
        self.count += 1
        if len(self.kept) < self.limit:
            self.kept.append(Fault(code, line, column, shown(found), allowed))


@dataclass(frozen=True, slots=True)
class Limits:
    """How much is read; beyond it a file is refused whole. `faults` are told, the rest counted."""

    size_bytes: int = 64 * 1024**2
    rows: int = 500_000
    faults: int = 20


@dataclass(frozen=True, slots=True)
class Column:
    """A column that is looked for by these headers (as `words` gives them), the likeliest first."""

    headers: tuple[str, ...]
    is_required: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """What was read: `columns` says under which header each wanted column was found, and where.

    `rows` are (line, cells), each with as many cells as the header. Blank lines are left out.
    """

    encoding: str
    separator: str
    header: tuple[str, ...]
    columns: Mapping[str, int]
    rows: Sequence[tuple[int, list[str]]]

    @property
    def ignored(self) -> tuple[str, ...]:
        """The headers that nothing was looked for under."""
        used = set(self.columns.values())
        return tuple(name for nth, name in enumerate(self.header) if name and nth not in used)


def read_table(
    data: bytes, wanted: Mapping[str, Column], limits: Limits, faults: Faults
) -> Table | None:
    """The table, or None with the reason among `faults`; faults of single lines are there too."""
    decoded = _decode(data, limits, faults)
    if decoded is None:
        return None
    text, encoding = decoded
    header = _find_header(text, wanted, faults)
    if header is None:
        return None
    separator, skipped, names, columns = header
    rows: list[tuple[int, list[str]]] = []
    for nth, (line, cells) in enumerate(_lines(text, separator, faults)):
        if nth <= skipped or not any(cells):
            continue
        if len(rows) == limits.rows:
            faults.add("too_many_rows", line, f"at most {limits.rows} rows")
            return None
        # Spreadsheets pad lines with empty cells on the right, which say nothing.
        while len(cells) > len(names) and not cells[-1].strip():
            cells.pop()
        if len(cells) == len(names):
            rows.append((line, cells))
        else:
            allowed = f"{len(names)} cells, as in the header"
            faults.add("cell_count", line, allowed, found=f"{len(cells)} cells")
    return Table(encoding, separator, names, columns, rows)


def headers_match(data: bytes, wanted: Mapping[str, Column]) -> bool:
    """Whether the file has every column that is required."""
    quiet = Faults(0)
    decoded = _decode(data, Limits(), quiet)
    return decoded is not None and _find_header(decoded[0], wanted, quiet) is not None


@lru_cache(maxsize=4096)
def words(text: str) -> str:
    """The text for comparing: no accents, case or punctuation; licence has one spelling."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    kept = "".join(
        char if char.isalnum() else " " for char in plain if not unicodedata.combining(char)
    )
    return " ".join(kept.replace("license", "licence").split())


@lru_cache(maxsize=4096)
def clean(cell: str) -> str:
    """The cell without what cannot be seen, and without the ="…" by which exports force text."""
    text = "".join(char if char.isprintable() else " " for char in cell.replace("\ufeff", ""))
    text = " ".join(text.split())
    forced = re.fullmatch(r'="([^"]*)"', text)
    return forced[1].strip() if forced else text


def inert(text: str) -> str:
    """The text so that no spreadsheet takes it for a formula when it is exported again."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@") else text


def shown(text: str) -> str:
    """The text as a report may repeat it: cut, on one line, never a formula."""
    text = inert(clean(text))
    return text if len(text) <= FOUND_CHARACTERS else text[: FOUND_CHARACTERS - 1] + "…"


# --- From bytes to text --------------------------------------------------------------------------

_BINARY = {
    b"PK\x03\x04": "an Excel workbook",
    b"\xd0\xcf\x11\xe0": "an Excel workbook",
    b"%PDF": "a PDF",
}
_BYTE_ORDER_MARKS = {
    b"\xef\xbb\xbf": "utf-8-sig",
    b"\xff\xfe": "utf-16",
    b"\xfe\xff": "utf-16",
}
# Two bytes that UTF-8 makes of a French letter and that nobody writes in Windows-1252: "Ã©".
_UTF8_LETTER = re.compile(rb"\xc3[\x80-\xbf]")


def _decode(data: bytes, limits: Limits, faults: Faults) -> tuple[str, str] | None:
    if len(data) > limits.size_bytes:
        allowed = f"at most {limits.size_bytes} bytes"
        faults.add("too_big", None, allowed, found=f"{len(data)} bytes")
        return None
    if not data.strip():
        faults.add("empty_file", None, "a CSV file with a header and rows")
        return None
    for magic, name in _BINARY.items():
        if data.startswith(magic):
            faults.add("not_text", None, "a CSV file; save the sheet as CSV", found=name)
            return None
    marked = next((name for mark, name in _BYTE_ORDER_MARKS.items() if data.startswith(mark)), None)
    if marked is None and b"\0" in data:
        allowed = "UTF-8, Windows-1252, or UTF-16 with a byte order mark"
        faults.add("encoding", None, allowed, found="zero bytes")
        return None
    for encoding in (marked,) if marked else ("utf-8", "windows-1252"):
        try:
            return data.decode(encoding), encoding.removesuffix("-sig")
        except UnicodeDecodeError as error:
            line = None if encoding == "utf-16" else data.count(b"\n", 0, error.start) + 1
            found = f"byte 0x{data[error.start]:02x}, which is not {encoding}"
            if encoding == "utf-8" and not _UTF8_LETTER.search(data):
                continue
            faults.add("encoding", line, "UTF-8 or Windows-1252 throughout", found=found)
            return None
    return None


# --- From text to rows ---------------------------------------------------------------------------


def _find_header(
    text: str, wanted: Mapping[str, Column], faults: Faults
) -> tuple[str, int, tuple[str, ...], dict[str, int]] | None:
    """Separator, number of the header among the lines, its cells, and where the columns are."""
    said = re.match(r"sep=(.)\r?\n", text)
    best: tuple[str, int, tuple[str, ...], dict[str, int]] | None = None
    first: tuple[str, ...] = ()
    for separator in (said[1],) if said else SEPARATORS:
        for nth, (_, cells) in enumerate(islice(_lines(text, separator, Faults(0)), HEADER_WITHIN)):
            names = tuple(clean(cell) for cell in cells)
            columns = _columns(names, wanted)
            if columns and (best is None or len(columns) > len(best[3])):
                best = (separator, nth, names, columns)
            first = first or names
    missing = [
        column.headers[0]
        for name, column in wanted.items()
        if column.is_required and (best is None or name not in best[3])
    ]
    if best is None or missing:
        found = ", ".join(best[2] if best else first)
        faults.add("no_header", None, f"a header that has also: {', '.join(missing)}", found=found)
        return None
    separator, nth, names, columns = best
    # A trailing separator makes a nameless column at the end of every line.
    while names and not names[-1]:
        names = names[:-1]
    known = [words(name) for name in names]
    for position in columns.values():
        if known.count(known[position]) > 1:
            faults.add("repeated_column", None, "each header once", found=names[position])
            return None
    return separator, nth, names, columns


def _columns(names: Sequence[str], wanted: Mapping[str, Column]) -> dict[str, int]:
    known = [words(name) for name in names]
    found: dict[str, int] = {}
    for name, column in wanted.items():
        places = (known.index(header) for header in column.headers if header in known)
        position = next((place for place in places if place not in found.values()), None)
        if position is not None:
            found[name] = position
    return found


def _lines(text: str, separator: str, faults: Faults) -> Iterator[tuple[int, list[str]]]:
    """Each row with the line it begins on; a quote that is out of place ends the reading."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    line = 1
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            allowed = "quotes only around a whole cell, doubled inside it"
            faults.add("quotes", line, allowed, found=str(error))
            return
        yield line, cells
        line = reader.line_num + 1
