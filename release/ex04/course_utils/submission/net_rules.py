"""Rules of `causes` about a net: where it comes from, what it does with images, and what keeps it from learning."""

from dataclasses import replace
from functools import partial

from .rules import BCE, POSITIVE, Rule, Symptoms

MODEL = (
    Rule(
        lambda s: s["is_checkpoint"] is False,
        "`model` is not the net that was trained: a cell of yours makes a new one, or changes it. Run the training "
        "again, `fit(globals())`, and leave `model` as it is.",
        ("model", ""),
    ),
    Rule(
        lambda s: not s["data_as_given"] and not s["data_reordered"],
        "The notebook's `X` is no longer the dataset as it was given, so the net learnt from other images than it will "
        "meet: leave `X` alone, and scale inside GlitchNet.",
        ("X", ""),
    ),
)
DATA = (
    Rule(
        lambda s: s["data_reordered"],
        "`X` is no longer in the order in which it was given: shuffle the positions, not the images themselves.",
        ("X", ""),
    ),
    Rule(
        lambda s: not s["data_as_given"],
        "`X` is no longer what it was given as: leave it alone, and scale images inside GlitchNet.",
        ("X", ""),
    ),
    Rule(
        lambda s: not s["labels_as_given"],
        "`y` is no longer what it was given as: leave it alone, and give a changed one another name.",
        ("y", ""),
    ),
)
STOPPED = (
    Rule(
        lambda s: s["stopped_after"] == 0,
        "The training did not come to its end, so there are no losses yet: run it again, `fit(globals())`. If it ends "
        "with an error, it says with which.",
    ),
    Rule(
        lambda s: s["stopped_after"] is not None,
        "The training was stopped before its end, after {stopped}: run it again, `fit(globals())`, and let it come to "
        "its end.",
    ),
)
UNTRAINED = (
    Rule(
        lambda s: s["is_untrained"],
        "`model` is untrained: its parameters are those with which it was built.",
        ("model", ""),
    ),
)
BY_CHANCE = (
    Rule(
        lambda s: s["random"] and s["made_line"],
        "`forward` makes new layers in each call, with new random weights, so what is learnt is lost: make all layers "
        "in `__init__`, and only use them in `forward`.",
        ("seen", "made_line"),
    ),
    Rule(
        lambda s: s["random"],
        "The same image gets another output in each call, in evaluation mode, too. Does `forward` draw random numbers? "
        "For dropout make nn.Dropout in `__init__`, or give F.dropout training=self.training.",
        ("GlitchNet", r"[Dd]ropout\d?d?\(|rand|normal_?\(|shuffle|perm"),
    ),
)
# Steps through which no gradient flows back.
STEPS = (
    Rule(
        lambda s: s["cut"] == "no_grad",
        "`forward` uses torch.no_grad() or torch.inference_mode(), which is for asking a net, not for training it: "
        "leave it out.",
        ("GlitchNet", r"no_grad|inference_mode|set_grad_enabled"),
    ),
    Rule(
        lambda s: s["cut"] == "comparison" and s["binary"],
        "`forward` ends in a comparison, which gives 0 or 1, and no gradient comes back through it: return the logit "
        "itself, and compare later.",
        ("seen", "cut_line"),
    ),
    Rule(
        lambda s: s["cut"] == "comparison",
        "A comparison gives true or false, a step without a slope, and no gradient comes back through it: use a layer "
        "with a slope, such as nn.ReLU.",
        ("seen", "cut_line"),
    ),
    Rule(
        lambda s: s["cut"] == "place",
        "argmax and argsort give positions, and no gradient comes back through these: use the values themselves.",
        ("seen", "cut_line"),
    ),
    Rule(
        lambda s: s["cut"] == "whole number",
        "No gradient comes back through whole numbers: keep floating-point numbers (float32).",
        ("seen", "cut_line"),
    ),
    Rule(
        lambda s: s["cut"] == "rounding",
        "Rounding, like sign, is a step without a slope, so the gradient behind it is 0: leave it out.",
        ("seen", "cut_line"),
    ),
    Rule(
        lambda s: s["cut"] == "detached",
        "What comes out of detach(), .data, .numpy(), .item() or torch.tensor() is a copy that knows nothing of the "
        "parameters before it: go on with the tensor itself.",
        ("seen", "cut_line"),
    ),
)
ONE_SIGN = (
    Rule(
        lambda s: s["ends_in"] in POSITIVE,
        "GlitchNet ends in {ending}, so no logit is negative, and a negative one is what says blip: return what comes "
        "out of the last Linear layer.",
        ("seen", "positive_line"),
    ),
    Rule(
        lambda s: s["ends_in"] == "logsigmoid",
        "GlitchNet ends in a logsigmoid, so no logit is positive, and a positive one is what says chirp: return what "
        "comes out of the last Linear layer.",
        ("GlitchNet", r"(?i)logsigmoid"),
    ),
)
DEAD = Rule(
    lambda s: s["dead_relus"],
    "Of the net's {relus} ReLU layers {dead_relus} gave 0 for every image (dead ReLUs), so nothing before them can "
    "learn. Was the learning rate too large, or were the first weights badly chosen?",
)
# What keeps gradients from the parameters of a net.
CUT = (
    *BY_CHANCE,
    Rule(
        lambda s: s["made_line"],
        "`forward` makes new layers in each call, so what is learnt is lost: make all layers in `__init__`, and only "
        "use them in `forward`.",
        ("seen", "made_line"),
    ),
    Rule(
        lambda s: s["frozen"],
        "They are frozen (requires_grad=False): leave that out.",
        ("GlitchNet", r"requires_grad"),
    ),
    *STEPS,
    Rule(
        lambda s: s["ends_in"] == "relu",
        "GlitchNet ends in a ReLU: no gradient comes back through the 0 that it gives for a negative number. Return "
        "what comes out of the last Linear layer.",
        ("seen", "positive_line"),
    ),
    DEAD,
)
OWN_DATA = (
    Rule(
        lambda s: s["ignores_images"] and s["own_data"],
        "GlitchNet answers about `{own_data}` of the notebook, not about the images that `forward` is given.",
        ("GlitchNet", r"\b{own_data}\b"),
    ),
)


def _where_unreached(rule: Rule, s: Symptoms) -> bool:
    return bool(s["unreached"] and rule.when(s))


NET = (
    *OWN_DATA,
    *BY_CHANCE,
    *ONE_SIGN,
    *(replace(rule, when=partial(_where_unreached, rule)) for rule in STEPS),
    Rule(
        lambda s: s["ends_in"] == "softmax" and not s["constant"],
        "GlitchNet ends in a softmax, which makes probabilities: leave it out and return the logit.",
        ("GlitchNet", r"[Ss]oftmax\("),
    ),
    Rule(
        lambda s: s["ends_in"] == "softmax",
        "A softmax over a single output is always 1: leave it out and return the logit.",
        ("GlitchNet", r"[Ss]oftmax\("),
    ),
    Rule(
        lambda s: s["ends_in"] == "sigmoid" and s.get("loss") in (BCE, None),
        "GlitchNet ends in a sigmoid, and BCEWithLogitsLoss applies one too, so it is applied twice: return the logit.",
        ("GlitchNet", r"[Ss]igmoid\("),
    ),
    DEAD,
)
