"""Tells more of a fee check when asked."""

from __future__ import annotations

from actions.answers import AnswerQuestion
from actions.base import TalkAction, Turn
from actions.diagnosis import tell_anew, tell_more
from actions.slots import Event


class TellFeeDetail(TalkAction):
    """Says who else, how much, since when: of the fee check told before."""

    def name(self) -> str:
        """See the base."""
        return "action_tell_fee_detail"

    def act(self, turn: Turn) -> list[Event]:
        """See the base."""
        if turn.fee_record is not None:
            tell_more(turn, turn.fee_record)
        elif _was_told(turn):
            tell_anew(turn)
        else:
            # No fee check was made that these words could be about.
            return AnswerQuestion().act(turn)
        return []


def _was_told(turn: Turn) -> bool:
    return any(message.kind == "diagnosis" for message in turn.transcript)
