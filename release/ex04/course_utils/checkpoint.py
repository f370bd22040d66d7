"""Trains a student's net once and keeps it in a checkpoint, for the cell ``setup-fit`` of the notebook."""

import inspect
import io
import sys
from collections.abc import Callable
from contextlib import redirect_stdout
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from nbjudge.ask.answers import as_array
from nbjudge.ask.front_end import NOTEBOOK_FOLDER as NOTEBOOK_FOLDER
from nbjudge.ask.settings import in_grading, ordinary_settings
from nbjudge.ask.unanswerable import Unanswerable, is_stub
from torch import nn

from . import plots, simulators
from .digests import code_digest, data_digest, net_digest
from .live_curve import Picture, ValidationPart, Watch, validation_part
from .losses_so_far import as_losses
from .stand_in import Form, form_for, linear_net, solve, stand_ins
from .submission.answers import ANSWERS, describe, find

FILE = "glitch_or_chirp.pt"
SEED = 2015  # the year of GW150914
# Errors that torch raises for files that hold something else, and for weights of another net.
_DOES_NOT_FIT = (RuntimeError, KeyError, IndexError, TypeError, ValueError, AttributeError)
_AGAIN = "the network is trained again"
_ENDINGS = (".pt", ".pth", ".ckpt")  # of files that torch saves
_NAMES = (FILE, "suggested_net.pt", "three_classes.pt")  # of checkpoints; none of these is a misnamed other checkpoint


@dataclass(frozen=True)
class Checkpoint:
    """The results of a training that are kept in a file.

    Attributes
    ----------
    weights : dict of str to Tensor
        The net's parameters and buffers.
    losses : list of float
        Mean loss of each epoch; empty if unknown.
    trained_on : (N,) int64 tensor
        Positions of the training part in the dataset; empty in files of earlier versions.
    digests : dict of str to str
        Digests of what the net was trained from, by names that are shown; empty in files of earlier versions.
    validation : list of float
        Mean loss for images that the net does not learn from, for each epoch; NaN if not measured, empty if unknown.
    """

    weights: dict[str, Any]
    losses: list[float]
    trained_on: torch.Tensor = field(default_factory=lambda: torch.zeros(0, dtype=torch.int64, device="cpu"))
    digests: dict[str, str] = field(default_factory=dict)
    validation: list[float] = field(default_factory=list)

    def load_into(self, net: nn.Module, file: str = FILE, instead: str = _AGAIN) -> bool:
        """Load the weights into a net; if they are of another net, say so, and say what is done instead."""
        try:
            net.load_state_dict(_named_as_in(net, self.weights))
        except _DOES_NOT_FIT as error:
            print(f"Remark: {file} does not fit this notebook: {instead}. ({_first_line(error)})")
            return False
        return True


@dataclass(frozen=True)
class TrainingPart:
    """The images and labels from which a net learns.

    Attributes
    ----------
    images : (N, 1, 32, 64) float32 tensor
        Images, on the CPU.
    labels : (N,) tensor
        Labels, on the CPU: float32 for two classes, int64 for more.
    positions : (N,) int64 array
        Positions of the images in the dataset, if this is the fixed one.
    """

    images: torch.Tensor
    labels: torch.Tensor
    positions: np.ndarray


@dataclass(frozen=True)
class Task:
    """What is trained, how it is trained, and where it is kept.

    Attributes
    ----------
    net, train : str
        Names in the notebook of the net's class, and of the function that trains the net.
    model, losses : str
        Names in the notebook under which the trained net and its losses are stored if a training is interrupted.
    file : str
        Name of the checkpoint's file, beside the notebook.
    call : str
        The call in the cell that trains, by which students find this cell.
    part : callable, optional
        Returns the `TrainingPart`; by default, this is the student's training part of the fixed dataset.
    validation : callable
        Returns the `ValidationPart` for a notebook's globals.
    classes : int
        Number of classes.
    form : Form, optional
        The form in which the net answers; by default, the form of the student's net.
    stand_in_earns : str
        A message that says what our net earns if it stands in for a missing net.
    """

    net: str = "GlitchNet"
    train: str = "train_model"
    model: str = "model"
    losses: str = "losses"
    file: str = FILE
    call: str = "fit(globals())"
    part: Callable[[], TrainingPart] | None = None
    validation: Callable[[dict[str, Any]], ValidationPart] = validation_part
    classes: int = 2
    form: Form | None = None
    stand_in_earns: str = (
        "It is right in about 62 % of the images. Go on with it: Tasks 2b to 4 are judged on it. Only the points for\n"
        "the accuracy on fresh images are for a net of yours."
    )


