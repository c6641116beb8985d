"""The contract: all that a plugin author has to read, and all that a plugin may import besides the kernels."""

from albench.api.backbone import TRAINING, Backbone
from albench.api.dataset import Dataset, FeatureDataset, ImageDataset, Problem, Split, Splits
from albench.api.encoder import EncodedDataset, Encoder
from albench.api.estimator import Estimator, Examples, Fitted, predicted_probs
from albench.api.executor import Busy, Done, Ended, Event, Executor, Failed, Job, Note, Outcome, Progress, Run, Stopped
from albench.api.facts import RoundEnd, SuiteFacts, TrialFacts
from albench.api.folders import default_roots, from_home, search_roots
from albench.api.hooks import Add, hookimpl, hookspec
from albench.api.horizon import lasting_steps, momentum_at, window_at
from albench.api.kinds import API_VERSION, KINDS, Kind
from albench.api.method import VIEWS, Batch, Forward, Logs, Method, RoundFacts, State
from albench.api.options import option
from albench.api.published import Published, Remote
from albench.api.published_files import checksum_problem, locate_published, missing_files
from albench.api.strategy import NEEDS, Strategy, View
from albench.api.task import Modality, Task
from albench.api.tracker import Tracker
from albench.api.wrapper import Wrapper
from albench.disk.claims import Claim
from albench.disk.processes import cores
from albench.disk.python_files import import_file
from albench.errors import ClaimLost, DataError, DownloadError, PluginError, UserError

__all__ = [
    "API_VERSION",
    "KINDS",
    "NEEDS",
    "TRAINING",
    "VIEWS",
    "Add",
    "Backbone",
    "Batch",
    "Busy",
    "Claim",
    "ClaimLost",
    "DataError",
    "Dataset",
    "Done",
    "DownloadError",
    "EncodedDataset",
    "Encoder",
    "Ended",
    "Estimator",
    "Event",
    "Examples",
    "Executor",
    "Failed",
    "FeatureDataset",
    "Fitted",
    "Forward",
    "ImageDataset",
    "Job",
    "Kind",
    "Logs",
    "Method",
    "Modality",
    "Note",
    "Outcome",
    "PluginError",
    "Problem",
    "Progress",
    "Published",
    "Remote",
    "RoundEnd",
    "RoundFacts",
    "Run",
    "Split",
    "Splits",
    "State",
    "Stopped",
    "Strategy",
    "SuiteFacts",
    "Task",
    "Tracker",
    "TrialFacts",
    "UserError",
    "View",
    "Wrapper",
    "checksum_problem",
    "cores",
    "default_roots",
    "from_home",
    "hookimpl",
    "hookspec",
    "import_file",
    "lasting_steps",
    "locate_published",
    "missing_files",
    "momentum_at",
    "option",
    "predicted_probs",
    "search_roots",
    "window_at",
]
