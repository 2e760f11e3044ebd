"""The command line.

regutils execute   run notebooks again and keep their outputs
regutils site      make web pages whose sliders need no kernel
regutils record    make the results in notebooks/recorded again
regutils grade     mark the notebooks of a class
"""

import argparse
import sys

from .tools import execute, grade
from .tools.record import command as recording
from .tools.site import building


def main(arguments: list[str] | None = None) -> int:
    """Run a sub-command; its exit status."""
    parser = argparse.ArgumentParser(
        prog="regutils",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    execute.add_command(commands)
    building.add_command(commands)
    recording.add_command(commands)
    grade.add_command(commands)
    args = parser.parse_args(arguments)
    try:
        return args.run(args)
    except ValueError as refused:
        parser.exit(2, f"regutils: {refused}\n")


if __name__ == "__main__":
    sys.exit(main())