GLITCH_OR_CHIRP = Task()


@ordinary_settings()
def fit(namespace: dict[str, Any], task: Task = GLITCH_OR_CHIRP) -> tuple[nn.Module, list[float]]:
    """Train a student's net and keep it in a checkpoint, or load the net from the checkpoint.

    In the student's notebook, the net is loaded if `GlitchNet`, the training part and `train_model` are unchanged. In
    grading, it is loaded whenever its weights fit `GlitchNet`: students are graded on the net that they trained.

    If `GlitchNet` or `train_model` is missing or fails, a net of ours stands in, so that the later tasks can be done
    and judged. If there are no `test_indices`, they are made.

    In a notebook, the loss curve is drawn again and again during a training, with a second line for images that the net
    does not learn from (`live_curve`). In grading, it is drawn once, with the second line from the checkpoint.

    Parameters
    ----------
    namespace : dict
        The notebook's globals.
    task : Task
        What is trained; by default the net of `ex04`.

    Returns
    -------
    model : nn.Module
        The trained net, in evaluation mode.
    losses : list of float
        Mean loss of each epoch; empty if `train_model` returned none.
    """
    shell = namespace.get("get_ipython", lambda: None)()
    # A terminal has no kernel and can't replace a picture, and in grading nobody watches.
    is_watched = getattr(shell, "kernel", None) is not None and not in_grading()
    picture = Picture(shell.display_pub.publish, task.classes) if is_watched else None
    net, training = _trained(namespace, task, picture)
    if not training.losses:  # an empty plot would show nothing
        return net.eval(), []
    try:
        if picture is not None:
            picture.draw(training.losses, training.validation, task.validation(namespace).name)
        elif shell is not None:
            name = task.validation(namespace).name
            plots.loss_curve(training.losses, training.validation, validation_name=name, classes=task.classes)
    except Exception as error:  # the student's settings of Matplotlib may be why; the net stays trained
        print(f"The loss curve can't be drawn. ({_first_line(error)})")
    return net.eval(), training.losses


@dataclass(frozen=True)
class _Training:
    """Results of a training: losses and validation losses as in `Checkpoint`, and whether it ran to its end."""

    losses: list[float]
    validation: list[float] = field(default_factory=list)
    complete: bool = True


def _trained(namespace: dict[str, Any], task: Task, picture: Picture | None) -> tuple[nn.Module, _Training]:
    path = NOTEBOOK_FOLDER / task.file
    kept = read(path)
    part = task.part() if task.part else _training_part(namespace, kept)
    train_model = namespace.get(task.train)
    try:
        net = new_net(namespace, task)
    except Exception as error:
        return _stand_in(namespace, task, part, picture, task.net, error)
    digests = _digests(namespace, task, net, part)
    if kept and _is_to_be_loaded(kept, task, digests, train_model is None) and kept.load_into(net, task.file):
        if in_grading():  # in the notebook, `_is_to_be_loaded` has said this, with the reason
            print(f"Using the trained net in {task.file}.")
        return net, _Training(kept.losses, kept.validation)
    try:
        find(namespace, task.train)
        net = new_net(namespace, task)
        writable = _is_writable(path)
        training = _train(namespace, task, net, part, picture)
    except Exception as error:
        return _stand_in(namespace, task, part, picture, task.train, error)
    if writable:
        if not training.complete:
            digests[task.train] = "interrupted"
        positions = torch.as_tensor(part.positions, device="cpu")
        _save(path, Checkpoint(net.state_dict(), training.losses, positions, digests, training.validation))
    return net, training


def _digests(namespace: dict[str, Any], task: Task, net: nn.Module, part: TrainingPart) -> dict[str, str]:
    """Digests of everything from which a new net would be trained."""
    return {
        task.net: net_digest(namespace[task.net], net, NOTEBOOK_FOLDER),
        "the training part": data_digest(part.images, part.labels),
        task.train: code_digest(namespace.get(task.train), NOTEBOOK_FOLDER),
        "Python": "{}.{}".format(*sys.version_info),
    }


