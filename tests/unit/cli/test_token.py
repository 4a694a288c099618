"""`enlace token` signs what the services believe, and says in one line why it cannot."""

from pathlib import Path

import pytest

from cli.__main__ import main
from shared.security import Role, Verifier, ensure_keys, load_jwks


@pytest.fixture
def keys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for tenant in ("beta", "acme"):
        (tmp_path / "tenants" / tenant).mkdir(parents=True)
    files = ensure_keys(tmp_path / "keys")
    monkeypatch.setenv("ENLACE_AMQP_URL", "amqp://given")
    monkeypatch.setenv("ENLACE_TENANTS_DIR", str(tmp_path / "tenants"))
    monkeypatch.setenv("ENLACE_TOKEN_PRIVATE_KEY", str(files.private))
    return files.public


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[object, str, str]:
    with pytest.raises(SystemExit) as left:
        main(["token", *arguments])
    out, err = capsys.readouterr()
    return left.value.code, out.strip(), err.strip()


def test_a_token_has_the_role_and_tenant_asked_for(
    keys: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, token, _ = run(capsys, "--role", "liaison", "--role", "auditor", "--tenant", "beta")
    actor = Verifier(load_jwks(keys)).verify(token.encode())

    assert code == 0
    assert actor.roles == {Role.LIAISON, Role.AUDITOR}
    assert (actor.tenant, actor.subject) == ("beta", "visitor")


def test_a_provider_is_of_an_organisation(keys: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, token, _ = run(capsys, "--role", "provider", "--organisation", "telco")
    actor = Verifier(load_jwks(keys)).verify(token.encode())

    assert (code, actor.organisation, actor.roles) == (0, "telco", {Role.PROVIDER})


def test_by_default_everything_of_the_first_tenant(
    keys: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _, token, words = run(capsys)
    actor = Verifier(load_jwks(keys)).verify(token.encode())

    assert actor.roles == set(Role) - {Role.SYSTEM}
    assert actor.tenant == "acme"
    assert words == "enlace: visitor of acme, all roles, 60 min"


@pytest.mark.usefixtures("keys")
@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("--tenant", "nobody"), 2, "choose one of acme, beta"),
        (("--role", "system"), 2, "nobody signs in as the system"),
        (("--role", "emperor"), 2, "emperor"),
        (("--minutes", "0"), 2, "--minutes"),
    ],
)
def test_wrong_use_is_told_in_a_line(
    capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], code: int, words: str
) -> None:
    left, out, err = run(capsys, *arguments)

    assert (left, out) == (code, "")
    assert words in err
    assert "Traceback" not in err


@pytest.mark.usefixtures("keys")
def test_without_a_key_it_says_to_run_up(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("ENLACE_TOKEN_PRIVATE_KEY", str(tmp_path / "none.pem"))
    code, _, err = run(capsys)

    assert code == 1
    assert "./enlace up" in err
