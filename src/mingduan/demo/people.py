"""The demonstration's people, made from people.yaml."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any

import yaml
from django.contrib.auth.hashers import make_password

from mingduan.people.models import (
    Absence,
    Employment,
    FieldWorker,
    Interest,
    Kin,
    Mandate,
    Office,
    Organisation,
    Specialty,
    User,
)
from mingduan.people.second_factor import publish
from mingduan.procedure.period import TZ

from .enterprises import make_profiles, paper_facts, written

PASSWORD = "mingduan-2026"  # noqa: S105  the demonstration's accounts are printed on purpose


@dataclass(frozen=True, slots=True)
class Cast:
    """The people of the demonstration by login, who holds which office: (body, role) → login, and the papers that
    enterprises apply with, by the fact that asks for them.
    """

    users: dict[str, User]
    offices: dict[tuple[str, str], str]
    papers: Mapping[str, list[dict[str, Any]]] = field(default_factory=dict)

    def named(self, login: str) -> Organisation:
        """The organisation of an account that has one."""
        organisation = self.users[login].organisation
        if organisation is None:
            raise LookupError(f"{login} belongs to no organisation")
        return organisation


@cache
def read(name: str) -> Any:
    """One of the YAML files beside this module."""
    return yaml.safe_load((Path(__file__).parent / name).read_text(encoding="utf-8"))


def accounts() -> list[tuple[str, str, str]]:
    """(login, name, what they are) of the accounts worth showing to a visitor."""
    data = read("people.yaml")
    shown = [(login, name, office) for login, (name, office, _, _) in data["officers"].items()]
    shown += [(login, name, office) for login, (name, office, _) in data["operator"]["officers"].items()]
    shown += [
        (login, name, f"代维公司：{org}") for login, (name, org, _) in list(data["operator"]["contractors"].items())[:2]
    ]
    shown += [(login, name, f"企业：{org}") for login, (name, org) in list(data["enterprises"].items())[:2]]
    shown += [(login, name, f"认证机构：{org}") for login, (name, org) in list(data["agencies"].items())[:1]]
    shown += [
        (login, name, f"专家：{'、'.join(fields)}") for login, (name, fields, _) in list(data["experts"].items())[:3]
    ]
    return [*shown, ("admin", "系统管理员", "账号管理 /admin/")]


def make_people(now: datetime) -> Cast:
    """Organisations, accounts, offices, experts and interests."""
    data = read("people.yaml")
    body = Organisation.objects.create(name=data["body"], kind="body")
    users: dict[str, User] = {}
    offices: dict[tuple[str, str], str] = {}
    for login, (name, _, where, role) in data["officers"].items():
        users[login] = _account(login, name, body)
        Office.objects.create(user=users[login], body=where, role=role)
        offices[where, role] = login
    for kind, people in (("agency", data["agencies"]), ("enterprise", data["enterprises"])):
        for login, (name, organisation) in people.items():
            called = data["english"].get(organisation, "")
            users[login] = _account(
                login, name, Organisation.objects.create(name=organisation, kind=kind, name_en=called)
            )
    _make_operator(data["operator"], users, offices)
    for zh, en in data["specialties"].items():
        Specialty.objects.create(zh=zh, en=en)
    for login, (name, fields, employer) in (*data["experts"].items(), *data["auditors"].items()):
        organisation, _ = Organisation.objects.get_or_create(name=employer, defaults={"kind": "enterprise"})
        users[login] = _account(login, name, organisation, expert=True)
        users[login].specialties.set(Specialty.objects.filter(zh__in=fields))
    today = now.astimezone(TZ).date()
    _make_ties(data, users, today)
    for login in data["signers"]["accounts"]:
        publish(users[login], data["signers"]["secret"])
    named = [users[login] for login in data["enterprises"]]
    words = read("enterprises.yaml")
    make_profiles(named, words, today)
    users["admin"] = _account("admin", "系统管理员", is_staff=True, is_superuser=True)
    return Cast(users, offices, paper_facts(words["papers"] | words["handed_in"]))


def make_enterprises(cast: Cast, now: datetime) -> Cast:
    """The cast with the other enterprises: an account and a profile each, `enterprise9` and on."""
    words, first = read("enterprises.yaml"), len(read("people.yaml")["enterprises"]) + 1
    numbers = range(first, words["how_many"] + 1)
    made = {n: written(n, words) for n in numbers}
    organisations = Organisation.objects.bulk_create(
        Organisation(name=name, kind=Organisation.Kind.ENTERPRISE) for _, name in made.values()
    )
    users = User.objects.bulk_create(
        _user(f"enterprise{n}", made[n][0], organisation)
        for n, organisation in zip(numbers, organisations, strict=True)
    )
    make_profiles(users, words, now.astimezone(TZ).date(), first=first)
    return replace(cast, users=cast.users | {user.username: user for user in users})


def _make_operator(data: Mapping[str, Any], users: dict[str, User], offices: dict[tuple[str, str], str]) -> None:
    """The operator's officers, each with several offices, and its contractors' people with their mandates."""
    operator = Organisation.objects.create(name=data["name"], kind="body")
    for login, (name, _, held) in data["officers"].items():
        users[login] = _account(login, name, operator)
        for body, role in (office.split("/") for office in held):
            Office.objects.create(user=users[login], body=body, role=role)
            offices[body, role] = login
    for login, (name, organisation, mandates) in data["contractors"].items():
        users[login] = _account(login, name, Organisation.objects.get(name=organisation))
        for body, role in product(("telecom", "contractor"), mandates):
            Mandate.objects.create(user=users[login], body=body, role=role)
    for login, (skills, areas, base, latitude, longitude, phone) in data["fieldwork"].items():
        FieldWorker.objects.create(
            user=users[login], skills=skills, areas=areas, shifts=data["shifts"], base=base, latitude=latitude,
            longitude=longitude, phone=phone,
        )  # fmt: skip


def _make_ties(data: Mapping[str, Any], users: Mapping[str, User], today: date) -> None:
    """Ties and absences that keep some experts from some cases, recorded by the first officer."""
    officer = users[next(iter(data["officers"]))]

    def until(spec: Mapping[str, Any]) -> date | None:
        return today - timedelta(spec["ended"]) if "ended" in spec else None

    for spec in data["interests"]:
        holder: dict[str, Any] = {}
        if "user" in spec:
            holder["user"] = users[spec["user"]]
        elif "kin" in spec:
            login, name, relation = spec["kin"]
            holder["kin"] = Kin.objects.create(
                user=users[login], name=name, relation=relation, source="self", recorded_by=users[login]
            )
        else:
            holder["employer"] = Organisation.objects.get(name=spec["employer"])
        party = Organisation.objects.get(name=spec["party"])
        Interest.objects.create(organisation=party, kind=spec["kind"], until=until(spec), recorded_by=officer, **holder)
    for spec in data["employments"]:
        party = Organisation.objects.get(name=spec["party"])
        Employment.objects.create(
            user=users[spec["user"]], organisation=party, post=spec["post"], until=until(spec), recorded_by=officer
        )
    for login, why, starts, days in data["absences"]:
        since = today + timedelta(starts)
        Absence.objects.create(
            user=users[login],
            since=since,
            until=since + timedelta(days),
            why=why,
            source="self",
            recorded_by=users[login],
        )


def _account(login: str, name: str, organisation: Organisation | None = None, **more: Any) -> User:
    user = _user(login, name, organisation, **more)
    user.save()
    return user


def _user(login: str, name: str, organisation: Organisation | None, **more: Any) -> User:
    return User(
        username=login, password=_hashed(), name=name, organisation=organisation, email=f"{login}@example.com", **more
    )


@cache
def _hashed() -> str:
    """The password as the database keeps it, made once: hashing is slow on purpose."""
    return make_password(PASSWORD)
