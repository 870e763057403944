"""Blocks of replicates: what one job handles."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Block:
    """A run of consecutive replicates, `first` to `last`, both included."""

    first: int
    last: int

    @classmethod
    def parse(cls, name: str) -> Block:
        """The block called `name`: "7" or "0-24"."""
        first, _, last = name.partition("-")
        return cls(int(first), int(last or first))

    @property
    def name(self) -> str:
        return str(self.first) if self.first == self.last else f"{self.first}-{self.last}"

    @property
    def replicates(self) -> range:
        return range(self.first, self.last + 1)


def split(replicates: range, size: int) -> list[Block]:
    """`replicates` in blocks of `size`, the last of them possibly shorter."""
    return [
        Block(first, min(first + size, replicates.stop) - 1)
        for first in range(replicates.start, replicates.stop, size)
    ]
