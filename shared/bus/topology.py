"""The broker's topology as data: what is declared before services start, and who may touch it.

    enlace.events   topic    every event, routing key = type without version
    enlace.inbox    direct   back into a service's queue: after a retry's wait, or a replay
    enlace.retry    direct   where a rejected message goes to wait
    enlace.dead     topic    what could not be handled, with its reason

Each service has `<service>.in` (what it hears), `<service>.retry` (rejected messages wait here for
a fixed time and return) and `<service>.dead`. All are quorum queues; a rejection or expiry moves a
message with at-least-once guarantees. Services declare nothing and may configure nothing.

Who looks at a dead letter gives it back, which counts as a delivery; RabbitMQ from 4.0 on drops
what has been delivered twenty times where nothing else is said. A policy says it, since the
arguments of a queue that is there already cannot change.
"""

import base64
import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlsplit

EVENTS = "enlace.events"
INBOX = "enlace.inbox"
RETRY = "enlace.retry"
DEAD = "enlace.dead"

RETRY_WAIT_MS = 5_000
# Deliveries that end in a lost connection count too, and each rolling restart spends one of every
# message in flight: low limits would bury healthy messages.
DELIVERY_LIMIT = 100
# 3.x knows no word for "never"
LOOKS_AT_DEAD_LETTERS = 1_000_000_000

Definitions = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Inbox:
    """What one service hears: patterns over routing keys, `<service>.<thing>.#` each."""

    service: str
    hears: tuple[str, ...]

    @property
    def queue(self) -> str:
        return f"{self.service}.in"

    @property
    def retry(self) -> str:
        return f"{self.service}.retry"

    @property
    def dead(self) -> str:
        return f"{self.service}.dead"


@dataclass(frozen=True, slots=True)
class Login:
    """A broker user of one service."""

    service: str
    name: str
    password: str

    @classmethod
    def from_url(cls, service: str, url: str) -> "Login":
        parts = urlsplit(url)
        return cls(service, unquote(parts.username or ""), unquote(parts.password or ""))


def definitions(vhost: str, inboxes: Sequence[Inbox], logins: Sequence[Login]) -> Definitions:
    """RabbitMQ's definitions document for all services, ready for the management API."""
    return {
        "vhosts": [{"name": vhost}],
        "users": [_user(login) for login in logins],
        "permissions": [_permission(vhost, login) for login in logins],
        "topic_permissions": [p for login in logins for p in _topic_permissions(vhost, login)],
        "exchanges": [
            _exchange(vhost, EVENTS, "topic"),
            _exchange(vhost, INBOX, "direct"),
            _exchange(vhost, RETRY, "direct"),
            _exchange(vhost, DEAD, "topic"),
        ],
        "policies": [_dead_letters_stay(vhost)],
        "queues": [queue for inbox in inboxes for queue in _queues(vhost, inbox)],
        "bindings": [binding for inbox in inboxes for binding in _bindings(vhost, inbox)],
    }


def _exchange(vhost: str, name: str, kind: str) -> Definitions:
    return {
        "vhost": vhost,
        "name": name,
        "type": kind,
        "durable": True,
        "auto_delete": False,
        "internal": False,
        "arguments": {},
    }


def _dead_letters_stay(vhost: str) -> Definitions:
    return {
        "vhost": vhost,
        "name": "enlace.dead",
        "pattern": r"\.dead$",
        "apply-to": "queues",
        "priority": 0,
        "definition": {"delivery-limit": LOOKS_AT_DEAD_LETTERS},
    }


def _queues(vhost: str, inbox: Inbox) -> list[Definitions]:
    def queue(name: str, **arguments: object) -> Definitions:
        return {
            "vhost": vhost,
            "name": name,
            "durable": True,
            "auto_delete": False,
            "arguments": {"x-queue-type": "quorum", **arguments},
        }

    safely: dict[str, Any] = {
        "x-dead-letter-strategy": "at-least-once",
        "x-overflow": "reject-publish",
        "x-dead-letter-routing-key": inbox.service,
    }
    return [
        queue(
            inbox.queue,
            **safely,
            **{"x-dead-letter-exchange": RETRY, "x-delivery-limit": DELIVERY_LIMIT},
        ),
        queue(
            inbox.retry,
            **safely,
            **{"x-dead-letter-exchange": INBOX, "x-message-ttl": RETRY_WAIT_MS},
        ),
        queue(inbox.dead),
    ]


def _bindings(vhost: str, inbox: Inbox) -> list[Definitions]:
    def binding(source: str, queue: str, key: str) -> Definitions:
        return {
            "vhost": vhost,
            "source": source,
            "destination": queue,
            "destination_type": "queue",
            "routing_key": key,
            "arguments": {},
        }

    return [
        *(binding(EVENTS, inbox.queue, pattern) for pattern in inbox.hears),
        binding(INBOX, inbox.queue, inbox.service),
        binding(RETRY, inbox.retry, inbox.service),
        binding(DEAD, inbox.dead, inbox.service),
    ]


def _user(login: Login) -> Definitions:
    return {
        "name": login.name,
        "password_hash": _password_hash(login.password),
        "hashing_algorithm": "rabbit_password_hashing_sha256",
        "tags": "",
    }


def _password_hash(password: str) -> str:
    """RabbitMQ's own form: base64 of a 4-byte salt and SHA-256 over salt and password."""
    salt = secrets.token_bytes(4)
    return base64.b64encode(salt + hashlib.sha256(salt + password.encode()).digest()).decode()


def _permission(vhost: str, login: Login) -> Definitions:
    return {
        "user": login.name,
        "vhost": vhost,
        "configure": "^$",
        "write": r"^enlace\.(events|dead)$",
        "read": rf"^{login.service}\.in$",
    }


def _topic_permissions(vhost: str, login: Login) -> list[Definitions]:
    def allow(exchange: str, write: str) -> Definitions:
        return {
            "user": login.name,
            "vhost": vhost,
            "exchange": exchange,
            "write": write,
            "read": "^$",
        }

    return [allow(EVENTS, rf"^{login.service}\."), allow(DEAD, rf"^{login.service}$")]
