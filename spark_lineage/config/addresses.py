"""Addresses of stores that are no folder of this machine: what they may look like, and what each says."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
from urllib.parse import urlsplit

_ADDRESS = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+):(?=/)")
# Other spellings of one scheme: Spark's, and those of its older clients.
SPELLINGS = {"s3a": "s3", "s3n": "s3", "gcs": "gs", "abfs": "abfss", "adl": "abfss", "wasbs": "abfss", "wasb": "abfss"}
KNOWN = "s3://, abfss://, az://, gs://, hdfs://, dbfs:/Volumes/ or file://"


class Kind(str, Enum):
    """How a store elsewhere is reached."""

    OBJECTS = "objects"  # object storage
    HDFS = "hdfs"
    MOUNTED = "mounted"  # a folder that takes whole files only, as a volume of Databricks does


@dataclass(frozen=True)
class Address:
    """``text`` is the address as it is shown and compared; ``folder`` is where it is mounted, if it is."""

    text: str
    kind: Kind
    folder: str = ""

    @property
    def scheme(self) -> str:
        return self.text.partition(":")[0]


def is_elsewhere(store: str) -> bool:
    """Whether a text is an address and not a path of this machine."""
    return _ADDRESS.match(store) is not None


def address(text: str) -> Address:
    """Raises ValueError with the end of a sentence, ``must ...``, for what is no address of a store."""
    scheme = SPELLINGS.get(text.partition(":")[0].lower(), text.partition(":")[0].lower())
    rest = text.partition(":")[2]
    if scheme not in ("dbfs", "file"):
        rest = "//" + rest.lstrip("/")  # what went through a path has lost a slash
    parts = urlsplit(f"{scheme}:{rest}")
    if parts.password or parts.query or parts.fragment or (parts.username and scheme != "abfss"):
        raise ValueError("must name no credentials: those come from the environment")
    if scheme in ("dbfs", "file"):
        if parts.netloc or len(parts.path.strip("/")) == 0:
            raise ValueError("must name a folder, as dbfs:/Volumes/main/lineage/store")
        path = "/" + parts.path.strip("/")
        if scheme == "dbfs" and not path.startswith("/Volumes/"):
            path = "/dbfs" + path
        return Address(f"{scheme}:{rest.rstrip('/')}", Kind.MOUNTED, path)
    if scheme not in ("s3", "gs", "az", "abfss", "hdfs"):
        raise ValueError(f"must be a folder, or an address that begins with {KNOWN}")
    if not parts.netloc:
        raise ValueError(f"must name where it is: {scheme}://...")
    path = "/".join(part for part in parts.path.split("/") if part)
    place = f"{scheme}://{parts.netloc}" + (f"/{path}" if path else "")
    return Address(place, Kind.HDFS if scheme == "hdfs" else Kind.OBJECTS)


def without_credentials(text: str) -> str:
    """An address as it may be shown: what stands before a host, and behind a path, is left out."""
    return re.sub(r"//[^/@]*:[^/@]*@", "//...@", text).partition("?")[0]
