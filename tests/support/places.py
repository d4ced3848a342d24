"""Ctrl-C at one place of a program, chosen beforehand, in place of a moment that nobody can repeat.

The interpreter looks for signals where a function begins, where a loop goes round, and after each
call. Between two such places no KeyboardInterrupt can come, so each of them, once, is every moment
there is. For CPython 3.11, whose names of instructions are read here; later ones look at fewer places.
"""

from __future__ import annotations

import dis
import sys
from functools import cache
from types import CodeType, FrameType
from typing import Any, NamedTuple

_FOLLOWED_BY_A_LOOK = {"CALL", "CALL_FUNCTION_EX", "CALL_KW", "JUMP_BACKWARD", "RESUME"}


class Place(NamedTuple):
    """An instruction, in a file of the package.

    Attributes:
        module: The file.
        function: Qualified name of the function.
        offset: Of the instruction in its bytecode.
    """

    module: str
    function: str
    offset: int


class Places:
    """Follows what the package does in this thread, for as long as a ``with`` lasts.

    Attributes:
        seen: How often each place was come to; where one is chosen, of its function alone.
    """

    def __init__(self, package: str, interrupt_at: Place | None = None, nth: int = 1) -> None:
        """Choose where to raise KeyboardInterrupt.

        Args:
            package: Folder of the package; other code is not followed.
            interrupt_at: The place; None for nowhere.
            nth: Raised there when it is come to for this time.
        """
        self.seen: dict[Place, int] = {}
        self._package = package
        self._interrupt_at = interrupt_at
        self._nth = nth

    def __enter__(self) -> Places:
        sys.settrace(self._called)
        return self

    def __exit__(self, *_: object) -> None:
        sys.settrace(None)

    def _called(self, frame: FrameType, _event: str, _value: Any) -> Any:
        if not self._is_followed(frame.f_code):
            return None
        frame.f_trace_opcodes, frame.f_trace_lines = True, False
        return self._stepped

    def _is_followed(self, code: CodeType) -> bool:
        if self._interrupt_at is None:
            return code.co_filename.startswith(self._package)
        return (code.co_filename, code.co_qualname) == self._interrupt_at[:2]

    def _stepped(self, frame: FrameType, event: str, _value: Any) -> Any:
        code = frame.f_code
        if event == "opcode" and frame.f_lasti in _places_of(code):
            place = Place(code.co_filename, code.co_qualname, frame.f_lasti)
            self.seen[place] = self.seen.get(place, 0) + 1
            if place == self._interrupt_at and self.seen[place] == self._nth:
                sys.settrace(None)
                raise KeyboardInterrupt
        return self._stepped


@cache
def _places_of(code: CodeType) -> frozenset[int]:
    found, looks = set(), False
    for instruction in dis.get_instructions(code):
        if looks:
            found.add(instruction.offset)
        looks = instruction.opname in _FOLLOWED_BY_A_LOOK
    return frozenset(found)
