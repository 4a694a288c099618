"""The boards. Figures of the kpi service are the same in each of its replicas: `max by`, then sum.

Targets come from the accounts' policies as series, never as a number written here.
"""

from typing import Final

from grafana_foundation_sdk.models import dashboard

from deploy.grafana.pieces import (
    GOOD_IS_ONE,
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
from deploy.grafana.series import aim, month, on_target, stages_rise
from deploy.grafana.tiers import incidents

T: Final = OF_TENANT
ALERTS: Final = 'count by (alertname) (ALERTS{alertstate="firing"}) or vector(0)'
BREACHED: Final = cases("requests.stages_breached", "numerator")
MISSED: Final = cases("requests.on_time", "missed")


def operations() -> dashboard.Dashboard:
    """What a room looks at all day."""
    opened = f"max by (tenant, stage, holder) (enlace_requests_open{{{T}}})"
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
                link=BREACHED,
            ),
            course(
                both("Pedidos abiertos por etapa", "Open requests by stage"),
                [(f"sum by (stage) ({opened})", "{{stage}}")],
            ),
            bars(
                both("Quién los tiene", "Who holds them"),
                [(f"sum by (holder) ({opened})", "{{holder}}")],
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
                [(f"{met} / (({met} + {breached}) > 0)", "{{stage}}")],
                unit="percentunit",
            ),
            bars(
                both("Plazos en curso", "Deadlines running"),
                [
                    (
                        f"sum by (stage) ({running})",
                        "{{stage}}",
                    )
                ],
            ),
            course(both("Cumplidos", "Kept"), [(met, "{{stage}}")]),
            course(both("Incumplidos", "Missed"), [(breached, "{{stage}}")], link=BREACHED),
            course(
                both("Avisos del periodo", "Warnings in the period"),
                [
                    (
                        f"sum by (type) (increase(enlace_warnings_total{{{T}}}[$period]))",
                        "{{type}}",
                    )
                ],
            ),
            course(
                both("Ritmo de incumplimiento", "Burn rate"),
                [
                    (f"{burn}1h{{{T}}}", "{{tenant}} {{stage}} 1 h"),
                    (f"{burn}6h{{{T}}}", "{{tenant}} {{stage}} 6 h"),
                ],
                unit="percentunit",
            ),
            course(
                both("Pedidos a tiempo, mes a la fecha", "Requests on time, month to date"),
                month("requests.on_time"),
                unit="percentunit",
                link=MISSED,
            ),
            course(
                both("Consultas por pedido, mes a la fecha", "Queries a request, month to date"),
                month("requests.round_trips"),
                link=cases("requests.round_trips", "numerator"),
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
                link=cases("training.coverage", "missed", "training"),
            ),
            course(
                both("Personas por resultado", "People by outcome"),
                [
                    (
                        f"sum by (outcome) (max by (tenant, outcome) ({running}))",
                        "{{outcome}}",
                    )
                ],
            ),
            course(
                both("Cobertura, mes a la fecha", "Coverage, month to date"),
                month("training.coverage"),
                unit="percentunit",
                link=cases("training.coverage", "missed", "training"),
            ),
        ],
        report="training",
    )


def health() -> dashboard.Dashboard:
    """Whether the system does its work."""

    def p99(metric: str, *by: str) -> str:
        labels = ", ".join((*by, "le"))
        return f"histogram_quantile(0.99, sum by ({labels}) (rate({metric}_bucket[5m])))"

    not_taken = 'enlace_events_published_total{outcome!="confirmed"}'
    slowest = p99("enlace_http_request_duration_seconds", "method", "route")
    return board(
        "health",
        "Salud del sistema",
        "System health",
        [
            number(
                both("Procesos que responden", "Processes that answer"),
                'min(up{job="enlace"})',
                limits=GOOD_IS_ONE,
            ),
            number(
                both("Servicios listos", "Services ready"),
                "min by (service) (enlace_service_ready)",
                limits=GOOD_IS_ONE,
                legend="{{service}}",
            ).span(12),
            number(
                both("Mensajes apartados del periodo", "Dead letters in the period"),
                "sum(increase(enlace_dead_letters_total[$period])) or vector(0)",
                limits=GOOD_IS_ZERO,
            ),
            course(
                both("Eventos por salir", "Outbox age"),
                [("max by (service) (enlace_outbox_oldest_seconds)", "{{service}}")],
                unit="s",
            ),
            course(
                both("Casos que esperan un evento", "Cases behind a missing event"),
                [("max by (service) (enlace_streams_waiting)", "{{service}}")],
            ),
            course(
                both("Del hecho a su efecto, p99", "From event to effect, p99"),
                [
                    ("service:enlace_event_lag_seconds:p99_5m", "{{service}}"),
                ],
                unit="s",
            ),
            course(
                both("Retraso de los plazos, p99", "Timer lateness, p99"),
                [
                    ("service:enlace_timer_lateness_seconds:p99_10m", "{{service}}"),
                    (
                        "max by (service) (enlace_timer_overdue_seconds)",
                        "{{service}} pendiente · waiting",
                    ),
                ],
                unit="s",
            ),
            course(
                both("Eventos que el bróker no tomó", "Events the broker did not take"),
                [
                    (
                        f"sum by (service, outcome) (rate({not_taken}[5m]))",
                        "{{service}} {{outcome}}",
                    )
                ],
                unit="ops",
            ),
            course(
                both("Mensajes atendidos", "Messages handled"),
                [
                    (
                        "sum by (service, outcome) (rate(enlace_messages_handled_total[5m]))",
                        "{{service}} {{outcome}}",
                    ),
                ],
                unit="ops",
            ),
            course(
                both("Tiempo por lote, p99", "Time a batch, p99"),
                [(p99("enlace_message_batch_seconds", "service"), "{{service}}")],
                unit="s",
            ),
            course(
                both("Respuestas HTTP", "HTTP answers"),
                [("sum by (status) (rate(enlace_http_requests_total[5m]))", "{{status}}")],
                unit="reqps",
            ),
            course(
                both("Rutas más lentas, p99", "Slowest routes, p99"),
                [
                    (
                        f"topk(8, {slowest})",
                        "{{method}} {{route}}",
                    )
                ],
                unit="s",
            ),
            course(
                both("En curso y errores", "In flight and errors"),
                [
                    ("sum(enlace_http_requests_in_flight)", "en curso · in flight"),
                    ("enlace_http_requests:error_ratio5m", "errores · errors"),
                ],
            ),
            bars(both("Alertas", "Alerts"), [(ALERTS, "{{alertname}}")], limits=GOOD_IS_ZERO),
        ],
        report="requests",
    )


BOARDS: Final = {
    "operations": operations,
    "stages": stages,
    "coverage": coverage,
    "incidents": incidents,
    "public": public,
    "health": health,
}
