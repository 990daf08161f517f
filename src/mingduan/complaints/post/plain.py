"""HTML turned into the text a person would read: nothing of it is run, fetched or kept as markup.

What is quoted is marked with `> ` as in plain mail, so that one rule folds both.
"""

from __future__ import annotations

from html.parser import HTMLParser

_LINES = frozenset(
    [
        "p",
        "div",
        "br",
        "tr",
        "li",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "table",
        "ul",
        "ol",
        "hr",
        "pre",
        "section",
        "article",
        "header",
        "footer",
        "dt",
        "dd",
        "center",
        "form",
    ]
)
_APART = frozenset(["p", "h1", "h2", "h3", "h4", "h5", "h6", "pre"])
_UNSEEN = frozenset(
    [
        "script",
        "style",
        "head",
        "title",
        "template",
        "noscript",
        "svg",
        "math",
        "object",
        "iframe",
        "textarea",
        "select",
    ]
)
_VOID = frozenset(
    ["br", "hr", "img", "input", "meta", "link", "col", "area", "base", "embed", "source", "track", "wbr"]
)
MOST = 400_000  # characters of HTML looked at


def text_of(html: str) -> str:
    """The text of some HTML, however broken.

    Examples:
        >>> text_of("<p>网速<b>慢</b></p><script>x()</script><blockquote>原信<br>二</blockquote>完")
        '网速慢\\n\\n> 原信\\n> 二\\n完'
    """
    reader = _Reader()
    reader.feed(html[:MOST])
    reader.close()
    return reader.text()


class _Reader(HTMLParser):
    """Collects lines; `quoted` is how deep the present one is quoted, `unseen` within how much that nobody sees."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.lines: list[str] = []
        self.line: list[str] = []
        self.unseen: list[str] = []
        self.quoted = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """A block begins a line; what is not shown is left out."""
        if tag in _VOID and tag not in _LINES:
            return
        if self.unseen or tag in _UNSEEN:
            if tag in _UNSEEN:
                self.unseen.append(tag)
        elif tag == "blockquote":
            self._end()
            self.quoted = min(self.quoted + 1, 5)
        elif tag in _LINES:
            self._end(blank=tag in _APART, always=tag == "br")
        elif tag in ("td", "th") and self.line:
            self.line.append(" ")

    def handle_endtag(self, tag: str) -> None:
        """A block's end ends its line."""
        if tag in self.unseen:
            del self.unseen[self.unseen.index(tag) :]
        elif tag == "body":
            self.unseen.clear()
        elif self.unseen:
            return
        elif tag == "blockquote":
            self._end()
            self.quoted = max(self.quoted - 1, 0)
        elif tag in _LINES:
            self._end(blank=tag in _APART)

    def handle_data(self, data: str) -> None:
        """Text, with white space as a browser shows it."""
        if not self.unseen and data:
            said = " ".join(data.split())
            before, after = (" " if data[:1].isspace() else ""), (" " if said and data[-1:].isspace() else "")
            self.line.append(f"{before}{said}{after}")

    def text(self) -> str:
        """Everything, without blank lines at the ends or more than one at a time."""
        self._end()
        kept = [line for n, line in enumerate(self.lines) if line.strip("> ") or (n and self.lines[n - 1].strip("> "))]
        return "\n".join(kept).strip("\n ")

    def _end(self, blank: bool = False, always: bool = False) -> None:
        line = " ".join("".join(self.line).split())
        if line or always:
            self.lines.append("> " * self.quoted + line)
        if blank and self.lines and self.lines[-1]:
            self.lines.append("")
        self.line = []
