"""The boards. Figures of the kpi service are the same in each of its replicas: `max by`, then sum.

Targets come from the accounts' policies as series, never as a number written here.
"""

from typing import Final

from grafana_foundation_sdk.models import dashboard

from deploy.grafana.health import ALERTS, health
from deploy.grafana.pieces import (
    GOOD_IS_ZERO,
    NEAR,
    NONE_IS_GOOD,
    OF_TENANT,
    ON_TARGET,
    bars,
    board,
    both,
    cases,
    course,
    number,
)
from deploy.grafana.public import public
from deploy.grafana.series import BREACHED, aim, month, on_target, stages_rise, worded
from deploy.grafana.tiers import incidents

T: Final = OF_TENANT
MISSED: Final = cases("requests.on_time", "missed")


def operations() -> dashboard.Dashboard:
    """What a room looks at all day."""
    opened = f"max by (tenant, stage, holder) (enlace_requests_open{{{T}}})"
    waiting = f"max by (tenant, desk, side) (enlace_desk_open{{{T}}})"
    incidents_open = f"max by (tenant, tier, side) (enlace_incidents_open{{{T}}})"
    missed = stages_rise("enlace_deadlines_breached_total")
    imminent = f"max by (tenant, service) (enlace_deadlines_imminent{{{T}}})"
    return board(
        "operations",
        "Sala de operaciones",
        "Operations wall",
        [
            number(both("Pedidos abiertos", "Open requests"), f"sum({opened})"),
            number(
                both("Vencen en una hora hábil", "Due within a working hour"),
                f"sum({imminent})",
                limits=NONE_IS_GOOD,
            ),
            number(
                both("Horario hábil al plazo más próximo", "Working time to the next deadline"),
                f"min(enlace_deadline_tightest_seconds{{{T}}})",
                unit="s",
                limits=NEAR,
            ),
            number(
                both("Plazos incumplidos del periodo", "Deadlines missed in the period"),
                f"sum({missed})",
                limits=GOOD_IS_ZERO,
                links=BREACHED,
            ),
            course(
                both("Pedidos abiertos por etapa", "Open requests by stage"),
                [worded(f"sum by (stage) ({opened})", "stage")],
            ),
            bars(
                both("Quién los tiene", "Who holds them"),
                [worded(f"sum by (holder) ({opened})", "holder")],
            ),
            bars(
                both("Sin respuesta, por mesa", "Without an answer, by desk"),
                [worded(f"sum by (desk) ({waiting})", "desk")],
            ),
            bars(
                both("Incidencias abiertas, por nivel", "Open incidents, by tier"),
                [worded(f"sum by (tier) ({incidents_open})", "tier")],
            ),
            bars(
                both("Por vencer, por cuenta", "Falling due, by account"),
                [(f"sum by (tenant) ({imminent})", "{{tenant}}")],
                limits=NONE_IS_GOOD,
            ),
            bars(
                both("El mes frente a su meta", "The month against its target"),
                on_target("higher"),
                unit="percentunit",
                limits=ON_TARGET,
            ).min(-1),
            bars(
                both("El mes bajo su tope", "The month below its ceiling"),
                on_target("lower"),
                limits=ON_TARGET,
            ).min(-1),
            bars(both("Alertas", "Alerts"), [(ALERTS, "{{alertname}}")], limits=GOOD_IS_ZERO),
        ],
        report="requests",
    )


def stages() -> dashboard.Dashboard:
    """How promises are kept, stage by stage."""
    met, breached = (
        stages_rise("enlace_deadlines_met_total"),
        stages_rise("enlace_deadlines_breached_total"),
    )
    running = f"max by (tenant, stage) (enlace_deadlines_running{{{T}}})"
    burn = "tenant_stage:enlace_deadlines_breached:ratio"
    return board(
        "stages",
        "SLA por etapa",
        "SLA by stage",
        [
            bars(
                both("Cumplimiento del periodo", "Compliance in the period"),
                [worded(f"({met} / (({met} + {breached}) > 0))", "stage")],
                unit="percentunit",
            ),
            bars(
                both("Plazos en curso", "Deadlines running"),
                [worded(f"sum by (stage) ({running})", "stage")],
            ),
            course(both("Cumplidos", "Kept"), [worded(met, "stage")]),
            course(both("Incumplidos", "Missed"), [worded(breached, "stage")], links=BREACHED),
            course(
                both("Avisos del periodo", "Warnings in the period"),
                [
                    (
                        f"sum by (type) (round(increase(enlace_warnings_total{{{T}}}[$period])))",
                        "{{type}}",
                    )
                ],
            ),
            course(
                both("Ritmo de incumplimiento", "Burn rate"),
                [
                    worded(f"{burn}1h{{{T}}}", "stage", before="{{tenant}} ", after=" 1 h"),
                    worded(f"{burn}6h{{{T}}}", "stage", before="{{tenant}} ", after=" 6 h"),
                ],
                unit="percentunit",
            ),
            course(
                both("Pedidos a tiempo, mes a la fecha", "Requests on time, month to date"),
                month("requests.on_time"),
                unit="percentunit",
                links=[MISSED],
            ),
            course(
                both("Consultas por pedido, mes a la fecha", "Queries a request, month to date"),
                month("requests.round_trips"),
                links=[cases("requests.round_trips", "numerator")],
            ),
        ],
        report="requests",
    )


def coverage() -> dashboard.Dashboard:
    """Who has been trained, and who is missing."""

    def people(outcome: str) -> str:
        series = f'enlace_training_people{{{T}, plans="running", outcome="{outcome}"}}'
        return f"sum by (tenant) (max by (tenant, outcome) ({series}))"

    running = f'enlace_training_people{{{T}, plans="running"}}'
    ratio = "enlace_training_coverage_ratio"
    return board(
        "coverage",
        "Cobertura de réplica",
        "Training coverage",
        [
            number(
                both("Réplicas en curso", "Plans running"),
                f"sum(max by (tenant) (enlace_training_plans_running{{{T}}}))",
            ),
            number(
                both("Cobertura en curso", "Coverage of running plans"),
                f'max by (tenant) ({ratio}{{{T}, plans="running"}})',
                unit="percentunit",
                legend="{{tenant}}",
                beside=aim("training.coverage"),
            ),
            number(
                both("Cobertura total", "Coverage of all plans"),
                f'max by (tenant) ({ratio}{{{T}, plans="all"}})',
                unit="percentunit",
                legend="{{tenant}}",
                beside=aim("training.coverage"),
            ),
            number(
                both("Faltan firmar", "Signatures missing"),
                f"sum({people('eligible')} - {people('signed')} - {people('exempt')})",
                limits=NONE_IS_GOOD,
                links=[cases("training.coverage", "missed", "training")],
            ),
            course(
                both("Personas por resultado", "People by outcome"),
                [worded(f"sum by (outcome) (max by (tenant, outcome) ({running}))", "outcome")],
            ),
            course(
                both("Cobertura, mes a la fecha", "Coverage, month to date"),
                month("training.coverage"),
                unit="percentunit",
                links=[cases("training.coverage", "missed", "training")],
            ),
        ],
        report="training",
    )


BOARDS: Final = {
    "operations": operations,
    "stages": stages,
    "coverage": coverage,
    "incidents": incidents,
    "public": public,
    "health": health,
}
