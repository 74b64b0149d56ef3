"""Zendesk Support over its REST API (developer.zendesk.com/api-reference/ticketing, 2026-11).

A ticket is created under an Idempotency-Key, which lives for two hours, and carries our reference
as its external id, by which it is looked up. Comments know no key: theirs stands in their text.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

import httpx

from bot.adapters.helpdesk_http import OPERATOR_S, HelpdeskHttp, json_of
from bot.core.helpdesk import (
    Absent,
    Capabilities,
    Comment,
    Created,
    Found,
    Later,
    LookedUp,
    Rejected,
    Sent,
    Unknown,
)
from bot.core.helpdesk_text import outgoing_ticket
from bot.core.ports.dialogue import Phrases

# Zendesk's own limit is 65,535 characters; what is longer goes along as a file.
LONGEST_COMMENT = 60_000
PAGE = 100
MOST_PAGES = 50


class ZendeskHelpdesk:
    """The `Helpdesk` port over Zendesk.

    With `email` the token is an API token of that agent, without it an OAuth token. `fields` gives
    the ids of custom fields by the name of the fact that goes into them, such as "site_number".
    """

    # Comments have no key: one that was under way when the answer was lost must have ended.
    capabilities = Capabilities(
        takes_transcripts=True, can_redact=True, settles_within=timedelta(seconds=30)
    )

    def __init__(
        self, url: str, email: str | None, token: str, fields: Mapping[str, int], phrases: Phrases
    ) -> None:
        self._fields = dict(fields)
        self._phrases = phrases
        self._http = HelpdeskHttp(
            "Zendesk",
            "HELPDESK_ZENDESK",
            url,
            auth=(f"{email}/token", token) if email else None,
            headers={} if email else {"Authorization": f"Bearer {token}"},
        )

    def prepare(self, body: str) -> str:
        """See the port."""
        outgoing = outgoing_ticket(body, self._phrases)
        ticket: dict[str, Any] = {
            "subject": outgoing.subject,
            "comment": {"body": outgoing.description, "public": True},
            "external_id": outgoing.external_key,
            "tags": list(outgoing.tags),
            "custom_fields": [
                {"id": id_, "value": outgoing.facts[fact]}
                for fact, id_ in sorted(self._fields.items())
                if fact in outgoing.facts
            ],
        }
        if outgoing.requester_email:
            # Inline, so that somebody whom Zendesk does not know yet is made with the ticket.
            name = outgoing.requester_name or outgoing.requester_email.partition("@")[0]
            ticket["requester"] = {"name": name, "email": outgoing.requester_email}
        return json.dumps({"ticket": ticket}, ensure_ascii=False, sort_keys=True)

    def find(self, external_key: str) -> LookedUp:
        """See the port. The list by external id is the database's; the search index lags."""
        answer = self._http.call("GET", "/api/v2/tickets", params={"external_id": external_key})
        if not isinstance(answer, httpx.Response):
            return answer
        body = json_of(answer)
        if answer.status_code != 200 or not isinstance(body, dict) or "tickets" not in body:
            return _unreadable(answer)
        # Other software may reuse a reference's letters: only the whole id counts.
        ids = sorted(int(t["id"]) for t in body["tickets"] if t.get("external_id") == external_key)
        return Found(str(ids[0]), tuple(map(str, ids[1:]))) if ids else Absent()

    def create(self, external_key: str, payload: str) -> Sent:
        """See the port."""
        content = payload.encode()
        # What was refused for good may be sent again mended, which the old key would not allow.
        key = f"{external_key}-{hashlib.sha256(content).hexdigest()[:16]}"
        answer = self._http.call(
            "POST",
            "/api/v2/tickets",
            content=content,
            headers={"Content-Type": "application/json", "Idempotency-Key": key},
        )
        if not isinstance(answer, httpx.Response):
            return answer
        body = json_of(answer)
        if answer.status_code in (200, 201):
            id_ = body.get("ticket", {}).get("id") if isinstance(body, dict) else None
            if id_ is None:
                return _unreadable(answer)
            is_hit = answer.headers.get("x-idempotency-lookup") == "hit"
            return Found(str(id_)) if is_hit else Created(str(id_))
        if answer.status_code == 409 or "IdempotentRequestError" in answer.text:
            return Unknown("Zendesk has this request in hand already, or has had it.")
        return _refusal(answer)

    def find_comment(self, ticket_id: str, key: str) -> LookedUp:
        """See the port."""
        for comment in self._comments(ticket_id):
            if isinstance(comment, Unknown | Later):
                return comment
            if f"[{key}]" in (comment.get("plain_body") or comment.get("body") or ""):
                return Found(str(comment["id"]))
        return Absent()

    def comment(self, ticket_id: str, comment: Comment) -> Sent:
        """See the port.

        A long text goes along as a file, uploaded in the same attempt: until it is attached, every
        user of that Zendesk could open it, and its token lives for an hour only.
        """
        sent: dict[str, Any] = {"body": comment.text, "public": comment.is_public}
        if len(comment.text) > LONGEST_COMMENT:
            upload = self._upload(comment)
            if not isinstance(upload, str):
                return upload
            sent |= {"body": f"[{comment.key}]", "uploads": [upload]}
        answer = self._http.call(
            "PUT", f"/api/v2/tickets/{ticket_id}", json={"ticket": {"comment": sent}}
        )
        if not isinstance(answer, httpx.Response):
            return answer
        if answer.status_code == 409:
            return Unknown("Somebody else changed the ticket at the same moment (409).")
        return Created(comment.key) if answer.status_code == 200 else _refusal(answer)

    def redact(self, ticket_id: str, key: str) -> Sent:
        """See the port."""
        for comment in self._comments(ticket_id):
            if isinstance(comment, Unknown | Later):
                return comment
            text = comment.get("plain_body") or comment.get("body") or ""
            if f"[{key}]" not in text:
                continue
            path = f"/api/v2/tickets/{ticket_id}/comments/{comment['id']}"
            calls: list[tuple[str, dict[str, str]]] = [
                (f"{path}/attachments/{file['id']}/redact", {})
                for file in comment.get("attachments", ())
            ]
            # The key is in the text, so it goes last: until then the comment can be found again.
            for call, body in [*calls, (f"{path}/redact", {"text": text})]:
                answer = self._http.call("PUT", call, json=body)
                if not isinstance(answer, httpx.Response):
                    return answer
                if answer.status_code != 200:
                    return _refusal(answer)
        return Created(key)

    def check(self) -> str | None:
        """See the port."""
        me = self._http.call("GET", "/api/v2/users/me")
        fields = self._http.call("GET", "/api/v2/ticket_fields")
        for answer in (me, fields):
            if not isinstance(answer, httpx.Response):
                return answer.why
            if answer.status_code != 200 or json_of(answer) is None:
                return f"Zendesk does not answer as it should ({answer.status_code})."
        assert isinstance(me, httpx.Response)
        assert isinstance(fields, httpx.Response)
        role = me.json().get("user", {}).get("role")
        if role not in ("agent", "admin"):
            return f"HELPDESK_ZENDESK_TOKEN is of the role {role!r}; allowed: agent, admin."
        known = {field["id"] for field in fields.json().get("ticket_fields", ())}
        missing = sorted(name for name, id_ in self._fields.items() if id_ not in known)
        if missing:
            return f"HELPDESK_ZENDESK_FIELDS: no ticket field has the id of {', '.join(missing)}."
        return None

    def _comments(self, ticket_id: str) -> Iterator[dict[str, Any] | Unknown | Later]:
        """The comments of a ticket, oldest first, or why they cannot be read."""
        path = f"/api/v2/tickets/{ticket_id}/comments"
        after: str | None = None
        for _ in range(MOST_PAGES):
            # The next page is asked for by its cursor, never by the link given: that may lead
            # to another host, and our credentials with it.
            page = {"page[size]": str(PAGE), **({"page[after]": after} if after else {})}
            answer = self._http.call("GET", path, params=page)
            if not isinstance(answer, httpx.Response):
                yield answer
                return
            body = json_of(answer)
            if answer.status_code != 200 or not isinstance(body, dict):
                yield _unreadable(answer)
                return
            yield from body.get("comments", ())
            meta = body.get("meta") or {}
            if not meta.get("has_more"):
                return
            after = meta.get("after_cursor")

    def _upload(self, comment: Comment) -> str | Sent:
        """The token of the uploaded text."""
        answer = self._http.call(
            "POST",
            "/api/v2/uploads",
            params={"filename": f"{comment.key.replace('/', '-')}.txt"},
            content=comment.text.encode(),
            headers={"Content-Type": "text/plain; charset=utf-8"},
        )
        if isinstance(answer, Unknown):
            # An upload that nothing refers to is no harm: it may be made again.
            return Later(answer.why, answer.seconds)
        if isinstance(answer, Later):
            return answer
        body = json_of(answer)
        token = body.get("upload", {}).get("token") if isinstance(body, dict) else None
        return str(token) if token else _refusal(answer)


