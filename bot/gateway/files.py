"""The two CSV files that a site admin may drop into the chat, and the fee check made of them.

Read in memory and forgotten: only the diagnosis that is told stays in the conversation. Open to the
signed-in admin of a site alone, for that site.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request, UploadFile
from fastapi.responses import JSONResponse
from starlette.formparsers import MultiPartParser

from bot.core.conversations import Conversation, Identity
from bot.core.errors import NotAllowed
from bot.core.fee_diagnosis import diagnose
from bot.core.fee_files import MAX_FILE_BYTES, FilesRefused, NamedFile, read_files
from bot.core.fee_reply import Telling, tell_diagnosis
from bot.core.formats import plain
from bot.core.turns import say_unasked
from bot.gateway.access import ServicesDep, VisitorConversation, check_origin
from bot.gateway.errors import (
    FileFaultOut,
    ProblemInFiles,
    TooLarge,
    Unauthorized,
    problem,
    responses,
)
from bot.gateway.schemas.chat import Answered, SendFiles
from bot.gateway.schemas.messages import MessageOut

router = APIRouter(
    prefix="/api/v1/conversations", tags=["visitor"], dependencies=[Depends(check_origin)]
)
# Both files, and what a form adds around them.
MAX_FORM_BYTES = 2 * MAX_FILE_BYTES + 64 * 1024
_NAME_CHARS = 60
# What is larger would be written to a temporary file: these names and figures touch no disk.
MultiPartParser.spool_max_size = MAX_FORM_BYTES


@router.post(
    "/{conversation_id}/files",
    response_model=Answered,
    responses={**responses(401, 403, 404, 409, 413), 422: ProblemInFiles.documented()},
)
def check_files(
    form: Annotated[SendFiles, Form(media_type="multipart/form-data")],
    conversation: VisitorConversation,
    services: ServicesDep,
    request: Request,
) -> Answered | JSONResponse:
    """Tells why messages are charged, from two exports of the visitor's own site.

    Each file has at most 2 MiB and 20,000 rows. Either may come under the name of the other.
    """
    now = services.clock.now()
    visitor = _admin(conversation.as_of(now), was_signed_in=conversation.identity is not None)
    files = (_read(form.users, "users"), _read(form.items, "items"))
    to = Telling(services.phrases, services.search, conversation.language, visitor, now)
    try:
        snapshot = read_files(*files, visitor, now)
    except FilesRefused as refused:
        return _refusal(refused, to)
    lead = to.phrase(
        "utter_files_read",
        files=" · ".join(plain(file.name) for file in files),
        users=len(snapshot.link_knowledge),
        messages=len(snapshot.charges),
    )
    reply = tell_diagnosis(diagnose(snapshot), to, lead=[lead], from_files=True)
    said = say_unasked(
        conversation.id,
        reply,
        store=services.conversations,
        clock=services.clock,
        owner=request.app.state.owner,
    )
    services.events.publish(conversation.id)
    state = services.conversations.get(conversation.id).state
    return Answered(messages=MessageOut.all_of(said), state=state)


def _admin(conversation: Conversation, *, was_signed_in: bool) -> Identity:
    """The visitor, who may see what the files hold.

    Raises:
        Unauthorized: Nobody is signed in, or not any more.
        NotAllowed: Somebody who is no admin of a site.
    """
    visitor = conversation.identity
    if visitor is None:
        ended = "The sign-in has ended" if was_signed_in else "Nobody is signed in"
        raise Unauthorized(f"{ended}: a site admin must sign in to give these files.")
    if not visitor.is_site_admin or not visitor.site_number:
        raise NotAllowed("Only a site admin may give these files: they name every user.")
    return visitor


def _read(upload: UploadFile, field: str) -> NamedFile:
    content = upload.file.read(MAX_FILE_BYTES + 1)
    if len(content) > MAX_FILE_BYTES:
        raise TooLarge(
            f"The file {field} has more than {MAX_FILE_BYTES:,} bytes, which is the limit. "
            "Export fewer invoices at a time."
        )
    name = "".join(c for c in upload.filename or "" if c.isprintable()).strip()[-_NAME_CHARS:]
    return NamedFile(name or f"{field}.csv", content)


def _refusal(refused: FilesRefused, to: Telling) -> JSONResponse:
    """The faults in the visitor's language, and for programs each with its place."""
    lines = []
    for fault in refused.faults:
        where = to.phrase("utter_fault_line", line=fault.line) if fault.line else ""
        column = to.phrase("utter_fault_column", column=fault.column) if fault.column else ""
        found = to.phrase("utter_fault_found", found=fault.found) if fault.found else ""
        said = to.phrase(f"utter_file_{fault.code}")
        lines.append(
            to.phrase(
                "utter_file_fault", file=fault.file, where=where + column, said=said, found=found
            )
        )
    more = refused.count - len(refused.faults)
    if more > 0:
        lines.append(to.phrase("utter_file_more_faults", count=more))
    detail = "\n".join([to.phrase("utter_files_refused"), *lines])
    faults = [FileFaultOut.model_validate(fault).model_dump() for fault in refused.faults]
    return problem(422, detail, faults=faults)
