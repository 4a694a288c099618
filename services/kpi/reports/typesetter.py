"""The program that sets a report: reads it as JSON, writes the PDF.

It is a process of its own because the library keeps what it has set for a while, hundreds of
megabytes after a long report: its end gives all of it back.
"""

import sys
from pathlib import Path
from typing import Final

import font_roboto  # type: ignore[import-untyped]
import typst

TEMPLATE: Final = Path(__file__).with_name("report.typ")
ACCESSIBLE: Final = "ua-1"


def typeset(told: str) -> bytes:
    """The bytes of the file; what is told reaches the template as data, never as markup."""
    fonts = typst.Fonts(
        include_system_fonts=False,
        include_embedded_fonts=False,
        font_paths=[font_roboto.font_directory],
    )
    compiler = typst.Compiler(TEMPLATE, font_paths=fonts, sys_inputs={"told": told})
    try:
        pdf = compiler.compile(format="pdf", pdf_standards=ACCESSIBLE)
    except typst.TypstError:
        # a sign that the font lacks may not be in PDF/UA: the same tags, without that claim
        pdf = compiler.compile(format="pdf")
    if not isinstance(pdf, bytes):
        raise TypeError("a report is one file")
    return pdf


if __name__ == "__main__":
    sys.stdout.buffer.write(typeset(sys.stdin.buffer.read().decode()))
