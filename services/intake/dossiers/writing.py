"""What the user is written about a file: that it is here, what is missing, the answer itself."""

from collections.abc import Iterable, Mapping
from typing import Final

from services.intake.correspondence import Correspondent
from services.intake.dossiers.cases import DOSSIER
from services.intake.dossiers.domain.decisions import LAPSED
from services.intake.dossiers.policy import MAIL, Occasion
from services.intake.following import follows
from services.intake.letterbox.policy import DeskName
from services.intake.policy import IntakePolicy
from shared import i18n
from shared.bus.hears import Heard, Send
from shared.contracts import EventBody
from shared.contracts.dossiers import (
    DossierNotified,
    DossierObserved,
    DossierReceived,
    DossierRejected,
    DossierRequired,
)
from shared.mail import Composed, Letter, Unsendable
from shared.service import Workshop

_WORDS: Final = i18n.load()
_OCCASIONS: Final[Mapping[type[EventBody], Occasion]] = {
    DossierReceived: "received",
    DossierObserved: "observed",
    DossierRequired: "required",
    DossierRejected: "rejected",
    DossierNotified: "notified",
}
_BY_TEMPLATE: Final[Mapping[str, Occasion]] = {
    f"dossier_{occasion}": occasion for occasion in _OCCASIONS.values()
}
TEMPLATES: Final = frozenset(_BY_TEMPLATE)


@follows(DossierReceived, DossierObserved, DossierRequired, DossierRejected, DossierNotified)
async def on_dossier_told(heard: Heard[EventBody], workshop: Workshop) -> Iterable[Send]:
    """Write it down to be sent; what is notified by other means leaves by them."""
    body = heard.body
    if isinstance(body, DossierNotified) and body.means != MAIL:
        return []
    correspondent = Correspondent(workshop, DOSSIER.stream, DeskName.DOCUMENTS)
    await correspondent.write_of(heard, f"dossier_{_OCCASIONS[type(body)]}")
    return []


async def compose(workshop: Workshop, letter: Letter) -> Composed:
    """The words of a letter about a file.

    Raises:
        Unsendable: nobody to send it to, or no words for it in the policy.
    """
    policy: IntakePolicy = workshop.policy(letter.tenant)
    rules = policy.public.documents
    rows = rules.section.letters.get(_BY_TEMPLATE[letter.template])
    if rows is None:
        raise Unsendable("no_words")
    state = (await workshop.of(DOSSIER).get(str(letter.facts["case"]), letter.tenant)).state
    correspondent = Correspondent(workshop, DOSSIER.stream, DeskName.DOCUMENTS)
    words = await correspondent.words(letter, state.code, rules.calendar)
    if words["reason"] == LAPSED:
        language = workshop.tenants[letter.tenant].languages[0]
        words["reason"] = _WORDS.text(language, "dossier.not_corrected")
    return await correspondent.compose(letter, rows, words)
