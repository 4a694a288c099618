"""The few calls to RabbitMQ's management API that provisioning and status need."""

from __future__ import annotations

import base64
import http.client
import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, unquote, urlsplit

from cli.errors import UserError


def usual_address(amqp_url: str) -> str:
    """Where the management API of a broker is unless it was moved: same host, same login."""
    parts = urlsplit(amqp_url)
    host = parts.hostname or "127.0.0.1"
    login = parts.netloc.rpartition("@")[0]
    scheme, port = ("https", 15671) if parts.scheme == "amqps" else ("http", 15672)
    place = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    return f"{scheme}://{login}@{place}" if login else f"{scheme}://{place}"


@dataclass(frozen=True, slots=True)
class Management:
    """A management API, from an address like `http://user:password@127.0.0.1:15672`."""

    url: str

    @property
    def user(self) -> str:
        return unquote(urlsplit(self.url).username or "guest")

    def call(self, method: str, path: str, body: object = None, timeout: float = 30.0) -> Any:  # noqa: ANN401 - its answers have many shapes
        """Call `/api/<path>` and return its JSON, or None when the answer has no body.

        Raises OSError when nothing answers, UserError when the answer is a refusal.
        """
        parts = urlsplit(self.url)
        kind = (
            http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        )
        connection = kind(parts.hostname or "127.0.0.1", parts.port or 15672, timeout=timeout)
        secret = f"{self.user}:{unquote(parts.password or 'guest')}".encode()
        headers = {
            "Authorization": f"Basic {base64.b64encode(secret).decode()}",
            "Content-Type": "application/json",
        }
        payload = None if body is None else json.dumps(body)
        try:
            connection.request(method, f"{parts.path}/api/{path}", payload, headers)
            answer = connection.getresponse()
            content = answer.read()
        finally:
            connection.close()
        if answer.status >= http.client.BAD_REQUEST:
            raise UserError(
                f"the broker's management API refused {method} /api/{path}: {answer.status} "
                f"{content.decode(errors='replace')[:200]}"
            )
        return json.loads(content) if content else None

    def create_vhost(self, name: str) -> None:
        """Create the virtual host `name`, open to this administrator."""
        vhost = quote(name, safe="")
        self.call("PUT", f"vhosts/{vhost}", {})
        everything = {"configure": ".*", "write": ".*", "read": ".*"}
        self.call("PUT", f"permissions/{vhost}/{quote(self.user, safe='')}", everything)

    def delete_vhost(self, name: str) -> None:
        self.call("DELETE", f"vhosts/{quote(name, safe='')}")
