"""What the boards are made of: panels, queries, variables and links, with the house's defaults."""

from collections.abc import Sequence
from typing import Final

from grafana_foundation_sdk.builders import bargauge, prometheus, stat, timeseries
from grafana_foundation_sdk.builders import common as common_builders
from grafana_foundation_sdk.builders import dashboard as builders
from grafana_foundation_sdk.models import common, dashboard

from shared.imminence import NEAR_SECONDS

SOURCE: Final = dashboard.DataSourceRef(type_val="prometheus", uid="enlace-prometheus")
PERIODS: Final = ("1h", "6h", "1d", "7d", "30d")
OF_TENANT: Final = 'tenant=~"$tenant"'
# the API asks for a token, which a browser that follows a link sends only where what is before the
# API at this address adds it
DAYS: Final = "from=${__from:date:YYYY-MM-DD}&to=${__to:date:YYYY-MM-DD}"
Line = tuple[str, str]
"""A query and the legend of its lines."""
AnyPanel = stat.Panel | bargauge.Panel | timeseries.Panel
Limits = Sequence[tuple[float | None, str]]
"""From which value on (None: from the lowest) which colour.

What an account was promised is a series of its policy and never written here: these hold for
whoever looks. None of a thing is good and one is not, a thing answers or does not, and what is
compared with its target by the query is at least as good as that or is not.
"""
NONE_IS_GOOD: Final[Limits] = ((None, "green"), (1, "orange"))
"""One is no fault yet, and somebody has it to do."""
GOOD_IS_ZERO: Final[Limits] = ((None, "green"), (1, "red"))
GOOD_IS_ONE: Final[Limits] = ((None, "red"), (1, "green"))
ON_TARGET: Final[Limits] = ((None, "red"), (0, "green"))
NEAR: Final[Limits] = ((None, "orange"), (NEAR_SECONDS, "green"))
"""What counts as falling due where promises are counted."""
NEUTRAL: Final[Limits] = ((None, "blue"),)


AGAINST: Final = "frente a la meta · against the target"


def both(spanish: str, english: str) -> str:
    return f"{spanish} · {english}"


NO_VALUE: Final = both("Sin datos", "No data")
"""As of the month on its first day: such a figure is neither 0 nor 100 %."""
SUBJECTS: Final = {
    "requests": ("Los pedidos", "The requests"),
    "training": ("Las réplicas", "The replications"),
    "incidents": ("Las incidencias", "The incidents"),
    "consultations": ("Las consultas", "The consultations"),
    "dossiers": ("Los expedientes", "The files"),
    "claims": ("Los reclamos", "The claims"),
}
"""What a way to cases leads to, by the subject in its path."""


def cases(indicator: str, part: str, subject: str = "requests") -> str:
    """The API's way from a figure to its cases, for the days that the board shows."""
    path = f"/api/v1/indicators/{subject}/cases"
    return f"${{api}}{path}?{DAYS}&indicator={indicator}&part={part}"


def board(
    uid: str, spanish: str, english: str, panels: Sequence[AnyPanel], *, report: str
) -> dashboard.Dashboard:
    """A dashboard of those panels; `report` is the API's report behind it."""
    made = (
        builders.Dashboard(both(spanish, english))
        .uid(f"enlace-{uid}")
        .tags(["enlace"])
        .readonly()
        .refresh("30s")
        .time("now-24h", "now")
        .timezone("browser")
        .with_variable(_tenant())
        .with_variable(_period())
        .with_variable(_api())
        .link(_report(report))
        .link(_siblings())
    )
    for place, panel in enumerate(panels, 1):
        made = made.with_panel(panel.id(place))
    return made.build()


def number(
    title: str,
    query: str,
    *,
    unit: str = "short",
    limits: Limits = NEUTRAL,
    links: Sequence[str] = (),
    legend: str = "",
    beside: Line | None = None,
) -> stat.Panel:
    """One large figure a line.

    `beside` it its target, where higher is better, and by how much it is above that: in the colour
    that the account's own target gives it.
    """
    panel = (
        stat.Panel()
        .title(title)
        .datasource(SOURCE)
        .no_value(NO_VALUE)
        .unit(unit)
        .thresholds(_thresholds(limits))
        .color_mode(common.BigValueColorMode.BACKGROUND)
        .graph_mode(common.BigValueGraphMode.NONE)
        .reduce_options(common_builders.ReduceDataOptions().calcs(["lastNotNull"]))
        .height(5)
        .span(6)
    )
    lines = [(query, legend)]
    if beside is not None:
        lines += [beside, (f"{query} - on (tenant) {beside[0]}", f"{legend} {AGAINST}")]
        panel = panel.override_by_query("C", [_limited(ON_TARGET)]).span(12)
    for target in _targets(lines, instant=True):
        panel = panel.with_target(target)
    return panel.links([_cases(link) for link in links]) if links else panel


