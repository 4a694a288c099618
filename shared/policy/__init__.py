"""What differs between accounts, as validated data.

A tenant is a folder `deploy/tenants/<tenant>/` of YAML files: `tenant.yaml`, `calendars.yaml`,
`deadlines.yaml`, and one `<section>.yaml` for each service that has something to say.

    tenants = load_tenants(Path("deploy/tenants"))      # PolicyError with file, line, rule, reason
    osce = tenants["osce"]
    osce.name, osce.version, osce.languages
    osce.calendar("office")                             # shared.clock.Calendar
    osce.term("incident.solve.l3")                      # shared.clock.Term, with its source line
    osce.promise("consultation.reply", received_at, channel="mail")
    osce.plan({"response": "incident.respond.high"})    # for shared.clock.start
    osce.figure("telephone.average_attention").value, osce.reading("AMB-2")
    osce.section("calls", CallsPolicy)                  # a service's own frozen model

A service's model may say more than its types do: give it a method `remarks()` that yields
`Remark(place, rule, facts, severity)`, and `remarks_beside(bodies)` for what it names of the
tenant's other files; sentences for new rules go to `locale/*/policy.po` under `policy.<rule>`.
`check(directory, sections)` validates everything at once for `policy check`.
"""

from collections.abc import Mapping
from pathlib import Path

from pydantic import BaseModel

from .findings import Finding, Neighbour, Place, PolicyError, Remark, Reviewed, Severity
from .loading import OWN, Findings, read_tenant
from .models import DeadlineRow, Figure, Frozen, Key, Reading, Source
from .names import area_name
from .tenant import Channel, Tenant, Tenants, UnknownKey

__all__ = [
    "OWN",
    "Channel",
    "DeadlineRow",
    "Figure",
    "Finding",
    "Frozen",
    "Key",
    "Neighbour",
    "Place",
    "PolicyError",
    "Reading",
    "Remark",
    "Reviewed",
    "Severity",
    "Source",
    "Tenant",
    "Tenants",
    "UnknownKey",
    "area_name",
    "check",
    "load_tenants",
]


def load_tenants(directory: Path, sections: Mapping[str, type[BaseModel]] | None = None) -> Tenants:
    """All tenants of a directory; any error refuses them all with `PolicyError`.

    With `sections`, those files are validated now; others are left to who asks for them.
    """
    findings = Findings()
    tenants = _read(directory, findings)
    for tenant in tenants.values():
        for name, model in (sections or {}).items():
            findings.section(tenant.documents.get(name), model)
    if findings.refused:
        raise PolicyError(finding for finding in findings if finding.severity is Severity.ERROR)
    return Tenants(tenants)


def check(directory: Path, sections: Mapping[str, type[BaseModel]]) -> tuple[Finding, ...]:
    """Everything found in all tenants, errors and warnings, by file and line.

    `sections` are the models of the services by file name; a file that none claims is an error.
    """
    findings = Findings()
    _read(directory, findings, sections)
    return tuple(sorted(findings, key=lambda found: (str(found.file), found.line, found.rule)))


def _read(
    directory: Path, findings: Findings, sections: Mapping[str, type[BaseModel]] | None = None
) -> dict[str, Tenant]:
    folders = sorted(path for path in directory.glob("*") if path.is_dir())
    if not folders:
        findings.append(Finding(directory, 1, "no_tenants"))
    tenants = ((folder.name, read_tenant(folder, sections, findings)) for folder in folders)
    return {name: tenant for name, tenant in tenants if tenant is not None}
