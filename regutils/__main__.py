"""The command line: `regutils execute` runs notebooks, `regutils site` makes web pages of them.

`regutils record` makes the recorded results.
"""

import argparse
import sys

from .course import running
from .course.site import building
from .recording import runs


def main(arguments: list[str] | None = None) -> int:
    """Run a sub-command; its exit status."""
    parser = argparse.ArgumentParser(prog="regutils", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    running.add_command(commands)
    building.add_command(commands)
    runs.add_command(commands)
    args = parser.parse_args(arguments)
    return args.run(args)


if __name__ == "__main__":
    sys.exit(main())
