"""Surveys and care over HTTP: who is asked, what he answers, whom the law puts first."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Final

from pydantic import Field, StringConstraints

from services.intake.care import CarePolicy
from services.intake.desks import Choice
from services.intake.policy import IntakePolicy
from services.intake.private import NOTE, Private
from services.intake.surveys.cases import SURVEY
from services.intake.surveys.domain import Answer, Invite, Status, Survey
from services.intake.surveys.inviting import attended_by, survey_id
from services.intake.surveys.writing import KNOWN
from services.intake.views import View
from shared.decider import Invalid, Rejected
from shared.http import Call, Input, Page, PageQuery, Routes, page_of
from shared.security import Role
from shared.service import Workshop, cause_of
from shared.store import Outcome, behind_id

_ASK: Final = {Role.ADVISER, Role.CHANNEL_COORDINATOR, Role.QUALITY_MONITOR}
ROWS: Final[Mapping[str, set[Role]]] = {
    "invite_survey": _ASK,
    # the portal's program, or an adviser who asks by telephone (A:L869-905)
    "answer_survey": _ASK | {Role.PROGRAM},
    "read_survey_comment": {Role.CHANNEL_COORDINATOR, Role.QUALITY_MONITOR, Role.SUPERVISOR},
    "read_survey": _ASK
    | {Role.PROGRAM, Role.SUPERVISOR, Role.SERVICE_MANAGER, Role.REPORT_READER, Role.AUDITOR},
}


class SurveyView(View):
    """A survey; its answer has no name."""

    id: str
    status: Status
    about: str = Field(description="The kind of case, such as `intake.consultation`")
    case_id: str
    attended_by: str
    expires_at: datetime | None
    scores: Mapping[str, int]
    satisfied: bool | None
    answered_at: datetime | None
    version: int


class CommentView(View):
    """What was said beside the scores; empty when nothing was."""

    comment: str


class NewSurvey(Input):
    """About which case."""

    about: Choice
    case_id: Choice


class Scores(Input):
    """A score for each driver, and what he says beside them."""

    scores: Annotated[dict[Choice, Annotated[int, Field(ge=0, le=10)]], Field(max_length=20)]
    comment: Annotated[str, StringConstraints(strip_whitespace=True, max_length=4_000)] = ""


class SurveyQuery(PageQuery):
    """One status only."""

    status: Status | None = None


class NamedView(View):
    """Something to choose from."""

    key: str
    name: str


class CareView(View):
    """What a form has to show: consent, grounds for attention before others, the survey."""

    consent: str
    preferential: Sequence[NamedView]
    drivers: Sequence[NamedView]
    scale: int


def survey_routes(api: Routes, workshop: Workshop) -> None:
    """The operations below `/api/v1/surveys` and `/api/v1/care`."""

    @api.get("/care", may="read_survey")
    async def read_care(call: Call) -> CareView:
        """The account's consent, grounds and quality drivers, in the caller's language."""
        return _care(_policy(workshop, call), call.language)

    @api.get("/surveys", may="read_survey")
    async def list_surveys(call: Call, query: SurveyQuery) -> Page[SurveyView]:
        """Surveys, the oldest first."""
        where = {} if query.status is None else {"state.status": query.status.value}
        where |= behind_id(query.after(str))
        found = await workshop.of(SURVEY).find(call.tenant, where, limit=query.limit + 1)
        return page_of([_shown(one) for one in found], query, lambda one: (one.id,))

    @api.get("/surveys/{survey_id}", may="read_survey")
    async def read_survey(call: Call, survey_id: str) -> SurveyView:
        """One survey, and what was answered."""
        return _shown(await workshop.of(SURVEY).get(survey_id, call.tenant))

    @api.get("/surveys/{survey_id}/comment", may="read_survey_comment")
    async def read_survey_comment(call: Call, survey_id: str) -> CommentView:
        """What he said beside the scores."""
        text = (await workshop.of(SURVEY).get(survey_id, call.tenant)).state.text
        if not text:
            return CommentView(comment="")
        return CommentView(comment=(await Private(workshop.database).text(call.tenant, text)).words)

    @api.post(
        "/surveys",
        may="invite_survey",
        status=201,
        location="/surveys/{id}",
        problems=("survey.not_attended",),
    )
    async def invite_survey(call: Call, body: NewSurvey) -> SurveyView:
        """Ask about a case that was attended; who was asked before is not asked again."""
        _ = _policy(workshop, call).survey
        if body.about not in KNOWN:
            known = ", ".join(sorted(KNOWN))
            raise Invalid("desk.unknown_choice", what="about", given=body.about, known=known)
        by = await _attended_by(workshop, call, body)
        command = Invite(body.about, body.case_id, by)
        case_id = survey_id(body.about, body.case_id)
        return _shown(
            await workshop.of(SURVEY).handle(case_id, command, cause_of(call), create=True)
        )

    @api.post(
        "/surveys/{survey_id}/answer",
        may="answer_survey",
        if_match=True,
        problems=("survey.illegal_transition",),
    )
    async def answer_survey(call: Call, survey_id: str, body: Scores) -> SurveyView:
        """Give the scores."""
        cases = workshop.of(SURVEY)
        await cases.get(survey_id, call.tenant)
        text = None
        if body.comment:
            private = Private(workshop.database)
            text = await private.keep(call.tenant, survey_id, NOTE, body.comment, workshop.now())
        command = Answer(body.scores, text)
        return _shown(
            await cases.handle(survey_id, command, cause_of(call), expected=call.expected_version)
        )


async def _attended_by(workshop: Workshop, call: Call, asked: NewSurvey) -> str:
    """Who attended it: whoever is asked too early could not be asked once he knows."""
    by = await attended_by(workshop, call.tenant, asked.about, asked.case_id)
    if not by:
        raise Rejected("survey.not_attended", id=asked.case_id)
    return by


def _policy(workshop: Workshop, call: Call) -> CarePolicy:
    policy: IntakePolicy = workshop.policy(call.tenant)
    return policy.public.care


def _care(policy: CarePolicy, language: str) -> CareView:
    section = policy.section
    drivers = {} if section.survey is None else section.survey.drivers
    return CareView(
        consent="" if section.consent is None else section.consent.text.of(language),
        preferential=[
            NamedView(key=key, name=row.name.of(language))
            for key, row in section.preferential.items()
        ],
        drivers=[NamedView(key=key, name=row.name.of(language)) for key, row in drivers.items()],
        scale=0 if section.survey is None else section.survey.scale,
    )


def _shown(outcome: Outcome[Survey]) -> SurveyView:
    state = outcome.state
    return SurveyView.model_construct(
        id=outcome.id,
        status=state.status,
        about=state.about,
        case_id=state.case_id,
        attended_by=state.attended_by,
        expires_at=state.expires_at,
        scores=state.scores,
        satisfied=state.satisfied,
        answered_at=state.answered_at,
        version=outcome.version,
    )
