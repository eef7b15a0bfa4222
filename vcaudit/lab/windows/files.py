"""Stand-ins for System.IO and file versions."""

from __future__ import annotations

import ntpath
import re
from typing import Any

from vcaudit.lab.node import File as StoredFile
from vcaudit.lab.powershell import Long, Obj, StrArr, Unsupported, make_enum, want
from vcaudit.lab.windows import errors
from vcaudit.lab.windows.process import is_there
from vcaudit.lab.windows.session import Session, with_parents
from vcaudit.lab.windows.shortnames import long_form
from vcaudit.lab.windows.system import number
from vcaudit.lab.windows.text import DateTime

FILE_MODE = make_enum("System.IO.FileMode", {"CreateNew": 1, "Create": 2, "Open": 3, "OpenOrCreate": 4, "Truncate": 5})
FILE_ACCESS = make_enum("System.IO.FileAccess", {"Read": 1, "Write": 2, "ReadWrite": 3}, flags=True)
FILE_SHARE = make_enum(
    "System.IO.FileShare", {"None_": 0, "Read": 1, "Write": 2, "ReadWrite": 3, "Delete": 4}, flags=True
)

NO_FILE, NO_FOLDER, DENIED, NOT_A_FOLDER = 0x80070002, 0x80070003, 0x80070005, 0x8007010B


class Disk:
    """Looks up files and folders of a node as the Windows API does: slashes, trailing dots and blanks do not count."""

    def __init__(self, session: Session) -> None:
        self._session, self._node = session, session.node

    def clean(self, path: str) -> str:
        """A path as it is stored."""
        if re.search(r'[*?"<>|\x00-\x1f]', want(path)):
            raise errors.net("ArgumentException", "Illegal characters in path.", 0x80070057)
        if not re.match(r"[A-Za-z]:[\\/]|[\\/]{2}", path):
            raise errors.file(NO_FOLDER, path)
        whole = ntpath.normpath(path)
        plain = "\\".join(part.rstrip(". ") if part not in (".", "..") else part for part in whole.split("\\"))
        return long_form(plain, self._node)

    def check(self, path: str) -> None:
        """What a denied or broken path throws, or one above it."""
        names = with_parents(path)
        self._session.hang(*names)
        if self._session.denies(*names):
            raise errors.file(DENIED, path)
        code = self._session.code_of(*names)
        if code is not None:
            raise errors.file(code, path)

    def file(self, path: str) -> StoredFile:
        """A file, or what Windows throws instead; a folder looks like access denied."""
        clean = self.clean(path)
        self.check(clean)
        found = self._node.files.get(clean.lower())
        if found is not None:
            return found
        if self.is_folder(clean):
            raise errors.file(DENIED, path)
        above = self.is_folder(ntpath.dirname(clean))
        raise errors.file(NO_FILE if above else NO_FOLDER, path)

    def is_folder(self, path: str) -> bool:
        """Whether a folder is there; a drive is one if anything is on it."""
        lower = path.lower()
        return lower in self._node.folders or f"{lower}\\" in self._node.folders

    def children(self, path: str) -> tuple[list[str], list[str]]:
        """Names of files and folders directly in a folder, in NTFS' order."""
        clean = self.clean(path)
        self.check(clean)
        if not self.is_folder(clean):
            raise errors.file(NOT_A_FOLDER if clean.lower() in self._node.files else NO_FOLDER, path)
        below = clean.lower().rstrip("\\")
        files = [file.path for key, file in self._node.files.items() if ntpath.dirname(key).rstrip("\\") == below]
        folders = [
            name for key, name in self._node.folders.items()
            if ntpath.dirname(key).rstrip("\\") == below and key.rstrip("\\") != below
        ]  # fmt: skip
        return _ordered(files), _ordered(folders)


def _ordered(paths: list[str]) -> list[str]:
    return sorted((ntpath.basename(path) for path in paths), key=str.upper)


