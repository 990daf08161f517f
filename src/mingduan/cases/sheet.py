"""A table out of a file somebody made: CSV in UTF-8 or GB18030, an Excel workbook, or Parquet. Read line by line, trusted in nothing."""

from __future__ import annotations

import csv
import io
import unicodedata
import warnings
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from itertools import chain
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from openpyxl import load_workbook

from mingduan.procedure.text import Text

MAX_BYTES, MAX_UNPACKED, MAX_ROWS, MAX_COLUMNS, MAX_CELL = 20 << 20, 300 << 20, 50_000, 100, 1000


class Unreadable(ValueError):
    """A file that can't be read as a table: what is wrong, and what would be right."""

    def __init__(self, wrong: Text, right: Text) -> None:
        super().__init__(wrong.zh)
        self.wrong, self.right = wrong, right


@dataclass(frozen=True, slots=True)
class Line:
    """One row of the table: where it stands in the file, and its cells by column as tidied texts."""

    number: int
    cells: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Table:
    """The columns that were recognised, in their order, headings that were not, and the lines."""

    columns: Sequence[str]
    unknown: Sequence[str]
    lines: Sequence[Line]


def plain(heading: str) -> str:
    """A heading without differences of case, width, spaces and what stands in brackets.

    Examples:
        >>> plain("有效期至（年月日）"), plain(" Valid  Until ")
        ('有效期至', 'validuntil')
    """
    text = unicodedata.normalize("NFKC", heading).casefold().partition("(")[0]
    return "".join(c for c in text if c.isalnum())


def read(content: bytes, headings: Mapping[str, str]) -> Table:
    """The table of a file; `headings` gives the column for each plain heading. Raises Unreadable."""
    return _table(rows(content), headings)


def rows(content: bytes, tidy: Callable[[str], str] | None = None) -> Iterator[tuple[int, list[str]]]:
    """The rows of a file with the numbers of their lines, each cell as it would be typed and put in order by `tidy`, by
    default without stray spaces and cut where it is too long for anything. Raises Unreadable.
    """
    if len(content) > MAX_BYTES:
        raise Unreadable(
            Text(zh=f"文件超过 {MAX_BYTES >> 20} MB", en=f"The file is larger than {MAX_BYTES >> 20} MB"),
            Text(zh="请分成几个文件", en="Divide it into several files"),
        )
    read = {b"PK\x03\x04": _workbook, b"PAR1": _parquet}.get(content[:4], _csv)
    for number, cells in read(content):
        yield number, [(tidy or _tidy)(cell) for cell in cells]


def _table(rows: Iterable[tuple[int, list[str]]], headings: Mapping[str, str]) -> Table:
    lines: list[Line] = []
    columns: list[str] | None = None
    unknown: list[str] = []
    for number, cells in rows:
        if not any(cells):
            continue
        if columns is None:
            columns = [headings.get(plain(cell), "") for cell in cells]
            if not any(columns):
                raise Unreadable(
                    Text(zh="第一行不是标题行：没有认识的栏目", en="The first row is no heading: none of its columns is known"),
                    Text(zh="请按模板写标题，如“证书编号”", en="Use the headings of the template, such as “Number”"),
                )  # fmt: skip
            twice = {c for c in columns if c and columns.count(c) > 1}
            if twice:
                names = "、".join(cell for cell, c in zip(cells, columns, strict=True) if c in twice)
                raise Unreadable(
                    Text(zh=f"栏目重复：{names}", en=f"The same column twice: {names}"),
                    Text(zh="每个栏目只留一列", en="Keep one of each"),
                )
            unknown = [cell for cell, column in zip(cells, columns, strict=True) if cell and not column]
            continue
        if len(lines) >= MAX_ROWS:
            raise Unreadable(
                Text(zh=f"超过 {MAX_ROWS} 行", en=f"More than {MAX_ROWS} rows"),
                Text(zh="请分成几个文件", en="Divide it into several files"),
            )
        lines.append(Line(number, {c: cell for c, cell in zip(columns, cells, strict=False) if c}))
    if columns is None:
        raise Unreadable(Text(zh="文件是空的", en="The file is empty"), Text(zh="请选择名册文件", en="Choose the file of the register"))  # fmt: skip
    return Table([c for c in columns if c], unknown, lines)


