"""The routes that change an incident, by who asks."""

from services.incidents.api import inputs
from services.incidents.api.desk import Desk
from services.incidents.domain.commands import (
    AskProvider,
    Classify,
    Coordinate,
    Dismiss,
    Elevate,
    Extend,
    Observe,
    Reopen,
    Reply,
    Reroute,
    Return,
    Solve,
    Take,
    TellExtension,
    Validate,
)
from services.incidents.views import IncidentView
from shared.http import Call, Routes

ILLEGAL = "incident.illegal_transition"
JUMPED = "incident.tier_jumped"
NOT_YOURS = "incident.not_your_tier"
ELSEWHERE = "incident.not_your_area"
PENDING = "incident.provider_pending"
NO_TERM = "incident.no_term"


def desk_commands(api: Routes, desk: Desk) -> None:
    """Tier 1."""

    @api.post("/incidents", may="register_incident", status=201, location="/incidents/{id}")
    async def register_incident(call: Call, body: inputs.NewIncident) -> IncidentView:
        """Register what a user reports: the ticket comes at once."""
        return await desk.register(call, body)

    @api.post(
        "/incidents/{incident_id}/forward",
        may="attend_user",
        if_match=True,
        problems=(ILLEGAL, NOT_YOURS),
    )
    async def forward_incident(
        call: Call, incident_id: str, body: inputs.Forwarding
    ) -> IncidentView:
        """Send it to tier 2, on the day it came; what is usual for its kind is put on record."""
        return await desk.forward(call, incident_id, body)

    @api.post(
        "/incidents/{incident_id}/dismiss",
        may="attend_user",
        if_match=True,
        problems=(ILLEGAL, NOT_YOURS),
    )
    async def dismiss_incident(call: Call, incident_id: str, body: inputs.Why) -> IncidentView:
        """It is no incident."""
        return await desk.give(call, incident_id, Dismiss(body.reason))

    @api.post(
        "/incidents/{incident_id}/reply",
        may="attend_user",
        if_match=True,
        problems=(ILLEGAL, JUMPED, "incident.not_validated", "incident.not_answered"),
    )
    async def reply_incident(call: Call, incident_id: str, body: inputs.FinalReply) -> IncidentView:
        """Send the user the final answer, and close the ticket."""
        return await desk.give(call, incident_id, Reply(body.message))

    @api.post(
        "/incidents/{incident_id}/reopen",
        may="attend_user",
        if_match=True,
        problems=(ILLEGAL, NOT_YOURS),
    )
    async def reopen_incident(call: Call, incident_id: str, body: inputs.Why) -> IncidentView:
        """The user came back; the terms of the tiers run on where they stopped."""
        return await desk.give(call, incident_id, Reopen(body.reason))

    @api.post(
        "/incidents/{incident_id}/extension-told",
        may="attend_user",
        if_match=True,
        problems=(ILLEGAL, "incident.no_extension_untold"),
    )
    async def tell_incident_extension(
        call: Call, incident_id: str, body: inputs.Told
    ) -> IncidentView:
        """Tell the user the new date."""
        return await desk.give(call, incident_id, TellExtension(body.message))


def specialist_commands(api: Routes, desk: Desk) -> None:
    """Tiers 2 and 3."""

    @api.post(
        "/incidents/{incident_id}/take",
        may="attend_incident",
        if_match=True,
        problems=(
            ILLEGAL,
            NOT_YOURS,
            ELSEWHERE,
            NO_TERM,
            "incident.already_taken",
            "incident.term_extended",
        ),
    )
    async def take_incident(call: Call, incident_id: str, body: inputs.Taking) -> IncidentView:
        """Attend it, or make contact: the response is given, and its term may be fixed."""
        return await desk.give(call, incident_id, Take(body.complexity, body.days))

    @api.post(
        "/incidents/{incident_id}/elevate",
        may="elevate_incident",
        if_match=True,
        problems=(ILLEGAL, JUMPED, NOT_YOURS, ELSEWHERE),
    )
    async def elevate_incident(
        call: Call, incident_id: str, body: inputs.Elevation
    ) -> IncidentView:
        """Send what is technical to tier 3, on the day it was received."""
        return await desk.give(call, incident_id, Elevate(body.reason, body.area))

    @api.post(
        "/incidents/{incident_id}/reroute",
        may="attend_incident",
        if_match=True,
        problems=(ILLEGAL, NOT_YOURS, ELSEWHERE, PENDING),
    )
    async def reroute_incident(
        call: Call, incident_id: str, body: inputs.Rerouting
    ) -> IncidentView:
        """Send it sideways, to another area of the same tier."""
        return await desk.give(call, incident_id, Reroute(body.area, body.reason))

    @api.post(
        "/incidents/{incident_id}/return",
        may="attend_incident",
        if_match=True,
        problems=(ILLEGAL, NOT_YOURS, ELSEWHERE, PENDING),
    )
    async def return_incident(call: Call, incident_id: str, body: inputs.Why) -> IncidentView:
        """Not mine: give it back to the tier before."""
        return await desk.give(call, incident_id, Return(body.reason))

    @api.post(
        "/incidents/{incident_id}/ask-provider",
        may="ask_provider",
        if_match=True,
        problems=(ILLEGAL, JUMPED, NO_TERM, "incident.provider_already_asked"),
    )
    async def ask_incident_provider(
        call: Call, incident_id: str, body: inputs.Question
    ) -> IncidentView:
        """Ask a provider: the contractual time begins at the answer, the raw time goes on."""
        command = AskProvider(body.provider, body.question, body.steps)
        return await desk.give(call, incident_id, command)

    @api.post(
        "/incidents/{incident_id}/provider-answer",
        may="record_provider_answer",
        if_match=True,
        problems=(ILLEGAL, ELSEWHERE, "incident.provider_not_asked", "incident.not_your_question"),
    )
    async def record_incident_provider_answer(
        call: Call, incident_id: str, body: inputs.ProvidersAnswer
    ) -> IncidentView:
        """Record the provider's answer; a provider's own people answer what was asked of it."""
        return await desk.record_answer(call, incident_id, body.answer)


