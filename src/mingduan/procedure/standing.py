"""Whether an actor may take an action in a case as it stands, whatever the act would bring: role, state, stay, and what few
actions are held to besides. What an action is held to is read off it once; the rest costs nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from .case import Actor, Case, Finding, Reason
from .rulebook import Action, Apart, Rulebook
from .text import Text

_Bar = Callable[[Case, Actor, bool], Finding | None]
_NOT_OPENED = Text(zh="尚未立案", en="not opened")


class Standing:
    """What one action of a rulebook is held to before anybody asks what it brings."""

    def __init__(self, rulebook: Rulebook, name: str, spec: Action) -> None:
        self._book, self._name, self._spec = rulebook, name, spec
        self._roles = frozenset(spec.by)
        self._since = frozenset(spec.since) if not spec.opens else frozenset([""])
        self._while_stayed = spec.while_stayed
        roles, states = [rulebook.roles[r] for r in spec.by], [rulebook.states[s] for s in spec.since]
        self._by = Text(zh=f"由{'、'.join(r.zh for r in roles)}办理", en=f"Done by {', '.join(r.en for r in roles)}")
        self._when = Text(zh="用于立案", en="Opens a case") if spec.opens else Text(
            zh=f"可在下列阶段办理：{'、'.join(s.zh for s in states)}", en=f"Possible in: {', '.join(s.en for s in states)}")  # fmt: skip
        self._bars = tuple(self._besides(spec))

    def findings(self, case: Case, actor: Actor, *, every: bool = False) -> list[Finding]:
        """What stands against the actor's taking the action (`every`: what it is held to and holds, too)."""
        spec, found = self._spec, []
        holds = not actor.roles.isdisjoint(self._roles)
        if not holds:
            found.append(Finding.against(Reason("role", spec.clause, Text(
                zh=f"您在本案中无权办理“{spec.zh}”", en=f"You may not do “{spec.en}” in this case"), self._by)))  # fmt: skip
        elif every:
            found.append(Finding("role", spec.clause, self._by, True))
        if case.state not in self._since:
            now = self._book.states[case.state].text if case.state else _NOT_OPENED
            found.append(Finding.against(Reason("state", spec.clause, Text(
                zh=f"案件现为“{now.zh}”，此时不能办理“{spec.zh}”", en=f"The case is “{now.en}”: “{spec.en}” can't be done now"), self._when)))  # fmt: skip
        elif every:
            found.append(Finding("state", spec.clause, self._when, True))
        if case.stayed and not self._while_stayed:
            found.append(Finding.against(Reason("stay", spec.clause, Text(zh="案件已中止", en="The case is stayed"),
                                                Text(zh="恢复办理后再继续", en="Resume the case first"))))  # fmt: skip
        for bar in self._bars:
            if (finding := bar(case, actor, every)) is not None:
                found.append(finding)
        return found

    def _besides(self, spec: Action) -> Iterator[_Bar]:
        """What only some actions are held to."""
        if spec.own_only:
            yield self._own
        if spec.resumes:
            yield self._resuming
        if spec.once:
            yield self._once
        if (records := spec.adds) and spec.once_each:
            yield lambda case, actor, _: self._once_each(case, actor, records)
        if (apart := spec.apart) is not None:
            yield lambda case, actor, every: self._apart(case, actor, apart, every)

    def _own(self, case: Case, actor: Actor, every: bool) -> Finding | None:
        if not actor.joined:
            return None
        spec = self._spec
        return Finding.against(Reason("own", spec.clause, Text(
            zh=f"您的案件并入本案，不能对本案“{spec.zh}”", en=f"Your case was joined to this one, in which you may not do “{spec.en}”"),
            Text(zh="如不再主张，请书面告知机构", en="If you no longer pursue yours, tell the body in writing")))  # fmt: skip

    def _resuming(self, case: Case, actor: Actor, every: bool) -> Finding | None:
        if case.stayed:
            return None
        return Finding.against(Reason("stay", self._spec.clause, Text(zh="案件未中止", en="The case is not stayed")))

    def _once(self, case: Case, actor: Actor, every: bool) -> Finding | None:
        if self._name not in case.taken:
            return None
        spec = self._spec
        return Finding.against(Reason("once", spec.clause, Text(
            zh=f"“{spec.zh}”只能办理一次，已经办理", en=f"“{spec.en}” can be done only once, and has been")))  # fmt: skip

    def _once_each(self, case: Case, actor: Actor, records: str) -> Finding | None:
        if (records, actor.id) not in case.entries_by:
            return None
        spec = self._spec
        return Finding.against(Reason("once", spec.clause, Text(
            zh=f"“{spec.zh}”每人只能办理一次，您已办理", en=f"Each person may do “{spec.en}” once, and you have")))  # fmt: skip

    def _apart(self, case: Case, actor: Actor, apart: Apart, every: bool) -> Finding | None:
        """Whether the actor has done none of the actions that the source gives to somebody else."""
        if actor.roles.isdisjoint(self._roles):
            return None
        others = [self._book.actions[a] for a in apart.others]
        done = [self._book.actions[a] for a in apart.others if (a, actor.id) in case.done]
        if done:
            return Finding.against(Reason("apart", apart.clause, Text(
                zh=f"您在本案中办理过“{'、'.join(a.zh for a in done)}”，不能再办理这一步",
                en=f"You did “{', '.join(a.en for a in done)}” in this case and can't do this as well"),
                Text(zh="由另一人办理", en="Somebody else does it")))  # fmt: skip
        if not every:
            return None
        return Finding("apart", apart.clause, Text(
            zh=f"与办理“{'、'.join(a.zh for a in others)}”的不是同一人",
            en=f"Not by whoever did “{', '.join(a.en for a in others)}”"), True)  # fmt: skip
