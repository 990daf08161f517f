"""Any course of a certificate's life: never two in force for a holder and specialty, spans without overlap, numbers unique."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    multiple,
    precondition,
    rule,
)

from mingduan.registry import life
from mingduan.registry.audit import Folded
from mingduan.registry.life import Change, Held, Source

HOLDERS, SPECIALTIES, GRADES = (1, 2), ("zh", "xl"), ("j", "y", "b", "l")
NEEDS = {  # what a certificate must be for each decision, as the rulebooks have it
    "suspend": ("valid",), "lift": ("suspended",), "amend": ("valid",), "maintain": ("valid",), "withdraw": ("valid", "suspended"),
    "cancel": ("valid", "suspended"), "renew": ("valid", "expired"), "regrade": ("valid", "suspended"),
}  # fmt: skip


class Life(RuleBasedStateMachine):
    """Decisions taken only where a rulebook's guards would allow them, at growing instants, undone and redone by appeals."""

    entries = Bundle("entries")
    held = Bundle("held")

    def __init__(self) -> None:
        super().__init__()
        self.shelf = Folded()
        self.now = datetime(2026, 1, 1, tzinfo=UTC)
        self.serial = self.cases = 0
        self.issued: list[str] = []
        self.seen: dict[str, tuple[life.Span, ...]] = {}

    @initialize()
    def begin(self) -> None:
        """One certificate to begin with."""
        self.issue(1, "zh", "j")

    def _apply(self, effect: str, holder: int | None = None, **values: object) -> str:
        self.cases += 1
        source = Source(f"C-{self.cases}", 1)
        change = Change(effect, values, self.now, source, holder, "安信")
        for held in life.apply(self.shelf, change):
            self.shelf.put(held)
        return f"{source.case}#{source.seq}"

    def _number(self, specialty: str, grade: str, renewals: int = 0) -> str:
        self.serial += 1
        self.issued.append(f"{self.now.year}{specialty.upper()}{self.serial:04}{grade.upper()}R{renewals}")
        return self.issued[-1]

    def _status(self, held: Held) -> str:
        return life.expired(held, self.now).present.status

    def _pick(self, data: st.DataObject, *statuses: str) -> Held | None:
        found = [h for h in self.shelf.held.values() if self._status(h) in statuses]
        return data.draw(st.sampled_from(sorted(found, key=lambda h: h.number))) if found else None

    @rule(days=st.integers(0, 500))
    def wait(self, days: int) -> None:
        """Time passes."""
        self.now += timedelta(days=days, seconds=1)

    @rule(
        target=entries,
        holder=st.sampled_from(HOLDERS),
        specialty=st.sampled_from(SPECIALTIES),
        grade=st.sampled_from(GRADES),
    )
    def issue(self, holder: int, specialty: str, grade: str) -> object:
        """A certificate is granted, unless one is in force."""
        if any(life.expired(r, self.now).in_force for r in self.shelf.rivals(holder, specialty.upper())):
            return multiple()
        day = self.now.date()
        return self._apply(
            "issue", holder, number=self._number(specialty, grade), specialty=specialty, grade=grade, name="甲", address="地", issued_on=day.isoformat(),
            valid_until=day.replace(year=day.year + 3, day=1).isoformat(), next_surveillance_on=(day + timedelta(365)).isoformat(),
            evaluating_body="中心", approving_body="协会",
        )  # fmt: skip

    def _decided(self, number: str, effect: str, grade: str) -> list[str]:
        """The entry of one decision about a certificate, where its standing as it is now allows that; else none."""
        held = self.shelf.held[number]
        if self._status(held) not in NEEDS[effect]:
            return []
        if effect in ("renew", "regrade"):
            return self._replaced(held, grade, effect == "renew")
        day = self.now.date()
        more = {"amend": {"name": f"名{self.cases}"}, "maintain": {
            "conclusion": "maintain", "approved_on": day.isoformat(), "next_surveillance_on": (day + timedelta(365)).isoformat()}}  # fmt: skip
        return [self._apply(effect, number=number, **more.get(effect, {}))]

    def _replaced(self, held: Held, grade: str, renew: bool) -> list[str]:
        """A renewal, also once it has expired unless another is in force by then; or a change of grade."""
        rivals = self.shelf.rivals(held.holder, held.specialty)
        if any(r.number != held.number and life.expired(r, self.now).in_force for r in rivals):
            return []
        renewals, until = held.renewals + renew, held.valid_until
        more = {"valid_until": until.replace(year=until.year + 3, day=1).isoformat()} if renew else {}
        entry = self._apply(
            "replace", replaces=held.number, number=self._number(held.specialty, grade, min(renewals, 9)), grade=grade, renewals=renewals,
            issued_on=self.now.date().isoformat(), **more,
        )  # fmt: skip
        return [entry]

    @rule(target=entries, data=st.data(), effect=st.sampled_from(sorted(NEEDS)), grade=st.sampled_from(GRADES))
    def decide(self, data: st.DataObject, effect: str, grade: str) -> object:
        """A decision about a certificate in the standing it needs."""
        held = self._pick(data, *NEEDS[effect])
        return multiple(*(self._decided(held.number, effect, grade) if held else ()))

    @rule(
        target=entries,
        data=st.data(),
        effects=st.lists(st.sampled_from(sorted(NEEDS)), min_size=2, max_size=3),
        grade=st.sampled_from(GRADES),
    )
    def decide_at_once(self, data: st.DataObject, effects: list[str], grade: str) -> object:
        """Several cases decide about one certificate at one instant: each finds it as the one before left it."""
        held = self._pick(data, "valid", "suspended", "expired")
        return multiple(*(e for effect in effects if held for e in self._decided(held.number, effect, grade)))

    def _appeal(self, effect: str, entry: str, case: str, seq: int) -> None:
        change = Change(effect, {"entry": entry}, self.now, Source(case, seq))
        for made in life.apply(self.shelf, change):
            self.shelf.put(made)

    @rule(entry=consumes(entries), upheld=st.booleans())
    def appeal(self, entry: str, upheld: bool) -> None:
        """An appeal against a decision that stays in effect meanwhile."""
        self.cases += 1
        self._appeal("restore" if upheld else "reapply", entry, f"C-{self.cases}", 2)

    @rule(target=held, entry=consumes(entries))
    def hold(self, entry: str) -> tuple[str, str]:
        """An appeal that suspends the effect of the decision, which is not ruled on yet."""
        self.cases += 1
        self._appeal("hold", entry, f"C-{self.cases}", 1)
        return entry, f"C-{self.cases}"

    @rule(appeal=consumes(held), upheld=st.booleans())
    def settle(self, appeal: tuple[str, str], upheld: bool) -> None:
        """Its ruling, whatever has been decided meanwhile."""
        self._appeal("restore" if upheld else "reapply", *appeal, 2)

    @invariant()
    def one_in_force(self) -> None:
        """Never two certificates in force for the same holder and specialty, now or at any instant of the past."""
        instants = {s.since for h in self.shelf.held.values() for s in h.spans} | {self.now}
        for holder in HOLDERS:
            for specialty in SPECIALTIES:
                mine = [h for h in self.shelf.held.values() if (h.holder, h.specialty) == (holder, specialty.upper())]
                for instant in instants:
                    spans = [s for h in mine if (s := h.at(instant)) is not None and s.status in life.IN_FORCE]
                    assert len(spans) <= 1, spans

    @invariant()
    def history_is_whole(self) -> None:
        """Each span begins where the one before ended; only the last is open; what was written is never rewritten."""
        for held in self.shelf.held.values():
            for one, other in zip(held.spans, held.spans[1:], strict=False):
                assert one.until == other.since
                assert one.since <= other.since
            assert held.present.until is None
            before = self.seen.get(held.number, ())
            assert [(s.status, s.since, s.source) for s in held.spans[: len(before)]] == [
                (s.status, s.since, s.source) for s in before
            ]
        self.seen = {n: h.spans for n, h in self.shelf.held.items()}

    @invariant()
    @precondition(lambda self: self.issued)
    def numbers_are_unique(self) -> None:
        """Every number issued is one certificate of 13 characters."""
        assert sorted(self.issued) == sorted(self.shelf.held)
        assert all(len(n) == 13 for n in self.issued)


