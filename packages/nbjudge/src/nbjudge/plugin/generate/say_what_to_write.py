"""Replaces solutions in the release by a sentence that says what to write."""

import json
import re

from nbformat import NotebookNode
from nbgrader.preprocessors import ClearSolutions

_SENTENCE = re.compile(r"^\s*### BEGIN SOLUTION: (?P<sentence>.+)$")


class SayWhatToWrite(ClearSolutions):
    """Like nbgrader's ClearSolutions, but a solution may say what the student should write in its place.

    ``### BEGIN SOLUTION: return the mean`` leaves ``raise NotImplementedError("return the mean")`` in the
    released notebook.
    """

    def _replace_solution_region(self, cell: NotebookNode, language: str) -> bool:
        begins = [line for line in cell.source.split("\n") if self.begin_solution_delimeter in line]
        replaced: bool = super()._replace_solution_region(cell, language)
        if cell.cell_type != "code":
            return replaced
        stub = self.code_stub[language]
        done, rest = "", cell.source
        for line in begins:  # in order, because a stub does not show which region it replaces
            indent = line[: len(line) - len(line.lstrip())]
            indented = "\n".join(indent + line for line in stub.split("\n"))
            before, _, rest = rest.partition(indented)
            match = _SENTENCE.match(line)
            done += before + (f"{indent}raise NotImplementedError({_quoted(match['sentence'])})" if match else indented)
        cell.source = done + rest
        return replaced


def _quoted(sentence: str) -> str:
    return json.dumps(sentence.strip().replace('"', "'"), ensure_ascii=False)
