"""Charts as SVG in the page: Vega-Lite draws them on the server, our style sheet colours them, no script is needed.

Vega writes presentation attributes, so colours can be the page's own variables (dark mode follows), each bar carries
its words for a screen reader and its link, and the strict content security policy stands (docs/decisions/0012).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import vl_convert
from django.utils.safestring import SafeString, mark_safe

from .diagram import fit, wide

TONES = tuple(f"var(--series-{number})" for number in range(1, 6))
LABELS = 210  # the widest a label may be; its height is 13
_HERE = "https://here.invalid"  # Vega resolves addresses; this one is taken off again
_CONFIG = {
    "view": {"stroke": None}, "font": "inherit",
    "axis": {
        "labelColor": "var(--ink)", "titleColor": "var(--quiet)", "labelFontSize": 13, "titleFontSize": 12, "titleFontWeight": "normal",
        "gridColor": "var(--line)", "domainColor": "var(--edge)", "tickColor": "var(--edge)", "labelLimit": 0,
    },
    "legend": {"offset": 12, "labelColor": "var(--ink)", "labelFontSize": 13, "title": None, "orient": "top", "symbolType": "square", "symbolSize": 130},
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Bar:
    """One part of one bar: its row, its series, how much, where a click leads and what a reader hears."""

    label: str
    value: float
    said: str
    href: str = ""
    series: str = ""


def bars(
    parts: Sequence[Bar], *, series: Sequence[str] = ("",), tones: Sequence[str] = TONES, width: int = 360
) -> SafeString:
    """Level bars, one for each label in the order given; parts of one label are stacked in the order of `series`."""
    room = min(max((wide(p.label, 13) for p in parts), default=0), LABELS) + 10
    texts = {"domain": False, "ticks": False, "labelPadding": 8, "minExtent": room, "maxExtent": room}
    cut = [replace(p, label=fit(p.label, 13, LABELS)) for p in parts]
    axes = {
        "y": {"field": "label", "type": "nominal", "sort": None, "title": None, "axis": texts},
        "x": {"field": "value", "type": "quantitative", "title": None, "stack": "zero", "axis": _counts(parts)},
    }
    mark = {"type": "bar", "height": {"band": 0.7}}
    size = {"width": width, "height": {"step": 30}, "padding": _margins(room, series)}
    return _drawn(cut, series, tones, axes, size, mark)


def columns(
    parts: Sequence[Bar], *, series: Sequence[str] = ("",), tones: Sequence[str] = TONES, width: int = 420
) -> SafeString:
    """Upright bars, one for each label, those of several `series` side by side."""
    texts = {"labelAngle": 0, "ticks": False, "labelPadding": 6, "labelOverlap": len({p.label for p in parts}) > 14}
    axes: dict[str, Any] = {
        "x": {"field": "label", "type": "nominal", "sort": None, "title": None, "axis": texts},
        "y": {"field": "value", "type": "quantitative", "title": None, "axis": _counts(parts) | {"minExtent": 26}},
    }
    if len(series) > 1:
        axes["xOffset"] = {"field": "series", "type": "nominal", "sort": list(series)}
    return _drawn(
        parts, series, tones, axes, {"width": width, "height": 190, "padding": _margins(32, series)}, {"type": "bar"}
    )


def _margins(left: float, series: Sequence[str]) -> dict[str, float]:
    """Room for the labels by our own measure: the server's fonts are not the reader's."""
    return {"left": left, "right": 16, "top": 34 if len(series) > 1 else 6, "bottom": 26}


def _counts(parts: Sequence[Bar]) -> dict[str, Any]:
    """An axis of whole numbers: no tick between two cases."""
    most = max((sum(p.value for p in parts if p.label == label) for label in {p.label for p in parts}), default=0)
    return {"tickMinStep": 1, "format": "d", "tickCount": min(max(int(most), 1), 6), "domain": False, "ticks": False}


def _drawn(
    parts: Sequence[Bar], series: Sequence[str], tones: Sequence[str], axes: dict[str, Any], size: dict[str, Any], mark: dict[str, Any]
) -> SafeString:  # fmt: skip
    colour: dict[str, Any] = {
        "field": "series",
        "type": "nominal",
        "sort": list(series),
        "scale": {"domain": list(series), "range": list(tones[: len(series)])},
    }
    if len(series) == 1:
        colour["legend"] = None
    else:  # from the very left: above short bars there is no room for three words
        colour["legend"] = {"orient": "none", "direction": "horizontal", "legendX": 4 - size["padding"]["left"], "legendY": 4 - size["padding"]["top"]}  # fmt: skip
    values = [
        {
            "label": p.label, "value": p.value, "said": p.said, "href": _HERE + p.href if p.href else None, "series": p.series,
            "order": list(series).index(p.series),
        }
        for p in parts
    ]  # fmt: skip
    encoding = {
        **axes,
        "color": colour,
        "order": {"field": "order"},
        "href": {"condition": {"test": "datum.href", "field": "href", "type": "nominal"}, "value": None},
        "description": {"field": "said"},
    }
    spec = {
        "$schema": "https://vega.github.io/schema/vega-lite/v5.json", "background": None, "config": _CONFIG, "autosize": "none", **size,
        "data": {"values": values}, "mark": mark, "encoding": encoding,
    }  # fmt: skip
    return mark_safe(_svg(json.dumps(spec, ensure_ascii=False)))  # noqa: S308  Vega escapes what it writes


@lru_cache(maxsize=256)
def _svg(spec: str) -> str:
    """The drawing; it takes a tenth of a second, so one drawn before is kept."""
    drawn: str = vl_convert.vegalite_to_svg(json.loads(spec))
    return drawn.replace(f'xlink:href="{_HERE}', 'href="')
