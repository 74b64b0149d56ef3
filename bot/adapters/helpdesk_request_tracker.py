"""Request Tracker 5 over REST 2 (docs.bestpractical.com/rt/5.0, RT::REST2).

RT knows no idempotency key, so our reference stands in the subject and, if one is named, in a
custom field; RT looks both up in its database, without the lag of an index. What was under way
when an answer was lost has ended within `settles_within`.
"""

from __future__ import annotations

import json
from datetime import timedelta

import httpx

from bot.adapters.helpdesk_http import HelpdeskHttp, json_of
from bot.core.helpdesk import (
    Absent,
    Capabilities,
    Comment,
    Created,
    Found,
    LookedUp,
    Rejected,
    Sent,
    Unknown,
)
from bot.core.helpdesk_text import outgoing_ticket
from bot.core.ports.dialogue import Phrases

BASE = "/REST/2.0"


class RequestTrackerHelpdesk:
    """The `Helpdesk` port over Request Tracker.

    With `user` the token is that user's password, without it an authentication token of RT's.
    `key_field` is the name of a custom field of the queue's tickets that takes our reference.
    """

    capabilities = Capabilities(
        takes_transcripts=True, knows_keys=False, settles_within=timedelta(seconds=30)
    )

    def __init__(
        self,
        url: str,
        user: str | None,
        token: str,
        queue: str,
        key_field: str | None,
        phrases: Phrases,
    ) -> None:
        self._queue = queue
        self._key_field = key_field
        self._phrases = phrases
        self._http = HelpdeskHttp(
            "Request Tracker",
            "HELPDESK_RT",
            url,
            auth=(user, token) if user else None,
            headers={} if user else {"Authorization": f"token {token}"},
        )

    def prepare(self, body: str) -> str:
        """See the port."""
        outgoing = outgoing_ticket(body, self._phrases)
        ticket: dict[str, object] = {
            "Queue": self._queue,
            "Subject": outgoing.subject,
            "Content": outgoing.description,
            "ContentType": "text/plain",
        }
        if outgoing.requester_email:
            ticket["Requestor"] = outgoing.requester_email
        if self._key_field:
            ticket["CustomFields"] = {self._key_field: outgoing.external_key}
        return json.dumps(ticket, ensure_ascii=False, sort_keys=True)

    def find(self, external_key: str) -> LookedUp:
        """See the port. In whatever queue: people move tickets."""
        wanted = [f"Subject LIKE '{_quoted(external_key)}'"]
        if self._key_field:
            wanted.append(f"'CF.{{{_quoted(self._key_field)}}}' = '{_quoted(external_key)}'")
        return self._first(
            "GET", f"{BASE}/tickets", params={"query": " OR ".join(wanted), "orderby": "id"}
        )

    def create(self, external_key: str, payload: str) -> Sent:  # noqa: ARG002
        """See the port."""
        answer = self._http.call(
            "POST",
            f"{BASE}/ticket",
            content=payload.encode(),
            headers={"Content-Type": "application/json"},
        )
        if not isinstance(answer, httpx.Response):
            return answer
        if answer.status_code != 201:
            return _refusal(answer)
        body = json_of(answer)
        id_ = body.get("id") if isinstance(body, dict) else None
        return Created(str(id_)) if id_ else _unreadable(answer)

    def find_comment(self, ticket_id: str, key: str) -> LookedUp:  # noqa: ARG002
        """See the port. By the subject of the comment, which is its key."""
        return self._first("POST", f"{BASE}/attachments", json=[{"field": "Subject", "value": key}])

    def comment(self, ticket_id: str, comment: Comment) -> Sent:
        """See the port. A correspondence is sent to the requester, a comment is not."""
        way = "correspond" if comment.is_public else "comment"
        sent = {"Subject": comment.key, "Content": comment.text, "ContentType": "text/plain"}
        answer = self._http.call("POST", f"{BASE}/ticket/{ticket_id}/{way}", json=sent)
        if not isinstance(answer, httpx.Response):
            return answer
        return Created(comment.key) if answer.status_code == 201 else _refusal(answer)

    def redact(self, ticket_id: str, key: str) -> Sent:
        """See the port. RT has no call for it: a person uses its Shredder."""
        return Rejected(
            f"Request Tracker cannot redact over REST. Shred the comment {key} of ticket "
            f"{ticket_id} (Admin > Tools > Shredder)."
        )

    def check(self) -> str | None:
        """See the port."""
        answer = self._http.call("GET", f"{BASE}/queue/{self._queue}")
        if not isinstance(answer, httpx.Response):
            return answer.why
        if answer.status_code == 404:
            return f"HELPDESK_RT_QUEUE: there is no queue {self._queue!r} that this user sees."
        body = json_of(answer)
        if answer.status_code != 200 or not isinstance(body, dict):
            return f"Request Tracker does not answer as it should ({answer.status_code})."
        fields = {field.get("name") for field in body.get("TicketCustomFields") or ()}
        if self._key_field and self._key_field not in fields:
            return (
                f"HELPDESK_RT_KEY_FIELD: the tickets of {self._queue!r} have no custom field "
                f"{self._key_field!r}, and RT drops what it does not know."
            )
        return None

    def _first(self, method: str, path: str, **request: object) -> LookedUp:
        answer = self._http.call(method, path, **request)
        if not isinstance(answer, httpx.Response):
            return answer
        body = json_of(answer)
        if answer.status_code != 200 or not isinstance(body, dict) or "items" not in body:
            return _unreadable(answer)
        ids = sorted(int(item["id"]) for item in body["items"])
        return Found(str(ids[0]), tuple(map(str, ids[1:]))) if ids else Absent()


def _quoted(text: str) -> str:
    """A text inside the quotes of TicketSQL."""
    return text.replace("\\", "\\\\").replace("'", "\\'")


def _unreadable(answer: httpx.Response) -> Unknown:
    return Unknown(f"Request Tracker's answer ({answer.status_code}) cannot be read.")


def _refusal(answer: httpx.Response) -> Sent:
    status = answer.status_code
    if 400 <= status < 500:
        return Rejected(f"Request Tracker refuses it ({status}).")
    return _unreadable(answer)
