"""Unfinished requests and errands in memory, for tests."""

from __future__ import annotations

from datetime import datetime

from bot.adapters.memory_talks import MemoryTalks
from bot.core.cancellation import Draft
from bot.core.errands import Errand


class MemoryDrafts(MemoryTalks):
    """The `Drafts` port in memory."""

    def draft(self, conversation_id: str) -> Draft | None:
        """See the port."""
        with self._lock:
            kept = self._kept.get(conversation_id)
            return Draft.from_json(kept.draft) if kept and kept.draft else None

    def save_draft(self, conversation_id: str, draft: Draft, *, at: datetime) -> None:  # noqa: ARG002
        """See the port."""
        with self._lock:
            self._find(conversation_id).draft = draft.to_json()

    def drop_draft(self, conversation_id: str) -> None:
        """See the port."""
        with self._lock:
            if conversation_id in self._kept:
                self._kept[conversation_id].draft = None

    def errand(self, conversation_id: str) -> Errand | None:
        """See the port."""
        with self._lock:
            kept = self._kept.get(conversation_id)
            return Errand.from_json(kept.errand) if kept and kept.errand else None

    def save_errand(self, conversation_id: str, errand: Errand, *, at: datetime) -> None:  # noqa: ARG002
        """See the port."""
        with self._lock:
            self._find(conversation_id).errand = errand.to_json()

    def drop_errand(self, conversation_id: str) -> None:
        """See the port."""
        with self._lock:
            if conversation_id in self._kept:
                self._kept[conversation_id].errand = None
