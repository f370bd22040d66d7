"""The command ``nbjudge``."""

import click

from . import check, explain, extend, grade, init

COMMANDS = [init.init, check.check, grade.grade, explain.explain, extend.extend]


@click.group(context_settings={"help_option_names": ["-h", "--help"]}, commands=COMMANDS)
@click.version_option(package_name="nbjudge")
def main() -> None:
    """Grade nbgrader courses: a whole class at once, student code in a sandbox, and a reason for each mark."""
