"""The command ``nbjudge``."""

import click

from . import explain, extend, grade

COMMANDS = [grade.grade, explain.explain, extend.extend]


@click.group(context_settings={"help_option_names": ["-h", "--help"]}, commands=COMMANDS)
@click.version_option(package_name="nbjudge")
def main() -> None:
    """Grade nbgrader courses: a whole class at once, student code in a sandbox, and a reason for each mark."""