def answer_commands(api: Routes, desk: Desk) -> None:
    """What becomes of an answer, and of a term."""

    @api.post(
        "/incidents/{incident_id}/validate",
        may="validate_incident",
        if_match=True,
        problems=(ILLEGAL, NOT_YOURS, ELSEWHERE, "incident.own_answer"),
    )
    async def validate_incident(
        call: Call, incident_id: str, body: inputs.Validation
    ) -> IncidentView:
        """Find the answer of tier 3 right; tier 1 may send it."""
        return await desk.give(call, incident_id, Validate(body.note))

    @api.post(
        "/incidents/{incident_id}/observe",
        may="observe_incident",
        if_match=True,
        problems=(ILLEGAL, NOT_YOURS, ELSEWHERE, "incident.answer_of_tier_1"),
    )
    async def observe_incident(call: Call, incident_id: str, body: inputs.Why) -> IncidentView:
        """Give the answer of tier 3 back; or by tier 1, to tier 2, one that is none to the user."""
        return await desk.give(call, incident_id, Observe(body.reason))

    @api.post(
        "/incidents/{incident_id}/convert",
        may="attend_incident",
        if_match=True,
        problems=(ILLEGAL, NOT_YOURS, ELSEWHERE, PENDING),
    )
    async def convert_incident(
        call: Call, incident_id: str, body: inputs.Conversion
    ) -> IncidentView:
        """It needs development: from now on a functional requirement, with a code of its own."""
        return await desk.convert(call, incident_id, body.reason, body.coordinated_with)

    @api.post(
        "/incidents/{incident_id}/extend",
        may="attend_incident",
        if_match=True,
        problems=(ILLEGAL, NOT_YOURS, ELSEWHERE, PENDING, NO_TERM),
    )
    async def extend_incident(
        call: Call, incident_id: str, body: inputs.NewExtension
    ) -> IncidentView:
        """Ask for more days; tier 1 has the same day to tell the user."""
        return await desk.give(call, incident_id, Extend(body.days, body.reason))


def shared_commands(api: Routes, desk: Desk) -> None:
    """Whichever tier has it."""

    @api.post(
        "/incidents/{incident_id}/solve",
        may="solve_incident",
        if_match=True,
        problems=(ILLEGAL, NOT_YOURS, ELSEWHERE, PENDING),
    )
    async def solve_incident(
        call: Call, incident_id: str, body: inputs.NewSolution
    ) -> IncidentView:
        """Give the answer; what tier 3 found goes to tier 2 for validation first."""
        command = Solve(body.answer, body.evidence, body.cause, body.article, body.files)
        return await desk.give(call, incident_id, command)

    @api.post(
        "/incidents/{incident_id}/classify",
        may="note_incident",
        if_match=True,
        problems=(ILLEGAL, NOT_YOURS, ELSEWHERE),
    )
    async def classify_incident(
        call: Call, incident_id: str, body: inputs.Classification
    ) -> IncidentView:
        """Say origin, area, type, criticality, complexity or priority anew."""
        command = Classify(
            reason=body.reason,
            origin=body.origin,
            area=body.area,
            kind=body.type,
            criticality=body.criticality,
            complexity=body.complexity,
            priority=body.priority,
        )
        return await desk.give(call, incident_id, command)

    @api.post(
        "/incidents/{incident_id}/coordinations",
        may="note_incident",
        if_match=True,
        problems=(ILLEGAL, NOT_YOURS, ELSEWHERE),
    )
    async def coordinate_incident(
        call: Call, incident_id: str, body: inputs.NewCoordination
    ) -> IncidentView:
        """Put on record that somebody else was asked, inside the house or outside."""
        command = Coordinate(body.external, body.party, body.note)
        return await desk.give(call, incident_id, command)
