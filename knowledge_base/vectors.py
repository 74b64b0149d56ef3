"""Vectors kept on disk by what was encoded, so that a slow encoder meets each text once.

One file an encoder. It holds the vectors of the texts last asked for and nothing older.
"""

import zipfile
import zlib
from collections.abc import Sequence
from hashlib import blake2b
from io import BytesIO
from pathlib import Path

import numpy as np
import structlog
from numpy.typing import NDArray

from knowledge_base.encoder import Encoder
from knowledge_base.whole_files import replace_whole

log = structlog.get_logger()

DAMAGED = (OSError, EOFError, ValueError, KeyError, zipfile.BadZipFile, zlib.error)


def encode_cached(encoder: Encoder, texts: Sequence[str], folder: Path) -> NDArray[np.float32]:
    """What `encoder.encode(texts)` gives, encoding only texts that the folder does not hold.

    A file that cannot be read is as good as none: its texts are encoded again and it is replaced.
    Where nothing can be written (a read-only image), nothing is kept.
    """
    file = folder / f"vectors-{_digest(encoder.name)}.npz"
    known = _read(file, encoder.dim)
    digests = [_digest(text) for text in texts]
    fresh = {d: text for d, text in zip(digests, texts, strict=True) if d not in known}
    if fresh:
        vectors = encoder.encode(list(fresh.values()))
        known.update(zip(fresh, vectors, strict=True))
        log.info("texts encoded", encoder=encoder.name, new=len(fresh), of=len(texts))
        try:
            _write(file, {digest: known[digest] for digest in digests})
        except OSError as error:
            log.warning("vectors cannot be kept; they are made at each start", error=str(error))
    if not texts:
        return np.zeros((0, encoder.dim), dtype=np.float32)
    return np.stack([known[digest] for digest in digests])


def _read(file: Path, dim: int) -> dict[str, NDArray[np.float32]]:
    try:
        # Opened here, since np.load leaves a damaged archive open.
        with file.open("rb") as opened, np.load(opened, allow_pickle=False) as held:
            digests, vectors = held["digests"], held["vectors"]
    except FileNotFoundError:
        return {}
    except DAMAGED as error:
        log.warning("kept vectors cannot be read", file=str(file), error=str(error))
        return {}
    if vectors.shape != (len(digests), dim):
        return {}
    return dict(zip(digests.tolist(), vectors, strict=True))


def _write(file: Path, vectors: dict[str, NDArray[np.float32]]) -> None:
    content = BytesIO()
    np.savez_compressed(content, digests=list(vectors), vectors=np.stack(list(vectors.values())))
    replace_whole(file, content.getvalue())


def _digest(text: str) -> str:
    return blake2b(text.encode(), digest_size=16).hexdigest()
