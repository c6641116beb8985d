"""What people call the arguments of a run elsewhere, and what they are called here."""

from __future__ import annotations

import re
from collections.abc import Iterable

from albench.errors import nearest
from albench.wording import plural

BUDGET = "the budget is initial + query_size x (rounds - 1) labels, or budgets as 20+5x10"
"""Labels are no setting of their own."""
_CALLED = {
    "lr": ("learningrate", "stepsize"),
    "steps": ("iterations", "iters", "trainsteps", "maxsteps", "nsteps"),
    "epochs": ("epoch", "nepochs", "numepochs", "passes"),
    "batch_size": ("batch", "bs", "batchsize", "minibatch"),
    "weight_decay": ("wd", "l2", "decay", "regularization"),
    "rounds": ("cycles", "nrounds", "numrounds", "alrounds"),
    "query_size": ("acquisitionsize", "nquery", "nqueries", "querybatch", "labelsperround"),
    "initial": ("initialsize", "initiallabels", "ninitial", "startsize", "seedsize", "init"),
    "initial_draw": ("initdraw", "initialsampling"),
    "seeds": ("seed", "nseeds", "numseeds", "randomstate", "randomseed", "repeats", "repetitions", "runs", "trials"),
    "dataset": ("data", "datasetname"),
    "strategy": ("querystrategy", "acquisition", "acquisitionfunction", "sampling", "query", "al"),
    "method": ("sslmethod", "ssl", "algorithm", "algo", "learner"),
    "backbone": ("model", "network", "net", "arch", "architecture"),
    "out": ("output", "outputdir", "outdir", "resultsdir", "savedir", "folder"),
    "device": ("gpu", "cuda"),
    "executor": ("workers", "nworkers", "numworkers", "njobs", "jobs", "parallel"),
    "data_dir": ("dataroot", "root", "datapath"),
    "time_limit": ("timeout", "maxtime"),
    "fresh": ("overwrite", "force"),
    "ema": ("emadecay",),
}
_OTHER = {word: name for name, words in _CALLED.items() for word in words}
_BUDGET = {"budget", "labelbudget", "nlabels", "numlabels", "labels", "maxlabels", "totallabels"}


def is_budget(name: str) -> bool:
    """Whether a name stands for the labels in all."""
    return _bare(name) in _BUDGET


def meant(name: str, known: Iterable[str]) -> str | None:
    """The one of the known names that ``name`` may stand for: spelled otherwise, called otherwise or mistyped."""
    there = {_bare(each): each for each in known}
    bare = _bare(name)
    here = _OTHER.get(bare, bare)
    forms = (bare, _bare(here), _bare(plural(here)), bare.removesuffix("s"))  # a suite file has kinds in the plural
    return next((there[form] for form in forms if form in there), None) or nearest(name, there.values())


def _bare(name: str) -> str:
    return re.sub(r"[\W_]+", "", name.casefold())
