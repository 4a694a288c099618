"""Who may see which figures."""

from typing import Final

from shared.security import Permissions, Role

PERMISSIONS: Final = Permissions(
    {
        "read_indicators": (
            Role.LIAISON,
            Role.REPORT_READER,
            Role.VALIDATION_SUPERVISOR,
            Role.TRAINING_COORDINATOR,
            Role.SERVICE_MANAGER,
            Role.SUPERVISOR,
            Role.QUALITY_MONITOR,
            Role.CHANNEL_COORDINATOR,
            # who answers for incidents, suggestions and claims reports on them (B:L1293-1374,
            # B:L1382-1422), and the improvement team decides by them (B:L1212-1291)
            Role.INCIDENT_LEADER,
            Role.INCIDENT_COORDINATOR,
            Role.SUGGESTIONS_OFFICER,
            Role.CLAIMS_OFFICER,
            Role.LEGAL_REVIEWER,
            Role.IMPROVEMENT_LEADER,
            Role.IMPROVEMENT_SECRETARY,
            Role.IMPROVEMENT_MEMBER,
            Role.AUDITOR,
            Role.TENANT_ADMIN,
            Role.PROGRAM,
        ),
        # of persons: those who lead advisers and channels, and who hears and feeds back each
        # person (C:L67-73, C:L136-147); never the client, nor a program that works for him
        "read_people_figures": (
            Role.SERVICE_MANAGER,
            Role.SUPERVISOR,
            Role.QUALITY_MONITOR,
            Role.CHANNEL_COORDINATOR,
            Role.AUDITOR,
            Role.TENANT_ADMIN,
        ),
        "close_period": (Role.SERVICE_MANAGER, Role.TENANT_ADMIN),
        "keep_letters": (Role.TENANT_ADMIN,),
    }
)
