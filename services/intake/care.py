"""`care.yaml`: whom the law puts first, what consent means, how satisfaction is asked for."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Final

from pydantic import Field, StringConstraints

from services.intake.rules.rows import CARE, LetterRows, Named, Words, chosen
from shared.decider import Invalid
from shared.mail.policy import DigestRow
from shared.policy import Frozen, Key, Source, Tenant

SECTION: Final = CARE
GRANTED: Final = "granted"
"""All that events say of attention before others: its ground is a person's own affair."""


class Consent(Frozen):
    """What a person is told before his data are taken; without consent he stays anonymous."""

    text: Words
    source: Source


Link = Annotated[
    str,
    StringConstraints(
        pattern=r"^https://[A-Za-z0-9.:-]+/[^\s{}]*\{survey\}[^\s{}]*$", max_length=400
    ),
]


class SurveyRow(Frozen):
    """The survey: a score from 1 to `scale` for each driver.

    Who gives `satisfied_from` or more on average is satisfied; `term` is how long he may answer.
    `link` is the page where it is answered, with `{survey}` for which; without it the letter has
    the survey's id.
    """

    drivers: Annotated[Mapping[Key, Named], Field(min_length=1)]
    scale: Annotated[int, Field(ge=2, le=10)] = 5
    satisfied_from: Annotated[int, Field(ge=1, le=10)] = 4
    term: Key
    letter: LetterRows
    link: Link | None = None
    source: Source

    def address(self, survey_id: str) -> str:
        """Where that one is answered."""
        return survey_id if self.link is None else self.link.format(survey=survey_id)


class Retention(Frozen):
    """For how many days after a case's end what lies beside it about the person is kept."""

    days: Annotated[int, Field(ge=1, le=36_500)]
    source: Source


class CareSection(Frozen):
    """`care.yaml`. Without `retention` nothing is erased.

    Without `digest` nobody is written of what the desks' ladders announce.
    """

    retention: Retention | None = None
    digest: DigestRow | None = None
    preferential: Mapping[Key, Named] = {}
    consent: Consent | None = None
    survey: SurveyRow | None = None


@dataclass(frozen=True)
class CarePolicy:
    """One tenant's care for its public, ready to ask."""

    tenant: Tenant
    section: CareSection

    def preferential(self, ground: str) -> str:
        """`granted` for one of the laws' grounds for attention before others; empty for none.

        Raises:
            Invalid: the laws know no such ground.
        """
        if not ground:
            return ""
        chosen("preferential", ground, self.section.preferential)
        return GRANTED

    @property
    def survey(self) -> SurveyRow:
        """How satisfaction is asked for.

        Raises:
            Invalid: this account does not ask.
        """
        if self.section.survey is None:
            raise Invalid("survey.not_taken", tenant=self.tenant.key)
        return self.section.survey

    def survey_ends(self, at: datetime) -> datetime:
        """Until when one who is asked now may answer."""
        return self.tenant.promise(self.survey.term, at).due_at


def care_policy(tenant: Tenant) -> CarePolicy:
    """The tenant's section, its term looked up so that a misspelt one shows at start.

    Raises:
        PolicyError, UnknownKey: the section is wrong, or names what is not there.
    """
    if SECTION not in tenant.documents:
        return CarePolicy(tenant, CareSection())
    section = tenant.section(SECTION, CareSection)
    if section.survey is not None:
        tenant.term(section.survey.term)
    return CarePolicy(tenant, section)