def bars(
    title: str, lines: Sequence[Line], *, unit: str = "short", limits: Limits = NEUTRAL
) -> bargauge.Panel:
    """The present values of several things, side by side."""
    panel = (
        bargauge.Panel()
        .title(title)
        .datasource(SOURCE)
        .no_value(NO_VALUE)
        .unit(unit)
        .min(0)
        .thresholds(_thresholds(limits))
        .orientation(common.VizOrientation.HORIZONTAL)
        .reduce_options(common_builders.ReduceDataOptions().calcs(["lastNotNull"]))
        .height(8)
        .span(12)
    )
    for target in _targets(lines, instant=True):
        panel = panel.with_target(target)
    return panel


def course(
    title: str, lines: Sequence[Line], *, unit: str = "short", links: Sequence[str] = ()
) -> timeseries.Panel:
    """Values over time."""
    panel = (
        timeseries.Panel()
        .title(title)
        .datasource(SOURCE)
        .no_value(NO_VALUE)
        .unit(unit)
        .min(0)
        .fill_opacity(10)
        .height(8)
        .span(12)
    )
    for target in _targets(lines, instant=False):
        panel = panel.with_target(target)
    return panel.links([_cases(link) for link in links]) if links else panel


def _targets(lines: Sequence[Line], *, instant: bool) -> list[prometheus.Dataquery]:
    targets = []
    for letter, (query, legend) in zip("ABCDEFGH", lines, strict=False):
        target = prometheus.Dataquery().ref_id(letter).expr(query).legend_format(legend)
        targets.append(target.instant() if instant else target.range())
    return targets


def _limited(limits: Limits) -> dashboard.DynamicConfigValue:
    return dashboard.DynamicConfigValue(id_val="thresholds", value=_thresholds(limits).build())


def _thresholds(limits: Limits) -> builders.ThresholdsConfig:
    steps = [dashboard.Threshold(value=value, color=colour) for value, colour in limits]
    return builders.ThresholdsConfig().mode(dashboard.ThresholdsMode.ABSOLUTE).steps(steps)


def _tenant() -> builders.QueryVariable:
    return (
        builders.QueryVariable("tenant")
        .label(both("Cuenta", "Account"))
        .datasource(SOURCE)
        .query("label_values(enlace_deadlines_imminent, tenant)")
        .refresh(dashboard.VariableRefresh.ON_TIME_RANGE_CHANGED)
        .multi(True)
        .include_all(True)
        .all_value(".+")
        .current(dashboard.VariableOption(selected=True, text="All", value="$__all"))
    )


def _period() -> builders.CustomVariable:
    return (
        builders.CustomVariable("period")
        .label(both("Periodo", "Period"))
        .values(",".join(PERIODS))
        .options(
            [dashboard.VariableOption(text=one, value=one, selected=one == "1d") for one in PERIODS]
        )
        .current(dashboard.VariableOption(selected=True, text="1d", value="1d"))
    )


def _api() -> builders.TextBoxVariable:
    return (
        builders.TextBoxVariable("api")
        .label(both("Dirección de Enlace", "Address of Enlace"))
        .default_value("http://127.0.0.1:8080")
    )


def _report(name: str) -> builders.DashboardLink:
    return (
        builders.DashboardLink(both("Indicadores y sus casos", "Figures and their cases"))
        .type(dashboard.DashboardLinkType.LINK)
        .url(f"${{api}}/api/v1/indicators/{name}?{DAYS}")
        .target_blank(True)
    )


def _siblings() -> builders.DashboardLink:
    return (
        builders.DashboardLink("Enlace")
        .type(dashboard.DashboardLinkType.DASHBOARDS)
        .tags(["enlace"])
        .as_dropdown(True)
        .include_vars(True)
        .keep_time(True)
    )


def _cases(url: str) -> builders.DashboardLink:
    subject = url.partition("/indicators/")[2].partition("/")[0]
    return (
        builders.DashboardLink(both(*SUBJECTS[subject]))
        .type(dashboard.DashboardLinkType.LINK)
        .url(url)
        .target_blank(True)
    )
