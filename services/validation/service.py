"""Validation, put together."""

from services.validation.api import routes
from services.validation.cases import EVALUATION, QUERY
from services.validation.consumers import FOLLOWS, HEARS
from services.validation.policy import SECTION, ValidationSection, evaluation_policy
from shared.service import Service

SERVICE = Service(
    name="validation",
    kinds=(EVALUATION, QUERY),
    hears=HEARS,
    follows=FOLLOWS,
    sections={SECTION: ValidationSection},
    policy=evaluation_policy,
    routes=routes,
)
