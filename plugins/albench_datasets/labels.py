"""Labels as people store them: codes, names, one-hot rows; what is plain is taken, of the rest what it looks like."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from albench.api import DataError
from albench_datasets.checks import whole_labels

MAX_NAMED = 20
"""Classes that a line lists."""


@dataclass(frozen=True)
class Labelled:
    """Labels as class codes.

    Attributes
    ----------
    codes
        Split -> (N,) int64 from 0.
    names
        One name a class.
    how_read
        How the labels were read where they were no codes from 0.
    """

    codes: dict[str, np.ndarray]
    names: tuple[str, ...]
    how_read: tuple[str, ...]


def class_codes(labels: Mapping[str, tuple[np.ndarray, str]], named: Sequence[str] = ()) -> Labelled:
    """Codes from 0 and names of the classes, from what the files hold.

    Taken are codes from 0, consecutive codes from another number, -1 and 1, text, and rows with a single 1. All splits
    are judged together, by the codes that the first one has: one that happens to lack a class is not read otherwise.

    Parameters
    ----------
    labels
        Split -> labels (N,), (N, 1) or one-hot (N, K) of any type, and the file that they came from; the first split
        is the one that is trained on.
    named
        The names of the classes, in order, where the user gave them.

    Raises
    ------
    DataError
        Naming the file, the row and the value, what it looks like, and what to save instead.
    """
    flat, how_read = _flat(labels)
    kinds = {split: values.dtype.kind in "US" for split, (values, _) in flat.items()}
    first = next(iter(flat))
    for split, (_, where) in flat.items():
        if kinds[split] != kinds[first]:
            text, numbers = (where, flat[first][1]) if kinds[split] else (flat[first][1], where)
            raise DataError(f"{text}: labels are text, those of {numbers} numbers; all splits need the same")
    if kinds[first]:
        texts = {split: (_texts(values, where), where) for split, (values, where) in flat.items()}
        return _from_text(texts, named, how_read)
    whole = {split: (whole_labels(values, where), where) for split, (values, where) in flat.items()}
    if named and {str(code) for code in np.unique(whole[first][0])} <= set(named):
        texts = {split: (codes.astype(str).astype(object), where) for split, (codes, where) in whole.items()}
        return _from_text(texts, named, ())
    return _from_numbers(whole, named, how_read)


def _flat(labels: Mapping[str, tuple[np.ndarray, str]]) -> tuple[dict[str, tuple[np.ndarray, str]], tuple[str, ...]]:
    """(N,) labels of each split; one-hot rows become codes where all splits have them."""
    wide = {split: y for split, (y, _) in labels.items() if y.ndim == 2 and y.shape[1] > 1}
    if wide and len(wide) == len(labels) and all(map(_one_hot, wide.values())):
        (n_classes,) = {y.shape[1] for y in wide.values()} or {0}
        return (
            {split: (np.asarray(y).argmax(axis=1), labels[split][1]) for split, y in wide.items()},
            (f"labels were one-hot rows of {n_classes} classes",),
        )
    flat = {}
    for split, (y, where) in labels.items():
        if split in wide:
            raise DataError(f"{where}: {_wide(y)}")
        if y.ndim == 2 and y.shape[1] == 1:
            y = y[:, 0]
        if y.ndim != 1:
            remedy = "; a map of labels for each item is another task" if y.ndim > 2 else ""
            raise DataError(f"{where}: labels of shape {y.shape}; one an item is needed: (N,) or (N, 1){remedy}")
        flat[split] = (_plain(y, where), where)
    return flat, ()


def _one_hot(y: np.ndarray) -> bool:
    return bool(len(y) and y.dtype.kind in "iufb" and ((y == 0) | (y == 1)).all() and (y.sum(axis=1) == 1).all())


def _wide(y: np.ndarray) -> str:
    """What several values an item look like."""
    if len(y) == 1:
        return f"one row of {y.shape[1]:,} labels; save y.ravel()"
    told = f"{y.shape[1]} labels an item; only sets with one label an item can be used"
    if y.dtype.kind == "f" and ((y >= 0) & (y <= 1)).all() and np.allclose(y.sum(axis=1), 1, atol=1e-3):
        return f"{told}: these look like probabilities or soft labels; save y.argmax(axis=1)"
    if y.dtype.kind in "iufb" and ((y == 0) | (y == 1)).all():
        counts = (y != 0).sum(axis=1)
        row = int(np.flatnonzero(counts != 1)[0]) if (counts != 1).any() else -1
        return told if row < 0 else f"{told}: row {row} marks {counts[row]} classes, where one-hot rows mark one"
    return f"{told}: save the column that is to be learnt, y[:, [COLUMN]]"


def _plain(y: np.ndarray, where: str) -> np.ndarray:
    """Labels that are text or whole numbers; a ``DataError`` that says what others look like."""
    if y.dtype.kind in "US" or y.dtype.kind == "b":
        return y
    if y.dtype.kind == "u":
        beyond = np.flatnonzero(y > np.uint64(np.iinfo(np.int64).max))
        if len(beyond):
            value = int(y[beyond[0]])
            raise DataError(
                f"{where}: row {beyond[0]} has the label {value}, which looks like {value - 2**64} saved as {y.dtype}; "
                f"leave out items without a label, and save the others as int64"
            )
    if y.dtype.kind == "f":
        missing = np.flatnonzero(np.isnan(y))
        if len(missing):
            raise DataError(
                f"{where}: row {missing[0]} has the label nan ({len(missing):,} such rows), which looks like an item "
                f"without a label; leave those out: albench hides the labels of the pool by itself"
            )
        broken = np.flatnonzero(np.isfinite(y) & (np.trunc(y) != y))
        if len(broken):
            looks = "a probability; save (y > 0.5).astype(int)" if ((y >= 0) & (y <= 1)).all() else "a measurement"
            raise DataError(
                f"{where}: row {broken[0]} has the label {y[broken[0]]:g}; labels have to be whole numbers, and this "
                f"looks like {looks}"
            )
    return y


def _texts(y: np.ndarray, where: str) -> np.ndarray:
    """(N,) text without blanks around it, in one Unicode form."""
    texts = y
    if y.dtype.kind == "S":
        try:
            texts = np.char.decode(y, "utf-8")
        except UnicodeDecodeError as error:
            raise DataError(f"{where}: text labels that are not UTF-8 ({error.reason}); save y.astype(str)") from None
    found, inverse = np.unique(texts, return_inverse=True)
    cleaned = np.array([unicodedata.normalize("NFC", str(text)).strip() for text in found], object)
    hidden = np.flatnonzero([not text.isprintable() for text in cleaned])
    if len(hidden):
        row = int(np.flatnonzero(inverse == hidden[0])[0])
        raise DataError(
            f"{where}: row {row} has the label {cleaned[hidden[0]]!r}, which cannot be shown; save plain text"
        )
    empty = np.flatnonzero(np.isin(cleaned[inverse], ["", "nan", "None"]))
    if len(empty):
        raise DataError(
            f"{where}: row {empty[0]} has the label {str(texts[empty[0]])!r}, which looks like an item without one "
            f"({len(empty):,} such rows); leave those out: albench hides the labels of the pool by itself"
        )
    return np.asarray(cleaned[inverse])


def _from_text(
    texts: Mapping[str, tuple[np.ndarray, str]], named: Sequence[str], how_read: tuple[str, ...]
) -> Labelled:
    """Codes of text labels: in the order given, else as numbers where all are, else by letter."""
    trained, trained_from = next(iter(texts.values()))
    there = {str(text) for text in trained}
    if not named and len(trained) > 2 and len(there) == len(trained):
        raise DataError(f"{trained_from}: {len(there):,} different labels of as many items: identifiers, not classes")
    names = tuple(named) or tuple(sorted(there, key=_order))
    place = {name: code for code, name in enumerate(names)}
    codes = {}
    for split, (values, where) in texts.items():
        found, inverse = np.unique(values.astype(str), return_inverse=True)
        unknown = [str(text) for text in found if text not in place]
        if unknown:
            row = int(np.flatnonzero(values == unknown[0])[0])
            what = f"classes={';'.join(names)} does not name" if named else f"no item of {trained_from} has"
            raise DataError(f"{where}: row {row} has the label {unknown[0]!r}, which {what}")
        codes[split] = np.array([place[text] for text in found], np.int64)[inverse]
    if not named:
        how_read = (*how_read, f"classes from text labels, in this order: {_listed(names)}")
        alike: dict[str, list[str]] = {}
        for name in names:
            alike.setdefault(name.casefold(), []).append(name)
        for several in alike.values():
            if len(several) > 1:
                how_read = (*how_read, f"{' and '.join(map(repr, several))} differ by case alone and are classes apart")
    return Labelled(codes, names, how_read)


def _order(text: str) -> tuple[bool, float, str]:
    """Numbers by value and before other text."""
    try:
        return False, float(text), text
    except ValueError:
        return True, 0.0, text


def _from_numbers(
    whole: Mapping[str, tuple[np.ndarray, str]], named: Sequence[str], how_read: tuple[str, ...]
) -> Labelled:
    trained, trained_from = next(iter(whole.values()))
    if not len(trained):
        return Labelled({split: y for split, (y, _) in whole.items()}, tuple(named), how_read)
    codes = np.unique(trained)
    listed = ";".join(map(str, codes[:MAX_NAMED]))
    spread = {split: (y, where) for split, (y, where) in whole.items() if len(y)}
    lowest = min(int(y.min()) for y, _ in spread.values())
    if codes.tolist() == [-1, 1]:
        return _shifted(whole, codes, named or ("-1", "1"), ("labels -1 and 1 are the two classes",))
    if lowest < 0:
        y, where = next((y, where) for y, where in spread.values() if y.min() < 0)
        row = int(np.flatnonzero(y < 0)[0])
        count = int((y == y[row]).sum())
        looks = f" ({count:,} such rows), which looks like a mark of items without one" if y[row] == -1 else ""
        raise DataError(
            f"{where}: row {row} has the label {y[row]}; labels start at 0{looks}: leave these out, as albench hides "
            f"the labels of the pool by itself, or write classes={listed} where each is a class"
        )
    start, last = int(codes[0]), int(codes[-1])
    if start and len(codes) == last - start + 1 > 1 and lowest >= start:
        names = tuple(named) or tuple(map(str, codes))
        told = f"labels {start} .. {last} are {len(codes)} classes of these names"
        return _shifted(whole, codes, names, () if named else (told,))
    apart = len(codes) < last - min(start, 1) + 1
    known = all(np.isin(y, codes).all() for y, _ in spread.values())
    stray = last >= sum(len(y) for y, _ in spread.values()) and np.unique(trained, return_counts=True)[1].min() < 2
    if apart and known and not stray and len(codes) <= MAX_NAMED:
        raise DataError(
            f"{trained_from}: the labels {_listed(codes)} leave numbers out; write classes={listed} where these "
            f"are all classes"
        )
    if named:
        worst = max(int(y.max()) for y, _ in spread.values())
        if worst >= len(named) or len(codes) != len(named):
            raise DataError(
                f"{trained_from}: labels 0 .. {worst}, but classes={';'.join(named)} names {len(named)}; "
                f"name each class once, in the order of the labels"
            )
    return Labelled({split: y for split, (y, _) in whole.items()}, tuple(named), how_read)


def _shifted(
    whole: Mapping[str, tuple[np.ndarray, str]], codes: np.ndarray, names: Sequence[str], how_read: tuple[str, ...]
) -> Labelled:
    """Codes from 0 of labels that are all among ``codes`` (ascending)."""
    found = {}
    for split, (y, where) in whole.items():
        wrong = np.flatnonzero(~np.isin(y, codes))
        if len(wrong):
            row = wrong[0]
            raise DataError(
                f"{where}: row {row} has the label {y[row]}; those of the training split are {_listed(codes)}"
            )
        found[split] = np.searchsorted(codes, y)
    if len(names) != len(codes):
        raise DataError(f"classes={';'.join(names)} names {len(names)}, the labels are {_listed(codes)}")
    return Labelled(found, tuple(names), how_read)


def _listed(names: Sequence[object] | np.ndarray) -> str:
    more = f" and {len(names) - MAX_NAMED:,} more" if len(names) > MAX_NAMED else ""
    return ", ".join(map(str, names[:MAX_NAMED])) + more
