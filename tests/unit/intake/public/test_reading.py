"""Messages read without I/O: encodings, parts, threads, and what is no message of anybody's."""

from contextlib import suppress
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.intake.letterbox.html_text import text_of_html
from services.intake.letterbox.judging import Nature, judge
from services.intake.letterbox.policy import LetterboxSection, letterbox_of, places
from services.intake.letterbox.reading import Unreadable, digest, parse, read
from services.intake.letterbox.understanding import understand
from shared.policy import Tenants, load_tenants
from tests.unit.intake.public.bench import TENANTS
from tests.unit.intake.public.letters import (
    BOX,
    PDF,
    SENDER,
    bounce,
    raw,
    returned_in_words,
    written,
)

ALL = load_tenants(TENANTS)
FOUND = letterbox_of(ALL["osce"])
assert FOUND is not None
SECTION: LetterboxSection = FOUND
OWN = frozenset({BOX, "enlace@osce.example"})


def of(content: bytes, charset: str = "") -> str:
    return read(parse(content), SECTION.limits, charset=charset).words


def test_a_message_is_read_with_its_sender_words_and_thread() -> None:
    message = written(In_Reply_To="<b@x>", References="<a@x> <b@x>")
    said = read(parse(message.as_bytes()), SECTION.limits)
    assert (said.sender, said.sender_name) == (SENDER, "Rosaura Quispe")
    assert said.subject == "Renovación de inscripción"
    assert said.words == "¿Cómo renuevo mi inscripción en el RNP?"
    assert (said.message_id, said.references) == ("m-1@correo.example", ("b@x", "a@x"))


@pytest.mark.parametrize(
    ("head", "body"),
    [
        ("Content-Type: text/plain; charset=iso-8859-1", "inscripción".encode("latin-1")),
        ("Content-Type: text/plain; charset=windows-1252", "“inscripción”".encode("cp1252")),
        ("Content-Type: text/plain; charset=iso-8859-1", "“inscripción”".encode("cp1252")),
        ("Content-Type: text/plain; charset=us-ascii", "inscripción".encode()),
        ("Content-Type: text/plain", "inscripción".encode()),
        ("Content-Type: text/plain; charset=no-existe", "inscripción".encode()),
        (
            "Content-Type: text/html; charset=utf-8",
            b"<html><style>p{}</style><p>inscripci&oacute;n<script>x()</script></p>",
        ),
        (
            "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: quoted-printable",
            b"inscripci=C3=B3n",
        ),
    ],
    ids=[
        "latin-1",
        "windows",
        "windows as latin-1",
        "misdeclared",
        "undeclared",
        "unknown name",
        "html",
        "quoted",
    ],
)
def test_words_are_read_in_the_encodings_that_people_send(head: str, body: bytes) -> None:
    assert of(raw(head, body)).strip("“”") == "inscripción"


def test_a_machines_way_is_overruled_and_what_came_back_or_turns_in_a_circle_is_not() -> None:
    away = written(Auto_Submitted="auto-replied").as_bytes()
    assert understand(away, SENDER, SECTION, OWN).read is None
    overruled = understand(away, SENDER, SECTION, OWN, word=True)
    assert (overruled.judgement.nature, overruled.read is not None) == (Nature.WORD, True)
    for content, nature in (
        (bounce("m-1@x"), Nature.BOUNCE),
        (written(sender=BOX).as_bytes(), Nature.LOOP),
    ):
        assert understand(content, SENDER, SECTION, OWN, word=True).judgement.nature is nature


HTML = "text/html", "<p>Mi RUC no figura.</p>"


