"""Messages as real programs send them, good and bad."""

from email.message import EmailMessage
from email.policy import SMTP

BOX = "consultas@osce.example"
SENDER = "rosaura@correo.example"
PDF = b"%PDF-1.7 acta de la comisi\xf3n"


def written(
    words: str = "¿Cómo renuevo mi inscripción en el RNP?",
    subject: str = "Renovación de inscripción",
    sender: str = f"Rosaura Quispe <{SENDER}>",
    message_id: str = "<m-1@correo.example>",
    **headers: str,
) -> EmailMessage:
    """A plain message; `headers` with underscores for hyphens."""
    message = EmailMessage(policy=SMTP)
    message["From"] = sender
    message["To"] = BOX
    message["Subject"] = subject
    message["Date"] = "Wed, 01 Jul 2026 10:00:00 -0500"
    message["Message-ID"] = message_id
    for name, value in headers.items():
        message[name.replace("_", "-")] = value
    message.set_content(words)
    return message


def raw(head: str, body: bytes) -> bytes:
    """A message put together by hand, as a broken program would."""
    lines = [f"From: {SENDER}", f"To: {BOX}", "Subject: x", "Message-ID: <raw@correo.example>"]
    return "\r\n".join([*lines, *head.splitlines(), "", ""]).encode() + body


BOUNCE = """From: MAILER-DAEMON@correo.example
To: {box}
Subject: Undelivered Mail Returned to Sender
Message-ID: <dsn-1@correo.example>
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="BB"

--BB
Content-Type: text/plain

I'm sorry to have to inform you.
--BB
Content-Type: message/delivery-status

Reporting-MTA: dns; correo.example

Final-Recipient: rfc822; rosaura@correo.example
Action: {action}
Status: {status}
--BB
Content-Type: {kind}

Message-ID: <{returned}>
Subject: Respuesta

hola
--BB--
"""


def bounce(
    returned: str,
    *,
    action: str = "failed",
    status: str = "5.1.1",
    kind: str = "text/rfc822-headers",
) -> bytes:
    """A report of RFC 3464 about a message that did not arrive."""
    text = BOUNCE.format(box=BOX, action=action, status=status, kind=kind, returned=returned)
    return text.replace("\n", "\r\n").encode()
