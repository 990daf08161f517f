"""What a procedure asks of the register, and what it writes there."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from .values import Cel, Counter, FactName, Name, PeriodField, Value


def _with_number(pattern: str) -> str:
    try:
        groups = set(re.compile(pattern).groupindex)
    except re.error as error:
        raise ValueError(f"不是正则表达式 / not a regular expression: {error}") from None
    if "number" not in groups or groups - {"number", "year"}:
        raise ValueError("须有名为 number 的组，可有 year / needs the group number, may have year")
    return pattern


Question = Literal[
    "number", "status", "specialty", "grade", "renewals", "holder_name", "holder_address", "scope", "issued_on",
    "valid_until", "next_surveillance_on", "own", "held", "enterprise", "credit_code", "representative", "address", "region",
    "technicians", "instruments", "vehicles", "sites", "own_decision", "taken",
    "running", "decision_held",
]  # fmt: skip


class Asked(Value):
    """A question to the register, about the certificate, specialty or decision that the fact `of` names.

    Without `of` it is about the enterprise that files. `own`: is it the filer's certificate; `held`: which certificate
    in force the filer holds in a specialty; `own_decision`: was this entry of a case about the filer; `taken`: which
    certificate has this number already, or its serial of the year; `running`: which case of this very procedure about it
    stands in one of the `states`; `decision_held`: whether an appeal holds the effect of the decision in that entry.
    """

    ask: Question
    of: FactName | None = None
    states: tuple[Name, ...] = ()


class MadeOf(Value):
    """A paper that can be made of a list in the filer's profile; `of`: about the specialty this fact names."""

    rows: Literal["staff", "certificates", "equipment", "sites", "performance"] = Field(alias="list")
    of: FactName | None = None


class RegisteredParty(Value):
    """A party that the register names: the holder of the certificate a fact names, the body that audits it, or the
    enterprise of a credit code.
    """

    ask: Literal["holder", "auditing_body", "enterprise"]
    of: FactName


Effect = Literal[
    "issue", "replace", "amend", "maintain", "suspend", "lift", "withdraw", "cancel", "hold", "restore", "reapply", "announce",
    "transfer",
]  # fmt: skip

EFFECT_VALUES: Mapping[Effect, tuple[Mapping[str, str], Mapping[str, str]]] = {
    "issue": (
        {"number": "text", "specialty": "text", "grade": "text", "name": "text", "address": "text", "issued_on": "date",
         "valid_until": "date", "next_surveillance_on": "date", "evaluating_body": "text", "approving_body": "text"},
        {"renewals": "integer", "scope": "text", "reason": "text", "reason_en": "text"},
    ),
    "replace": (
        {"replaces": "text", "number": "text", "grade": "text", "issued_on": "date"},
        {"renewals": "integer", "valid_until": "date", "next_surveillance_on": "date", "reason": "text", "reason_en": "text"},
    ),
    "amend": ({"number": "text"}, {"name": "text", "address": "text", "scope": "text", "reason": "text", "reason_en": "text"}),
    "maintain": (
        {"number": "text", "conclusion": "text", "approved_on": "date", "next_surveillance_on": "date"}, {"reason": "text", "reason_en": "text"},
    ),
    "suspend": ({"number": "text"}, {"reason": "text", "reason_en": "text"}),
    "lift": ({"number": "text"}, {"next_surveillance_on": "date", "reason": "text", "reason_en": "text"}),
    "withdraw": ({"number": "text"}, {"reason": "text", "reason_en": "text"}),
    "cancel": ({"number": "text"}, {"reason": "text", "reason_en": "text"}),
    "hold": ({"entry": "text"}, {"reason": "text", "reason_en": "text"}),
    "restore": ({"entry": "text"}, {"reason": "text", "reason_en": "text"}),
    "reapply": ({"entry": "text"}, {"reason": "text", "reason_en": "text"}),
    "announce": ({"title": "text", "body": "text"}, {"number": "text", "title_en": "text", "body_en": "text"}),
    "transfer": (
        {"number": "text", "specialty": "text", "grade": "text", "name": "text", "address": "text", "issued_on": "date",
         "valid_until": "date", "next_surveillance_on": "date", "auditing_body": "text", "evaluating_body": "text",
         "approving_body": "text", "status": "text", "since": "date"},
        {"renewals": "integer", "scope": "text", "reason": "text", "reason_en": "text"},
    ),
}  # fmt: skip


class Registers(Value):
    """What an act changes in the register, with the values it writes: all of it is kept in the event.

    `for`: the role whose party holds a certificate issued; `audited_by`: the one whose party audited it.
    transfer is a certificate issued before the register was kept here, with what it is and since when.
    hold, restore and reapply are about the decision in `entry` ('CASE#7'): the standing before it for a while, again,
    or the decision's own once more. What is read by anybody (reason, title, body) may be given in English besides (_en).
    """

    effect: Effect
    when: Cel | None = None
    holder: Name | None = Field(None, alias="for")
    audited_by: Name | None = None
    values: Mapping[Name, Cel] = Field({}, alias="with")


class Reaches(Value):
    """A number given out elsewhere, in a fact: the counter that gives such numbers never gives it again.

    `pattern` finds it in the fact, as the groups `number` and, for a counter of each year, `year`.
    """

    counter: Counter
    of: FactName
    pattern: Annotated[str, AfterValidator(_with_number)]


class Scheduled(Value):
    """The system opens the case by itself so long before a date of each certificate in force, giving its number as `gives`;
    `ends`: the action by which it ends one that still waits when the certificate is no longer in force.
    """

    before: Literal["valid_until", "next_surveillance_on"]
    at_least: PeriodField | Name
    gives: FactName
    ends: Name | None = None
