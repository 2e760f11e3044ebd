"""The command line: `regutils COMMAND`."""

import argparse
import sys

from .tools import execute, grade
from .tools.record import command as record
from .tools.site import building as site

COMMANDS = {
    "execute": (execute, "run notebooks again and keep their outputs"),
    "site": (site, "make web pages whose sliders need no kernel"),
    "record": (record, "make the results in notebooks/recorded again"),
    "grade": (grade, "mark the notebooks of a class"),
}


def main(arguments: list[str] | None = None) -> int:
    """Run a command; return its exit status."""
    parser = argparse.ArgumentParser(prog="regutils")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    how = argparse.RawDescriptionHelpFormatter
    for name, (module, about) in COMMANDS.items():
        text = module.__doc__
        command = commands.add_parser(name, help=about, description=text, formatter_class=how)
        module.add_arguments(command)
        command.set_defaults(run=module.run)
    args = parser.parse_args(arguments)
    try:
        return args.run(args)
    except ValueError as refused:
        parser.exit(2, f"regutils: {refused}\n")


if __name__ == "__main__":
    sys.exit(main())
