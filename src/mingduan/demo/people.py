"""The demonstration's people, made from people.yaml."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from django.contrib.auth.hashers import make_password

from mingduan.people.models import Absence, Employment, Interest, Kin, Office, Organisation, Specialty, User
from mingduan.procedure.period import TZ

PASSWORD = "mingduan-2026"  # noqa: S105  the demonstration's accounts are printed on purpose


@dataclass(frozen=True, slots=True)
class Cast:
    """The people of the demonstration by login, and who holds which office: (body, role) → login."""

    users: dict[str, User]
    offices: dict[tuple[str, str], str]

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
            users[login] = _account(login, name, Organisation.objects.create(name=organisation, kind=kind))
    for zh, en in data["specialties"].items():
        Specialty.objects.create(zh=zh, en=en)
    for login, (name, fields, employer) in data["experts"].items():
        organisation, _ = Organisation.objects.get_or_create(name=employer, defaults={"kind": "enterprise"})
        users[login] = _account(login, name, organisation, expert=True)
        users[login].specialties.set(Specialty.objects.filter(zh__in=fields))
    _make_ties(data, users, now.astimezone(TZ).date())
    users["admin"] = _account("admin", "系统管理员", is_staff=True, is_superuser=True)
    return Cast(users, offices)


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
    return User.objects.create(
        username=login, password=_hashed(), name=name, organisation=organisation, email=f"{login}@example.com", **more
    )


@cache
def _hashed() -> str:
    """The password as the database keeps it, made once: hashing is slow on purpose."""
    return make_password(PASSWORD)
