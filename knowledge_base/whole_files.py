"""Files that several processes share, replaced in one step: nobody meets half of one.

The compiled encoder and the kept vectors are written through here.
"""

import tempfile
from pathlib import Path

# An image is built as root and run as somebody else, who reads what was made then.
READ_BY_ALL = 0o644


def replace_whole(file: Path, content: bytes) -> None:
    """Puts the content in the file's place; the folder is made where it is missing.

    Raises:
        OSError: Nothing can be written there; an older file stays as it was.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=file.parent, delete=False) as new:
        path = Path(new.name)
        try:
            new.write(content)
            new.flush()
            path.chmod(READ_BY_ALL)
            path.replace(file)
        except BaseException:
            path.unlink()
            raise
