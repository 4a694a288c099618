"""The published language of Enlace: envelopes and event bodies, one module per publishing service.

A consumer depends on this package and never on the service that publishes.
"""

from shared.contracts import (
    consultations,
    dossiers,
    incidents,
    intake,
    kpi,
    people,
    profiles,
    registry,
    surveys,
    trainees,
    training,
    validation,
    voices,
)
from shared.contracts.envelope import Envelope, MalformedEnvelope, decode, encode
from shared.contracts.events import (
    REGISTRY,
    EventBody,
    UnknownEventType,
    UnknownEventVersion,
    body_of,
    upcast,
)

__all__ = [
    "REGISTRY",
    "Envelope",
    "EventBody",
    "MalformedEnvelope",
    "UnknownEventType",
    "UnknownEventVersion",
    "body_of",
    "consultations",
    "decode",
    "dossiers",
    "encode",
    "incidents",
    "intake",
    "kpi",
    "people",
    "profiles",
    "registry",
    "surveys",
    "trainees",
    "training",
    "upcast",
    "validation",
    "voices",
]
