"""Who owns a conversation: the bot, the queue, one agent, or nobody. One state machine.

      ask_person          claim             resolve
bot ────────────▶ waiting ──────▶ agent ───────────▶ closed ──(visitor writes)──▶ bot
 ▲                   │ ▲            │ ▲
 └── back_to_bot ────┤ └── lose ────┤ └ transfer
                     └──────────────┘

Functions here say what the next ownership is; `Conversations.change_owner` stores it only if the
conversation is still as it was read, so of two agents who claim at once one gets `Conflict`. What
cannot be made sense of counts as unread: then nobody speaks but a notice.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Literal

from bot.core.errors import Conflict, NotAllowed, Unavailable

if TYPE_CHECKING:
    from bot.core.conversations import Conversation, State

# Why a person is wanted. "taken_over": an agent stepped in, nobody asked.
Reason = Literal["asked", "abstained", "angry", "failed", "unhelpful", "taken_over"]
# How a stay with people ended: the visitor left, the bot has it again, it is done, the agent is
# gone.
Outcome = Literal["left", "returned", "resolved", "lost"]
# An agent's claims hold for so long after the console was last heard of: a browser may hold a
# hidden tab back for a minute, and a network be gone for half of one.
AGENT_LEASE = timedelta(seconds=90)


@dataclass(frozen=True, slots=True)
class Ownership:
    """Who owns a conversation. `assignee_id` is set in state "agent" (and kept when closed)."""

    state: State
    assignee_id: str | None = None
    waiting_since: datetime | None = None
    reason: str | None = None

    @classmethod
    def of(cls, conversation: Conversation) -> Ownership:
        """The ownership as it was read with the conversation.

        Raises:
            Unavailable: The row holds no sound ownership: nobody can say whose the word is.
        """
        now = cls(
            conversation.state,
            conversation.assignee_id,
            conversation.waiting_since,
            conversation.handoff_reason,
        )
        if not now.is_sound:
            raise Unavailable("Who owns the conversation cannot be read. Look at its row.")
        return now

    @property
    def is_sound(self) -> bool:
        """Whether the parts agree: one owner, and whoever waits does so since a known moment."""
        match self.state:
            case "bot" | "closed":
                return True
            case "waiting":
                return self.assignee_id is None and self.waiting_since is not None
            case "agent":
                return self.assignee_id is not None
            case _:
                return False


@dataclass(frozen=True, slots=True)
class Transfer:
    """A change of owner: stored only while the conversation is still `before`.

    `outcome` says how a stay with people ended by it; None while there is none, or it goes on.
    """

    before: Ownership
    after: Ownership
    outcome: Outcome | None = None


def ask_person(now: Ownership, at: datetime, reason: Reason) -> Transfer:
    """Puts the conversation into the queue; one that waits or is with an agent stays as it is."""
    if now.state in ("waiting", "agent"):
        return Transfer(now, now)
    return Transfer(now, Ownership("waiting", None, at, reason))


def claim(now: Ownership, agent_id: str) -> Transfer:
    """Gives a conversation to an agent: a waiting one, or the bot's (an agent's own take-over)."""
    if now.state == "agent" and now.assignee_id != agent_id:
        raise Conflict("A colleague has already claimed this conversation. Choose another one.")
    if now.state == "closed":
        raise Conflict("This conversation is closed. It reopens when the visitor writes again.")
    reason = now.reason if now.state != "bot" else "taken_over"
    return Transfer(now, replace(now, state="agent", assignee_id=agent_id, reason=reason))


def lose(now: Ownership, at: datetime) -> Transfer:
    """Puts the conversation of an agent who is gone back into the queue, where it stood before.

    Raises:
        Conflict: No agent has it any more.
    """
    if now.state != "agent":
        raise Conflict("No agent has this conversation any more.")
    return Transfer(now, Ownership("waiting", None, now.waiting_since or at, now.reason), "lost")


def transfer(now: Ownership, agent_id: str, to_agent_id: str) -> Transfer:
    """Hands the agent's own conversation to a colleague."""
    _require_own(now, agent_id, "transfer")
    return Transfer(now, replace(now, assignee_id=to_agent_id))


def back_to_bot(now: Ownership, by: str) -> Transfer:
    """Returns a conversation to the bot: by its agent (an id), or by the visitor ("visitor")."""
    if by != "visitor":
        _require_own(now, by, "return")
    if now.state not in ("waiting", "agent"):
        return Transfer(now, now)
    return Transfer(now, Ownership("bot"), "left" if by == "visitor" else "returned")


def resolve(now: Ownership, agent_id: str) -> Transfer:
    """Closes the agent's own conversation. The bot answers again as soon as the visitor writes."""
    _require_own(now, agent_id, "resolve")
    return Transfer(now, replace(now, state="closed"), "resolved")


def reopen(now: Ownership) -> Transfer:
    """A visitor writes in a closed conversation: the bot has it, free of the old reason."""
    return Transfer(now, Ownership("bot"))


def require_agent(now: Ownership, agent_id: str) -> None:
    """Raises NotAllowed unless this agent holds the conversation, as writing to it needs."""
    _require_own(now, agent_id, "write in")


def _require_own(now: Ownership, agent_id: str, action: str) -> None:
    if now.state != "agent" or now.assignee_id != agent_id:
        raise NotAllowed(
            f"Only the agent who has claimed a conversation may {action} it. Claim it first."
        )
