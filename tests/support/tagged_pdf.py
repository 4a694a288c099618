"""A PDF read by its tags, as a screen reader does: headings, paragraphs, tables and figures."""

import io
import re
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from pypdf import PageObject, PdfReader
from pypdf.generic import ArrayObject, ContentStream


@dataclass
class Node:
    """An element of the structure tree, with the text below it."""

    tag: str
    text: str = ""
    alt: str | None = None
    scope: str | None = None
    below: list["Node"] = field(default_factory=list)

    def all(self, *tags: str) -> list["Node"]:
        """The elements of these tags, in the order they are read."""
        own = [self] if self.tag in tags else []
        return [*own, *(one for node in self.below for one in node.all(*tags))]


@dataclass
class Tagged:
    """What a PDF says of itself, and its tree."""

    title: str
    language: str
    standard: str
    outline: list[str]
    pages: int
    root: Node

    def texts(self, *tags: str) -> list[str]:
        return [node.text for node in self.root.all(*tags)]

    def tables(self) -> dict[str, list[dict[str, str]]]:
        """The rows by their heading cells, under the heading before their tables."""
        found: dict[str, list[dict[str, str]]] = {}
        title = ""
        for node in self.root.all("H2", "Table"):
            if node.tag == "H2":
                title = node.text
                continue
            head, *rows = [[cell.text for cell in row.below] for row in node.all("TR")]
            assert [cell.scope for cell in node.all("TH")] == ["/Column"] * len(head)
            assert len(node.all("TD")) == len(head) * len(rows)
            found.setdefault(title, []).extend(dict(zip(head, row, strict=True)) for row in rows)
        return found


def read(body: bytes) -> Tagged:
    reader = PdfReader(io.BytesIO(body))
    root: Any = reader.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"]
    assert reader.metadata is not None
    marked = {page.indirect_reference.idnum: _marked(page) for page in reader.pages}  # type: ignore[union-attr]
    metadata = root["/Metadata"].get_data().decode()
    standard = re.search(r"pdfuaid:part>(\d+)<", metadata)
    return Tagged(
        title=str(reader.metadata.title),
        language=str(root["/Lang"]),
        standard=f"ua-{standard[1]}" if standard else "",
        outline=[str(title) for title in _titles(list(reader.outline))],
        pages=len(reader.pages),
        root=_node(root["/StructTreeRoot"]["/K"], marked, 0),
    )


def _titles(outline: list[Any]) -> list[str]:
    found: list[str] = []
    for one in outline:
        found.extend(_titles(one) if isinstance(one, list) else [one["/Title"]])
    return found


def _node(given: Any, marked: dict[int, dict[int, str]], page: int) -> Node:
    one = given.get_object()
    if isinstance(one, ArrayObject):
        (one,) = [child.get_object() for child in one]
    if "/Pg" in one:
        page = one.raw_get("/Pg").idnum
    node = Node(str(one["/S"])[1:], alt=one.get("/Alt"), scope=_scope(one.get("/A")))
    children = one.get("/K", [])
    for child in children if isinstance(children, list) else [children]:
        piece = child.get_object() if not isinstance(child, int) else child
        if isinstance(piece, int):
            node.text += marked[page].get(piece, "")
        elif "/S" in piece:
            below = _node(piece, marked, page)
            node.below.append(below)
            node.text += below.text
        elif "/MCID" in piece:
            at = piece.raw_get("/Pg").idnum if "/Pg" in piece else page
            node.text += marked[at].get(piece["/MCID"], "")
    return node


def _scope(attributes: Any) -> str | None:
    for one in attributes if isinstance(attributes, list) else []:
        if "/Scope" in one.get_object():
            return str(one.get_object()["/Scope"])
    return None


def _marked(page: PageObject) -> dict[int, str]:
    """The text of each marked piece of a page; lines of one piece end in a space at most."""
    fonts = {
        name: _signs(font.get_object()["/ToUnicode"].get_object().get_data().decode())
        for name, font in page["/Resources"].get("/Font", {}).items()  # type: ignore[attr-defined]
    }
    texts: dict[int, str] = {}
    open_: list[int | None] = []
    signs: dict[int, str] = {}
    contents = page.get_contents()
    assert contents is not None
    for operands, operator in ContentStream(contents, page.pdf).operations:
        if operator == b"BDC":
            open_.append(operands[1].get("/MCID") if hasattr(operands[1], "get") else None)
        elif operator == b"BMC":
            open_.append(None)
        elif operator == b"EMC":
            open_.pop()
        elif operator == b"Tf":
            signs = fonts[operands[0]]
        elif operator in (b"Tj", b"TJ"):
            place = next((mcid for mcid in reversed(open_) if mcid is not None), None)
            if place is not None:
                pieces = operands[0] if operator == b"TJ" else operands
                texts[place] = texts.get(place, "") + _text(pieces, signs)
    return texts


def _text(pieces: Any, signs: dict[int, str]) -> str:
    text = ""
    for piece in pieces:
        if isinstance(piece, str | bytes):
            raw = piece if isinstance(piece, bytes) else piece.original_bytes  # type: ignore[attr-defined]
            codes = (int.from_bytes(raw[at : at + 2]) for at in range(0, len(raw), 2))
            text += "".join(signs.get(code, "\ufffd") for code in codes)
    return text


def _signs(cmap: str) -> dict[int, str]:
    """What the codes of a font stand for."""
    found: dict[int, str] = {}
    for block in re.findall(r"beginbfchar(.*?)endbfchar", cmap, re.DOTALL):
        for code, text in re.findall(r"<(\w+)>\s*<(\w+)>", block):
            found[int(code, 16)] = _unicode(text)
    for block in re.findall(r"beginbfrange(.*?)endbfrange", cmap, re.DOTALL):
        for first, last, text in re.findall(r"<(\w+)>\s*<(\w+)>\s*<(\w+)>", block):
            codes = range(int(first, 16), int(last, 16) + 1)
            found |= {
                code: chr(start) for code, start in zip(codes, count(int(text, 16)), strict=False)
            }
    return found


def _unicode(digits: str) -> str:
    return bytes.fromhex(digits).decode("utf-16-be")
