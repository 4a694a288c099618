"""The board of the public's ways in: consultations and files of the documents desk."""

from typing import Final

from grafana_foundation_sdk.models import dashboard

from deploy.grafana.pieces import OF_TENANT as T
from deploy.grafana.pieces import ON_TARGET, bars, board, both, cases, course, number
from deploy.grafana.series import DESKS_BREACHED, aim, month, on_target, stages_rise, worded

OWN: Final = 'indicator=~"(consultations|dossiers)[.].+"'
ON_TIME: Final = (
    ("consultations", "Consultas en plazo", "Consultations on time"),
    ("dossiers", "Expedientes en plazo", "Files on time"),
)
"""What is promised by a day, and how that is called."""
STAGES: Final = 'stage=~"consultation|dossier|claim"'


def public() -> dashboard.Dashboard:
    """Whether who asks is answered by the day that was promised (B:L713-718, B:L771-774)."""
    waiting = f"max by (tenant, desk, side) (enlace_desk_open{{{T}}})"
    running = f"max by (tenant, stage) (enlace_deadlines_running{{{T}, {STAGES}}})"

    def now(indicator: str) -> str:
        series = f'enlace_indicator_month{{{T}, indicator="{indicator}"}}'
        return f"max by (tenant) ({series})"

    return board(
        "public",
        "Consultas y mesa de partes",
        "Consultations and documents desk",
        [
            *(
                number(
                    both(f"{spanish}, este mes", f"{english}, this month"),
                    now(f"{report}.on_time"),
                    unit="percentunit",
                    legend="{{tenant}}",
                    beside=aim(f"{report}.on_time"),
                    links=[cases(f"{report}.on_time", "missed", report)],
                )
                for report, spanish, english in ON_TIME
            ),
            bars(
                both("El mes frente a su meta", "The month against its target"),
                on_target("higher", OWN),
                unit="percentunit",
                limits=ON_TARGET,
            ).min(-1),
            bars(
                both("Sin respuesta, por mesa y turno", "Without an answer, by desk and turn"),
                [worded(f"sum by (desk, side) ({waiting})", "desk", "side")],
            ),
            bars(
                both("Plazos en curso", "Deadlines running"),
                [worded(f"sum by (stage) ({running})", "stage")],
            ),
            course(
                both("Plazos incumplidos", "Deadlines missed"),
                [worded(stages_rise("enlace_deadlines_breached_total", STAGES), "stage")],
                links=DESKS_BREACHED,
            ),
            *(
                course(
                    both(f"{spanish}, mes a la fecha", f"{english}, month to date"),
                    month(f"{report}.on_time"),
                    unit="percentunit",
                    links=[cases(f"{report}.on_time", "missed", report)],
                )
                for report, spanish, english in ON_TIME
            ),
        ],
        report="consultations",
    )
