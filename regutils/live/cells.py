"""Which cell of a notebook is being run, and which run of it this is."""


def running() -> tuple[str, str] | None:
    """(the cell, this run of it), or None outside a kernel and where no cell is being run.

    JupyterLab, Notebook and VS Code name the cell; where the front end does not, its source does.
    """
    try:
        from IPython import get_ipython
    except ImportError:
        return None
    shell = get_ipython()
    request = shell.get_parent() if hasattr(shell, "get_parent") else {}
    if request.get("msg_type") != "execute_request":
        return None
    metadata = request.get("metadata") or {}
    cell = metadata.get("cellId") or request["content"]["code"]
    return cell, request["header"]["msg_id"]


def count() -> int:
    """The number of the next cell to be run, 0 outside IPython."""
    try:
        from IPython import get_ipython
    except ImportError:
        return 0
    shell = get_ipython()
    return 0 if shell is None else shell.execution_count
