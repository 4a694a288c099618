"""The words of a message that comes as HTML only; nothing in it is followed or run."""

from html.parser import HTMLParser
from typing import Final

# `head` is not among them: its end tag may be left out, and then all the words would be
_SILENT: Final = frozenset({"script", "style", "title"})
_BREAKS: Final = frozenset(
    {"br", "p", "div", "tr", "td", "th", "li", "dt", "dd", "h1", "h2", "h3", "blockquote"}
)


class _Words(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.said: list[str] = []
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        del attrs
        self._silent = 0 if tag == "body" else self._silent + (tag in _SILENT)
        self._break(tag)

    def handle_endtag(self, tag: str) -> None:
        self._silent = max(0, self._silent - (tag in _SILENT))
        self._break(tag)

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.said.append(data)

    def _break(self, tag: str) -> None:
        if tag in _BREAKS:
            self.said.append("\n")


def text_of_html(markup: str) -> str:
    """The words, a line for each block."""
    words = _Words()
    words.feed(markup)
    words.close()
    lines = (" ".join(line.split()) for line in "".join(words.said).split("\n"))
    return "\n".join(line for line in lines if line)
