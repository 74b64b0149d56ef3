"""Checks requests against a vendor's own OpenAPI files, which stay where the vendor keeps them.

Files by topic refer to schemas of other files: what is missing is taken as "anything".
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml
from openapi_core import Config, OpenAPI
from openapi_core.exceptions import OpenAPIError
from openapi_core.templating.paths.exceptions import PathNotFound
from openapi_core.testing import MockRequest

# Vendors' descriptions have faults of their own; that is not what is tested.
_AS_IT_IS = Config(spec_validator_cls=None)


class Description:
    """The calls that some files describe, together."""

    def __init__(self, files: Iterable[Path]) -> None:
        self._apis = [OpenAPI.from_dict(_closed(file), config=_AS_IT_IS) for file in files]

    def faults_of(
        self,
        method: str,
        path: str,
        query: Mapping[str, Sequence[str]],
        headers: Mapping[str, str],
        body: bytes,
    ) -> list[str]:
        """What is wrong with a request; nothing if no file says anything of its path."""
        request = MockRequest(
            "http://localhost",
            method.lower(),
            path,
            args={name: values[-1] for name, values in query.items()},
            headers=dict(headers),
            data=body or None,
            content_type=headers.get("content-type", "").partition(";")[0],
        )
        for api in self._apis:
            try:
                api.validate_request(request)
            except PathNotFound:
                continue
            except OpenAPIError as error:
                return [f"{method} {path}: {error}"]
            return []
        return []


def _closed(file: Path) -> dict[str, Any]:
    """The file's content with a place-holder for each part that it refers to and does not hold."""
    text = file.read_text(encoding="utf-8")
    content: dict[str, Any] = yaml.safe_load(text)
    content.setdefault("servers", [{"url": "http://localhost"}])
    parts = content.setdefault("components", {})
    for kind, name in set(re.findall(r"#/components/(\w+)/(\w+)", text)):
        stub: dict[str, Any] = {}
        if kind == "parameters":
            words = re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()
            stub = {"name": words, "in": "path", "required": True, "schema": {"type": "integer"}}
        parts.setdefault(kind, {}).setdefault(name, stub)
    return content
