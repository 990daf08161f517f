"""A procedure drawn: a lane for each stage, a card for each state with the steps that lead on, and where they lead.

Our own layout, since it needs so little: states keep the order in which the rulebook's author wrote them, a step's
name stands in the card it starts from, and all arrows into one state share one track. So no label ever lies on a line.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from mingduan.procedure.case import Event
from mingduan.procedure.rulebook import Action, Rulebook
from mingduan.procedure.text import Text

WIDTH, HEAD, ROW, NOTE, MORE = 216, 36, 25, 17, 24
GAP, TRACK, EDGE, TOP, CORNER = 22, 9, 16, 48, 6
START = ""
_STARTS = Text(zh="立案", en="Start")

Move = tuple[str, str, str]
Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Row:
    """A step that leads on from a state: its name, who may take it, and how long they have."""

    action: str
    label: str
    who: str
    note: str
    title: str
    y: float
    to: str
    taken: bool = False

    @property
    def port(self) -> float:
        """Where the arrow starts."""
        return self.y + ROW / 2


@dataclass(frozen=True, slots=True)
class Node:
    """A state's card. `place`: past, here, or nothing; `more`: how many steps leave the state as it is."""

    name: str
    label: str
    column: int
    x: float
    y: float
    height: float
    rows: tuple[Row, ...]
    more: int
    end: bool
    place: str = ""

    @property
    def middle(self) -> float:
        """Where arrows arrive."""
        return self.y + HEAD / 2

    @property
    def foot(self) -> float:
        """Where the last line of a card with `more` is written."""
        return self.y + self.height - 8


@dataclass(frozen=True, slots=True)
class Lane:
    """A stage's band."""

    label: str
    x: float
    height: float


@dataclass(frozen=True, slots=True)
class Wire:
    """An arrow: its line and its tip."""

    path: str
    tip: str
    taken: bool


@dataclass(frozen=True, slots=True)
class Diagram:
    """Everything to be drawn, in the order it is drawn in; measures in pixels."""

    width: float
    height: float
    lanes: tuple[Lane, ...]
    nodes: tuple[Node, ...]
    wires: tuple[Wire, ...]


def moves(events: Iterable[Event], book: Rulebook) -> frozenset[Move]:
    """The arrows a case has gone along: from which state, by which action, to which."""
    state, gone = START, set()
    for event in events:
        if event.state:
            gone.add((state, event.action, event.state))
            state = event.state
    return frozenset(m for m in gone if m[1] in book.actions)


def draw(book: Rulebook, lang: str, *, here: str = "", gone: frozenset[Move] = frozenset()) -> Diagram:
    """The procedure's diagram; with `gone` and `here`, a case's way through it and where it stands."""
    columns = _columns(book, lang, gone)
    visited = {m[2] for m in gone} | {m[0] for m in gone}
    tracks = _tracks(columns)
    lefts = [EDGE + c * WIDTH + sum(_gutter(tracks, g) for g in range(c)) for c in range(len(columns))]
    nodes: dict[str, Node] = {}
    for column, cards in enumerate(columns):
        y = float(TOP)
        for card in cards:
            place = "here" if card.name == here and here else "past" if card.name in visited and gone else ""
            rows = tuple(replace(r, y=r.y + y) for r in card.rows)
            nodes[card.name] = replace(card, x=lefts[column], y=y, rows=rows, place=place)
            y += card.height + GAP
    floor = max(n.y + n.height for n in nodes.values()) + GAP
    below = sorted({r.to for n in nodes.values() for r in n.rows if _far(n, nodes[r.to])}, key=lambda s: nodes[s].x)
    wires = [_wire(n, r, nodes[r.to], lefts, tracks, floor, below) for n in nodes.values() for r in n.rows]
    height = floor + len(below) * TRACK + 8
    lanes = tuple(
        Lane(stage.text.in_(lang), x, height - 2 * 8) for stage, x in zip(book.stages.values(), lefts, strict=True)
    )
    width = lefts[-1] + WIDTH + _gutter(tracks, len(columns) - 1) - EDGE / 2
    return Diagram(width, height, lanes, tuple(nodes.values()), tuple(sorted(wires, key=lambda w: w.taken)))


def _columns(book: Rulebook, lang: str, gone: frozenset[Move]) -> list[list[Node]]:
    """The cards of each stage, not yet placed; where cases begin comes first, in the earliest stage they begin in."""
    columns: list[list[Node]] = []
    opening = {a: s for a, s in book.actions.items() if s.opens and s.to}
    begun = {book.states[s.to].stage for s in opening.values() if s.to}
    first = next(stage for stage in book.stages if stage in begun)
    for number, stage in enumerate(book.stages):
        cards = []
        if stage == first:
            cards.append(_card(book, START, _STARTS.in_(lang), opening, number, lang, gone))
        for name, state in book.states.items():
            if state.stage == stage:
                leaving = {a: s for a, s in book.actions.items() if name in s.since}
                cards.append(_card(book, name, state.text.in_(lang), leaving, number, lang, gone))
        columns.append(cards)
    return columns


