"""The board of the public's ways in: consultations and files of the documents desk."""

from typing import Final

from grafana_foundation_sdk.models import dashboard

from deploy.grafana.pieces import OF_TENANT as T
from deploy.grafana.pieces import ON_TARGET, bars, board, both, cases, course, number
from deploy.grafana.series import month

OWN: Final = 'indicator=~"(consultations|dossiers)[.].+"'
CONSULTATIONS: Final = cases("consultations.on_time", "missed", "consultations")
DOSSIERS: Final = cases("dossiers.on_time", "missed", "dossiers")


def public() -> dashboard.Dashboard:
    """Whether who asks is answered by the day that was promised (B:L713-718, B:L771-774)."""

    def now(indicator: str) -> str:
        series = f'enlace_indicator_month{{{T}, indicator="{indicator}"}}'
        return f"max by (tenant) ({series})"

    on_target = (
        f"max by (tenant, indicator) (enlace_indicator_month{{{T}, {OWN}}})"
        f" - max by (tenant, indicator) (enlace_indicator_target{{{T}, {OWN}}})"
    )
    return board(
        "public",
        "Consultas y mesa de partes",
        "Consultations and documents desk",
        [
            number(
                both("Consultas en plazo, este mes", "Consultations on time, this month"),
                now("consultations.on_time"),
                unit="percentunit",
                legend="{{tenant}}",
                link=CONSULTATIONS,
            ),
            number(
                both("Expedientes en plazo, este mes", "Files on time, this month"),
                now("dossiers.on_time"),
                unit="percentunit",
                legend="{{tenant}}",
                link=DOSSIERS,
            ),
            bars(
                both("El mes frente a su meta", "The month against its target"),
                [(on_target, "{{tenant}} {{indicator}}")],
                unit="percentunit",
                limits=ON_TARGET,
            ).min(-1),
            course(
                both("Consultas en plazo, mes a la fecha", "Consultations on time, month to date"),
                month("consultations.on_time"),
                unit="percentunit",
                link=CONSULTATIONS,
            ),
            course(
                both("Expedientes en plazo, mes a la fecha", "Files on time, month to date"),
                month("dossiers.on_time"),
                unit="percentunit",
                link=DOSSIERS,
            ),
        ],
        report="consultations",
    )