class FileStream(Obj):
    """System.IO.FileStream, open for reading and shared with everybody."""

    net = "System.IO.FileStream"

    def __init__(self, session: Session, content: bytes) -> None:
        self._session, self._content = session, content
        self.position = 0
        session.open_files += 1

    @property
    def length(self) -> Long:
        """Bytes."""
        return Long(len(self._content))

    def rest_(self) -> bytes:
        """What is left from the position on; for other stand-ins."""
        return self.take_(len(self._content))

    def take_(self, count: int) -> bytes:
        """So many bytes from the position on."""
        at = self.position
        self.position = min(at + count, len(self._content))
        return self._content[at : at + count]

    def close(self) -> None:
        """Once."""
        self._session.open_files -= 1


class FileStreams(Obj):
    """The constructor of FileStream."""

    net = "System.IO.FileStream"

    def __init__(self, session: Session, disk: Disk) -> None:
        self._session, self._disk = session, disk

    def new(self, _: Any, path: str, mode: Any, access: Any, share: Any) -> FileStream:
        """Only for reading an existing file, and without keeping others from it."""
        if (mode.label(), access.label(), int(share)) != ("Open", "Read", 7):
            raise Unsupported("a file opened in other ways than the collector's")
        return FileStream(self._session, self._disk.file(path).content)


class BinaryReader(Obj):
    """System.IO.BinaryReader."""

    net = "System.IO.BinaryReader"

    def __init__(self, stream: FileStream) -> None:
        self._stream = stream

    @staticmethod
    def new(_: Any, stream: FileStream) -> BinaryReader:
        """Over a stream."""
        return BinaryReader(stream)

    def readbytes(self, count: int) -> bytearray:
        """At most so many."""
        return bytearray(self._stream.take_(number(count)))


class Files(Obj):
    """System.IO.File."""

    net = "System.IO.File"

    def __init__(self, session: Session, disk: Disk) -> None:
        self._session, self._disk = session, disk

    def exists(self, path: str) -> bool:
        """Never throws; asked for the node's program only."""
        return is_there(self._session, want(path))

    def getlastwritetimeutc(self, path: str) -> DateTime:
        """When it was written."""
        return DateTime(self._disk.file(path).modified)


class Directories(Obj):
    """System.IO.Directory."""

    net = "System.IO.Directory"

    def __init__(self, disk: Disk) -> None:
        self._disk = disk

    def exists(self, path: str) -> bool:
        """Never throws."""
        return bool(re.match(r"[A-Za-z]:[\\/]|[\\/]{2}", path)) and self._disk.is_folder(self._disk.clean(path))

    def getfiles(self, path: str) -> StrArr:
        """Whole paths, which begin as the folder was written."""
        return StrArr(_joined(path, name) for name in self._disk.children(path)[0])

    def getdirectories(self, path: str) -> StrArr:
        """Whole paths, likewise."""
        return StrArr(_joined(path, name) for name in self._disk.children(path)[1])


def _joined(folder: str, name: str) -> str:
    return folder + name if folder.endswith(("\\", "/", ":")) else f"{folder}\\{name}"


class FileVersion(Obj):
    """System.Diagnostics.FileVersionInfo of one file; without a version resource it shows zeros."""

    net = "System.Diagnostics.FileVersionInfo"

    def __init__(self, version: tuple[int, int, int, int]) -> None:
        self.filemajorpart, self.fileminorpart, self.filebuildpart, self.fileprivatepart = version


class FileVersions(Obj):
    """FileVersionInfo's own method."""

    net = "System.Diagnostics.FileVersionInfo"

    def __init__(self, disk: Disk) -> None:
        self._disk = disk

    def getversioninfo(self, path: str) -> FileVersion:
        """Of a file."""
        return FileVersion(self._disk.file(path).version or (0, 0, 0, 0))


class Paths(Obj):
    """System.IO.Path."""

    net = "System.IO.Path"

    @staticmethod
    def getfilename(path: str) -> str:
        """What stands behind the last separator."""
        return re.split(r"[\\/:]", want(path))[-1]
