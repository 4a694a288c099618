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


QMAIL = """Received: (qmail 2915 invoked for bounce); 1 Jul 2026 15:20:08 -0000
Date: 1 Jul 2026 15:20:08 -0000
From: MAILER-DAEMON@mx.correo.example
To: {box}
Subject: failure notice

Hi. This is the qmail-send program at mx.correo.example.
I'm afraid I wasn't able to deliver your message to the following addresses.
This is a permanent error; I've given up. Sorry it didn't work out.

<rosaura@correo.example>:
190.5.20.1 does not like recipient.
Remote host said: 550 5.1.1 <rosaura@correo.example>: Recipient address rejected
Giving up on 190.5.20.1.

--- Below this line is a copy of the message.

Return-Path: <{box}>
Received: (qmail 2913 invoked by uid 89); 1 Jul 2026 15:20:07 -0000
From: OSCE <{box}>
To: rosaura@correo.example
Subject: Respuesta a su consulta
References: <m-1@correo.example>
Message-ID: <{returned}>

Se renueva desde el portal del RNP.
"""
EXCHANGE = """From: Microsoft Outlook
 <MicrosoftExchange329e71ec88ae4615bbc36ab6ce41109e@correo.example>
To: {box}
Subject: No se puede entregar: Respuesta a su consulta: Warning de retraso
Message-ID: <ndr-1@correo.example>
MIME-Version: 1.0
Content-Type: multipart/alternative; boundary="EE"

--EE
Content-Type: text/html; charset="utf-8"
Content-Transfer-Encoding: quoted-printable

<html><body><p><b>No se pudo entregar el mensaje a estos destinatarios:</b></p>
<p><a href=3D"mailto:rosaura@correo.example">rosaura@correo.example</a><br>
El buz=C3=B3n del destinatario est=C3=A1 lleno.</p>
<p>Remote Server returned '554 5.2.2 mailbox full'</p>
<p>Original message headers:</p>
<pre>From: OSCE &lt;{box}&gt;
Message-ID: &lt;{returned}&gt;
</pre></body></html>
--EE--
"""
IN_WORDS = {"qmail": QMAIL, "exchange": EXCHANGE}


def returned_in_words(program: str, returned: str) -> bytes:
    """A message that did not arrive, told without a report of RFC 3464."""
    return IN_WORDS[program].format(box=BOX, returned=returned).replace("\n", "\r\n").encode()
