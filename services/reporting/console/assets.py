"""The console's own style sheet and modules, under an address that changes with their content."""

import hashlib
from collections.abc import Mapping
from pathlib import Path

from fastapi import Request
from fastapi.responses import Response

from shared.errors import Unknown

HERE = Path(__file__).parent / "static"
KINDS = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
FOR_EVER = "public, max-age=31536000, immutable"


class Assets:
    """Every static file, read once."""

    def __init__(self, files: Mapping[str, bytes]) -> None:
        self._files = files
        content = b"".join(name.encode() + files[name] for name in sorted(files))
        self.version = hashlib.sha256(content).hexdigest()[:12]

    @classmethod
    def read(cls) -> "Assets":
        """Those that the console comes with."""
        found = (path for path in HERE.iterdir() if path.suffix in KINDS)
        return cls({path.name: path.read_bytes() for path in found})

    def url(self, name: str) -> str:
        """The address of a file; one version for all, so that modules find each other."""
        assert name in self._files, name
        return f"/static/{self.version}/{name}"

    def answer(self, request: Request, version: str, name: str) -> Response:
        """A file; raises Unknown ``address.unknown``. An old page may ask for an old version."""
        if name not in self._files:
            raise Unknown("address.unknown", "没有这个文件。", "请刷新页面。")
        tag = f'"{self.version}"'
        kept = FOR_EVER if version == self.version else "no-cache"
        headers = {"ETag": tag, "Cache-Control": kept}
        if request.headers.get("if-none-match") == tag:
            return Response(status_code=304, headers=headers)
        return Response(self._files[name], media_type=KINDS[Path(name).suffix], headers=headers)
