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
