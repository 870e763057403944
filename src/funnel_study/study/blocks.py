"""Blocks of replicates, each of which one job simulates or fits."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Block:
    """Consecutive replicates, from `first` to `last` inclusive."""

    first: int
    last: int

    @classmethod
    def parse(cls, name: str) -> Block:
        """The block with this name, such as "7" or "0-24"."""
        first, _, last = name.partition("-")
        return cls(int(first), int(last or first))

    @property
    def name(self) -> str:
        return str(self.first) if self.first == self.last else f"{self.first}-{self.last}"

    @property
    def replicates(self) -> range:
        return range(self.first, self.last + 1)
