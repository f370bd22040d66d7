"""Rules of `causes` about `train_model`, judged by what it does with a small net of ours."""

from dataclasses import replace
from functools import partial

from .rules import BCE, POSITIVE, Rule, Symptoms

IMAGES = 64  # number of our images in a training that is watched
LARGE_RATE = {"Adam": 0.3, "AdamW": 0.3, "RMSprop": 0.3}
LARGEST_RATE = 30.0  # of other optimisers
SMALL_RATE = {"Adam": 2e-5, "AdamW": 2e-5, "RMSprop": 2e-5}
SMALLEST_RATE = 1e-4
# With learning rates below these, a small task is not learnt in a few epochs.
SLOW_RATE = {"Adam": 3e-4, "AdamW": 3e-4, "RMSprop": 3e-4}
SLOWEST_RATE = 1e-2
HIGH_LOSS = 3.0  # chance gives 0.693

_OPTIMISER = ("train_model", r"\boptim\.\w+\(|\b(?:Adam|AdamW|SGD|RMSprop)\(")

TRAINING = (
    Rule(
        lambda s: not s["calls"] and not s["changed"] and s["from_notebook"]["nets"],
        "train_model trains {nets} of the notebook, not the net that it is given as its first argument.",
        ("train_model", r"(?<!def )\b{nets_pattern}\b"),
    ),
    Rule(
        lambda s: not s["calls"] and not s["changed"] and s["other_nets"],
        "train_model makes a new GlitchNet and trains that, not the net that it is given: leave out what makes it.",
        ("train_model", r"\bGlitchNet\("),
    ),
    Rule(
        lambda s: not s["calls"] and not s["changed"],
        "train_model trains a copy or another net, not the net that it is given.",
        ("train_model", r"copy\(|^model\s*="),
    ),
    Rule(
        lambda s: s["images_of_notebook"] > s["calls_to_learn"] / 2,
        "train_model shows the net the images of the notebook ({data}), not those of its argument X.",
        ("train_model", r"\b(?:{data_pattern})\b"),
    ),
    Rule(
        lambda s: s["labels_first"],
        "The loss function is given the labels in the place of the logits: give it the logits first, then the labels.",
        ("train_model", r"loss\w*\(|Loss\(\)\(|cross_entropy"),
    ),
    Rule(
        lambda s: s["labels_checked"] and s["labels_wrong"] > 0.95 * s["labels_checked"],
        "The loss gets 1 for the images with label 0 and 0 for those with label 1, so the net learns the opposite: "
        "give it the labels as they are in y.",
        ("train_model", r"\b1(?:\.0?)? *- *|== *0|!= *1|logical_not|~"),
    ),
    Rule(
        lambda s: s["labels_checked"] and s["labels_wrong"] > 0.2 * s["labels_checked"],
        "The labels in a batch do not belong to its images: take both from X and y by the same positions.",
        ("train_model", r"\by\["),
    ),
    Rule(
        lambda s: not s["backwards"] and not s["changed"],
        "train_model never calls loss.backward(), with parentheses, so there are no gradients.",
        ("train_model", r"\.backward\b(?! *\()"),
    ),
    Rule(
        lambda s: s["other_steps"] and not s["steps"] and s["from_notebook"]["optimisers"],
        "{optimisers} was made outside train_model, for another net: make the optimiser inside, with "
        "model.parameters().",
        ("{optimisers}", ""),
    ),
    Rule(
        lambda s: s["other_steps"] and not s["steps"],
        "The optimiser has the parameters of another net: give it model.parameters().",
        _OPTIMISER,
    ),
    Rule(
        lambda s: not s["steps"] and not s["changed"],
        "train_model never takes a step: call optimiser.step(), with parentheses, after loss.backward().",
        ("train_model", r"\.step\b(?! *\()"),
    ),
    Rule(
        lambda s: s["backwards"] and not s["gradients"] and not s["changed"],
        "loss.backward() brings no gradient to the net: something between the net and the loss cuts it off, such as "
        "torch.tensor(), .item(), detach(), round() or a comparison.",
        ("train_model", r"torch\.tensor\(|\.item\(\)[^+]*,|detach\(|round\(|\.data\b|numpy\(|sign\(| [<>]=? "),
    ),
    Rule(
        lambda s: s["cleared_between"] > s["steps"] / 2,
        "The gradients are cleared between loss.backward() and optimiser.step(), so no step moves anything: clear them "
        "before loss.backward().",
        ("train_model", r"zero_grad\("),
    ),
    Rule(
        lambda s: s["steps"] and s["optimiser"] != "LBFGS" and s["thrown_away"] > s["backwards"] / 3,
        "Many gradients are thrown away: they are cleared before optimiser.step() has used them. Does optimiser.step() "
        "stand outside the loop over the batches? Take one step for each batch.",
        ("train_model", r"\.step\("),
    ),
    Rule(
        lambda s: s["logits_shape"] != s["labels_shape"] and s["loss"] not in ("cross_entropy", "nll_loss", ""),
        "The loss compares logits {logits_shape} with labels {labels_shape}, every one with every other: write "
        ".reshape(-1) behind the logits.",
        ("train_model", r"loss\w*\(|loss\s*="),
    ),
    Rule(
        lambda s: s["loss"] == BCE and s["loss_of"] in POSITIVE,
        "The logits go through {loss_of} before the loss, so none is negative and no image is called a blip: leave it "
        "out.",
        ("train_model", r"(?i)relu\(|abs\(|softplus\(|exp\("),
    ),
    Rule(
        lambda s: s["loss"] == BCE and s["loss_of"],
        "A {loss_of} stands before BCEWithLogitsLoss, which applies the sigmoid itself, so it is applied twice: give "
        "it the logits.",
        ("train_model", r"sigmoid\(|softmax\("),
    ),
    Rule(
        lambda s: s["loss"] in ("cross_entropy", "nll_loss") and not s["two_outputs"],
        "Cross-entropy compares two or more outputs per image, and here is one logit: use nn.BCEWithLogitsLoss.",
        ("train_model", r"CrossEntropyLoss|cross_entropy|NLLLoss|nll_loss"),
    ),
    Rule(
        lambda s: (
            s["loss"] in ("mse_loss", "l1_loss", "smooth_l1_loss", "huber_loss")
            and not s["loss_of"]
            and s["labels_least"] >= 0
        ),
        "The squared error (MSE) pulls the outputs to 0 and 1, but a logit should be negative for a blip: use "
        "nn.BCEWithLogitsLoss.",
        ("train_model", r"MSELoss|mse_loss|L1Loss|l1_loss|HuberLoss|huber_loss"),
    ),
    Rule(
        lambda s: s["rescaled"],
        "train_model shows the net other numbers than those of its argument X: the images are scaled on the way. "
        "Scale them inside GlitchNet, for later `model` is asked about images as they are.",
        ("train_model", r"[/*+-] *\(?\d|\.(?:std|mean)\(|normali[sz]e\("),
    ),
)
# Causes of a training that learnt too little.
STEPS_LEFT_OUT = (
    Rule(
        lambda s: s["shown_once"] and s["return_in_loop"],
        "`return` stands inside the loop, so the training ends there: is it meant to stand behind the loop over the "
        "epochs?",
        ("seen", "return_in_loop"),
    ),
    Rule(
        lambda s: s["shown"] < 0.7 * s["epochs"] * IMAGES and s["uses_epochs"],
        "train_model leaves out many images: in a trial, {shown} were shown to the net in {epochs} epochs, not "
        f"{{epochs}} times {IMAGES}. Does `break` or `return` stand in the loop over the batches?",
        ("train_model", r"^(?:break|return)\b"),
    ),
    Rule(
        lambda s: s["left_out"] > IMAGES / 3,
        "train_model leaves out many images: in a trial, {never_shown} were never shown to the net, in {epochs} "
        "epochs. Look at how the batches are made, such as torch.randperm(len(X)).split(32): together they should hold "
        "every position once.",
    ),
    Rule(
        lambda s: 0 < s["steps"] <= s["epochs"] < s["backwards"],
        "In a trial there was one step in each epoch, for several batches. Does optimiser.step() stand outside the "
        "loop over the batches? Take one step for each batch.",
        ("train_model", r"\.step\("),
    ),
)
RATES = (
    Rule(
        lambda s: s["rate"] > LARGE_RATE.get(s["optimiser"], LARGEST_RATE),
        "A learning rate of {rate:g} is far too large for {optimiser}: begin with 1e-3 (Adam) or 1e-1 (SGD).",
        _OPTIMISER,
    ),
    Rule(
        lambda s: s["steps"] and s["rate"] < SMALL_RATE.get(s["optimiser"], SMALLEST_RATE),
        "A learning rate of {rate:g} is so small for {optimiser} that hardly anything is learnt: begin with 1e-3 "
        "(Adam) or 1e-1 (SGD).",
        _OPTIMISER,
    ),
)
SLOW = (
    Rule(
        lambda s: s["steps"] and s["rate"] < SLOW_RATE.get(s["optimiser"], SLOWEST_RATE),
        "A learning rate of {rate:g} is small for {optimiser}: in so few epochs little is learnt. Try larger steps, "
        "such as 1e-3 (Adam) or 1e-1 (SGD).",
        _OPTIMISER,
    ),
)
STALE = (
    Rule(
        lambda s: s["clears"],
        "zero_grad() is called, but not for every batch: call it before each loss.backward().",
        ("train_model", r"zero_grad\("),
    ),
    Rule(
        lambda s: True,
        "Call optimiser.zero_grad(), with parentheses, before each loss.backward().",
        ("train_model", r"\.zero_grad\b(?! *\()"),
    ),
)


