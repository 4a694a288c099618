"""Profiles over HTTP: one person, all his cases whatever way they came."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Annotated, Any, Final

from pydantic import Field

from services.intake.consultations.cases import CONSULTATION
from services.intake.desks import Choice, ContactInput
from services.intake.dossiers.cases import DOSSIER
from services.intake.policy import IntakePolicy
from services.intake.private import Private
from services.intake.profiles.cases import PROFILE
from services.intake.profiles.domain import Prefer, Profile, Status
from services.intake.profiles.joins import Joins
from services.intake.profiles.meeting import Meeting
from services.intake.profiles.reported import INCIDENT, Report, Reported
from services.intake.views import View
from services.intake.voices.cases import VOICES
from shared.decider import Invalid
from shared.http import Call, Input, Reply, Routes
from shared.ids import derived_id
from shared.security import Role
from shared.service import Workshop, cause_of
from shared.store import Kind, Outcome

_DESK: Final = {
    Role.ADVISER,
    Role.AGENT,
    Role.CHANNEL_COORDINATOR,
    Role.SUPERVISOR,
    Role.SUGGESTIONS_OFFICER,
    Role.CLAIMS_OFFICER,
}
ROWS: Final[Mapping[str, set[Role]]] = {
    # whoever may be told of an incident by telephone finds or makes the profile that it names
    "register_profile": {Role.ADVISER, Role.AGENT, Role.CHANNEL_COORDINATOR},
    "read_profile": _DESK,
    "keep_profile": {Role.ADVISER, Role.CHANNEL_COORDINATOR},
}
_KINDS: Final[Sequence[Kind[Any]]] = (CONSULTATION, DOSSIER, *VOICES.values())
_MAX: Final = 50
_FOUND: Final = 200
Ground = Annotated[str, Field(max_length=80)]


class ContactView(View):
    """How somebody is reached: `email` or `phone`."""

    kind: str
    value: str


class CaseView(View):
    """A case of the person's."""

    kind: str = Field(description="Such as `intake.consultation`, or `incidents.incident`")
    id: str
    code: str
    status: str
    received_at: datetime


class ProfileView(View):
    """A person across all ways in."""

    id: str
    status: Status
    contacts: Sequence[ContactView]
    preferential: str = Field(description="The ground on which he is attended before others")
    into: str = Field(description="The profile that it was joined with, if any")
    cases: Sequence[CaseView] = Field(description="The newest of each kind")
    version: int


class NewProfile(Input):
    """Somebody who calls, before there is a case of his; only with his consent.

    He is known by the address and the number: a profile has no name. `preferential` is the ground
    for attention before others, as the law names them.
    """

    contact: ContactInput
    consent: bool = False
    preferential: Ground = ""


class Preference(Input):
    """A ground of the laws; empty for no longer."""

    ground: Ground = ""


class Joining(Input):
    """Which other profile is the same person's."""

    into: Choice


def profile_routes(api: Routes, workshop: Workshop) -> None:
    """The operations below `/api/v1/profiles`."""
    meeting = Meeting(workshop)
    cases = workshop.of(PROFILE)

    @api.post("/profile-searches", may="read_profile")
    async def find_profile(call: Call, body: ContactInput) -> ProfileView:
        """Whose contact it is; asked in the body, so that no address stands in a log."""
        found = await meeting.find(call.tenant, body.contact())
        return await _shown(workshop, call, found)

    @api.post("/profiles", may="register_profile", status=201, location="/profiles/{id}")
    async def register_profile(call: Call, body: NewProfile) -> Reply[ProfileView]:
        """The profile of somebody who calls, for an incident to name: found (200), or made (201).

        What is known of him stays: a ground is kept where he has none.
        """
        policy: IntakePolicy = workshop.policy(call.tenant)
        if not body.consent:
            raise Invalid("desk.consent_missing")
        first = policy.public.care.preferential(body.preferential)
        outcome, new = await meeting.register(body.contact.contact(), cause_of(call))
        if first and not outcome.state.preferential:
            outcome = await _preferred(workshop, call, outcome.id, body.preferential)
        view = await _shown(workshop, call, outcome)
        return Reply(view, status=None if new else _FOUND)

    @api.get("/profiles/{profile_id}", may="read_profile")
    async def read_profile(call: Call, profile_id: str) -> ProfileView:
        """One person and all his cases."""
        return await _shown(workshop, call, await cases.get(profile_id, call.tenant))

    @api.post(
        "/profiles/{profile_id}/prefer",
        may="keep_profile",
        if_match=True,
        problems=("profile.illegal_transition",),
    )
    async def prefer_profile(call: Call, profile_id: str, body: Preference) -> ProfileView:
        """Attend the person before others, from the next case on, on a ground of the laws."""
        outcome = await cases.handle(
            profile_id, Prefer(body.ground), cause_of(call), expected=call.expected_version
        )
        await Private(workshop.database).change_ground(call.tenant, profile_id, body.ground)
        return await _shown(workshop, call, outcome)

    @api.post(
        "/profiles/{profile_id}/join",
        may="keep_profile",
        if_match=True,
        problems=("profile.illegal_transition",),
    )
    async def join_profile(call: Call, profile_id: str, body: Joining) -> ProfileView:
        """It is the same person as another profile: his contacts are the other's from now on.

        One that was joined before stands for what it became. Of two joins at the same moment that
        would cross, the second is refused.
        """
        await cases.get(profile_id, call.tenant)
        outcome = await Joins(workshop).join(
            profile_id, body.into, cause_of(call), call.expected_version
        )
        return await _shown(workshop, call, outcome)


async def _preferred(
    workshop: Workshop, call: Call, profile_id: str, ground: str
) -> Outcome[Profile]:
    """The ground is written first: a preference whose ground nobody knows would stay so."""
    await Private(workshop.database).change_ground(call.tenant, profile_id, ground)
    cause = cause_of(call)
    own = replace(cause, id=derived_id("prefer", cause.id), fingerprint="")
    return await workshop.of(PROFILE).handle(profile_id, Prefer(ground), own)


async def _shown(workshop: Workshop, call: Call, outcome: Outcome[Profile]) -> ProfileView:
    state = outcome.state
    meeting = Meeting(workshop)
    ids = await meeting.joined(call.tenant, outcome.id)
    shown = []
    for kind in _KINDS:
        found = await workshop.of(kind).find(
            call.tenant, {"state.profile_id": {"$in": ids}}, order=(("_id", -1),), limit=_MAX
        )
        shown += [
            CaseView(
                kind=kind.stream,
                id=one.id,
                code=one.state.code,
                status=one.state.status,
                received_at=one.state.received_at,
            )
            for one in found
        ]
    reported = await Reported(workshop.database).of(call.tenant, ids, _MAX)
    shown += [_reported(one) for one in reported]
    ground = await Private(workshop.database).ground(call.tenant, outcome.id)
    contacts = await meeting.contacts(call.tenant, ids)
    return ProfileView(
        id=outcome.id,
        status=state.status,
        contacts=[ContactView(kind=kind, value=value) for kind, value in contacts],
        preferential=ground if state.preferential else "",
        into=state.into,
        cases=shown,
        version=outcome.version,
    )


def _reported(report: Report) -> CaseView:
    return CaseView(
        kind=INCIDENT,
        id=report.id,
        code=report.code,
        status=report.status,
        received_at=report.received_at,
    )
