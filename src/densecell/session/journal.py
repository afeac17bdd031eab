"""An append-only file of records; what was acknowledged survives a kill.

A record is its length, a checksum, a header as JSON, and blobs. A record that was cut
off, by a kill or a full disk, was never acknowledged: it is dropped on opening.
"""

import json
import os
import struct
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from densecell.disk import writing
from densecell.errors import OutputError

HEAD = struct.Struct("<4sIII")  # magic, bytes of header, bytes of blobs, checksum
MAGIC = b"DCJ1"


class Journal:
    """Records of one file, in the order in which they were added.

    Parameters
    ----------
    path
        The file; made with the first record.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._end = 0

    def records(self) -> Iterator[tuple[int, dict[str, Any]]]:
        """Yield place and header of each record; cut off what is incomplete.

        Raises
        ------
        OutputError
            If a record in the middle is damaged: then nothing is cut off.
        """
        self._end = 0
        if not self.path.exists():
            return
        size = self.path.stat().st_size
        while self._end < size:
            found = self._read(self._end)
            if found is None:
                self._cut(size)
                return
            header, blobs, stop = found
            place, self._end = self._end, stop
            header["sizes"] = [len(blob) for blob in blobs]
            yield place, header

    def add(self, header: dict[str, Any], blobs: Sequence[bytes] = ()) -> int:
        """Add a record and flush it to the disk; return its place.

        Raises
        ------
        OutputError
            If the disk is full or not writable; the file is as it was.
        """
        text = json.dumps({**header, "lengths": [len(b) for b in blobs]}).encode()
        body = b"".join(blobs)
        head = HEAD.pack(MAGIC, len(text), len(body), zlib.crc32(text + body))
        place = self._end
        with writing(self.path):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with self.path.open("ab") as file:
                try:
                    file.truncate(place)
                    file.write(head + text + body)
                    file.flush()
                    os.fsync(file.fileno())
                except OSError:
                    self.drop(place)
                    raise
        self._end = place + len(head) + len(text) + len(body)
        return place

    def drop(self, place: int) -> None:
        """Forget the last record, which begins at a place."""
        os.truncate(self.path, place)
        self._end = place

    def blobs(self, place: int) -> list[bytes]:
        """Blobs of the record at a place."""
        found = self._read(place)
        if found is None:
            raise self._damaged(place)
        return found[1]

    def _read(self, place: int) -> tuple[dict[str, Any], list[bytes], int] | None:
        with self.path.open("rb") as file:
            file.seek(place)
            head = file.read(HEAD.size)
            if len(head) < HEAD.size:
                return None
            magic, texts, bodies, checksum = HEAD.unpack(head)
            if magic != MAGIC:
                return None
            data = file.read(texts + bodies)
        if len(data) < texts + bodies or zlib.crc32(data) != checksum:
            return None
        header = json.loads(data[:texts])
        blobs, at = [], texts
        for length in header.pop("lengths"):
            blobs.append(data[at : at + length])
            at += length
        return header, blobs, place + HEAD.size + texts + bodies

    def _cut(self, size: int) -> None:
        """Drop an incomplete record at the end; refuse damage before the end."""
        with self.path.open("rb") as file:
            file.seek(self._end + 1)
            rest = file.read(size)
        if MAGIC in rest and any(
            self._read(self._end + 1 + n) for n in _places(rest, MAGIC)
        ):
            raise self._damaged(self._end)
        os.truncate(self.path, self._end)

    def _damaged(self, place: int) -> OutputError:
        return OutputError(
            f"{self.path}: is damaged at byte {place}; restore it from a backup, or "
            "move it away: the paint stays in the labels, undo begins anew"
        )


def _places(data: bytes, word: bytes) -> Iterator[int]:
    at = data.find(word)
    while at >= 0:
        yield at
        at = data.find(word, at + 1)
