"""Whom the desks' ladders tell: that nobody is left out is found in the policy, by its line."""

import shutil
from pathlib import Path
from typing import Any

import pytest

from services.intake.consultations.domain import RULES as CONSULTATIONS
from services.intake.consultations.domain import Consultation
from services.intake.consultations.domain import model as consultation
from services.intake.dossiers.domain import RULES as DOSSIERS
from services.intake.dossiers.domain import Dossier
from services.intake.dossiers.domain import model as dossier
from services.intake.public import SECTIONS
from services.intake.voices.domain import RULES as VOICES
from services.intake.voices.domain import Voice
from services.intake.voices.domain import model as voice
from services.intake.voices.policy import VoiceKind
from shared.decider import Decider
from shared.mail import SECTION, MailSection
from shared.policy import Finding, Severity, check
from tests.unit.intake.public.bench import TENANTS, WORDS, Case, lima

DESKS = {"claims.yaml", "consultations.yaml", "documents.yaml"}
OPENED = (
    (CONSULTATIONS, Consultation(), consultation.Receive("CON-1", "form", WORDS)),
    (DOSSIERS, Dossier(), dossier.Present("EXP-1", "norm-opinion", WORDS)),
    (VOICES[VoiceKind.CLAIM], Voice(), voice.Receive("REC-1", "form", WORDS)),
)


def found(folder: Path, file: str, old: str) -> list[Finding]:
    """What is said of osce's ladders without a line of a file."""
    shutil.copytree(TENANTS / "osce", folder / "osce")
    path = folder / "osce" / file
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    left = [line for line in lines if not line.startswith(old)]
    assert len(left) == len(lines) - 1
    path.write_text("".join(left), encoding="utf-8")
    return [
        one
        for one in check(folder, {**SECTIONS, SECTION: MailSection})
        if one.rule.startswith("ladder_")
    ]


def test_a_role_that_has_no_mailbox_is_named_once_by_each_ladder(tmp_path: Path) -> None:
    findings = found(tmp_path, "mail.yaml", "  channel_coordinator:")
    assert {one.severity for one in findings} == {Severity.WARNING}
    assert sorted((one.file.name, one.rule, one.facts["name"]) for one in findings) == [
        ("consultations.yaml", "ladder_mailbox", "channel_coordinator"),
        ("documents.yaml", "ladder_mailbox", "channel_coordinator"),
    ]


def test_ladders_that_are_gathered_for_nobody_are_found(tmp_path: Path) -> None:
    findings = found(tmp_path, "care.yaml", "digest:")
    assert {one.rule for one in findings} == {"ladder_digest"}
    assert {one.file.name for one in findings} == DESKS


@pytest.mark.parametrize(("rules", "initial", "opening"), OPENED)
def test_a_case_knows_when_its_ladder_last_announced(
    rules: Decider[Any, Any, Any], initial: Any, opening: object
) -> None:
    case = Case(rules, initial)
    case.give(opening, lima(1))
    assert case.state.told_at is None
    for _ in range(3):
        due = rules.next_due(case.state)
        case.wake()
        assert case.state.told_at == due
    assert case.wake() == []