def _unreadable(answer: httpx.Response) -> Unknown:
    return Unknown(f"Zendesk's answer ({answer.status_code}) cannot be read.")


def _refusal(answer: httpx.Response) -> Rejected | Later | Unknown:
    """What a request that Zendesk does not accept means."""
    status = answer.status_code
    if status == 404 and "json" not in answer.headers.get("content-type", ""):
        why = "There is no Zendesk at this address (404): check HELPDESK_ZENDESK_URL."
        return Later(why, OPERATOR_S)
    if 400 <= status < 500:
        return Rejected(f"Zendesk refuses it ({status}{_faults(answer)}).")
    return _unreadable(answer)


def _faults(answer: httpx.Response) -> str:
    """The fields at fault with Zendesk's code for each; its sentences may quote the visitor."""
    body = json_of(answer)
    details = body.get("details") if isinstance(body, dict) else None
    if not isinstance(details, dict):
        error = body.get("error") if isinstance(body, dict) else None
        return f": {error[:80]}" if isinstance(error, str) and error.isidentifier() else ""
    named = [
        f"{field} {fault.get('error', 'is invalid')}"
        for field, faults in sorted(details.items())
        for fault in (faults if isinstance(faults, list) else [])
        if isinstance(fault, dict)
    ]
    return f": {'; '.join(named)[:200]}" if named else ""