def parts(kind: str, *leaves: tuple[str, str]) -> bytes:
    said = "".join(f"--x\nContent-Type: {of}; charset=utf-8\n\n{words}\n" for of, words in leaves)
    return raw(f"Content-Type: multipart/{kind}; boundary=x", f"{said}--x--\n".encode())


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (parts("alternative", ("text/plain", "Mi RUC no figura."), HTML), "Mi RUC no figura."),
        (parts("alternative", HTML, ("text/plain", "En llano.")), "En llano."),
        (parts("alternative", ("text/plain", " \n\t"), HTML), "Mi RUC no figura."),
        (
            parts("mixed", HTML, ("text/plain", "Lista de correo")),
            "Mi RUC no figura.\n\nLista de correo",
        ),
        (parts("mixed", HTML, ("text/plain", " ")), "Mi RUC no figura."),
        (parts("related", HTML), "Mi RUC no figura."),
    ],
    ids=["both", "html first", "blank plain", "html and footer", "html and blank", "html alone"],
)
def test_words_are_found_in_whichever_parts_they_are(content: bytes, words: str) -> None:
    assert of(content) == words


def test_the_plain_one_of_two_is_taken_inside_what_is_joined() -> None:
    message = written()
    message.add_alternative("<p>En HTML.</p>", subtype="html")
    message.make_mixed()
    footer = EmailMessage()
    footer.set_content("Lista de correo")
    message.attach(footer)
    assert of(message.as_bytes()) == "¿Cómo renuevo mi inscripción en el RNP?\n\nLista de correo"


@pytest.mark.parametrize(
    ("markup", "words"),
    [
        ("<html><head><title>Aviso</title><body><p>Hola</p></body></html>", "Hola"),
        ("<head><meta charset=utf-8><p>Hola</p>", "Hola"),
        ("<head><title>Aviso<body>Hola", "Hola"),
        ("<table><tr><th>RUC<th>Monto<tr><td>20123<td>50</table>", "RUC\nMonto\n20123\n50"),
        ("<div>Hola</div>Gracias", "Hola\nGracias"),
        ("<style>p{}</style><script>x()</script>Hola", "Hola"),
    ],
    ids=["open head", "no body", "open title", "cells", "after a block", "not words"],
)
def test_markup_is_read_though_its_tags_are_left_open(markup: str, words: str) -> None:
    assert text_of_html(markup) == words


@pytest.mark.parametrize(
    ("head", "body"),
    [
        ("Content-Type: text/plain; charset=utf-8", "inscripción".encode("latin-1")),
        ("Content-Type: text/plain; charset=no-existe", b"\xff\xfe\xfd"),
        (
            "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: base64",
            b"%%%no es base64%%%",
        ),
    ],
    ids=["not what it says", "no encoding at all", "broken base64"],
)
def test_a_broken_encoding_is_told_and_never_guessed(head: str, body: bytes) -> None:
    with pytest.raises(Unreadable) as refused:
        of(raw(head, body))
    assert refused.value.reason == "mail.broken_encoding"


def test_somebody_may_say_the_encoding_afterwards() -> None:
    content = raw("Content-Type: text/plain; charset=utf-8", "inscripción".encode("latin-1"))
    assert of(content, "latin-1") == "inscripción"


def test_documents_are_judged_by_their_bytes_and_refused_with_their_reason() -> None:
    message = written()
    message.add_attachment(PDF, maintype="application", subtype="pdf", filename="acta ñ.pdf")
    message.add_attachment(b"MZ\x90\x00", maintype="application", subtype="pdf", filename="x.pdf")
    message.add_attachment(written(), filename="reenviado.eml")
    found = understand(message.as_bytes(), SENDER, SECTION, OWN).enclosed
    assert [(one.document.name, one.media_type, one.reason) for one in found] == [
        ("acta ñ.pdf", "application/pdf", ""),
        ("x.pdf", "application/octet-stream", "type"),
        ("reenviado.eml", "text/plain", ""),
    ]


def test_a_message_that_came_inside_is_called_by_its_subject() -> None:
    message = written()
    message.add_attachment(written(subject="Inscripción del año"))
    message.add_attachment(written(subject=""))
    found = understand(message.as_bytes(), SENDER, SECTION, OWN).enclosed
    assert [one.document.name for one in found] == ["Inscripción del año.eml", "message.eml"]


