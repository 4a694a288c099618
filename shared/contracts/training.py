"""What training says of plans, enrolments and sessions; of the persons it trains see `trainees`.

A plan's subject is its request's id; an enrolment is one person in one plan.
"""

from datetime import datetime

from shared.contracts.events import EventBody
from shared.contracts.terms import Deadline


class PlanOpened(EventBody, event_type="training.plan.opened.v1"):
    """A replication ("réplica") is due (A44); nobody is enrolled yet."""

    code: str
    topic: str
    title: str
    deadline: Deadline


class PlanMaterialPublished(EventBody, event_type="training.plan.material_published.v1"):
    """The memory-aid that will be signed for, by version and hash (A52); never its text.

    `substantial` is false for a correction that leaves signatures for earlier versions good.
    """

    material_version: int
    sha256: str
    substantial: bool = True
    file_name: str = ""


class PlanLaunched(EventBody, event_type="training.plan.launched.v1"):
    """The leaders may sign: supervisor and quality monitor first (A55).

    `roster` names training's own list of who is to sign; `eligible` is how many advisers are on it,
    the denominator of the coverage from now on.
    """

    roster: str
    leaders: tuple[str, ...]
    eligible: int
    material_version: int
    sha256: str


class PlanReopened(EventBody, event_type="training.plan.reopened.v1"):
    """The material has changed substantially: signatures for older versions no longer count.

    All sign the version in force, the leaders first; who is exempt stays so.
    """

    required_version: int
    eligible: int


class PlanRosterExtended(EventBody, event_type="training.plan.roster_extended.v1"):
    """People who came while it runs are to sign too; `eligible` is the denominator from now on."""

    roster: str
    added: int
    eligible: int


class PlanLeaderReplaced(EventBody, event_type="training.plan.leader_replaced.v1"):
    """Somebody leads in the place of one who leaves, and signs before the advisers."""

    leaving: str
    replacement: str
    roster: str
    reason: str


class PlanQuizSet(EventBody, event_type="training.plan.quiz_set.v1"):
    """A signature now needs a passed quiz (A56). The bank is kept elsewhere, under its hash.

    `trigger` is `scheduled`, `replication` or `procedure_change`. Of `questions` in the bank
    `drawn` are asked; `pass_mark` is percent. Another version may be set while it runs: passes of
    versions before `required_version` no longer let anybody sign; signatures stay good.
    """

    sha256: str
    trigger: str
    questions: int
    drawn: int
    pass_mark: int
    max_attempts: int
    ends_at: datetime | None = None
    quiz_version: int = 1
    required_version: int = 1


class PlanQuizExtended(EventBody, event_type="training.plan.quiz_extended.v1"):
    """The quiz may be taken until another instant."""

    ends_at: datetime


class PlanBlocked(EventBody, event_type="training.plan.blocked.v1"):
    """The client has a query about it: neither launched nor signed until he answers (A43)."""

    query_id: str
    since: datetime


class PlanUnblocked(EventBody, event_type="training.plan.unblocked.v1"):
    """The client has answered; the deadline has moved by the working time of the wait."""

    query_id: str
    deadline: Deadline


class PlanCascadeOpened(EventBody, event_type="training.plan.cascade_opened.v1"):
    """All leaders have signed: the advisers may."""

    advisers: int


class PlanProgressed(EventBody, event_type="training.plan.progressed.v1"):
    """Coverage over the eligible, with its denominator (A51, A53); once per percent at most."""

    signed: int
    exempt: int
    eligible: int


class PlanCompleted(EventBody, event_type="training.plan.completed.v1"):
    """Everybody eligible has signed or is exempt with a reason; `done_at` is the last one's."""

    signed: int
    exempt: int
    eligible: int
    on_time: bool
    done_at: datetime


class PlanFellDue(EventBody, event_type="training.plan.fell_due.v1"):
    """The promised instant has come while people sign: who has by now is being counted."""

    stage: str
    due_at: datetime


class PlanBreached(EventBody, event_type="training.plan.breached.v1"):
    """The promised instant passed with somebody unsigned."""

    stage: str
    due_at: datetime
    signed: int
    eligible: int


class PlanCancelled(EventBody, event_type="training.plan.cancelled.v1"):
    """What was to be replicated no longer is: nobody may sign any more."""

    reason: str


class EnrolmentOpened(EventBody, event_type="training.enrolment.opened.v1"):
    """One person is to sign for one plan; the subject is the enrolment's id.

    `leads` are the roles in which the person must sign before the advisers, none for an adviser.
    """

    plan_id: str
    person_id: str
    leads: tuple[str, ...] = ()


class EnrolmentSigned(EventBody, event_type="training.enrolment.signed.v1"):
    """The person was "informed and trained" (A54): who, when, for which version, how."""

    plan_id: str
    person_id: str
    leader: bool
    material_version: int
    sha256: str
    method: str


class EnrolmentReopened(EventBody, event_type="training.enrolment.reopened.v1"):
    """The person's signature was for a version that a substantial change has replaced."""

    plan_id: str
    person_id: str
    required_version: int


class EnrolmentQuizTaken(EventBody, event_type="training.enrolment.quiz_taken.v1"):
    """The person answered the quiz: how many were right, never which; `score` is percent."""

    plan_id: str
    person_id: str
    leader: bool
    attempt: int
    correct: int
    asked: int
    score: int
    passed: bool
    quiz_version: int = 1


class EnrolmentAttemptGranted(EventBody, event_type="training.enrolment.attempt_granted.v1"):
    """Trained again, the person may take the quiz once more than the policy allows."""

    plan_id: str
    person_id: str
    reason: str


class EnrolmentEvidenced(EventBody, event_type="training.enrolment.evidenced.v1"):
    """What the signature that follows was made with; kept elsewhere, under its hash."""

    plan_id: str
    person_id: str
    method: str
    sha256: str


class EnrolmentReleased(EventBody, event_type="training.enrolment.released.v1"):
    """A leader who leaves need not sign: another leads in his place."""

    plan_id: str
    person_id: str
    replacement: str


class PlanExemptionWithdrawn(EventBody, event_type="training.plan.exemption_withdrawn.v1"):
    """Somebody who was exempt is to sign after all; the `number`-th time for this person."""

    person_id: str
    reason: str
    number: int


class EnrolmentExemptionWithdrawn(
    EventBody, event_type="training.enrolment.exemption_withdrawn.v1"
):
    """To sign after all."""

    plan_id: str
    person_id: str
    reason: str
    number: int


class EnrolmentExempted(EventBody, event_type="training.enrolment.exempted.v1"):
    """Not to sign, with the reason; stays in the denominator that is shown (AMB-2)."""

    plan_id: str
    person_id: str
    leader: bool
    reason: str


class SessionScheduled(EventBody, event_type="training.session.scheduled.v1"):
    """A trainer will train these people of a plan; the subject is the session's id."""

    plan_id: str
    trainer: str
    starts_at: datetime
    ends_at: datetime
    capacity: int
    people: tuple[str, ...]


class SessionAttended(EventBody, event_type="training.session.attended.v1"):
    """Who was there, all of them; `sheet_sha256` is of the signed sheet, kept elsewhere.

    Told again when the list was corrected.
    """

    plan_id: str
    present: tuple[str, ...]
    sheet_sha256: str = ""


class SessionCancelled(EventBody, event_type="training.session.cancelled.v1"):
    """It will not take place."""

    plan_id: str
    reason: str
