"""What decides a result, as short texts: data by content, functions by what they do."""

import functools
import hashlib
import types
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from ..models import Dropout

PLAIN = (type(None), bool, int, float, complex, str, bytes, torch.dtype, torch.device, np.generic)

LIBRARIES = ("builtins", "numpy", "regutils", "torch", "torchvision")


def fingerprint(value: Any) -> str:
    """The same text for what gives the same result, another for what does not.

    Numbers, texts, tensors and arrays by content; containers, `functools.partial` and objects by
    what they hold; a function by its code, its defaults, and the numbers, tensors and functions
    beside it that it names. A list or dict that a function reaches is not looked into: it may be
    what the function counts in.
    """
    digest = hashlib.sha256()
    for part in _parts(value, frozenset()):
        digest.update(part)
    return digest.hexdigest()[:16]


def structure(model: nn.Module) -> str:
    """The fingerprint of a model without what it learns: modules, settings, ties, frozen."""
    first: dict[int, str] = {}
    found: list[Any] = []
    for name, module in model.named_modules(remove_duplicate=False):
        kept = {k: v for k, v in vars(module).items() if _is_setting(k, v)}
        p = float(module.p) if isinstance(module, Dropout) else None
        found.append((name, type(module), sorted(kept.items()), p))
    for name, w in model.named_parameters(remove_duplicate=False):
        same_as = first.setdefault(id(w), name)
        found.append((name, same_as, tuple(w.shape), w.dtype, w.requires_grad))
    found += [(name, tuple(b.shape), b.dtype) for name, b in model.named_buffers()]
    return fingerprint(found)


def _is_setting(name: str, value: Any) -> bool:
    return not name.startswith("_") and name != "training" and _is_constant(value)


def _is_constant(value: Any) -> bool:
    """What nobody writes to while training goes on."""
    if isinstance(value, tuple):
        return all(map(_is_constant, value))
    constant = (*PLAIN, Tensor, np.ndarray, functools.partial, types.FunctionType, type)
    return isinstance(value, constant) or callable(value)


def _parts(value: Any, around: frozenset[int]) -> Iterator[bytes]:
    yield f"{type(value).__module__}.{type(value).__qualname__}(".encode()
    if isinstance(value, PLAIN):
        yield repr(value).encode()
    elif isinstance(value, Tensor):
        yield from _tensor(value)
    elif isinstance(value, np.ndarray):
        yield from (f"{value.dtype}{value.shape}".encode(), np.ascontiguousarray(value).tobytes())
    elif id(value) not in around:  # a function may name itself
        for inner in _inside(value):
            yield from _parts(inner, around | {id(value)})
    yield b")"


def _tensor(value: Tensor) -> Iterator[bytes]:
    yield f"{value.dtype}{tuple(value.shape)}".encode()
    flat = value.detach().cpu().resolve_conj().contiguous().reshape(-1)
    yield flat.view(torch.uint8).numpy().tobytes()


def _inside(value: Any) -> Iterator[Any]:
    """What an object consists of, in an order that does not change."""
    if isinstance(value, functools.partial):
        yield from (value.func, value.args, value.keywords)
    elif isinstance(value, types.FunctionType):
        yield from _function(value)
    elif isinstance(value, types.MethodType):
        yield from (value.__func__, value.__self__)
    elif isinstance(value, types.CodeType):
        yield from (value.co_code, value.co_names, value.co_consts)
    elif isinstance(value, type):
        yield from _class(value)
    elif isinstance(value, nn.Module):
        yield from (structure(value), dict(value.state_dict()))
    elif isinstance(value, Mapping):
        yield from value.items()
    elif isinstance(value, (set, frozenset)):
        yield from sorted(value, key=repr)
    elif isinstance(value, (list, tuple, range)):
        yield from value
    elif hasattr(value, "__dict__") and not isinstance(value, types.ModuleType):
        yield from vars(value).items()
    else:
        yield getattr(value, "__qualname__", getattr(value, "__name__", type(value).__name__))


def _function(function: types.FunctionType) -> Iterator[Any]:
    yield from (function.__code__, function.__defaults__, function.__kwdefaults__)
    beside = dict(zip(function.__code__.co_freevars, function.__closure__ or ()))
    for name, cell in beside.items():
        try:
            yield from _named(name, cell.cell_contents, function)
        except ValueError:
            yield name  # an empty cell: what it will hold is not there yet
    for name in _names(function.__code__):
        if name in function.__globals__:
            yield from _named(name, function.__globals__[name], function)


def _names(code: types.CodeType) -> Iterator[str]:
    """What a function's code names outside itself, functions within it included."""
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from _names(constant)


def _named(name: str, value: Any, function: types.FunctionType) -> Iterator[Any]:
    yield name
    if isinstance(value, types.FunctionType) and value.__module__ != function.__module__:
        yield f"{value.__module__}.{value.__qualname__}"
    elif _is_constant(value):
        yield value


def _class(value: type) -> Iterator[Any]:
    """A class by its name, and one that is not a library's also by its methods."""
    yield f"{value.__module__}.{value.__qualname__}"
    if value.__module__.partition(".")[0] not in LIBRARIES:
        for name, member in vars(value).items():
            if isinstance(member, types.FunctionType):
                yield from (name, member)
