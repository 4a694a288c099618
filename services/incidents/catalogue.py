"""What may be said of an incident, with the manual's definitions as help."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field

from services.incidents.policy import IncidentPolicy, Level, Words
from shared.i18n import load

_NAMES: Final = load()


class _View(BaseModel):
    model_config = ConfigDict(frozen=True)


class ChoiceView(_View):
    """A value, its name, and with a scale the definition and where it is written."""

    key: str
    name: str
    help: str = ""
    source: str = ""


class AreaView(_View):
    """An organ, and the tiers that it attends at."""

    key: str
    name: str
    tiers: Sequence[int]


class LineView(_View):
    """A telephone line by its number, its name and the channel that it is of."""

    key: str
    name: str
    channel: str


class PointView(_View):
    """A point of attention, and the region that it counts for."""

    key: str
    name: str
    region: str


class CatalogueView(_View):
    """The classification in force; `version` is the coordinators' agreement."""

    version: str
    criticality: Sequence[ChoiceView]
    complexity: Sequence[ChoiceView]
    priority: Sequence[ChoiceView]
    origins: Sequence[ChoiceView]
    types: Sequence[ChoiceView]
    areas: Sequence[AreaView]
    channels: Sequence[str]
    channel_names: Annotated[Mapping[str, str], Field(description="What each is called")]
    lines: Sequence[LineView]
    points: Sequence[PointView]


def catalogue(policy: IncidentPolicy, language: str) -> CatalogueView:
    """An account's classification in a language."""
    section = policy.section
    agreed = section.classification
    return CatalogueView(
        version=agreed.version,
        criticality=_scale(section.criticality.levels, language),
        complexity=_scale(section.complexity, language),
        priority=_scale(section.priority, language),
        origins=_names(agreed.origins, language),
        types=_names(agreed.types, language),
        areas=[
            AreaView(key=key, name=area.name.of(language), tiers=area.tiers)
            for key, area in agreed.areas.items()
        ],
        channels=agreed.channels,
        channel_names={key: channel_name(key, language) for key in agreed.channels},
        lines=[
            LineView(key=key, name=line.name.of(language), channel=line.channel)
            for key, line in section.lines.items()
        ],
        points=[
            PointView(key=key, name=point.name.of(language), region=point.region)
            for key, point in section.points.items()
        ],
    )


def channel_name(key: str, language: str) -> str:
    """What a channel is called; a policy has them by their keys alone."""
    return _NAMES.find(language, f"value.channel.{key}") or key


def _scale(levels: Mapping[str, Level], language: str) -> list[ChoiceView]:
    return [
        ChoiceView(
            key=key,
            name=level.name.of(language),
            help=level.help.of(language),
            source=level.source,
        )
        for key, level in levels.items()
    ]


def _names(words: Mapping[str, Words], language: str) -> list[ChoiceView]:
    return [ChoiceView(key=key, name=text.of(language)) for key, text in words.items()]
