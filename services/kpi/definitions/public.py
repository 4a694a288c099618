"""Indicators of the public's ways in (B:L1043-1091, B:L1376-1422) and of the meetings (A63)."""

from dataclasses import replace
from typing import Final

from services.kpi.definitions.model import Good, Indicator, Unit, average, by_policy, count, share


def _average(report: str, name: str, measure: str, over: str, source: str) -> Indicator:
    return average(f"{report}.{name}", report, (measure,), over, source)


def _on_time(report: str, over: str, source: str) -> Indicator:
    return share(f"{report}.on_time", report, "on_time", (over,), source)


def _promises(report: str, source: str, split: str) -> tuple[Indicator, ...]:
    """What is overdue now, and how many promises were kept when it counts as missed."""
    whole = ("kept", "late", "overdue")
    return (
        count(f"{report}.overdue", report, "overdue", source, split=split, good=Good.LOWER),
        share(f"{report}.on_time_of_due", report, "kept", whole, source, split=split),
    )


def _count(report: str, name: str, source: str, split: str = "") -> Indicator:
    return count(f"{report}.{name}", report, name, source, split=split)


def _voices(report: str, source: str) -> tuple[Indicator, ...]:
    family = f"{report.removesuffix('s')}_outcomes"
    return (
        _count(report, "received", source, "unit"),
        _count(report, "referred", source, "unit"),
        _count(report, "dismissed", source),
        _count(report, "informed", source, "unit"),
        _count(report, "implemented", source, "unit"),
        _average(report, "answer_time", "seconds", "informed", source),
        count(f"{report}.outcomes", family, "evaluated", source, split="outcome"),
    )


PUBLIC: Final = (
    _count("consultations", "received", "B:L1066-1076", "folder"),
    _count("consultations", "answered", "B:L1066-1076", "folder"),
    count(
        "consultations.reasons",
        "consultation_reasons",
        "answered",
        "B:L1066-1076",
        split="reason",
    ),
    _count("consultations", "in_process", "B:L1066-1076", "folder"),
    _on_time("consultations", "answered", "B:L713-718"),
    *_promises("consultations", "B:L713-718", "folder"),
    _count("consultations", "channelled", "B:L757-762", "folder"),
    share(
        "consultations.channelled_on_time",
        "consultations",
        "channelled_on_time",
        ("channelled",),
        "B:L713-718, B:L757-762",
    ),
    _average("consultations", "answer_time", "seconds", "answered", "B:L1066-1076"),
    _average("consultations", "client_time", "client_seconds", "answered", "B:L1066-1076"),
    _average("consultations", "provider_time", "provider_seconds", "answered", "B:L1066-1076"),
    _count("consultations", "continued", "B:L513-531"),
    _count("consultations", "escalated", "B:L741"),
    _count("consultations", "observed", "B:L744"),
    _count("consultations", "discarded", "derived: B:L757-762"),
    _count("consultations", "undelivered", "derived: B:L806-823"),
    count(
        "consultations.answered_by",
        "consultation_people",
        "answered",
        "B:L852-878",
        split="person",
    ),
    average(
        "consultations.answer_time_by",
        "consultation_people",
        ("seconds",),
        "answered",
        "B:L852-878",
        split="person",
    ),
    by_policy("consultations", "consultation_policies"),
    _count("dossiers", "received", "B:L1078-1088", "area"),
    _count("dossiers", "observed", "B:L1078-1088", "area"),
    _count("dossiers", "rejected", "B:L1078-1088", "area"),
    _count("dossiers", "resolved", "B:L1078-1088", "area"),
    _on_time("dossiers", "resolved", "B:L771-774"),
    *_promises("dossiers", "B:L771-774", "area"),
    _average("dossiers", "answer_time", "seconds", "resolved", "B:L1078-1088"),
    _average("dossiers", "client_time", "client_seconds", "resolved", "B:L1078-1088"),
    _average("dossiers", "provider_time", "provider_seconds", "resolved", "B:L1078-1088"),
    _count("dossiers", "lapsed", "derived: B:L1078-1088"),
    replace(
        share("dossiers.acknowledged", "dossiers", "acknowledged", ("notified",), "B:L806-828"),
        version=2,
    ),
    by_policy("dossiers", "dossier_policies"),
    *_voices("suggestions", "B:L1376-1412"),
    *_voices("claims", "B:L1416-1422"),
    _on_time("claims", "judged", "B:L1416-1422"),
    *_promises("claims", "B:L1416-1422", "unit"),
    _average("claims", "client_time", "client_seconds", "informed", "B:L1416-1422"),
    _average("claims", "provider_time", "provider_seconds", "informed", "B:L1416-1422"),
    by_policy("claims", "claim_policies"),
    _count("meetings", "planned", "A:L2301-2321", "team"),
    _count("meetings", "held", "A:L2301-2321", "team"),
    _count("meetings", "cancelled", "derived: A:L2301-2321"),
    share(
        "meetings.held_of_due",
        "meetings",
        "held",
        ("held", "missed"),
        "B:L1212-1291, B:L1293-1374",
        split="team",
    ),
    _count("meetings", "committed", "B:L1212-1291", "team"),
    _count("meetings", "fulfilled", "B:L1212-1291", "team"),
    share(
        "meetings.kept", "meetings", "in_time", ("in_time", "overdue"), "B:L1212-1291", split="team"
    ),
    count("meetings.committed_by", "meeting_people", "committed", "B:L1212-1291", split="person"),
    share(
        "meetings.kept_by",
        "meeting_people",
        "in_time",
        ("in_time", "overdue"),
        "B:L1212-1291",
        split="person",
    ),
    _count("surveys", "invited", "B:L448-453", "about"),
    _count("surveys", "answered", "B:L448-453", "about"),
    share("surveys.response", "surveys", "answered", ("answered", "lapsed"), "B:L448-453"),
    share("surveys.satisfied", "surveys", "satisfied", ("answered",), "B:L159-163", split="about"),
    replace(
        average(
            "surveys.score",
            "survey_drivers",
            ("points",),
            "scored",
            "B:L409-426",
            split="driver",
            unit=Unit.PER_CASE,
        ),
        good=Good.HIGHER,
    ),
    share(
        "surveys.satisfied_by",
        "survey_people",
        "satisfied",
        ("answered",),
        "derived: B:L852-878",
        split="person",
    ),
)
