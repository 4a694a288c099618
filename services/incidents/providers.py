"""What a provider may see: he is outside the house, and other providers are not his to know of.

Whose people somebody is of is told by his token; a token that does not tell it shows nothing.
"""

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any

from services.incidents.domain import Incident
from services.incidents.views import IncidentView

HELD = "provider:"


def was_asked(state: Incident, names: Collection[str]) -> bool:
    """Whether a provider who is called so was ever asked of an incident."""
    return any(wait.provider in names for wait in state.waits)


def waiting_for(names: Collection[str]) -> Mapping[str, Any]:
    """What waits for a provider who is called so."""
    holders = sorted(HELD + name for name in names)
    return {"state.open": True, "state.holder": {"$in": holders}}


def narrowed(view: IncidentView, names: Collection[str]) -> IncidentView:
    """An incident as a provider sees it: what it is, until when, and his own questions.

    Neither who has it in the house, what others were asked and answered, nor whose it is.
    """
    held = {"none", *(HELD + name for name in names)}
    return replace(
        view,
        holder=view.holder if view.holder in held else f"tier{view.tier}:{view.desk}",
        reporter=None,
        consultation_id="",
        profile_id="",
        preferential="",
        waits=[wait for wait in view.waits if wait.provider in names],
        coordinations=[],
        solution=None,
        evidence_files=[],
        extensions=[],
        reason="",
        reply="",
    )
