"""Mail that leaves the house: written once, sent until it is taken, with a log of every try.

A service writes a `Letter` when something happens: who it is for (a word, not an address), which
template, and the facts by which its `Composer` finds the rest. Addresses, names and texts are
looked up when the letter is sent, so the queue holds no personal data and a corrected address is
heeded.

    letters = Letters(workshop.database, workshop.now)
    await letters.write(Letter(derived_id(...), tenant, "client", "request_received", {...}))
    # the service's task
    Postman(workshop, letters, compose).watch
    # its routes: the log, and a letter sent again
    letter_routes(api, letters, prefix="/intake")

A service whose cases announce deadlines to roles says which in a `Ladder`; its `Announcer` writes
each role one letter for all that came within some minutes, and `compose_digest` its words.

The same occasion gives the same id and so the same letter, however often it is told. A server that
took a letter but lost its answer gets it again under the same Message-ID (RFC 5322 section 3.6.4).
"""

from .announcing import Announced, Announcer, Ladder, Now
from .composing import Composed, Composer, Enclosure, Unsendable
from .digests import compose_digest
from .letters import Letter, Letters, LetterStatus
from .policy import SECTION, DigestRow, MailRow, MailSection, mail_of
from .postman import Postman
from .routes import letter_routes

__all__ = [
    "SECTION",
    "Announced",
    "Announcer",
    "Composed",
    "Composer",
    "DigestRow",
    "Enclosure",
    "Ladder",
    "Letter",
    "LetterStatus",
    "Letters",
    "MailRow",
    "MailSection",
    "Now",
    "Postman",
    "Unsendable",
    "compose_digest",
    "letter_routes",
    "mail_of",
]
