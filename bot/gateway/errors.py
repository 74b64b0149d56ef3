"""One shape for every error: RFC 9457 problem details."""

from __future__ import annotations

from http import HTTPStatus

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException

from bot.core.conversations import MAX_TEXT_CHARS
from bot.core.errors import (
    BadInput,
    Conflict,
    HelpdeskError,
    NotAllowed,
    NotFound,
    Unavailable,
)

_STATUS: dict[type[HelpdeskError], int] = {
    BadInput: 422,
    NotFound: 404,
    NotAllowed: 403,
    Conflict: 409,
    Unavailable: 503,
}


class Problem(BaseModel):
    """An error as RFC 9457 describes it."""

    type: str = Field("about:blank", description="Always about:blank: the status says the kind.")
    title: str = Field(description="The name of the status.", examples=["Not Found"])
    status: int = Field(description="The HTTP status.", examples=[404])
    detail: str = Field(description="What was found, what is allowed, what to do.")


class FileFaultOut(BaseModel):
    """What is wrong in a file that was given, and where."""

    model_config = ConfigDict(from_attributes=True)

    file: str = Field(description="Its name, as it was given.", examples=["utilisateurs.csv"])
    code: str = Field(description="The kind of fault.", examples=["not_a_date"])
    line: int | None = Field(description="Counted from 1; null for the file as a whole.")
    column: str = Field(description="The header of the column; empty for a line as a whole.")
    found: str = Field(description="What stands there, cut; it begins like no formula.")
    allowed: str = Field(description="What may stand there.", examples=["a date"])


class ProblemInFiles(Problem):
    """An error with the places in the files that are at fault."""

    faults: list[FileFaultOut] = Field(
        default=[],
        description="The first of them; `detail` counts the rest. Absent where a file is missing.",
    )

    @classmethod
    def documented(cls) -> dict[str, object]:
        """The error as a route documents it."""
        schema = cls.model_json_schema()
        schema["properties"]["faults"]["items"] = schema.pop("$defs")[FileFaultOut.__name__]
        return {
            "description": "Unprocessable Content",
            "content": {"application/problem+json": {"schema": schema}},
        }


class TooLarge(HelpdeskError):
    """The body or the text is larger than is taken."""


class Unauthorized(HelpdeskError):
    """Who is calling could not be established."""


class TooMany(HelpdeskError):
    """The caller has asked for more than its share; `wait_s` is when to come again, in seconds."""

    def __init__(self, why: str, wait_s: int) -> None:
        super().__init__(why)
        self.wait_s = wait_s


def require_length(text: str) -> None:
    """Raises TooLarge if the text of a message is longer than is taken, whoever writes it."""
    if len(text) > MAX_TEXT_CHARS:
        raise TooLarge(
            f"The text has {len(text):,} characters; at most {MAX_TEXT_CHARS:,} "
            "are taken. Send it in parts."
        )


_STATUS |= {TooLarge: 413, Unauthorized: 401, TooMany: 429}
OUR_FAULT = "Something went wrong on our side. Try again in a moment."


def problem(status: int, detail: str, **more: object) -> JSONResponse:
    """The response for one error; `more` are members of its own kind."""
    told = Problem(title=HTTPStatus(status).phrase, status=status, detail=detail).model_dump()
    return JSONResponse(
        {**told, **more},
        status_code=status,
        media_type="application/problem+json",
    )


def answer_to(error: Exception) -> JSONResponse | None:
    """The response for an error that has one; None for a fault of ours."""
    if isinstance(error, HTTPException):
        if error.status_code == 400:
            # The framework's word for a body that it cannot read; other bad bodies are 422 too.
            return problem(422, "The body cannot be read: JSON must be in UTF-8, a form whole.")
        answer = problem(error.status_code, str(error.detail))
        # A wrong method comes with the right ones, as RFC 9110 wants.
        answer.headers.update(error.headers or {})
        return answer
    if not isinstance(error, HelpdeskError):
        return None
    answer = problem(_STATUS.get(type(error), 500), str(error))
    if isinstance(error, TooMany):
        answer.headers["Retry-After"] = str(error.wait_s)
    return answer


def responses(*statuses: int) -> dict[int | str, dict[str, object]]:
    """The documented errors of a route."""
    schema = {"application/problem+json": {"schema": Problem.model_json_schema()}}
    return {
        status: {"description": HTTPStatus(status).phrase, "content": schema}
        for status in sorted({*statuses, 408, 411, 413, 422, 429, 500, 503})
    }


def install(app: FastAPI) -> None:
    """Makes every error of the app a problem; faults of ours are caught further out (guard.py)."""

    @app.exception_handler(HelpdeskError)
    @app.exception_handler(HTTPException)
    def _(_request: Request, error: Exception) -> JSONResponse:
        return answer_to(error) or problem(500, OUR_FAULT)

    @app.exception_handler(RequestValidationError)
    def _(_request: Request, error: RequestValidationError) -> JSONResponse:
        # Where and why, but never what was sent: it may be a visitor's words.
        faults = [
            f"{'.'.join(str(part) for part in fault['loc'][1:]) or 'body'}: {fault['msg']}"
            for fault in error.errors()
        ]
        return problem(422, "; ".join(faults))
