"""What can be known of the containers without an engine: names, references, rights, settings."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from cli.local.database import ROLE
from cli.local.home import known_services
from cli.topology import wanted_definitions
from deploy.rabbitmq.generate import FILE, HIDDEN, generated
from services.kpi.sealing import keys_of, signer_of
from shared import mail
from shared.runner import Process, find
from shared.security import ensure_keys
from shared.security.keys import load_jwks, load_signing_key
from shared.settings import PREFIX, Settings
from tests.support.promql import DEPLOY, read

ROOT = DEPLOY.parent
COMPOSE = read(DEPLOY / "compose.yaml")
CONTAINERS: dict[str, dict[str, Any]] = COMPOSE["services"]
SERVICES = known_services()
KEYS = {
    *("build", "cap_drop", "command", "depends_on", "entrypoint", "environment", "healthcheck"),
    *("hostname", "image", "networks", "ports", "read_only", "restart", "security_opt"),
    *("stop_grace_period", "tmpfs", "user", "volumes"),
}
VARIABLE = re.compile(r"\$\{(\w+)(?::[?-][^}]*)?\}")
ONCE = {"topology", "keys", "mongo-users"}
KEY_FILES = ("public_keys", "private_key")


def filled(text: str) -> str:
    return VARIABLE.sub(lambda found: found[1].lower(), text)


def environment(name: str) -> dict[str, str]:
    return {key: filled(text) for key, text in CONTAINERS[name].get("environment", {}).items()}


@pytest.fixture
def as_container(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Settings as the process in that container reads them."""

    def settings(name: str) -> Settings:
        for variable in [key for key in os.environ if key.startswith(PREFIX)]:
            monkeypatch.delenv(variable)
        for variable, text in environment(name).items():
            monkeypatch.setenv(variable, text)
        return Settings()

    return settings


def test_every_service_of_the_checkout_has_a_container_and_no_other() -> None:
    run = {
        name: c["command"][1] for name, c in CONTAINERS.items() if c.get("command", [0])[0] == "run"
    }
    assert run == {name: name for name in SERVICES}


@pytest.mark.parametrize("name", CONTAINERS)
def test_a_container_is_well_formed(name: str) -> None:
    container = CONTAINERS[name]
    assert set(container) <= KEYS
    tag = container["image"].rpartition(":")[2]
    assert tag not in {"", "latest"}, "an image without a version changes by itself"
    assert set(container["networks"]) <= set(COMPOSE["networks"])
    for other, wish in container.get("depends_on", {}).items():
        assert other in CONTAINERS
        done = wish["condition"] == "service_completed_successfully"
        assert done == (other in ONCE)
        assert done or "test" in CONTAINERS[other]["healthcheck"]


@pytest.mark.parametrize("name", CONTAINERS)
def test_what_is_mounted_exists(name: str) -> None:
    for mount in CONTAINERS[name].get("volumes", ()):
        source = mount.split(":")[0]
        if source.startswith("."):
            assert (DEPLOY / source).exists(), source
            assert mount.endswith(":ro")
        else:
            assert source in COMPOSE["volumes"]


def test_only_loopback_is_published_and_no_port_twice() -> None:
    ports = [port for container in CONTAINERS.values() for port in container.get("ports", ())]
    assert all(port.startswith("127.0.0.1:") for port in ports)
    assert len({port.split(":")[1] for port in ports}) == len(ports)


def test_mail_comes_in_at_the_one_service_that_takes_it(as_container: Any) -> None:
    listening = {name: as_container(name).mail_listen for name in SERVICES}
    assert {name: where for name, where in listening.items() if where} == {"intake": "0.0.0.0:2525"}
    assert "127.0.0.1:2525:2525" in CONTAINERS["gateway"]["ports"]
    text = (DEPLOY / "gateway/nginx.conf").read_text(encoding="utf-8")
    (door,) = re.findall(r"^stream \{(.+?)^\}", text, re.MULTILINE | re.DOTALL)
    assert re.findall(r"listen (\d+);\s+set \$door (\S+);", door) == [("2525", "intake:2525")]


def test_a_service_takes_no_port_of_the_machine_and_so_can_be_scaled() -> None:
    assert {name for name in SERVICES if "ports" in CONTAINERS[name]} == set()


def test_every_variable_is_known() -> None:
    known = {f"{PREFIX}{name.upper()}" for name in Settings.model_fields} | {
        f"{PREFIX}{name.upper()}_{what}" for name in SERVICES for what in ("AMQP_URL", "MONGO_URL")
    }
    ours = [n for n, c in CONTAINERS.items() if str(c["image"]).startswith("enlace:")]
    given = {key for name in ours for key in environment(name)}
    assert given <= known, given - known
    dockerfile = (DEPLOY / "Dockerfile").read_text(encoding="utf-8")
    assert set(re.findall(r"(ENLACE_\w+)=", dockerfile)) <= known


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_reaches_its_own_and_has_no_other_rights(as_container: Any, name: str) -> None:
    settings = as_container(name)
    own = settings.for_service(name)
    broker = urlsplit(own.amqp_url.get_secret_value())
    database = urlsplit(own.mongo_url.get_secret_value())

    assert (broker.username, broker.hostname, broker.port) == (f"enlace_{name}", "rabbitmq", 5672)
    assert (database.username, database.hostname) == (f"enlace_{name}", "mongo")
    assert own.database == f"enlace_{name}"
    (service,) = find([name], [name])
    assert (settings.smtp_url is not None) == (mail.SECTION in service.sections)
    assert settings.amqp_url is None
    assert settings.amqp_management_url is None
    assert settings.mongo_url is None
    assert set(settings.services) == {name}
    assert (settings.token_private_key is not None) == (name == "people")
    assert (settings.period_private_key is not None) == (name == "kpi")