def _in_stale_steps(rule: Rule, s: Symptoms) -> bool:
    return bool(s["stale_steps"] and rule.when(s))


# The same causes, for a training in which stale gradients were seen.
STALE_STEPS = tuple(
    replace(
        rule,
        when=partial(_in_stale_steps, rule),
        says=f"The gradient of an earlier step was still there when the next one was added to it. {rule.says}",
    )
    for rule in STALE
)
SUMS = (
    Rule(
        lambda s: s["reduction"] == "sum" and s["first_loss"] > HIGH_LOSS,
        "The loss function takes the sum over a batch, not the mean: leave out reduction.",
        ("train_model", r"reduction"),
    ),
)
_MADE_ANEW = Rule(
    lambda s: s["made_anew_line"],
    "The list that train_model returns is made anew in each epoch, so only the last loss is left: make it once, before "
    "the loop.",
    ("seen", "made_anew_line"),
)
FEW_LOSSES = (
    _MADE_ANEW,
    Rule(
        lambda s: s["return_in_loop"],
        "`return` stands inside the loop, so the training ends there: is it meant to stand behind the loop over the "
        "epochs?",
        ("seen", "return_in_loop"),
    ),
    Rule(lambda s: not s["uses_epochs"], "train_model does not use its parameter `epochs`."),
    Rule(lambda s: s["return_line"], "If only 1 epoch was trained, train for more."),
    Rule(lambda s: True, "Does `return` stand inside the loop over the epochs? If not, train for more epochs."),
)
LOSSES = (
    Rule(lambda s: s["returned"] == "None", "train_model returns None: end it with `return losses`."),
    Rule(
        lambda s: s["returned"] != "list",
        "train_model returns {returned}: return the list of losses alone.",
        ("seen", "return_line"),
    ),
    *SUMS,
    Rule(
        lambda s: not s["uses_epochs"],
        "train_model does not use its parameter `epochs`: write `for epoch in range(epochs):`.",
        ("train_model", r"\bfor\b.*\brange\(|\bwhile\b"),
    ),
    Rule(
        lambda s: s["left_out"] > IMAGES / 10 and not s["rescaled"],
        "In an epoch train_model does not show the net all of the images. Does `break` or `return` stand in the loop "
        "over the batches?",
        ("train_model", r"^(?:break|return)\b"),
    ),
    Rule(
        lambda s: s["returned_losses"] == s["epochs"] + 1,
        "That is one too many. Is there one epoch too many, as in range(epochs + 1), or a loss from before the "
        "training?",
        ("train_model", r"\bfor\b.*\brange\("),
    ),
    Rule(lambda s: True, "", ("train_model", r"\.append\(|^losses\b.*\+=")),
)
