"""Spanish words for searching: accents ignored, plurals, genders and common endings taken off.

A database's own Spanish stemmer takes endings off before it folds accents, so that «facturacion»
would not find «facturación». Here the accents go first, and both texts go the same way.
"""

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from itertools import chain
from typing import Final

SHORTEST: Final = 3
KEPT: Final = 60
_ENDINGS: Final = """
    amientos amiento imientos imiento aciones iciones uciones acion icion ucion siones sion
    idades idad mente adores adoras ador adora edores edoras edor edora ables able ibles ible
    ieron iendo ando aron aban aba ados adas ado ada idos idas ido ida amos emos imos
    ar er ir an en as os es a e o s
"""
_STOP: Final = """
    a al ante asi aun como con cual cuando de del desde donde e el ella ellas ellos en entre era es
    esa ese eso esta estan este esto fue ha han hasta hay la las le les lo los mas me mi mientras
    muy ni no nos o para pero por porque que quien se ser si sin sobre son su sus tambien tiene
    todo tu u un una uno unos y ya
"""
# the longest ending first; what is left must still be a word
ENDINGS: Final = tuple(sorted(_ENDINGS.split(), key=len, reverse=True))
STOP: Final = frozenset(_STOP.split())
_WORD: Final = re.compile(r"[a-z0-9]+")


def stems(text: str) -> str:
    """The words of a text as they are searched, in their order, separated by spaces."""
    return " ".join(_stems(text))


def search_words(*texts: str, kept: int = KEPT) -> tuple[str, ...]:
    """What a thing is found by: each word once, the first `kept` of them."""
    return tuple(dict.fromkeys(_stems(" ".join(texts))))[:kept]


def _stems(text: str) -> Iterator[str]:
    return chain.from_iterable(map(_stems_of, text.split()))


@lru_cache(maxsize=20_000)
def _stems_of(piece: str) -> tuple[str, ...]:
    """The stems of what stands between two spaces.

    Remembered, because a service hears the same few thousand words: folding them and taking their
    endings off was a sixth of what receiving a request costs.
    """
    return tuple(stem(word) for word in _WORD.findall(folded(piece)) if word not in STOP)


def folded(text: str) -> str:
    """Small letters without accents; «ñ» becomes «n» too, as it is typed without it."""
    small = text.casefold()
    if small.isascii():
        return small
    parts = unicodedata.normalize("NFKD", small)
    return "".join(letter for letter in parts if not unicodedata.combining(letter))


def stem(word: str) -> str:
    """A folded word without its ending; codes and short words stay as they are."""
    if not word.isalpha() or not word.endswith(ENDINGS):
        return word
    for ending in ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= SHORTEST:
            return _evened(word.removesuffix(ending))
    return word


def _evened(root: str) -> str:
    # «veces» and «vez», «bloque», «bloqueo» and «bloquear»
    return root[:-1] + "z" if root.endswith("c") else root.removesuffix("e").removesuffix("u")
