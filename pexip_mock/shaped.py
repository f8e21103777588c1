"""What a list is made of, written as JSON only where it is looked at: a page costs its rows, not the list's length."""

from collections.abc import Callable, Iterator, Sequence
from typing import Generic, TypeVar, overload

from pexip_mock.wire import Json

T = TypeVar("T")


class Shaped(Sequence[Json], Generic[T]):
    """These items, each in the shape it has on the wire."""

    def __init__(self, items: Sequence[T], shape: Callable[[T], Json]) -> None:
        self._items = items
        self._shape = shape

    def __len__(self) -> int:
        return len(self._items)

    @overload
    def __getitem__(self, at: int) -> Json: ...
    @overload
    def __getitem__(self, at: slice) -> list[Json]: ...
    def __getitem__(self, at: int | slice) -> Json | list[Json]:
        if isinstance(at, slice):
            return [self._shape(item) for item in self._items[at]]
        return self._shape(self._items[at])

    def __iter__(self) -> Iterator[Json]:
        return map(self._shape, self._items)
