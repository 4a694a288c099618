"""What is decided about the doubts of an evaluation, and what that changes."""

from dataclasses import replace

from services.validation.domain.doubt import Doubt, DoubtAction, follow_doubt
from services.validation.domain.lifecycle import OVER, Status
from services.validation.domain.model import AnswerDoubt, Evaluation, MergeDoubt, RaiseDoubt
from services.validation.policy import EvaluationPolicy
from shared.contracts import EventBody
from shared.contracts.validation import (
    Answer,
    AskersAnswered,
    DoubtAnswered,
    DoubtMerged,
    DoubtRaised,
    DoubtsGathered,
    GatheredDoubt,
    Question,
)
from shared.decider import Invalid, Rejected

DoubtEvent = DoubtRaised | DoubtMerged | DoubtAnswered | DoubtsGathered | AskersAnswered


def raise_doubt(
    state: Evaluation, command: RaiseDoubt, policy: EvaluationPolicy
) -> list[EventBody]:
    """A new doubt, or one asker more of a known one."""
    if state.status in OVER or state.status is Status.NEW:
        raise Rejected("doubt.request_over", status=state.status.value)
    docket = state.docket
    known = docket.alike(command.text)
    if known is not None and command.asker in known.askers:
        return []
    limits = policy.doubts
    if docket.askings >= limits.max_askings or (known is None and docket.open >= limits.max_open):
        raise Rejected("doubt.too_many", limit=limits.max_open)
    if known is None:
        number = str(len(state.doubts) + 1)
        return [DoubtRaised(doubt_id=number, asker=command.asker, text=command.text)]
    joined = DoubtRaised(doubt_id=known.id, asker=command.asker)
    final = docket.final(known)
    return [joined, *_told(final, (command.asker,))] if final.answer else [joined]


def merge(state: Evaluation, command: MergeDoubt) -> list[EventBody]:
    """Two doubts become one; who asked the first is answered with those of the second."""
    docket = state.docket
    doubt, into = docket.get(command.doubt_id), docket.final(docket.get(command.into))
    if doubt.into and into.id == docket.final(doubt).id:
        return []
    follow_doubt(doubt.status, DoubtAction.MERGE)
    if into.id == doubt.id:
        raise Invalid("doubt.merged_into_itself", doubt=doubt.id)
    merged = DoubtMerged(doubt_id=doubt.id, into=into.id)
    return [merged, *_told(into, docket.askers(doubt))] if into.answer else [merged]


def answer(state: Evaluation, command: AnswerDoubt) -> list[EventBody]:
    """The provider's own answer, told to all who asked."""
    doubt = state.docket.get(command.doubt_id)
    follow_doubt(doubt.status, DoubtAction.ANSWER)
    askers = state.docket.askers(doubt)
    told = AskersAnswered(doubt_id=doubt.id, askers=askers, answered_by="provider")
    return [DoubtAnswered(doubt_id=doubt.id, text=command.text), told]


def gather(
    state: Evaluation, query_id: str, doubts: tuple[str, ...], own: int
) -> tuple[list[Question], list[EventBody]]:
    """Doubts as questions, numbered after the evaluator's `own`, and which became which."""
    if len(set(doubts)) < len(doubts):
        raise Invalid("doubt.gathered_twice")
    questions, gathered = [], []
    for number, doubt_id in enumerate(doubts, own + 1):
        doubt = state.docket.get(doubt_id)
        follow_doubt(doubt.status, DoubtAction.GATHER)
        questions.append(Question(id=str(number), text=doubt.text))
        gathered.append(GatheredDoubt(doubt_id=doubt_id, question_id=str(number)))
    told = [DoubtsGathered(query_id=query_id, doubts=tuple(gathered))] if gathered else []
    return questions, [*told]


def reply(state: Evaluation, query_id: str) -> list[EventBody]:
    """Each asker of what a query gathered may read the client's answer."""
    docket = state.docket
    return [
        AskersAnswered(
            doubt_id=doubt.id,
            askers=docket.askers(doubt),
            answered_by="client",
            query_id=query_id,
        )
        for doubt in docket.within(query_id)
    ]


def _told(doubt: Doubt, askers: tuple[str, ...]) -> list[EventBody]:
    by = doubt.answered_by
    return [
        AskersAnswered(doubt_id=doubt.id, askers=askers, answered_by=by, query_id=doubt.query_id)
    ]


def evolve_doubts(state: Evaluation, event: DoubtEvent) -> Evaluation:
    """The evaluation after an event about its doubts."""
    match event:
        case DoubtRaised():
            return _raised(state, event)
        case DoubtMerged():
            return _changed(state, event.doubt_id, DoubtAction.MERGE, into=event.into)
        case DoubtAnswered():
            return _changed(state, event.doubt_id, DoubtAction.ANSWER, answer=event.text)
        case DoubtsGathered():
            for one in event.doubts:
                state = _changed(
                    state,
                    one.doubt_id,
                    DoubtAction.GATHER,
                    query_id=event.query_id,
                    question_id=one.question_id,
                )
            return state
        case AskersAnswered():
            return state


def replied(state: Evaluation, query_id: str, answers: tuple[Answer, ...]) -> Evaluation:
    """The client's answers, each beside the doubt that led to it."""
    texts = {answer.question_id: answer.text for answer in answers}
    for doubt in state.docket.within(query_id):
        state = _changed(state, doubt.id, DoubtAction.REPLY, answer=texts[doubt.question_id])
    return state


def _raised(state: Evaluation, event: DoubtRaised) -> Evaluation:
    if event.text:
        blank = Doubt(event.doubt_id, event.text)
        status = follow_doubt(blank.status, DoubtAction.RAISE)
        doubt = replace(blank, status=status, askers=(event.asker,))
        return replace(state, doubts=(*state.doubts, doubt))
    known = state.docket.get(event.doubt_id)
    return _changed(state, event.doubt_id, DoubtAction.JOIN, askers=(*known.askers, event.asker))


def _changed(
    state: Evaluation, doubt_id: str, action: DoubtAction, **changes: str | tuple[str, ...]
) -> Evaluation:
    doubts = tuple(
        replace(doubt, status=follow_doubt(doubt.status, action), **changes)  # type: ignore[arg-type]
        if doubt.id == doubt_id
        else doubt
        for doubt in state.doubts
    )
    return replace(state, doubts=doubts)