def what_is_wrong(namespace: dict[str, Any], task: Task = GLITCH_OR_CHIRP) -> str:
    """Why the checkpoint does not belong to the present notebook; empty if it does. Prints nothing."""
    path = NOTEBOOK_FOLDER / task.file
    if not path.is_file():
        lacking = [f"`{name}`" for name in (task.net, task.train) if name not in namespace]
        first = f" Write {' and '.join(lacking)} first." if lacking else ""
        return f"There is no {path.name} beside the notebook.{first}"
    with redirect_stdout(io.StringIO()):
        kept = read(path)
        if kept is None:
            return f"{path.name} can't be read."
        try:
            net = new_net(namespace, task)
            fits = kept.load_into(net, path.name)
            part = task.part() if task.part else _part(*_dataset(namespace), namespace["train_indices"])
            now = _digests(namespace, task, net, part)
            is_in_use = task.model not in namespace or _holds_the_weights_of(kept, namespace[task.model])
        except Exception as error:
            return f"{path.name} can't be compared with the notebook ({_reason(error, namespace)})."
    if not fits:
        return f"{path.name} holds the weights of another network than `{task.net}`."
    if kept.digests.get(task.train) == "interrupted":
        return f"{path.name} comes from a training that was interrupted."
    changed = [name for name, digest in now.items() if kept.digests.get(name) != digest]
    if changed:
        return f"{path.name} is older than what the cells say now. Changed since: {' and '.join(changed)}."
    if not is_in_use:
        return f"`{task.model}` is not the network that is kept in {path.name}: replaced, or changed since."
    return ""


def _holds_the_weights_of(kept: Checkpoint, model: nn.Module) -> bool:
    now, weights = model.state_dict(), _named_as_in(model, kept.weights)
    return now.keys() == weights.keys() and all(_is_equal(now[name], weights[name]) for name in now)


def _is_equal(one: torch.Tensor, other: torch.Tensor) -> bool:
    """Whether two tensors hold the same numbers, on any devices; NaN equals NaN."""
    one, other = one.detach().cpu(), other.detach().cpu()
    return one.shape == other.shape and bool(((one == other) | (one.isnan() & other.isnan())).all())


def read(path: Path, instead: str = _AGAIN) -> Checkpoint | None:
    """Read a checkpoint; None if there is none, or if it can't be used.

    A remark is printed if the checkpoint can't be used; in grading, also if there is none.

    Parameters
    ----------
    path : Path
        The file.
    instead : str
        What is done without the checkpoint, for the remark.
    """
    if not path.is_file():
        if in_grading():
            beside = (other for other in path.absolute().parent.glob("*") if other.suffix in _ENDINGS)
            others = sorted(other.name for other in beside if other.name not in _NAMES)
            hint = f" If it is {' or '.join(others)}, give it this name." if others else ""
            print(f"Remark: there is no {path.name} beside the notebook: {instead}.{hint}")
        return None
    try:
        kept = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:
        # torch raises many kinds of error for damaged files, and for files that hold more than numbers.
        print(f"Remark: {path.name} can't be read: {instead}. ({_first_line(error)})")
        return None
    if isinstance(kept, dict) and "weights" not in kept:
        of_its_own = "It has no 'weights'. Is it a state_dict that you saved? Take the file that the notebook writes."
        print(f"Remark: {path.name} does not fit this notebook: {instead}. ({of_its_own})")
        return None
    try:
        kept = dict(kept)
        return Checkpoint(
            kept["weights"],
            [float(loss) for loss in kept["losses"]],
            torch.as_tensor(kept.get("trained_on", ()), dtype=torch.int64, device="cpu").reshape(-1),
            {str(name): str(digest) for name, digest in kept.get("digests", {}).items()},
            [float(loss) for loss in kept.get("validation", ())],
        )
    except _DOES_NOT_FIT as error:
        print(f"Remark: {path.name} does not fit this notebook: {instead}. ({_first_line(error)})")
        return None


def load(net: nn.Module, path: str | Path) -> list[float] | None:
    """Load a checkpoint into a net.

    Returns
    -------
    list of float or None
        The losses, or None if there is no checkpoint that fits the net.
    """
    kept = read(Path(path))
    return kept.losses if kept and kept.load_into(net) else None


