"""Who works on the demonstration day, and what is asked: document A's own topics and figures.

The staff is that of A:L358-412 and A:L1902-1932: 28 advisers (18 by telephone in the day, three of
them with Quechua and Aymara and two with sign language; two by telephone around the clock; eight
virtual), their supervisor and quality monitor, and the area Experiencia Cliente. The names are
invented.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, NamedTuple

TENANT: Final = "osinergmin"
ADMINISTRATOR: Final = "demo"
_SINCE: Final = "2024-01-02"


@dataclass(frozen=True, slots=True)
class NewPerson:
    """Somebody who joins; `key` makes joining twice the same as once."""

    key: str
    name: str
    roles: tuple[str, ...]
    channel: str = ""
    shift: str = ""
    languages: tuple[str, ...] = ("es",)

    def body(self) -> dict[str, object]:
        return {
            "name": self.name,
            "roles": list(self.roles),
            "starts_on": _SINCE,
            "channel": self.channel,
            "shift": self.shift,
            "languages": list(self.languages),
        }


@dataclass(frozen=True, slots=True)
class Scene:
    """A request and how far it goes.

    `questions` are asked before it is approved; `signed` advisers have signed when the goal is
    `deploying`, all but `exempt` when it is beyond.
    """

    number: int
    goal: str
    type: str
    topic: str
    subject: str
    description: str
    area: str = "División de Supervisión Regional"
    verbal: bool = False
    questions: tuple[str, ...] = ()
    answers: tuple[str, ...] = ()
    reason: str = ""
    complexity: str = ""
    replicated: bool = True
    aid: str = ""
    signed: int = 0
    exempt: int = 0

    def body(self) -> dict[str, object]:
        return {
            "type": self.type,
            "topic": self.topic,
            "subject": self.subject,
            "description": self.description,
            "area": self.area,
            "verbal": self.verbal,
        }


class _Post(NamedTuple):
    channel: str
    shift: str
    languages: tuple[str, ...] = ("es",)


def _advisers() -> list[NewPerson]:
    posts = [
        *[_Post("telephone", "day", ("ay", "es", "qu"))] * 3,
        *[_Post("telephone", "day", ("es", "lsp"))] * 2,
        *[_Post("telephone", "day")] * 13,
        *[_Post("telephone", "24x7")] * 2,
        *[_Post("virtual", "day")] * 8,
    ]
    return [
        NewPerson(f"adviser-{number:02}", name, ("adviser",), *post)
        for number, (name, post) in enumerate(zip(_NAMES, posts, strict=True), 1)
    ]


_NAMES: Final = (
    "Saturnina Quispe",
    "Wilber Mamani",
    "Nélida Huanca",
    "Renzo Castañeda",
    "Maribel Solís",
    "Ana Luján",
    "Beto Arévalo",
    "Carolina Zegarra",
    "Diego Palomino",
    "Elsa Montalvo",
    "Fabián Rengifo",
    "Gladys Ormeño",
    "Hernán Villacorta",
    "Inés Paredes",
    "Javier Tuesta",
    "Karina Bazán",
    "Luis Echegaray",
    "Mónica Valdivia",
    "Néstor Cárdenas",
    "Olga Saavedra",
    "Pablo Gamarra",
    "Rocío Espejo",
    "Samuel Ibáñez",
    "Teresa Loayza",
    "Úrsula Benavides",
    "Víctor Chumpitaz",
    "Ximena Robles",
    "Yuri Salcedo",
)

PEOPLE: Final = (
    NewPerson("liaison", "Patricia Rojas (DSR)", ("liaison",)),
    NewPerson("reader", "Gonzalo Tello (DSR)", ("report_reader",)),
    NewPerson("evaluator", "Lucía Ferrand (EC)", ("validation_supervisor",)),
    NewPerson("coordinator", "Óscar Ugarte (EC)", ("training_coordinator",)),
    NewPerson("trainer-1", "Eva Salinas (EC)", ("trainer",)),
    NewPerson("trainer-2", "Tomás Rivero (EC)", ("trainer",)),
    NewPerson("supervisor", "Sofía Arana", ("supervisor",), shift="day"),
    NewPerson("monitor", "Mario Quintana", ("quality_monitor",), shift="day"),
    *_advisers(),
)

SCENES: Final = (
    Scene(
        1,
        "closed",
        "information",
        "Electricidad: alumbrado público",
        "Número de poste en las denuncias",
        "Desde el lunes toda denuncia de alumbrado público lleva el número de poste.",
        questions=(
            "¿Vale también para las denuncias por la aplicación?",
            "¿Qué se anota cuando el poste no tiene número?",
            "¿Se completa en las denuncias ya registradas?",
        ),
        answers=("Sí.", "La dirección y la referencia más cercana.", "No."),
        aid="Alumbrado: pida el número de poste; si no tiene, dirección y referencia.",
    ),
    Scene(
        2,
        "closed",
        "reinforcement",
        "Gas natural: fugas",
        "Refuerzo del protocolo de fuga de gas",
        "Refuerzo anual: qué se pregunta y a quién se deriva ante una fuga.",
        aid="Fuga: ¿hay olor ahora?, ¿hay heridos?, cierre la llave, derive a emergencias.",
        exempt=1,
        reason="Licencia por maternidad",
    ),
    Scene(
        3,
        "closed",
        "system_access",
        "Acceso: consulta de expedientes",
        "Usuario de consulta para dos asesoras",
        "Accesos individuales, solo para ver, al sistema de expedientes.",
        reason="Accesos entregados y probados.",
        replicated=False,
    ),
    Scene(
        4,
        "deploying",
        "training",
        "Electricidad: cobros indebidos",
        "Nueva directiva de reclamos por cobros",
        "Capacitación en la directiva de reclamos por cobros indebidos.",
        aid="Cobros indebidos: plazos, requisitos y qué se responde en la primera llamada.",
        signed=24,
        exempt=1,
        reason="Descanso médico",
    ),
    Scene(
        5,
        "deploying",
        "information",
        "Electricidad: corte",
        "Cortes programados en Arequipa",
        "Relación de cortes programados de la próxima semana en Arequipa.",
        aid="Arequipa: cortes programados por distrito y hora; no es una falla.",
        signed=11,
    ),
    Scene(
        6,
        "training_leaders",
        "information",
        "Hidrocarburos: balón de gas",
        "Precios de referencia del balón de gas",
        "Cambia la fuente de los precios de referencia que se informan.",
        aid="Facilito: los precios se consultan en la página, no se leen de memoria.",
    ),
    Scene(
        7,
        "preparing",
        "training",
        "Minería: denuncias",
        "Denuncias de accidentes en minería",
        "Qué datos se piden en una denuncia de accidente en mediana minería.",
    ),
    Scene(
        8,
        "preparing",
        "system_change",
        "Sistema: árbol de tipificación",
        "Dos motivos nuevos en electricidad",
        "Agregar dos motivos a la rama de electricidad del árbol de tipificación.",
        area="Sistemas",
        complexity="medium",
    ),
    Scene(
        9,
        "answered",
        "information",
        "Gas natural: Bono Gas",
        "Requisitos del Bono Gas",
        "Se actualizan los requisitos del Bono Gas.",
        questions=("¿Desde qué fecha rigen?", "¿Vale para solicitudes en trámite?"),
        answers=("Desde el primer día del mes.", "No, solo para las nuevas."),
    ),
    Scene(
        10,
        "observed",
        "information",
        "Electricidad: tarifas",
        "Nuevo pliego tarifario",
        "Se adjunta el pliego tarifario que rige desde el próximo mes.",
        questions=("El anexo 2 no coincide con el cuadro 1: ¿cuál rige?", "¿Aplica a Loreto?"),
    ),
    Scene(
        11,
        "not_viable",
        "system_change",
        "Sistema: grabación de pantalla",
        "Grabar la pantalla de todas las llamadas",
        "Se pide grabar la pantalla de los asesores en todas las llamadas.",
        area="Sistemas",
        reason="No hay capacidad de almacenamiento este año.",
    ),
    Scene(
        12,
        "withdrawn",
        "information",
        "Información general: oficinas",
        "Cierre de la oficina de Ica",
        "La oficina de Ica atiende solo hasta el viernes.",
        reason="La oficina no se cierra; se anula la comunicación.",
    ),
    Scene(
        16,
        "replaced",
        "information",
        "Gas natural: Bono Gas",
        "Topes del Bono Gas",
        "Los topes del Bono Gas cambian el próximo mes.",
        reason="El cliente precisa los topes por distrito.",
    ),
    Scene(
        13,
        "in_evaluation",
        "information",
        "Información general: eventos",
        "Charla informativa en Cusco",
        "Se informó por teléfono: charla abierta en Cusco, con inscripción previa.",
        verbal=True,
    ),
    Scene(
        14,
        "in_evaluation",
        "reinforcement",
        "Electricidad: riesgo eléctrico",
        "Refuerzo por temporada de lluvias",
        "Refuerzo de riesgo eléctrico antes de la temporada de lluvias.",
    ),
    Scene(
        15,
        "viable",
        "system_access",
        "Acceso: registro de hidrocarburos",
        "Usuario de consulta para el monitor",
        "Acceso individual, solo para ver, al registro de hidrocarburos.",
        replicated=False,
    ),
)