def volumes(name: str) -> dict[str, str]:
    """By folder, the volume that a container has there."""
    places = (mount.split(":")[:2] for mount in CONTAINERS[name].get("volumes", ()))
    return {folder: volume for volume, folder in places}


def test_the_keys_are_made_where_each_service_reads_them(as_container: Any, tmp_path: Path) -> None:
    """What the container does as root in its volumes, done by the tester in a folder."""
    *shell, script = CONTAINERS["keys"]["entrypoint"]
    for folder in volumes("keys"):
        (tmp_path / folder.lstrip("/")).mkdir(parents=True)
    here = script.replace("/keys", f"{tmp_path}/keys").replace("10001", str(os.getuid()))
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    for _ in range(2):
        subprocess.run([*shell, here], env={"PATH": path, "PYTHONPATH": str(ROOT)}, check=True)

    fields = [f"{of}_{which}" for of in ("token", "period") for which in KEY_FILES]
    read: dict[str, dict[str, Path]] = {}
    for name in SERVICES:
        told = as_container(name).model_dump(include=set(fields))
        named = {field: file for field, file in told.items() if file is not None}
        for file in named.values():
            assert volumes(name)[str(file.parent)] == volumes("keys")[str(file.parent)]
        read[name] = {field: tmp_path / str(file).lstrip("/") for field, file in named.items()}
    assert read["people"].keys() == {"token_public_keys", "token_private_key"}
    assert read["kpi"].keys() == {*fields} - {"token_private_key"}
    for files in read.values():
        assert load_jwks(files["token_public_keys"])
    assert load_signing_key(read["people"]["token_private_key"])

    settings = Settings().model_copy(update=read["kpi"])
    signer, keys = signer_of(settings), keys_of(settings)
    assert signer is not None
    assert keys is not None
    assert keys.holds(signer.key_id, "ab" * 32, signer.sign("ab" * 32))


def test_a_private_key_is_seen_by_its_owner_alone() -> None:
    holders = {
        volume: {name for name in CONTAINERS if volume in volumes(name).values()} - {"keys"}
        for volume in ("private-keys", "period-keys")
    }
    assert holders == {"private-keys": {"people"}, "period-keys": {"kpi"}}


def test_the_topology_makes_a_user_with_the_least_rights_for_each(as_container: Any) -> None:
    services = find(SERVICES, SERVICES)
    wanted = wanted_definitions(as_container("topology"), services)

    assert {user["name"] for user in wanted["users"]} == {f"enlace_{name}" for name in SERVICES}
    assert {vhost["name"] for vhost in wanted["vhosts"]} == {"enlace"}
    for permission in wanted["permissions"]:
        name = permission["user"].removeprefix("enlace_")
        assert permission["configure"] == "^$"
        assert permission["read"] == rf"^{name}\.in$"
    committed = json.loads(FILE.read_text(encoding="utf-8"))
    shown = [{**user, "password_hash": HIDDEN} for user in wanted["users"]]
    assert committed == {**wanted, "users": shown}, "run `python -m deploy.rabbitmq.generate`"
    assert FILE.read_text(encoding="utf-8") == generated()


def test_the_passwords_agree_on_both_sides() -> None:
    for name in SERVICES:
        variable = f"ENLACE_{name.upper()}_PASSWORD"
        for container in (name, "topology"):
            texts = CONTAINERS[container]["environment"]
            assert f"${{{variable}:?" in texts[f"ENLACE_{name.upper()}_AMQP_URL"]
        assert variable in CONTAINERS["mongo-users"]["environment"]


def test_a_password_is_made_for_each_user_once(tmp_path: Path) -> None:
    for name in ("secrets.sh", "compose.yaml"):
        (tmp_path / name).write_bytes((DEPLOY / name).read_bytes())
    for _ in range(2):
        subprocess.run(["sh", str(tmp_path / "secrets.sh")], check=True)
    lines = (tmp_path / ".env").read_text(encoding="utf-8").splitlines()
    made = dict(line.split("=") for line in lines)
    asked = set(re.findall(r"\$\{(\w+):\?", (DEPLOY / "compose.yaml").read_text("utf-8")))

    assert set(made) == asked
    assert len(lines) == len(made) == len(set(made.values()))
    assert all(re.fullmatch("[0-9a-f]{48}", word) for word in made.values())
    assert (tmp_path / ".env").stat().st_mode & 0o077 == 0


