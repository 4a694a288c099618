"""What intake says about asking users how they were attended; the subject is the survey's id."""

from collections.abc import Mapping
from datetime import datetime

from shared.contracts.consultations import TextRef
from shared.contracts.events import EventBody


class SurveyInvited(EventBody, event_type="intake.survey.invited.v1"):
    """Somebody was asked about a case of that kind; `attended_by` is who answered him (B:L852)."""

    about: str
    case_id: str
    attended_by: str = ""
    expires_at: datetime


class SurveyAnswered(EventBody, event_type="intake.survey.answered.v1"):
    """He answered: a score for each quality driver (B:L409-426), and whether that is satisfied."""

    about: str
    case_id: str
    scores: Mapping[str, int]
    scale: int
    satisfied: bool
    answered_at: datetime
    text: TextRef | None = None


class SurveyLapsed(EventBody, event_type="intake.survey.lapsed.v1"):
    """He did not answer in time; nobody asks again."""

    about: str
    case_id: str
    expires_at: datetime
