"""The type of the fixture `tried`; goes with its last use."""

from collections.abc import Callable

Tried = Callable[[str, str, str], None]