def _named_as_in(model: nn.Module, weights: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Weights by the names that a net has for them, with or without the prefixes of torch.compile and DataParallel."""
    names = model.state_dict().keys()
    if weights.keys() == names:
        return weights
    wanted = {_without_wrappers(name): name for name in names}
    return {wanted.get(_without_wrappers(name), name): weight for name, weight in weights.items()}


def _without_wrappers(name: str) -> str:
    return ".".join(part for part in name.split(".") if part not in ("_orig_mod", "module"))


def _first_line(error: Exception) -> str:
    """The message of an error, without the lines that torch adds."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip() and "Error(s) in loading" not in line]
    said = lines[0] if lines else "no message"
    return f"{type(error).__name__}: {said if len(said) < 150 else said.partition('. ')[0]}"[:200]


def trained_on(namespace: dict[str, Any]) -> np.ndarray:
    """Positions of the images from which the checkpoint's net learnt; empty if it does not fit `GlitchNet`."""
    kept = read(NOTEBOOK_FOLDER / FILE)
    try:
        fits = kept is not None and kept.load_into(new_net(namespace))
    except Exception:
        fits = False  # the checks of GlitchNet say what is wrong with it
    return kept.trained_on.numpy() if kept is not None and fits else np.zeros(0, np.int64)


def new_net(namespace: dict[str, Any], task: Task = GLITCH_OR_CHIRP) -> nn.Module:
    """Build a net as the notebook defines it, on the notebook's device.

    Raises
    ------
    Unanswerable
        There is no such class, or it does not make a net.
    """
    torch.manual_seed(SEED)
    net = find(namespace, task.net)().to(namespace.get("DEVICE", "cpu"))
    if not isinstance(net, nn.Module):
        raise Unanswerable("contract", f"it should be a torch.nn.Module; it is of type {type(net).__name__}.")
    return net


def _training_part(namespace: dict[str, Any], kept: Checkpoint | None) -> TrainingPart:
    """The student's training part; another one if it is missing or unusable. Makes a test part if there is none."""
    X, y = simulators.fixed_dataset()
    everything = np.arange(len(y))
    if "test_indices" not in namespace:
        shuffled = np.random.default_rng(SEED).permutation(everything)
        learnt = shuffled[200:] if kept is None or not len(kept.trained_on) else kept.trained_on.numpy()
        namespace["test_indices"] = np.setdiff1d(everything, learnt)
        print("There are no `test_indices` yet: these are ours, so that you can go on.")
    try:
        chosen = as_array(namespace["train_indices"], "`train_indices`").reshape(-1)
        positions = everything[chosen if chosen.dtype == np.bool_ else chosen.astype(np.int64)]
        return _part(*_dataset(namespace), positions)
    except Exception as error:
        if "train_indices" in namespace:
            print(f"`train_indices` can't be used ({error}): training on what is not in the test part.")
    try:
        return _part(X, y, np.delete(everything, as_array(namespace["test_indices"], "`test_indices`").reshape(-1)))
    except Exception:
        return _part(X, y, everything)


def _dataset(namespace: dict[str, Any]) -> tuple[Any, Any]:
    """The notebook's `X` and `y`. If the shape of one was changed, say so and return the given ones."""
    X, y = simulators.fixed_dataset()
    others = [name for name, given in (("X", X), ("y", y)) if np.shape(namespace[name]) != given.shape]
    if not others:
        return namespace["X"], namespace["y"]
    line = ANSWERS.assignment(namespace, others[0])
    how = f" Look at your line `{line}`." if line else ""
    print(f"`{others[0]}` is no longer what it was given as: the images and labels as they were given are used.{how}")
    return X, y


def _part(X: Any, y: Any, positions: np.ndarray) -> TrainingPart:
    if not len(positions):
        raise ValueError("no image is left")
    images, labels = (torch.as_tensor(all_of_it[positions], dtype=torch.float32, device="cpu") for all_of_it in (X, y))
    return TrainingPart(images, labels, positions)


def _is_to_be_loaded(kept: Checkpoint, task: Task, digests: dict[str, str], only_chance: bool) -> bool:
    if in_grading():
        return True
    was_stopped = kept.digests.get(task.train) == "interrupted"
    changed = [name for name, digest in digests.items() if kept.digests.get(name) != digest]
    if was_stopped and task.train in changed:
        changed.remove(task.train)  # after an interrupted training, no digest of it is kept
    # Another version of Python compiles the same code to other bytes, so the other digests say nothing then.
    listed = "Python" if "Python" in changed else " and ".join(changed)
    if not changed and not was_stopped:
        print(f"{task.net}, the training part and {task.train} are as they were: using the trained net in {task.file}.")
        print("To train it anew all the same, delete this file.")
        return True
    if only_chance:
        print(f"There is no {task.train} yet: using the trained net in {task.file}.")
        return True
    if was_stopped:
        since = f" Changed since: {listed}." if changed else ""
        print(f"Training again: the training that made {task.file} was stopped before its end.{since}")
        return False
    print(f"Training again. Changed since {task.file} was made: {listed if kept.digests else 'how it is made'}.")
    return False


def _train(
    namespace: dict[str, Any], task: Task, net: nn.Module, part: TrainingPart, picture: Picture | None
) -> _Training:
    """Train a net with the student's function; if an error or an interrupt ends it, the net keeps what it has learnt.

    Raises
    ------
    Exception
        The function failed, and the net has learnt nothing.
    """
    train_model: Callable[..., Any] = namespace[task.train]
    before = _weights(net)
    watch = Watch(net, train_model, None if in_grading() else task.validation(namespace), picture)
    try:
        with torch.enable_grad(), watch:
            returned = train_model(net, part.images.clone(), part.labels.clone())
    except KeyboardInterrupt as stop:
        losses = watch.interrupted(stop)
        # This is done at once, because in grading a second interrupt follows soon if the time is over.
        namespace[task.model], namespace[task.losses] = net.eval(), losses
        finished = f"{len(losses)} finished epoch{'' if len(losses) == 1 else 's'}"
        print(f"Interrupted: `{task.model}` is what was trained until now; `{task.losses}` keeps {finished}.")
        return _Training(losses, watch.validation, complete=False)
    except Exception as error:
        after = _weights(net)
        if all(name in after and torch.equal(weight, after[name]) for name, weight in before.items()):
            raise
        print(f"`{task.model}` is what was trained until {task.train} failed: {_reason(error, namespace)}")
        return _Training([], complete=False)
    losses = as_losses(returned)
    watch.completed(losses)
    if not losses:
        wanted = f"{task.train} should return a list of losses; it returned"
        if isinstance(returned, list | tuple) and not returned:
            print(f"{wanted} an empty one. Is the loss of each epoch appended to it, and is there an epoch at all?")
        else:
            kind = "nothing" if returned is None else f"something else ({type(returned).__name__})"
            print(f"The net is trained, but {wanted} {kind}.")
    expected = _epochs_by_default(train_model)
    if len(losses) == 1 and expected > 1:
        print(
            f"{task.train} returned the loss of 1 epoch of {expected}. Is there a loop over all epochs, and does "
            "`return` stand behind it, not inside?"
        )
    return _Training(losses, watch.validation)


def _epochs_by_default(train_model: Callable[..., Any]) -> int:
    """The default value of the parameter `epochs`; 1 if there is none."""
    try:
        default = inspect.signature(train_model).parameters["epochs"].default
    except (KeyError, TypeError, ValueError):
        return 1
    return default if isinstance(default, int) else 1


def _weights(net: nn.Module) -> dict[str, torch.Tensor]:
    return {
        name: parameter.detach().clone()
        for name, parameter in net.named_parameters()
        if not nn.parameter.is_lazy(parameter)
    }


def _stand_in(
    namespace: dict[str, Any],
    task: Task,
    part: TrainingPart,
    picture: Picture | None,
    lacking: str,
    error: Exception,
) -> tuple[nn.Module, _Training]:
    """A net of ours, trained by the student's function if this works, else by least squares."""
    device = namespace.get("DEVICE", "cpu")
    form = task.form or form_for(namespace.get(task.net), namespace.get(task.train), device)
    torch.manual_seed(SEED)
    net = linear_net(form, device)
    try:
        training = _train(namespace, task, net, part, picture)
        lacking = task.net  # the student's function works with our net, so the student's net is to blame
    except Exception:
        training = _Training([])
        solve(net, part.images, part.labels)
    reason = _reason(error, namespace)
    stand_ins[net] = (
        f"`{task.model}` is a stand-in of ours, because {lacking} was missing or failed when the training was run "
        f"({reason.rstrip('.')})."
    )
    print(stand_ins[net])
    print(task.stand_in_earns)
    return net, training


def _reason(error: Exception, namespace: dict[str, Any]) -> str:
    if is_stub(error, namespace):
        return f"still to do: {error}"
    return str(error) if isinstance(error, Unanswerable) else describe(error, namespace)


def _is_writable(path: Path) -> bool:
    """Whether a checkpoint can be written. This is tested before a training, which may take an hour."""
    try:
        with _unfinished(path).open("wb"):
            pass
        _unfinished(path).unlink()
    except OSError as error:
        print(f"{path} can't be written ({error}). Training all the same; the net will be lost when you stop.")
        return False
    return True


def _save(path: Path, checkpoint: Checkpoint) -> None:
    """Write a checkpoint completely, or leave the old one as it is."""
    try:
        torch.save(vars(checkpoint), _unfinished(path))
        _unfinished(path).replace(path)
    except (OSError, RuntimeError) as error:  # torch raises RuntimeError if the disk is full
        print(f"{path} could not be written: {error}")


def _unfinished(path: Path) -> Path:
    return path.with_name(path.name + ".part")
