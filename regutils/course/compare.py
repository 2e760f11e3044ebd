"""Comparison of what a learner's code gives with what is wanted, in any container and type."""

import re
import unicodedata

import torch
from torch import nn


def _number(value) -> torch.Tensor | None:
    """Return numbers of any type, container and device as float64; None for anything else."""
    try:
        if isinstance(value, torch.Tensor):
            value = value.detach().to("cpu")
            value = value.to_dense() if value.layout != torch.strided else value
            return None if value.is_complex() else value.double()
        return torch.tensor(_floats(value), dtype=torch.float64)
    except Exception:  # not numbers, ragged, too large for a float, or a learner's own class
        return None


def _floats(value):
    """Return nested lists of floats in place of lists, arrays, fractions and numbers."""
    if hasattr(value, "tolist"):
        value = value.tolist()
    if isinstance(value, (list, tuple)):
        return [_floats(part) for part in value]
    if isinstance(value, (str, bytes)):
        raise TypeError("text is no number")
    return float(value)


def same(got, wanted) -> bool:
    """Return whether a value is the wanted one, to the rounding of its own number type."""
    if isinstance(got, str) or isinstance(wanted, str):
        both = isinstance(got, str) and isinstance(wanted, str)
        return both and got.strip().lower() == wanted.strip().lower()
    if isinstance(wanted, (tuple, list)):
        several = isinstance(got, (tuple, list)) or getattr(got, "ndim", 0) > 0
        return several and len(got) == len(wanted) and all(map(same, got, wanted))
    number, target = _number(got), _number(wanted)
    if number is None or target is None:
        return False
    if target.ndim == 0 and number.numel() == 1:
        number = number.reshape(())
    half = str(getattr(got, "dtype", "")).endswith("float16")  # bfloat16 too
    rtol, atol = (1e-2, 1e-3) if half else (1e-4, 1e-6)
    return number.shape == target.shape and torch.allclose(number, target, rtol=rtol, atol=atol)


def difference(got, wanted) -> str:
    """Return what can be said about a wrong value that is none of the usual mistakes."""
    if callable(got):
        return f"The answer is a value; {short(got)} is a function: call it."
    number, target = _number(got), _number(wanted)
    if number is not None and target is not None:
        if not torch.isfinite(number).all() and torch.isfinite(target).all():
            kind = "nan (not a number)" if torch.isnan(number).any() else "infinity"
            return (
                f"Your code gives {kind}: look for a division by 0, or a root or logarithm of "
                "what is not positive."
            )
        if number.shape != target.shape and same(number.flatten(), target.flatten()):
            return (
                f"The numbers are right; their shape is {tuple(number.shape)}, "
                f"and {tuple(target.shape)} is asked."
            )
    return f"None of the usual mistakes; your code gives {short(got)} where that is wrong."


def short(value) -> str:
    """Return a value on one line of at most 90 characters."""
    try:
        text = " ".join(repr(value).split())
    except Exception:  # a learner's class may have a __repr__ that fails
        text = f"an object of the class {type(value).__name__}"
    return text if len(text) <= 90 else text[:87] + "..."


def untouched(was, now) -> bool:
    """Return whether an argument is what it was before the call, in every number and mode."""
    if isinstance(was, nn.Module):
        modes = [module.training for module in was.modules()]
        return modes == [module.training for module in now.modules()] and untouched(
            was.state_dict(), now.state_dict()
        )
    if isinstance(was, torch.Tensor):
        return torch.equal(was, now)
    if isinstance(was, dict):
        return was.keys() == now.keys() and all(untouched(was[key], now[key]) for key in was)
    return was == now


def letter_of(answer: str) -> str:
    """Return the letter meant by "c", "(C)", "C." or an option copied with its text; else ""."""
    text = unicodedata.normalize("NFKC", answer).strip()
    alone = re.fullmatch(r"[\W_]*([A-Za-z])[\W_]*", text)
    copied = re.match(r"[\W_]*([A-Z])[\W_]*[.:)\]·–—-][\W_]*\w\w", text)
    found = alone or copied
    return found[1].upper() if found else ""