TestLife = Life.TestCase
TestLife.settings = settings(max_examples=150, stateful_step_count=30, deadline=None)


def shelf_after(*changes: tuple[str, str, dict[str, object]]) -> Folded:
    """The register after these changes, one a day, each of the case named."""
    shelf, now = Folded(), datetime(2026, 1, 1, tzinfo=UTC)
    issue: dict[str, object] = {
        "number": "2026ZH0001JR0", "specialty": "zh", "grade": "j", "name": "甲", "address": "地", "issued_on": "2026-01-01",
        "valid_until": "2028-12-31", "next_surveillance_on": "2027-01-01", "evaluating_body": "中心", "approving_body": "协会",
    }  # fmt: skip
    for place, (case, effect, values) in enumerate([("Q", "issue", issue), *changes], 1):
        change = Change(effect, values, now + timedelta(place), Source(case, place), 1, "安信")
        for held in life.apply(shelf, change):
            shelf.put(held)
    return shelf


def test_a_suspension_comes_back_after_the_appeal_though_the_name_was_changed_meanwhile() -> None:
    number = {"number": "2026ZH0001JR0"}
    shelf = shelf_after(
        ("S", "suspend", number), ("A", "hold", {"entry": "S#2"}), ("C", "amend", {**number, "name": "乙"}), ("A", "reapply", {"entry": "S#2"})
    )  # fmt: skip
    present = shelf.held["2026ZH0001JR0"].present
    assert (present.status, present.name) == ("suspended", "乙")


def test_a_downgrade_comes_back_after_the_appeal_though_the_higher_grade_was_suspended_meanwhile() -> None:
    lower = {"replaces": "2026ZH0001JR0", "number": "2026ZH0002YR0", "grade": "y", "issued_on": "2026-01-02"}
    shelf = shelf_after(
        ("D", "replace", lower), ("A", "hold", {"entry": "D#2"}), ("S", "suspend", {"number": "2026ZH0001JR0"}), ("A", "reapply", {"entry": "D#2"})
    )  # fmt: skip
    assert {n: h.present.status for n, h in shelf.held.items()} == {
        "2026ZH0001JR0": "replaced",
        "2026ZH0002YR0": "valid",
    }
