"""A list as a file to take away: CSV that Excel opens in Chinese, or a workbook. No cell is ever a formula."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from io import BytesIO, StringIO

from django.http import FileResponse, HttpResponseBase, StreamingHttpResponse
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font

from mingduan.procedure.period import TZ

Cell = str | int | Decimal | date | datetime | None
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
FORMATS = ("csv", "xlsx")
_STARTS_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def download(name: str, kind: str, header: Sequence[str], rows: Iterable[Sequence[Cell]]) -> HttpResponseBase:
    """The rows as a file `name` of the kind, one of FORMATS, for the browser to save."""
    return _xlsx(name, header, rows) if kind == "xlsx" else _csv(name, header, rows)


def inert(cell: Cell) -> Cell:
    """The cell so that no spreadsheet computes it: a party could file under a name that is a formula.

    Examples:
        >>> inert("=1+1"), inert("恒通公司"), inert(-5)
        ("'=1+1", '恒通公司', -5)
    """
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_STARTS_FORMULA) else cell


def _csv(name: str, header: Sequence[str], rows: Iterable[Sequence[Cell]]) -> HttpResponseBase:
    def parts() -> Iterator[str]:
        yield "\ufeff"  # tells Excel that this is UTF-8
        for row in (header, *rows):
            line = StringIO()
            csv.writer(line).writerow([_written(inert(cell)) for cell in row])
            yield line.getvalue()

    response = StreamingHttpResponse(parts(), content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return response


def workbook(name: str, header: Sequence[str], rows: Iterable[Sequence[Cell]]) -> bytes:
    """The rows as a workbook with one sheet."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet(name[:31])
    sheet.freeze_panes = "A2"
    titles = [WriteOnlyCell(sheet, value=title) for title in header]
    for number, title in enumerate(titles):
        title.font = Font(bold=True)
        sheet.column_dimensions[chr(ord("A") + number)].width = 18
    sheet.append(titles)
    for row in rows:
        sheet.append([_local(inert(cell)) for cell in row])
    out = BytesIO()
    book.save(out)
    return out.getvalue()


def _xlsx(name: str, header: Sequence[str], rows: Iterable[Sequence[Cell]]) -> HttpResponseBase:
    content = BytesIO(workbook(name, header, rows))
    return FileResponse(content, as_attachment=True, filename=f"{name}.xlsx", content_type=XLSX)


def _local(cell: Cell) -> Cell:
    """An instant in local time; workbooks know no time zones."""
    return cell.astimezone(TZ).replace(tzinfo=None, microsecond=0) if isinstance(cell, datetime) else cell


def _written(cell: Cell) -> str:
    local = _local(cell)
    return "" if local is None else local.isoformat(sep=" ") if isinstance(local, datetime) else str(local)