def _card(
    book: Rulebook, name: str, label: str, actions: dict[str, Action], column: int, lang: str, gone: frozenset[Move]
) -> Node:
    rows: list[Row] = []
    y = float(HEAD)
    for action, spec in actions.items():
        if spec.to is None or spec.to == name:
            continue
        who = ("、" if lang == "zh" else ", ").join(book.roles[r].text.in_(lang) for r in spec.by)
        note = _within(book, action, lang)
        title = f"{spec.text.in_(lang)} · {who}" + (f" · {note}" if note else "")
        words = spec.text.in_(lang)
        if wide(words, 13) + wide(who, 11) > WIDTH - 30:  # too long to stand side by side
            who, note = "", f"{who} · {note}" if note else who
        what, within = fit(words, 13, WIDTH - 24), fit(note, 11, WIDTH - 24)
        rows.append(Row(action, what, who, within, title, y, spec.to, (name, action, spec.to) in gone))
        y += ROW + (NOTE if note else 0)
    more = len(actions) - len(rows)
    return Node(
        name,
        fit(label, 15, WIDTH - 40),
        column,
        0,
        0,
        y + (MORE if more else 6),
        tuple(rows),
        more,
        name in book.states and book.states[name].end,
    )


def _within(book: Rulebook, action: str, lang: str) -> str:
    """The shortest word on how long whoever takes this step has."""
    for spec in book.deadlines.values():
        if spec.within is not None and action in spec.met_by and not book.actions[action].opens:
            period = book.period(spec.within).text(lang)
            clause = f" {spec.clause}" if spec.clause else ""
            return f"within {period} ·{clause}" if lang == "en" else f"{period}内 ·{clause}"
    return ""


def _far(start: Node, goal: Node) -> bool:
    """Whether the arrow must go round: its goal is neither in the same lane nor in the next."""
    return goal.column - start.column not in (0, 1)


def _tracks(columns: Sequence[Sequence[Node]]) -> list[list[str]]:
    """For each gutter, to the right of its lane, the goals that have a track in it, nearest lane first."""
    column = {card.name: number for number, cards in enumerate(columns) for card in cards}
    order = {card.name: (number, place) for number, cards in enumerate(columns) for place, card in enumerate(cards)}
    wanted: list[set[str]] = [set() for _ in columns]
    for cards in columns:
        for card in cards:
            for row in card.rows:
                wanted[card.column].add(row.to)
                there = column[row.to]
                if there < card.column:
                    wanted[there].add(row.to)
                elif there > card.column + 1:
                    wanted[there - 1].add(row.to)
    return [sorted(goals, key=lambda goal: order[goal]) for goals in wanted]


def _gutter(tracks: Sequence[Sequence[str]], number: int) -> float:
    return 2 * EDGE + max(len(tracks[number]) - 1, 0) * TRACK


def _wire(
    start: Node, row: Row, goal: Node, lefts: Sequence[float], tracks: Sequence[Sequence[str]], floor: float,
    below: Sequence[str],
) -> Wire:  # fmt: skip
    def track(gutter: int) -> float:
        return lefts[gutter] + WIDTH + EDGE + tracks[gutter].index(goal.name) * TRACK

    right = start.x + WIDTH
    points: list[Point] = [(right, row.port), (track(start.column), row.port)]
    from_left = goal.column > start.column
    if _far(start, goal):
        under = floor + below.index(goal.name) * TRACK
        last = track(goal.column - 1 if from_left else goal.column)
        points += [(track(start.column), under), (last, under), (last, goal.middle)]
    else:
        points.append((track(start.column), goal.middle))
    end = goal.x if from_left else goal.x + WIDTH
    back = -8 if from_left else 8
    points.append((end + back, goal.middle))
    tip = f"{end},{goal.middle} {end + back},{goal.middle - 5} {end + back},{goal.middle + 5}"
    return Wire(_rounded(points), tip, row.taken)


def _rounded(points: Sequence[Point]) -> str:
    """A line along the points, upright and level, with rounded corners."""
    line = f"M{points[0][0]:g},{points[0][1]:g}"
    for before, corner, after in zip(points, points[1:], points[2:], strict=False):
        into, out = _towards(corner, before), _towards(corner, after)
        line += f"L{into[0]:g},{into[1]:g}Q{corner[0]:g},{corner[1]:g} {out[0]:g},{out[1]:g}"
    return line + f"L{points[-1][0]:g},{points[-1][1]:g}"


def _towards(corner: Point, other: Point) -> Point:
    """The point on the way from the corner where its curve begins."""
    dx, dy = other[0] - corner[0], other[1] - corner[1]
    length = abs(dx) + abs(dy)
    share = min(CORNER, length / 2) / length if length else 0
    return corner[0] + dx * share, corner[1] + dy * share


def wide(text: str, size: float) -> float:
    """About how wide the text is drawn: Chinese characters are square, others half as wide."""
    return sum(size if ord(c) > 0x2E7F else size * 0.56 for c in text)


def fit(text: str, size: float, room: float) -> str:
    """The text, or as much of it as fits."""
    if wide(text, size) <= room:
        return text
    while text and wide(text + "…", size) > room:
        text = text[:-1]
    return text.rstrip("、 ,") + "…"