def _csv(content: bytes) -> Iterator[tuple[int, list[str]]]:
    text = _decoded(content)
    head = text[:4096].partition("\n")[0]
    delimiter = max(",\t;，", key=head.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    begins = 1
    try:
        for row in reader:
            yield begins, row[:MAX_COLUMNS]
            begins = reader.line_num + 1
    except csv.Error as error:
        raise Unreadable(
            Text(zh=f"第{begins}行不是 CSV：{error}", en=f"Line {begins} is not CSV: {error}"),
            Text(zh="请用 Excel 另存为 CSV 或 XLSX", en="Save it as CSV or XLSX"),
        ) from None


def _decoded(content: bytes) -> str:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise Unreadable(
        Text(
            zh="文件既不是 UTF-8 也不是 GB18030 编码的 CSV，也不是 XLSX", en="Neither CSV in UTF-8 or GB18030 nor XLSX"
        ),
        Text(zh="请用 Excel 另存为 XLSX", en="Save it as XLSX"),
    )


def _workbook(content: bytes) -> Iterator[tuple[int, list[str]]]:
    broken = Unreadable(
        Text(zh="不是完好的 XLSX 工作簿", en="Not a sound XLSX workbook"), Text(zh="请用 Excel 重新保存", en="Save it again with Excel")
    )  # fmt: skip
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            unpacked = sum(entry.file_size for entry in packed.infolist())
        if unpacked > MAX_UNPACKED:
            raise broken
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # openpyxl warns of styles and extensions it leaves out; only values matter
            book = load_workbook(io.BytesIO(content), read_only=True, data_only=True, keep_links=False)
            sheet = book.worksheets[0]
            rows = (_ended([_shown(c) for c in row]) for row in sheet.iter_rows(max_col=MAX_COLUMNS, values_only=True))
            for number, row in enumerate(rows, 1):
                if number > MAX_ROWS * 2:
                    break
                yield number, row
    except Unreadable:
        raise
    except (
        Exception
    ) as error:  # openpyxl lets through whatever a broken workbook provokes: KeyError, ParseError, zlib.error …
        raise broken from error


def _ended(cells: list[str]) -> list[str]:
    """A row without the empty cells after its last: a workbook's are filled up to the greatest number of columns."""
    while cells and not cells[-1]:
        cells.pop()
    return cells


def _parquet(content: bytes) -> Iterator[tuple[int, list[str]]]:
    """A Parquet file's columns as the first row, then its rows; numbered as a sheet would be."""
    broken = Unreadable(Text(zh="不是完好的 Parquet 文件", en="Not a sound Parquet file"), Text(zh="请重新导出", en="Export it again"))  # fmt: skip
    try:
        with pq.ParquetFile(io.BytesIO(content)) as file:
            groups = [file.metadata.row_group(n) for n in range(file.num_row_groups)]
            if sum(group.total_byte_size for group in groups) > MAX_UNPACKED:
                raise broken
            yield 1, list(file.schema_arrow.names)[:MAX_COLUMNS]
            number = 1
            for batch in file.iter_batches(batch_size=1000):
                for row in zip(*(column.to_pylist() for column in batch.columns[:MAX_COLUMNS]), strict=True):
                    number += 1
                    yield number, [_shown(value) for value in row]
    except (pa.ArrowException, OSError, ValueError) as error:
        raise error if isinstance(error, Unreadable) else broken from error


def _shown(value: Any) -> str:
    """A cell's value as it would be typed; midnight is a day."""
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() and not value.tzinfo else value.isoformat(" ")
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return "" if value is None else str(value)


def _tidy(cell: str) -> str:
    """A cell without stray spaces or the quote that keeps a spreadsheet from computing it, cut where it is too long for
    anything.
    """
    text = " ".join(cell[: MAX_CELL * 4].split())[: MAX_CELL + 1]
    return text[1:] if text[:1] == "'" and text[1:2] in ("=", "+", "-", "@") else text


def all_headings(known: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """Plain heading → column, of every way a column may be called."""
    return {plain(h): column for column, said in known.items() for h in chain([column], said)}