def test_the_gateway_leads_each_path_to_its_service() -> None:
    text = (DEPLOY / "gateway/nginx.conf").read_text(encoding="utf-8")
    places = re.findall(r"location ~ (\S+) \{\s+set \$service (\w+);", text)
    described = json.loads((ROOT / "docs/reference/openapi.json").read_text(encoding="utf-8"))
    assert described["paths"]
    for path, operations in described["paths"].items():
        tags = {tag for operation in operations.values() for tag in operation.get("tags", ())}
        led = {service for pattern, service in places if re.search(pattern, path)}
        assert led == tags, f"{path}: run `python -m deploy.gateway.generate`"
    assert {service for _, service in places} == set(SERVICES)


async def test_the_gateway_waits_longer_than_any_operation_may_take(
    as_container: Any, tmp_path: Path
) -> None:
    text = (DEPLOY / "gateway/nginx.conf").read_text(encoding="utf-8")
    (usual,) = re.findall(r"^    proxy_read_timeout (\d+)s;", text, re.MULTILINE)
    longer = dict(re.findall(r"/api/v1/([\w-]+)\(/\|\$\) \{[^}]*proxy_read_timeout (\d+)s;", text))
    keys = {"token_public_keys": ensure_keys(tmp_path).public}
    settings = as_container("topology").model_copy(update=keys)
    process = Process(find(SERVICES, SERVICES), settings)
    waits = {
        operation.path: (
            int(longer.get(operation.path.split("/")[3], usual)),
            operation.terms.timeout or settings.http_timeout.total_seconds(),
        )
        for part in process.parts.values()
        if part.service.routes is not None
        for operation in part.service.routes(part.workshop).operations
    }

    assert max(taken for _, taken in waits.values()) > int(usual)
    assert {path for path, (waited, taken) in waits.items() if waited < taken + 5} == set()


def test_the_gateway_answers_with_the_documents_of_all_services() -> None:
    text = (DEPLOY / "gateway/nginx.conf").read_text(encoding="utf-8")
    places = re.findall(r"location = (/api/v1/\S+) \{[^}]*alias (\S+);", text)
    assert [where for where, _ in places] == ["/api/v1/openapi.json", "/api/v1/asyncapi.json"]
    mounted = dict(
        reversed(one.removesuffix(":ro").split(":")) for one in CONTAINERS["gateway"]["volumes"]
    )
    for _, file in places:
        folder, _, name = file.rpartition("/")
        document = json.loads((DEPLOY / mounted[folder] / name).read_text(encoding="utf-8"))
        told = document.get("paths") or document.get("channels")
        assert all(service in json.dumps(document) for service in SERVICES), name
        assert told


def test_addresses_in_configurations_are_containers_that_listen() -> None:
    listening = {
        *(f"{name}:8080" for name in SERVICES),
        *("rabbitmq:5672", "rabbitmq:15672", "rabbitmq:15692", "mongo:27017", "mail:1025"),
        *("prometheus:9090", "alertmanager:9093"),
    }
    files = [
        *DEPLOY.glob("*/*.y*ml"),
        *DEPLOY.glob("grafana/provisioning/*/*.yaml"),
        DEPLOY / "mongo/users.js",
        DEPLOY / "compose.yaml",
    ]
    names = "|".join(CONTAINERS)
    found = {
        where
        for file in files
        for where in re.findall(rf"(?<![\w.-])((?:{names}):\d{{4,5}})\b", file.read_text("utf-8"))
    }
    assert found <= listening, found - listening
    assert {"mongo:27017", "alertmanager:9093", "prometheus:9090", "mail:1025"} <= found


def test_database_users_have_their_own_database_only() -> None:
    users = read(DEPLOY / "mongo/users.json")
    assert [user["user"] for user in users] == [f"enlace_{name}" for name in SERVICES]
    for user in users:
        assert {role["db"] for role in user["roles"]} == {user["user"]}
        assert {role["role"] for role in user["roles"]} == {ROLE}
        assert user["password"] in CONTAINERS["mongo-users"]["environment"]


def test_the_image_copies_what_exists_and_starts_with_what_it_has() -> None:
    dockerfile = (DEPLOY / "Dockerfile").read_text(encoding="utf-8")
    copied = re.findall(r"^COPY (?!--)(.+) \S+$", dockerfile, re.MULTILINE)
    for source in " ".join(copied).split():
        assert (ROOT / source).exists(), source
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    program = (
        "import sys, importlib.metadata as metadata\n"
        "locked = set(sys.argv[1:])\n"
        "for top, owners in metadata.packages_distributions().items():\n"
        "    if not locked & {owner.replace('_', '-').lower() for owner in owners}:\n"
        "        sys.modules.setdefault(top, None)\n"
        "import cli.__main__, cli.run, cli.topology, shared.runner\n"
        "from cli.local.home import known_services\n"
        "print(*(s.name for s in shared.runner.find(known_services(), known_services())))\n"
    )
    locked = re.findall(r"^([\w.-]+)==", lock, re.MULTILINE)
    done = subprocess.run(
        [sys.executable, "-c", program, *(name.replace("_", "-").lower() for name in locked)],
        env={"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.split() == SERVICES, done.stderr[-1000:]
