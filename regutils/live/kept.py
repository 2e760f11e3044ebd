"""What has been drawn is kept, within a bound: what was not asked for longest is let go."""

from collections import OrderedDict
from collections.abc import Hashable


class Kept:
    """Pictures with their readings by owner and setting, together at most `most` bytes."""

    def __init__(self, most: int):
        self.most = most
        self.held = 0
        self._entries: OrderedDict[tuple, tuple[bytes, str]] = OrderedDict()

    def get(self, owner: Hashable, setting: Hashable) -> tuple[bytes, str] | None:
        """The (picture, reading) of a setting, if they are kept still."""
        found = self._entries.get((owner, setting))
        if found is not None:
            self._entries.move_to_end((owner, setting))
        return found

    def put(self, owner: Hashable, setting: Hashable, picture: bytes, reading: str) -> None:
        """Keep a picture; those asked for least recently make room."""
        self._remove((owner, setting))
        self._entries[owner, setting] = (picture, reading)
        self.held += len(picture)
        while self.held > self.most:
            self._remove(next(iter(self._entries)))

    def drop(self, owner: Hashable) -> None:
        """Let go of everything of an owner."""
        for key in [key for key in self._entries if key[0] == owner]:
            self._remove(key)

    def _remove(self, key: tuple) -> None:
        picture, _ = self._entries.pop(key, (b"", ""))
        self.held -= len(picture)
