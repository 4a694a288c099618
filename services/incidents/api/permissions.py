"""Who may ask what. Which tier has the incident decides further, by the account's policy."""

from typing import Final

from shared.security import Permissions, Role

DESK: Final = {
    Role.ADVISER,
    Role.AGENT,
    Role.CHANNEL_COORDINATOR,
    Role.SUPERVISOR,
    Role.FLOOR_SUPERVISOR,
    Role.INCIDENT_LEADER,
}
SECOND: Final = {Role.SPECIALIST_L2, Role.INCIDENT_COORDINATOR, Role.INCIDENT_LEADER}
THIRD: Final = {Role.SPECIALIST_L3, Role.INCIDENT_COORDINATOR}
ALL_TIERS: Final = DESK | SECOND | THIRD
COORDINATORS: Final = {
    Role.INCIDENT_COORDINATOR,
    Role.INCIDENT_LEADER,
    Role.CHANNEL_COORDINATOR,
    Role.SERVICE_MANAGER,
    Role.IMPROVEMENT_LEADER,
    Role.IMPROVEMENT_SECRETARY,
}
READERS: Final = ALL_TIERS | {
    Role.REPORT_READER,
    Role.SERVICE_MANAGER,
    Role.QUALITY_MONITOR,
    Role.PROGRAM,
    Role.AUDITOR,
    Role.TENANT_ADMIN,
}

PERMISSIONS: Final = Permissions(
    {
        "register_incident": DESK | {Role.PROGRAM},
        "read_incident": READERS,
        # a provider is outside the house: of what he was asked he reads the incident, no more (B12)
        "read_asked_incident": READERS | {Role.PROVIDER},
        "read_reporter": ALL_TIERS,
        "attend_user": DESK,
        "attend_incident": SECOND | THIRD,
        "solve_incident": ALL_TIERS,
        "elevate_incident": SECOND,
        "validate_incident": SECOND,
        "observe_incident": DESK | SECOND,
        "ask_provider": THIRD,
        "record_provider_answer": THIRD | {Role.PROVIDER},
        "note_incident": ALL_TIERS,
        "read_evidence": ALL_TIERS | {Role.AUDITOR},
        "write_knowledge": SECOND | THIRD,
        "read_meeting": READERS | COORDINATORS | {Role.IMPROVEMENT_MEMBER},
        "keep_meeting": COORDINATORS,
        "fulfil_commitment": COORDINATORS | SECOND | THIRD | {Role.IMPROVEMENT_MEMBER},
        "keep_letters": {Role.TENANT_ADMIN, Role.INCIDENT_LEADER},
    }
)
