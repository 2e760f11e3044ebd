"""The command line: `regutils COMMAND`."""

import argparse
import sys
from importlib import import_module

COMMANDS = {  # module in regutils.tools, what it does
    "execute": ("execute", "run notebooks again and keep their outputs"),
    "site": ("site.building", "make web pages whose sliders need no kernel"),
    "record": ("record.command", "make the results in notebooks/recorded again"),
    "grade": ("grade", "mark the notebooks of a class"),
}


def main(arguments: list[str] | None = None) -> int:
    """Run a command; return its exit status."""
    if hasattr(sys.stdout, "reconfigure"):  # a terminal in cp1252 has no Ł
        sys.stdout.reconfigure(errors="backslashreplace")
    arguments = sys.argv[1:] if arguments is None else arguments
    parser = argparse.ArgumentParser(prog="regutils")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for name, (module, about) in COMMANDS.items():
        command = commands.add_parser(name, help=about)
        if name in arguments[:1]:  # the others' libraries are not loaded
            tool = import_module(f"regutils.tools.{module}")
            command.description = tool.__doc__
            command.formatter_class = argparse.RawDescriptionHelpFormatter
            tool.add_arguments(command)
            command.set_defaults(run=tool.run)
    args = parser.parse_args(arguments)
    try:
        return args.run(args)
    except ValueError as refused:
        parser.exit(2, f"regutils: {refused}\n")


if __name__ == "__main__":
    sys.exit(main())
