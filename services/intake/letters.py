"""Who finds the words of which letter; a letter that nobody knows is given up with that reason."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from services.intake import ladders, notices
from services.intake.consultations import writing as consultations
from services.intake.dossiers import writing as dossiers
from services.intake.surveys import writing as surveys
from services.intake.voices import writing as voices
from shared.mail import Composed, Composer, Letter, Unsendable
from shared.service import Workshop

COMPOSERS: Final[Mapping[str, Callable[[Workshop, Letter], Awaitable[Composed]]]] = {
    **dict.fromkeys(notices.TEMPLATES, notices.compose),
    **dict.fromkeys(consultations.TEMPLATES, consultations.compose),
    **dict.fromkeys(dossiers.TEMPLATES, dossiers.compose),
    **dict.fromkeys(voices.TEMPLATES, voices.compose),
    ladders.LADDER.template: ladders.compose,
    **dict.fromkeys(surveys.TEMPLATES, surveys.compose),
}


def composer(workshop: Workshop) -> Composer:
    """Composes every letter of this service."""

    async def compose(letter: Letter) -> Composed:
        known = COMPOSERS.get(letter.template)
        if known is None:
            raise Unsendable("no_template")
        return await known(workshop, letter)

    return compose
