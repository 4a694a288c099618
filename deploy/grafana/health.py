"""The board of the system itself."""

from typing import Final

from grafana_foundation_sdk.models import dashboard

from deploy.grafana.pieces import GOOD_IS_ONE, GOOD_IS_ZERO, bars, board, both, course, number
from deploy.grafana.series import happened

ALERTS: Final = 'count by (alertname) (ALERTS{alertstate="firing"}) or vector(0)'


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
                happened("enlace_dead_letters_total"),
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
