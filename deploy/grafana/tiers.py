"""The board of incidents."""

from typing import Final

from grafana_foundation_sdk.models import dashboard

from deploy.grafana.pieces import (
    GOOD_IS_ZERO,
    bars,
    board,
    both,
    cases,
    course,
    number,
)
from deploy.grafana.pieces import OF_TENANT as T
from deploy.grafana.series import aim, month, rise, stages_rise, worded

OWN: Final = 'stage=~"forward|respond|elevate|solve_l2|solve_l3|validate_l2|reply|extension"'


def incidents() -> dashboard.Dashboard:
    """Incidents by tier (B:L1530-1538)."""

    def of_all_time(name: str) -> str:
        series = f"enlace_incidents_{name}{{{T}}}"
        return f"sum by (tier) (max by (tenant, tier) ({series}))"

    def in_period(name: str) -> str:
        return f"sum by (tier) ({rise(f'enlace_incidents_{name}{{{T}}}', 'tier')})"

    opened = f"max by (tenant, tier, side) (enlace_incidents_open{{{T}}})"
    running = f"sum by (stage) (max by (tenant, stage) (enlace_deadlines_running{{{T}, {OWN}}}))"
    met, breached = (
        stages_rise(f"enlace_deadlines_{how}_total", OWN) for how in ("met", "breached")
    )
    return board(
        "incidents",
        "Incidencias por nivel",
        "Incidents by tier",
        [
            number(both("Incidencias abiertas", "Open incidents"), f"sum({opened})"),
            number(
                both("Esperan a un tercero", "Waiting for a third party"),
                f'sum(max by (tenant, tier, side) (enlace_incidents_open{{{T}, side="third"}}))'
                " or vector(0)",
            ),
            number(
                both("Direccionadas correctamente", "Correctly routed"),
                f"tenant:enlace_incidents_routed_correctly:ratio{{{T}}}",
                unit="percentunit",
                legend="{{tenant}}",
                beside=aim("incidents.routed_correctly"),
                links=[cases("incidents.routed_correctly", "missed", "incidents")],
            ),
            number(
                both("Reabiertas en el periodo", "Reopened in the period"),
                f"sum({in_period('reopened')}) or vector(0)",
                limits=GOOD_IS_ZERO,
                links=[cases("incidents.reopened", "numerator", "incidents")],
            ),
            bars(
                both("Abiertas por nivel y turno", "Open by tier and turn"),
                [worded(f"sum by (tier, side) ({opened})", "tier", "side")],
            ),
            bars(
                both("Solucionadas por nivel", "Solved by tier"),
                [worded(of_all_time("solved"), "tier")],
            ),
            course(
                both("Registradas y cerradas", "Registered and closed"),
                [
                    (f"sum({in_period('registered')})", "registradas · registered"),
                    (f"sum({in_period('closed')})", "cerradas · closed"),
                ],
                links=[cases("incidents.total", "numerator", "incidents")],
            ),
            course(
                both("Abiertas, por nivel", "Open, by tier"),
                [worded(f"sum by (tier) ({opened})", "tier")],
            ),
            bars(
                both("Cumplimiento por etapa", "Compliance by stage"),
                [worded(f"({met} / (({met} + {breached}) > 0))", "stage")],
                unit="percentunit",
            ),
            bars(
                both("Plazos en curso, por etapa", "Running, by stage"), [worded(running, "stage")]
            ),
            course(
                both("Plazos incumplidos, por etapa", "Missed, by stage"),
                [worded(breached, "stage")],
                links=[cases("incidents.stages_breached", "numerator", "incidents")],
            ),
            course(
                both("Incidencias en plazo, mes a la fecha", "Within deadlines, month to date"),
                month("incidents.within_deadlines"),
                unit="percentunit",
                links=[cases("incidents.within_deadlines", "missed", "incidents")],
            ),
            course(
                both("Direccionadas bien, mes a la fecha", "Well routed, month to date"),
                month("incidents.routed_correctly"),
                unit="percentunit",
                links=[cases("incidents.routed_correctly", "missed", "incidents")],
            ),
        ],
        report="incidents",
    )