def test_a_message_has_room_for_the_largest_document_that_is_taken() -> None:
    limits = SECTION.limits
    message = written()
    largest = b"%PDF-1.7\n".ljust(limits.enclosure_bytes, b"0")
    message.add_attachment(largest, maintype="application", subtype="pdf", filename="acta.pdf")
    assert len(message.as_bytes(policy=SMTP)) <= limits.max_bytes


def test_a_document_with_a_broken_encoding_is_refused_and_the_words_stay() -> None:
    message = written()
    message.add_attachment(PDF, maintype="application", subtype="pdf", filename="acta.pdf")
    content = message.as_bytes().replace(b"JVBERi0", b"%%%ERi0")
    understood = understand(content, SENDER, SECTION, OWN)
    assert understood.read is not None
    assert [one.reason for one in understood.enclosed] == ["encoding"]


def nested(depth: int) -> EmailMessage:
    message = written()
    for _ in range(depth):
        outer = written()
        outer.make_mixed()
        outer.attach(message)
        message = outer
    return message


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "mail.unreadable"),
        (b"\r\n\r\nsolo cuerpo", "mail.unreadable"),
        (written(sender="sin direccion").as_bytes(), "mail.no_sender"),
        (nested(12).as_bytes(), "mail.too_deep"),
    ],
    ids=["nothing", "no headers", "no sender", "too deep"],
)
def test_what_cannot_become_a_case_says_why(content: bytes, reason: str) -> None:
    with pytest.raises(Unreadable) as refused:
        of(content)
    assert refused.value.reason == reason


def test_too_many_parts_are_told() -> None:
    message = written()
    for number in range(120):
        message.add_attachment(
            b"%PDF-", maintype="application", subtype="pdf", filename=f"{number}"
        )
    with pytest.raises(Unreadable) as refused:
        of(message.as_bytes())
    assert refused.value.reason == "mail.too_many_parts"


def nature(message: EmailMessage | bytes, sender: str = SENDER) -> Nature:
    content = message if isinstance(message, bytes) else message.as_bytes()
    return judge(parse(content), sender, SECTION.limits, OWN).nature


@pytest.mark.parametrize(
    "message",
    [
        written(Auto_Submitted="auto-replied; owner=x"),
        written(Precedence="bulk"),
        written(X_Autoreply="yes"),
    ],
)
def test_a_machines_answer_is_nobodys_word(message: EmailMessage) -> None:
    assert nature(message) is Nature.AUTO_REPLY


def test_a_message_without_an_envelope_sender_is_a_machines() -> None:
    assert nature(written(), "") is Nature.AUTO_REPLY
    assert nature(written(Auto_Submitted="no")) is Nature.WORD


def test_a_loop_is_seen_by_its_hops_or_by_our_own_name() -> None:
    hops = b"Received: from a by b; x\r\n" * 31 + written().as_bytes()
    assert nature(hops) is Nature.LOOP
    assert nature(written(sender=f"Enlace <{BOX}>")) is Nature.LOOP
    assert nature(written(sender="enlace@osce.example")) is Nature.LOOP


@pytest.mark.parametrize("kind", ["text/rfc822-headers", "message/rfc822"])
def test_a_bounce_names_what_came_back_and_why(kind: str) -> None:
    found = judge(parse(bounce("l-1@osce.example", kind=kind)), "", SECTION.limits, OWN)
    assert (found.nature, found.returned, found.status) == (
        Nature.BOUNCE,
        ("l-1@osce.example",),
        "5.1.1",
    )
    late = bounce("l-1@osce.example", action="delayed", status="4.4.1", kind=kind)
    assert nature(late, "") is Nature.REPORT


