"""A sentence for people, in the languages the product speaks: Chinese first, English second."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, StringConstraints

Lang = Literal["zh", "en"]
Sentence = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]


class Text(BaseModel):
    """One sentence in Chinese and English.

    Examples:
        >>> Text(zh="申诉", en="Appeal").in_("en")
        'Appeal'
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    zh: Sentence
    en: Sentence

    def in_(self, lang: str) -> str:
        """The sentence in `lang`: English for 'en…', Chinese for anything else."""
        return self.en if lang.startswith("en") else self.zh

    def __str__(self) -> str:
        return self.zh
