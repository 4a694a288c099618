"""What the user is written about a suggestion or a claim: that it is here, and what came of it."""

from collections.abc import Iterable, Mapping
from typing import Final

from services.intake.correspondence import Correspondent
from services.intake.following import follows
from services.intake.forwarding import forwarded
from services.intake.letterbox.policy import DeskName
from services.intake.policy import IntakePolicy
from services.intake.surveys.inviting import invitation
from services.intake.voices.cases import VOICES
from services.intake.voices.policy import Occasion, VoiceKind
from shared.bus.hears import Heard, Send
from shared.contracts import EventBody
from shared.contracts import voices as told
from shared.mail import Composed, Letter, Unsendable
from shared.service import Workshop

_DESKS: Final[Mapping[VoiceKind, DeskName]] = {
    VoiceKind.SUGGESTION: DeskName.SUGGESTIONS,
    VoiceKind.CLAIM: DeskName.CLAIMS,
}
_OCCASIONS: Final[Mapping[type[EventBody], tuple[VoiceKind, Occasion]]] = {
    told.SuggestionReceived: (VoiceKind.SUGGESTION, "received"),
    told.SuggestionInformed: (VoiceKind.SUGGESTION, "informed"),
    told.SuggestionDismissed: (VoiceKind.SUGGESTION, "dismissed"),
    told.ClaimReceived: (VoiceKind.CLAIM, "received"),
    told.ClaimInformed: (VoiceKind.CLAIM, "informed"),
    told.ClaimDismissed: (VoiceKind.CLAIM, "dismissed"),
}
_BY_TEMPLATE: Final = {
    f"{kind}_{occasion}": (kind, occasion) for kind, occasion in _OCCASIONS.values()
}
TEMPLATES: Final = frozenset(_BY_TEMPLATE)


def _correspondent(workshop: Workshop, kind: VoiceKind) -> Correspondent:
    return Correspondent(workshop, VOICES[kind].stream, _DESKS[kind])


@follows(*_OCCASIONS)
async def on_voice_told(heard: Heard[EventBody], workshop: Workshop) -> Iterable[Send]:
    """Write it down to be sent; the occasion names the letter, so that it is written once."""
    kind, occasion = _OCCASIONS[type(heard.body)]
    await _correspondent(workshop, kind).write_of(heard, f"{kind}_{occasion}")
    if isinstance(heard.body, told.VoiceDismissed):
        return await forwarded(heard, heard.body, workshop, VOICES[kind])
    if occasion != "informed":
        return []
    stream = VOICES[kind].stream
    return await invitation(workshop, heard.tenant, stream, heard.subject)


async def compose(workshop: Workshop, letter: Letter) -> Composed:
    """The words of a letter about one of the two.

    Raises:
        Unsendable: nobody to send it to, or no words for it in the policy.
    """
    kind, occasion = _BY_TEMPLATE[letter.template]
    policy: IntakePolicy = workshop.policy(letter.tenant)
    rules = policy.public.voice(kind)
    rows = rules.section.letters.get(occasion)
    if rows is None:
        raise Unsendable("no_words")
    state = (await workshop.of(VOICES[kind]).get(str(letter.facts["case"]), letter.tenant)).state
    correspondent = _correspondent(workshop, kind)
    words = await correspondent.words(letter, state.code, rules.calendar)
    return await correspondent.compose(letter, rows, words)
