"""The prompts of the client's documentation, taken out of its text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

DOCUMENTATION = Path(__file__).resolve().parents[2].parent / "shared/spec/mlhub-client-docs.txt"


@dataclass(frozen=True)
class Prompt:
    """One statement or shell line as a reader would paste it, and what the page shows below it.

    Attributes:
        line: Its line in the text, from 1.
        code: Python source, or the shell line.
        shown: The text up to the next prompt; printed output comes first, prose may follow.
        is_shell: Whether it is a line for a shell.
    """

    line: int
    code: str
    shown: str
    is_shell: bool = False


def prompts(text: str) -> list[Prompt]:
    """Every ``>>>`` and ``$`` of the page, in order."""
    lines = text.splitlines()
    found: list[Prompt] = []
    for number, line in enumerate(lines, start=1):
        if line.startswith("$ "):
            found.append(Prompt(number, line[2:], _below(lines, number), is_shell=True))
        elif ">>> " in line:
            found.extend(_python(lines, number))
    return _loops_with_their_bodies(found)


def _python(lines: list[str], number: int) -> Iterator[Prompt]:
    """The statements of one line: the page's docstrings hold several each."""
    statements = lines[number - 1].split(">>> ")[1:]
    for statement in statements[:-1]:
        code, output = _code_and_output(statement.strip())
        yield Prompt(number, code, output)
    code, output = _code_and_output(statements[-1].strip())
    for continued in lines[number:]:
        if not continued.startswith("... "):
            break
        code += "\n    " + continued[4:]
    yield Prompt(number, code, f"{output}\n{_below(lines, number)}".strip())


def _code_and_output(statement: str) -> tuple[str, str]:
    looped = re.fullmatch(r"(for .*:) \.\.\. (#.*)", statement)
    if looped:
        return f"{looped[1]}\n    pass  {looped[2]}", ""
    printed = re.fullmatch(r"(len\(.*\)) (\d+)", statement)
    return (printed[1], printed[2]) if printed else (statement, "")


def _below(lines: list[str], number: int) -> str:
    shown: list[str] = []
    for line in lines[number:]:
        if line.startswith("$ ") or ">>> " in line:
            break
        if not line.startswith("... "):
            shown.append(line)
    return "\n".join(shown)


def _loops_with_their_bodies(found: list[Prompt]) -> list[Prompt]:
    """Join a loop whose body stands behind a prompt of its own, as the page has it twice."""
    joined: list[Prompt] = []
    for prompt in found:
        before = joined[-1] if joined else None
        if before and re.fullmatch(r"for [^\n]*:\s*(#[^\n]*)?", before.code):
            joined[-1] = Prompt(before.line, f"{before.code}\n    {prompt.code}", prompt.shown)
        else:
            joined.append(prompt)
    return joined
