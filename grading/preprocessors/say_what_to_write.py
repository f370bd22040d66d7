"""Solutions taken out for the release, with a sentence in their place."""

import re

from nbformat import NotebookNode
from nbgrader.preprocessors import ClearSolutions

_BEGIN = re.compile(r"^(?P<indent>\s*)### BEGIN SOLUTION: (?P<sentence>.+)$")


class SayWhatToWrite(ClearSolutions):
    """Like nbgrader's ClearSolutions, but a solution may say what the student is to write in its place.

    ``### BEGIN SOLUTION: return one logit per image`` leaves ``raise NotImplementedError("return one logit per
    image")`` in the released notebook.
    """

    def _replace_solution_region(self, cell: NotebookNode, language: str) -> bool:
        sentences = [match for line in cell.source.split("\n") if (match := _BEGIN.match(line))]
        replaced = super()._replace_solution_region(cell, language)
        if cell.cell_type != "code":
            return replaced
        stub = self.code_stub[language]
        for match in sentences:
            indent, sentence = match["indent"], match["sentence"].strip().replace('"', "'")
            indented = "\n".join(indent + line for line in stub.split("\n"))
            cell.source = cell.source.replace(indented, f'{indent}raise NotImplementedError("{sentence}")', 1)
        return replaced
