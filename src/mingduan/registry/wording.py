"""The words of certificates, read from `wording.yaml`: no Python knows a specialty, a grade or a body by name."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, Field

from mingduan.procedure.text import Text


class _Value(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Words(_Value):
    """One thing in two languages."""

    zh: str
    en: str

    def said(self, lang: str) -> str:
        """In one of them."""
        return self.en if lang == "en" else self.zh

    @property
    def text(self) -> Text:
        """As the procedures write it."""
        return Text(zh=self.zh, en=self.en)


class Specialty(Words):
    """A specialty, with the title of the certificates issued in it."""

    title: str


class StandingWords(Words):
    """What a certificate's standing is called and means."""

    usable: bool = False
    shown_in: str | None = Field(None, alias="list")


class Wording(_Value):
    """All of it."""

    titles: Mapping[str, Words]
    specialties: Mapping[str, Specialty]
    grades: Mapping[str, Words]
    conclusions: Mapping[str, Words]
    bodies: Mapping[str, str]
    second_seal: str
    scope: Words
    notes: tuple[Words, ...]
    english_note: str
    standings: Mapping[str, StandingWords]

    def title(self, specialty: str) -> Words:
        """The certificate's title; the first there is for a specialty not known."""
        known = self.specialties.get(specialty)
        return self.titles[known.title] if known else next(iter(self.titles.values()))

    def specialty(self, code: str) -> Words:
        """A specialty; a code not known stands for itself."""
        return self.specialties.get(code) or Words(zh=code, en=code)

    def grade(self, code: str) -> Words:
        """A grade; a code not known stands for itself."""
        return self.grades.get(code) or Words(zh=code, en=code)

    def standing(self, code: str) -> StandingWords:
        """A standing; one not known stands for itself and is not usable."""
        return self.standings.get(code) or StandingWords(zh=code, en=code, list=None)

    def conclusion(self, word: str, lang: str) -> str:
        """A surveillance conclusion: a known one in the language, another as it was written."""
        known = self.conclusions.get(word) or next((c for c in self.conclusions.values() if c.zh == word), None)
        return known.said(lang) if known else word


@lru_cache(maxsize=1)
def wording() -> Wording:
    """The words, read once."""
    return Wording.model_validate(yaml.safe_load((Path(__file__).parent / "wording.yaml").read_text("utf-8")))