@pytest.mark.parametrize(("program", "status"), [("qmail", "5.1.1"), ("exchange", "5.2.2")])
def test_what_came_back_in_plain_words_is_known_by_our_letter(program: str, status: str) -> None:
    content = returned_in_words(program, "l-1@osce.example")
    found = judge(parse(content), "", SECTION.limits, OWN)
    told = (found.nature, found.returned, found.status)
    assert told == (Nature.BOUNCE, ("l-1@osce.example",), status)
    # that of another house names nothing of ours, and a sender is somebody
    other = content.replace(b"l-1@osce.example", b"l-1@otra.example")
    assert nature(other, "") is Nature.AUTO_REPLY
    assert nature(content) is Nature.WORD
    place = content.rindex(b"Message-ID: ")
    far = content[:place] + b"x" * 70_000 + b"\r\n" + content[place:]
    assert nature(far, "") is Nature.AUTO_REPLY


@pytest.mark.parametrize(
    ("message", "expected", "status"),
    [
        # as Exchange of old: the thread alone says which
        (
            written(
                "did not reach the following recipient(s):\n<mx.correo.example #5.1.1>",
                "Undeliverable: Respuesta",
                "System Administrator <postmaster@correo.example>",
                In_Reply_To="<l-1@osce.example>",
            ),
            Nature.BOUNCE,
            "5.1.1",
        ),
        # as Exim of old; no status is said
        (
            written(
                "all relevant MX records point to non-existent hosts",
                "Mail delivery failed: returning message to sender",
                "Mail Delivery System <Mailer-Daemon@correo.example>",
                Auto_Submitted="auto-replied",
                References="<l-1@osce.example>",
            ),
            Nature.BOUNCE,
            "5.0.0",
        ),
        (
            written(
                "You do not need to resend: 4.4.1 timeout",
                "Warning: message 1sXk delayed 24 hours",
                "Mailer-Daemon@correo.example",
                References="<l-1@osce.example>",
            ),
            Nature.REPORT,
            "",
        ),
        # absent, which is no fault of the mail's
        (
            written(
                "Estoy de vacaciones.", "Respuesta automática", References="<l-1@osce.example>"
            ),
            Nature.AUTO_REPLY,
            "",
        ),
    ],
    ids=["exchange of old", "exim", "late", "absent"],
)
def test_a_server_tells_in_many_ways_what_a_person_never_does(
    message: EmailMessage, expected: Nature, status: str
) -> None:
    found = judge(parse(message.as_bytes()), "", SECTION.limits, OWN)
    told = (found.nature, found.returned, found.status)
    assert told == (expected, ("l-1@osce.example",), status)


def test_an_enclosed_letter_is_what_came_back() -> None:
    message = written("No se entregó.", "failure notice", "MAILER-DAEMON", "<b-1@x>")
    message.add_attachment(written(message_id="<l-1@osce.example>"))
    found = judge(parse(message.as_bytes()), "", SECTION.limits, OWN)
    assert (found.nature, found.returned) == (Nature.BOUNCE, ("l-1@osce.example",))


def test_the_digest_stays_whatever_servers_it_passes() -> None:
    content = written().as_bytes()
    passed = b"Received: from a by b\r\nX-Spam: no\r\n" + content
    assert digest(content) == digest(passed) == digest(content.replace(b"\r\n", b"\n"))
    assert digest(content) != digest(written("Otra cosa").as_bytes())
    assert digest(content) != digest(written(message_id="<m-2@x>").as_bytes())


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=400), st.booleans())
def test_no_bytes_at_all_make_it_fail_otherwise_than_by_a_reason(noise: bytes, after: bool) -> None:  # noqa: FBT001 - hypothesis names it
    content = written().as_bytes() + noise if after else noise + written().as_bytes()
    # anything but this is a fault of ours, and fails
    with suppress(Unreadable):
        understand(content, SENDER, SECTION, OWN)
    returned = returned_in_words("exchange", "l-1@osce.example").replace(b"<html>", noise)
    with suppress(Unreadable):
        understand(returned, "", SECTION, OWN)


def test_no_address_belongs_to_two_accounts(tmp_path: Path) -> None:
    assert places(ALL)[BOX].tenant == "osce"
    twice = Tenants({"one": ALL["osce"], "two": ALL["osce"]})
    with pytest.raises(ValueError, match="is in letterbox"):
        places(twice)
