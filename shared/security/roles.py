"""The roles a person or program can hold; ``docs/glossary.md`` has the manuals' own words."""

from enum import StrEnum


class Role(StrEnum):
    # the client's side
    REQUESTER = "requester"
    LIAISON = "liaison"
    REPORT_READER = "report_reader"
    # validation and training
    VALIDATION_SUPERVISOR = "validation_supervisor"
    TRAINING_COORDINATOR = "training_coordinator"
    TRAINER = "trainer"
    # the operation
    SERVICE_MANAGER = "service_manager"
    SUPERVISOR = "supervisor"
    QUALITY_MONITOR = "quality_monitor"
    ADVISER = "adviser"
    CHANNEL_COORDINATOR = "channel_coordinator"
    LEGAL_REVIEWER = "legal_reviewer"
    SUGGESTIONS_OFFICER = "suggestions_officer"
    CLAIMS_OFFICER = "claims_officer"
    # incidents
    INCIDENT_LEADER = "incident_leader"
    INCIDENT_COORDINATOR = "incident_coordinator"
    SPECIALIST_L2 = "specialist_l2"
    SPECIALIST_L3 = "specialist_l3"
    PROVIDER = "provider"
    # improvement
    IMPROVEMENT_LEADER = "improvement_leader"
    IMPROVEMENT_SECRETARY = "improvement_secretary"
    IMPROVEMENT_MEMBER = "improvement_member"
    # the telephone floor
    AGENT = "agent"
    FLOOR_SUPERVISOR = "floor_supervisor"
    ZONE_OPERATOR = "zone_operator"
    SECTOR_HEAD = "sector_head"
    OPERATIONS_CENTER = "operations_center"
    NETWORK_CONTROL = "network_control"
    # the house
    AUDITOR = "auditor"
    TENANT_ADMIN = "tenant_admin"
    PROGRAM = "program"
    SYSTEM = "system"
