"""Faults of students', and what the message about each must say."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Fault:
    """One fault in an otherwise right notebook.

    Attributes
    ----------
    asked : str
        Id of the test cell that speaks of it.
    says : tuple of str
        Patterns that its message must hold: the cause, and the student's own line where there is one.
    cells : dict of str to (list of (str, str) or str)
        By the id of the student's cell: pieces of the solution and what stands there instead, or what is added at
        its end.
    trained : bool
        Whether the net is trained by the student's own code, for a moment; else it gets the solution's weights.
    """

    asked: str
    says: tuple[str, ...]
    cells: dict[str, list[tuple[str, str]] | str] = field(default_factory=dict)
    trained: bool = False


def fault(asked: str, *says: str, trained: bool = False, **cells: list[tuple[str, str]] | str) -> Fault:
    return Fault(asked, says, cells, trained)


RETURN = "return self.classifier(self.features(images)).squeeze(1)"
DEAD = """class GlitchNet(GlitchNet):
    def __init__(self):
        super().__init__()
        nn.init.constant_(self.features[3].bias, -100.0)"""
LOSS = "loss = loss_function(model(images), labels)"
STEPS = """            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
"""
INIT = "    def __init__(self):\n        super().__init__()\n"
MODEL = "    device = next(model.parameters()).device\n"
FORWARD = "    def forward(self, images):\n"
TOP = "top_chirps = chirps[np.argsort(-scores[chirps])[:3]]"
TOP_BLIPS = "top_blips = blips[np.argsort(scores[blips])[:3]]"
MISSED = "missed_chirps = np.flatnonzero((y_test == 1) & ~called_chirp)"
FALSE = "false_chirps = np.flatnonzero((y_test == 0) & called_chirp)"
SCORES = "scores = torch.sigmoid(test_logits).numpy()"
LEARNS, CLEARS, LOSSES = "train-learns-what-it-is-given", "train-clears-gradients", "train-mean-loss-per-epoch"
SHAPE, FALLS, PREVIEW = "glitchnet-logit-shape", "train-loss-falls", "evaluate-preview"

BUILD = {
    "forward is misspelt": fault(SHAPE, "no `forward`", "`foward`", glitchnet=[("def forward", "def foward")]),
    "forward has a capital": fault(SHAPE, "no `forward`", "`Forward`", glitchnet=[("def forward", "def Forward")]),
    "forward lies inside __init__": fault(
        SHAPE,
        "inside `__init__`",
        "indent",
        glitchnet=[
            ("\n" + FORWARD, "\n        def forward(self, images):\n"),
            (f"        {RETURN}", f"            {RETURN}"),
        ],
    ),
    "super().__init__() is missing": fault(
        SHAPE, r"super\(\)\.__init__\(\)", "`self.features = nn.Sequential", glitchnet=[(INIT, INIT.split("super")[0])]
    ),
    "__init__ is misspelt": fault(SHAPE, "`__int__`", "`__init__`", glitchnet=[("def __init__", "def __int__")]),
    "the class needs an argument": fault(
        SHAPE,
        r"GlitchNet\(\)",
        "default",
        r"`def __init__\(self, channels\):`",
        glitchnet=[("__init__(self)", "__init__(self, channels)")],
    ),
    "an instance, not the class": fault(
        SHAPE, "not the class", r"`GlitchNet = GlitchNet\(\)`", glitchnet="\nGlitchNet = GlitchNet()"
    ),
    "forward returns a pair": fault(
        SHAPE,
        "returns an object of type tuple",
        "`return self.features",
        glitchnet=[
            (
                RETURN,
                f"{RETURN}, images".replace("classifier(", "features(").replace(
                    "features(self.features(images)).squeeze(1)", "features(images)"
                ),
            )
        ],
    ),
    "forward returns nothing": fault(
        SHAPE,
        r"nothing \(None\)",
        "End `forward` with `return`",
        glitchnet=[(RETURN, RETURN.replace("return ", "logits = "))],
    ),
    "a sigmoid at the end": fault(
        "glitchnet-no-sigmoid",
        "probabilities",
        r"`return torch\.sigmoid\(self\.classifier",
        glitchnet=[(RETURN, "return torch.sigmoid(self.classifier(self.features(images)))")],
    ),
    "a softmax over one output": fault(
        "glitchnet-no-sigmoid",
        "softmax",
        "always 1",
        r"`return torch\.softmax\(",
        glitchnet=[(RETURN, "return torch.softmax(self.classifier(self.features(images)), 1)")],
    ),
    "the linear layer has the wrong size": fault(
        SHAPE,
        r"`return self\.classifier",
        "made for 64 numbers",
        "given 32",
        glitchnet=[("nn.Linear(32, 1)", "nn.Linear(64, 1)")],
    ),
    "nothing is flattened": fault(
        SHAPE,
        r"`return self\.classifier",
        r"nn\.Flatten\(\)",
        glitchnet=[("            nn.Flatten(),\n", "")],
    ),
    "three channels expected": fault(
        SHAPE,
        r"`return self\.classifier",
        "made for 3 channels",
        "given 1",
        r"`nn\.Conv2d\(3, 16, kernel_size=3, padding=1\),`",
        glitchnet=[("nn.Conv2d(1, 16", "nn.Conv2d(3, 16")],
    ),
    "the second convolution does not fit": fault(
        SHAPE,
        "made for 8 channels",
        "given 16",
        r"`nn\.Conv2d\(8, 32, kernel_size=3, padding=1\),`",
        glitchnet=[("nn.Conv2d(16, 32", "nn.Conv2d(8, 32")],
    ),
    "a bare squeeze": fault(
        SHAPE, r"\.squeeze\(1\)", r"`return .*\.squeeze\(\)`", glitchnet=[(".squeeze(1)", ".squeeze()")]
    ),
    "two outputs": fault(
        SHAPE,
        "one output",
        r"`self\.classifier = nn\.Linear\(32, 2\)`",
        glitchnet=[("nn.Linear(32, 1)", "nn.Linear(32, 2)"), (".squeeze(1)", "")],
    ),
    "layers in a list": fault(
        "glitchnet-gradient-flow",
        r"nn\.ModuleList",
        r"`self\.features = \[nn\.Conv2d",
        glitchnet=[
            (
                "        self.features = nn.Sequential(\n",
                (
                    "        self.features = [nn.Conv2d(1, 32, 9), nn.ReLU(), nn.AdaptiveMaxPool2d(1), nn.Flatten()]\n"
                    "        self.spare = nn.Sequential(\n"
                ),
            ),
            (
                f"        {RETURN}",
                (
                    "        for layer in self.features:\n            images = layer(images)\n"
                    "        return self.classifier(images)"
                ),
            ),
        ],
    ),
    "detached": fault(
        "glitchnet-gradient-flow",
        "detach",
        r"`return self\.classifier\(self\.features\(images\)\.detach\(\)\)",
        glitchnet=[("self.features(images)", "self.features(images).detach()")],
    ),
    "an attribute is misspelt": fault(
        SHAPE,
        r"`self\.features`",
        "exists",
        "`return self",
        glitchnet=[("self.features(images)", "self.feature(images)")],
    ),
    "self is missing": fault(
        SHAPE, "`self`", r"`def forward\(images\):`", glitchnet=[("forward(self, images)", "forward(images)")]
    ),
    "no ReLU": fault(
        "glitchnet-size", "ReLU", glitchnet=[("            nn.ReLU(),\n", ""), ("nn.MaxPool2d", "nn.AvgPool2d")]
    ),
    "averages over the batch": fault(
        "glitchnet-one-image-at-a-time",
        "dimension 0",
        r"`return .*mean\(0",
        glitchnet=[
            (
                RETURN,
                (
                    "features = self.features(images)\n"
                    "        return self.classifier(features - features.mean(0)).squeeze(1)"
                ),
            )
        ],
    ),
    "a cell with a syntax error": fault(
        SHAPE,
        "SyntaxError",
        r"`self\.classifier = nn\.Linear\(32, 1`",
        "never closed",
        glitchnet=[("nn.Linear(32, 1)", "nn.Linear(32, 1")],
    ),
    "an error in a helper": fault(
        SHAPE,
        "ZeroDivisionError",
        r"`return logits / len\(\[\]\)`",
        glitchnet=[
            (RETURN, "return scaled(self.classifier(self.features(images)).sum().item())"),
            ("class GlitchNet", "def scaled(logits):\n    return logits / len([])\n\n\nclass GlitchNet"),
        ],
    ),
}

TRAIN = {
    "a new net inside train_model": fault(
        LEARNS,
        "new `?GlitchNet",
        r"`model = GlitchNet\(\)\.to\(DEVICE\)`",
        train=[(MODEL, "    model = GlitchNet().to(DEVICE)\n" + MODEL)],
    ),
    "a copy is trained": fault(
        LEARNS,
        "another net|copy",
        r"`model = copy\.deepcopy\(model\)`",
        train=[(MODEL, "    import copy\n    model = copy.deepcopy(model)\n" + MODEL)],
    ),
    "the notebook's net": fault(
        LEARNS,
        "`my_net`",
        "not the net that it is given",
        train=[
            (MODEL, "    device = DEVICE\n"),
            ("optim.Adam(model.", "optim.Adam(my_net."),
            ("loss_function(model(", "loss_function(my_net("),
            ("model.train()", "my_net.train()"),
            ("\n\ndef train_model(", "\n\nmy_net = GlitchNet().to(DEVICE)\n\n\ndef train_model("),
        ],
    ),
    "the notebook's X": fault(
        LEARNS,
        "`X`",
        "argument",
        "`images, labels = torch",
        train=[
            ("def train_model(model, X, y,", "def train_model(model, images_given, y,"),
            ("images, labels = X[batch]", "images, labels = torch.from_numpy(X)[batch]"),
            ("len(X), generator", "len(y), generator"),
        ],
    ),
    "labels shuffled": fault(
        LEARNS,
        "labels",
        "belong",
        train=[("y[batch].to(device)", "y[torch.randperm(len(y))][batch].to(device)")],
    ),
    "no step": fault(LEARNS, r"optimiser\.step\(\)", train=[("            optimiser.step()\n", "")]),
    "no backward": fault(LEARNS, r"\.backward\(\)", train=[("            loss.backward()\n", "")]),
    "zero_grad between backward and step": fault(
        CLEARS,
        "between",
        r"`optimiser\.zero_grad\(\)`",
        train=[
            (STEPS, "            loss.backward()\n            optimiser.zero_grad()\n            optimiser.step()\n")
        ],
    ),
    "no zero_grad": fault(CLEARS, r"optimiser\.zero_grad\(\)", train=[("            optimiser.zero_grad()\n", "")]),
    "zero_grad once an epoch": fault(
        CLEARS,
        "each batch|every batch",
        r"`optimiser\.zero_grad\(\)`",
        train=[
            ("            optimiser.zero_grad()\n", ""),
            ("        total = 0.0\n", "        total = 0.0\n        optimiser.zero_grad()\n"),
        ],
    ),
    "the optimiser of another net": fault(
        LEARNS,
        "other|another",
        r"`optimiser = torch\.optim\.Adam\(GlitchNet\(\)\.parameters\(\), lr=1e-3\)`",
        train=[("optim.Adam(model.", "optim.Adam(GlitchNet().")],
    ),
    "the optimiser was made before": fault(
        LEARNS,
        "other|another",
        r"`optimiser`",
        train=[
            ("    optimiser = torch.optim.Adam(model.parameters(), lr=1e-3)\n", ""),
            (
                "\n\ndef train_model(",
                "\n\noptimiser = torch.optim.Adam(GlitchNet().parameters(), lr=1e-3)\n\n\ndef train_model(",
            ),
        ],
    ),
    "a sigmoid before the loss": fault(
        FALLS,
        "sigmoid",
        "twice|BCEWithLogits",
        r"`loss = loss_function\(torch\.sigmoid\(model\(images\)\), labels\)`",
        train=[(LOSS, "loss = loss_function(torch.sigmoid(model(images)), labels)")],
        trained=True,
    ),
    "a sigmoid in the net before the loss": fault(
        FALLS,
        "sigmoid",
        "twice|BCEWithLogits",
        r"`return torch\.sigmoid\(self\.classifier",
        glitchnet=[(RETURN, "return torch.sigmoid(self.classifier(self.features(images)).squeeze(1))")],
        trained=True,
    ),
    "zero_grad between backward and step, seen in the loss": fault(
        FALLS,
        "between",
        r"`optimiser\.zero_grad\(\)`",
        train=[
            (STEPS, "            loss.backward()\n            optimiser.zero_grad()\n            optimiser.step()\n")
        ],
        trained=True,
    ),
    "no step, seen in the loss": fault(
        FALLS, r"\.step\(\)", train=[("            optimiser.step()\n", "")], trained=True
    ),
    "squared error of logits": fault(
        LEARNS,
        "MSE",
        "logit",
        r"`loss_function = nn\.MSELoss\(\)`",
        train=[("nn.BCEWithLogitsLoss()", "nn.MSELoss()"), ("1e-3", "1e-2")],
    ),
    "cross-entropy of one logit": fault(
        FALLS,
        "[Cc]ross-entropy",
        "BCEWithLogitsLoss",
        r"`loss_function = nn\.CrossEntropyLoss\(\)`",
        train=[("nn.BCEWithLogitsLoss()", "nn.CrossEntropyLoss()")],
        trained=True,
    ),
    "shapes that broadcast": fault(
        FALLS,
        r"\(32, 1\)",
        r"\(32,\)",
        r"reshape\(-1\)",
        r"`loss = F\.mse_loss\(torch\.sigmoid\(model\(images\)\), labels\)`",
        train=[(LOSS, "loss = F.mse_loss(torch.sigmoid(model(images)), labels)")],
        glitchnet=[(".squeeze(1)", "")],
        trained=True,
    ),
    "shapes that don't go together": fault(
        LEARNS,
        r"reshape\(-1\)",
        r"`loss = loss_function\(model\(images\), labels\)`",
        glitchnet=[(".squeeze(1)", "")],
    ),
    "whole labels": fault(
        LEARNS,
        r"\.float\(\)",
        r"`loss = loss_function\(model\(images\), labels\.long\(\)\)`",
        train=[(LOSS, "loss = loss_function(model(images), labels.long())")],
    ),
    "item before backward": fault(
        LEARNS,
        r"\.item\(\)",
        r"`loss\.backward\(\)`",
        train=[(LOSS, LOSS + ".item()")],
    ),
    "no argument epochs": fault(
        LEARNS,
        "`epochs`",
        r"`def train_model\(model, X, y\):`",
        train=[("model, X, y, epochs=EPOCHS", "model, X, y"), ("range(epochs)", "range(EPOCHS)")],
    ),
    "a sum over the batch": fault(
        FALLS,
        "sum",
        r"`loss_function = nn\.BCEWithLogitsLoss\(reduction=\"sum\"\)`",
        trained=True,
        train=[("nn.BCEWithLogitsLoss()", 'nn.BCEWithLogitsLoss(reduction="sum")')],
    ),
    "a sum over the epoch": fault(LOSSES, "sum", r"`losses\.append\(total\)`", train=[("total / len(X)", "total")]),
    "the last batch's loss": fault(
        LOSSES, "last batch", r"`losses\.append\(loss\.item\(\)\)`", train=[("total / len(X)", "loss.item()")]
    ),
    "nothing is returned": fault(LOSSES, "None", "return losses", train=[("    return losses\n", "")]),
    "the model is returned as well": fault(
        LOSSES, "tuple", "`return model, losses`", train=[("return losses", "return model, losses")]
    ),
    "much too large steps": fault(
        FALLS,
        "learning rate",
        r"`optimiser = torch\.optim\.SGD\(model\.parameters\(\), lr=1e8\)`",
        train=[("Adam(model.parameters(), lr=1e-3)", "SGD(model.parameters(), lr=1e8)")],
        trained=True,
    ),
    "much too small steps": fault(
        FALLS,
        "learning rate",
        r"`optimiser = torch\.optim\.Adam\(model\.parameters\(\), lr=1e-9\)`",
        train=[("lr=1e-3", "lr=1e-9")],
        trained=True,
    ),
    "dead ReLUs": fault(
        FALLS,
        "ReLU",
        "0 for every image",
        glitchnet="\n\n" + DEAD,
        trained=True,
    ),
    "parts that overlap": fault(
        "train-split",
        "disjoint",
        r"`test_indices, train_indices = shuffled\[:200\], shuffled\[100:\]`",
        train=[("shuffled[200:]", "shuffled[100:]")],
    ),
    "a split without shuffling": fault(
        "train-split",
        "shuffle",
        r"`test_indices, train_indices = shuffled",
        train=[("np.random.default_rng(2).permutation(len(X))", "np.arange(len(X))")],
    ),
    "a mask of another length": fault("train-split", "mask", "1000", train="\ntest_indices = np.arange(800) < 200"),
    "fractions as indices": fault(
        "train-split", "whole numbers", r"`test_indices = ", train="\ntest_indices = test_indices / 2"
    ),
}

LATER = {
    "a freshly built model": fault(
        PREVIEW,
        "untrained|freshly|new",
        r"`model = GlitchNet\(\)\.to\(DEVICE\)`",
        trained=True,
        evaluate=[("model.eval()", "model = GlitchNet().to(DEVICE)\nmodel.eval()")],
    ),
    "images scaled outside the net": fault(
        PREVIEW, "`X`", "GlitchNet", r"`X = 100 \* X`", trained=True, train=[("shuffled =", "X = 100 * X\nshuffled =")]
    ),
    "a renamed variable": fault(
        "evaluate-test-accuracy",
        "`test_acc` exists; the checks look for `test_accuracy`",
        evaluate=[
            ("test_accuracy =", "test_acc ="),
            ("test_uncertainty = np.sqrt(test_accuracy * (1 - test_accuracy) / len(y_test))\n", ""),
            ('print(f"test accuracy {test_accuracy:.3f} ± {test_uncertainty:.3f}")', ""),
        ],
    ),
    "wrong capitals": fault(
        "mistakes-positions",
        "`Missed_chirps` exists; the checks look for `missed_chirps`",
        mistakes=[("missed_chirps", "Missed_chirps")],
    ),
    "accuracy in percent": fault(
        "evaluate-test-accuracy", "percent", "`test_accuracy = 100 ", evaluate="\ntest_accuracy = 100 * test_accuracy"
    ),
    "accuracy of the training part": fault(
        "evaluate-test-accuracy",
        "training part",
        evaluate=(
            "\nmodel.eval()\nwith torch.no_grad():\n"
            "    test_accuracy = np.mean((model(torch.from_numpy(X[train_indices])) > 0).numpy() == y[train_indices])"
        ),
    ),
    "accuracy by broadcasting": fault(
        "evaluate-test-accuracy",
        r"\(N, 1\)",
        "`test_accuracy = np.mean",
        evaluate=[("np.mean(called_chirp == y_test)", "np.mean(called_chirp[:, None] == y_test)")],
    ),
    "accuracy as a share of mistakes": fault(
        "evaluate-test-accuracy",
        "wrong",
        "`test_accuracy = np.mean",
        evaluate=[("called_chirp == y_test)", "called_chirp != y_test)")],
    ),
    "never in evaluation mode": fault(
        "evaluate-test-accuracy",
        r"model\.eval\(\)",
        "training mode",
        evaluate=[("model.eval()", "model.train()")],
        glitchnet=[("self.features(images)", "F.dropout(self.features(images), 0.9, self.training)")],
    ),
    "positions in the dataset": fault(
        "mistakes-positions",
        "positions in the dataset|positions in `X`",
        "`(missed|false)_chirps = test_indices",
        mistakes=[
            (MISSED, "missed_chirps = test_indices[(y_test == 1) & ~called_chirp]"),
            (FALSE, "false_chirps = test_indices[(y_test == 0) & called_chirp]"),
            ("shown = np.concatenate([missed_chirps[:4], false_chirps[:4]])", "shown = []"),
        ],
    ),
    "positions among the chirps": fault(
        "mistakes-exact",
        "among the chirps",
        "`missed_chirps = np",
        mistakes=[(MISSED, "missed_chirps = np.flatnonzero(~called_chirp[y_test == 1])")],
    ),
    "mistakes swapped": fault(
        "mistakes-positions",
        "swapped|`false_chirps` and `missed_chirps`",
        mistakes=[("missed_chirps =", "right ="), ("false_chirps =", "missed_chirps ="), ("right =", "false_chirps =")],
    ),
    "right answers in the place of mistakes": fault(
        "mistakes-exact",
        "classifies correctly",
        "`missed_chirps = np",
        mistakes=[
            (MISSED, "missed_chirps = np.flatnonzero((y_test == 1) & called_chirp)"),
            ("shown = np", "shown = np"),
        ],
    ),
    "show before gcf": fault(
        "mistakes-figure",
        r"plt\.show\(\)",
        r"`mistakes_figure = plt\.gcf\(\)`",
        mistakes="\nplt.imshow(X_test[0, 0])\nplt.show()\nmistakes_figure = plt.gcf()",
    ),
    "an empty grid": fault(
        "mistakes-figure",
        "None",
        "`mistakes_figure, axes = plots",
        mistakes=[
            ("if len(shown) > 0:", "if True:"),
            ("shown = np.concatenate([missed_chirps[:4], false_chirps[:4]])", "shown = np.arange(0)"),
        ],
    ),
    "an empty grid by subplots": fault(
        "mistakes-figure",
        "None",
        r"`mistakes_figure, axes = plt\.subplots\(len\(shown\)\)`",
        mistakes=[
            (
                "mistakes_figure = None\nif len(shown) > 0:",
                "mistakes_figure, axes = plt.subplots(len(shown))\nif False:",
            ),
            ("shown = np.concatenate([missed_chirps[:4], false_chirps[:4]])", "shown = np.arange(0)"),
        ],
    ),
    "scores are logits": fault(
        "confidence-scores",
        "logits themselves",
        "`scores = test_logits",
        confidence=[(SCORES, "scores = test_logits.numpy()")],
    ),
    "scores by two sigmoids": fault(
        "confidence-scores",
        "twice",
        "`scores = torch",
        confidence=[(SCORES, "scores = torch.sigmoid(torch.sigmoid(test_logits)).numpy()")],
    ),
    "scores for a blip": fault(
        "confidence-scores",
        "blip",
        "`scores = 1 ",
        confidence=[(SCORES, "scores = 1 - torch.sigmoid(test_logits).numpy()")],
    ),
    "scores by softmax": fault(
        "confidence-scores",
        "softmax",
        "`scores = torch",
        confidence=[(SCORES, "scores = torch.softmax(test_logits[:, None], 1)[:, 0].numpy()")],
    ),
    "scores of the training part": fault(
        "confidence-scores",
        "800",
        "200",
        "training part",
        confidence=(
            "\nwith torch.no_grad():\n    scores = torch.sigmoid(model(torch.from_numpy(X[train_indices]))).numpy()"
        ),
    ),
    "scores cut to 0 and 1": fault(
        "confidence-scores", "0 or 1|0 and 1", "`scores = ", confidence="\nscores = (scores > 0.5).astype(float)"
    ),
    "confusion transposed": fault("confidence-confusion", "[Tt]ranspose", confidence="\nconfusion = confusion.T"),
    "confusion with chirps first": fault(
        "confidence-confusion",
        "chirp.* first|order",
        "blip.* first|the other way",
        confidence="\nconfusion = confusion[::-1, ::-1]",
    ),
    "confusion in shares": fault(
        "confidence-confusion",
        "counts",
        "normalis|shares",
        "`confusion = confusion /",
        confidence="\nconfusion = confusion / confusion.sum(1, keepdims=True)",
    ),
    "chirps, worst first": fault(
        "confidence-top-chirps", r"\[::-1\]|other way round|reverse", confidence="\ntop_chirps = top_chirps[::-1]"
    ),
    "chirps with the lowest scores": fault(
        "confidence-top-chirps",
        "lowest",
        "argsort",
        "`top_chirps = chirps",
        confidence=[(TOP, "top_chirps = chirps[np.argsort(scores[chirps])[:3]]")],
    ),
    "picks among the chirps": fault(
        "confidence-top-chirps",
        "among the chirps",
        r"`top_chirps = np\.argsort\(-scores\[chirps\]\)\[:3\]`",
        confidence=[(TOP, "top_chirps = np.argsort(-scores[chirps])[:3]")],
    ),
    "picks among the blips": fault(
        "confidence-top-blips",
        "among the blips",
        r"`top_blips = np\.argsort\(scores\[blips\]\)\[:3\]`",
        confidence=[(TOP_BLIPS, "top_blips = np.argsort(scores[blips])[:3]")],
    ),
    "picks in the dataset": fault(
        "confidence-top-chirps",
        "positions in the dataset|positions in `X`",
        "`top_chirps = test_indices",
        confidence="\ntop_chirps = test_indices[top_chirps]",
    ),
    "scores in the place of picks": fault(
        "confidence-top-chirps",
        "scores",
        "argsort|positions",
        "`top_chirps = scores",
        confidence="\ntop_chirps = scores[top_chirps]",
    ),
    "picks of all images": fault(
        "confidence-top-blips",
        "true blip",
        "`top_blips = np",
        confidence=[(TOP_BLIPS, "top_blips = np.argsort(-scores)[:3]")],
    ),
    "a confident figure that is empty": fault(
        "confidence-figure",
        r"plt\.show\(\)",
        r"`confident_figure = plt\.gcf\(\)`",
        confidence="\nplt.show()\nconfident_figure = plt.gcf()",
    ),
    "one pick": fault(
        "confidence-figure", "`top_chirps` should hold 3 positions", confidence="\ntop_chirps = top_chirps[:1]"
    ),
}

# What newcomers met: each message names what it is, and not what it looks like.
NEWCOMERS = {
    "return in the loop over the epochs": fault(
        FALLS,
        "holds 1 number",
        "inside the loop",
        "`return losses`",
        r"^(?!.*losses = \[\])",
        train=[("    return losses", "        return losses")],
        trained=True,
    ),
    "labels the other way round": fault(
        LEARNS,
        "opposite",
        r"`loss = loss_function\(model\(images\), 1 - labels\)`",
        "^(?!.*do not belong)",
        train=[(LOSS, "loss = loss_function(model(images), 1 - labels)")],
    ),
    "logits the other way round": fault(
        LEARNS, "opposite", train=[(LOSS, "loss = loss_function(-model(images), labels)")]
    ),
    "X and y are shuffled": fault(
        "train-split",
        "`X` is no longer",
        "shuffle the positions",
        train=[
            (
                "shuffled = np.random.default_rng(2).permutation(len(X))",
                (
                    "order = np.random.default_rng(2).permutation(len(X))\nX, y = X[order], y[order]\n"
                    "shuffled = np.arange(len(X))"
                ),
            )
        ],
    ),
    "the labels of the notebook are turned round": fault(
        "evaluate-test-accuracy",
        "`y` is no longer",
        "`y = 1 - y`",
        "^(?!.*!=)",
        evaluate=[("X_test, y_test =", "y = 1 - y\nX_test, y_test =")],
    ),
    "small steps": fault(
        LEARNS,
        "learning rate of 1e-05 is small for SGD",
        r"`optimiser = torch\.optim\.SGD",
        "^(?!.*nothing else)",
        train=[("Adam(model.parameters(), lr=1e-3)", "SGD(model.parameters(), lr=1e-5)")],
    ),
    "a sigmoid before the loss, seen in the mean loss": fault(
        LOSSES, "twice", "torch.sigmoid", train=[(LOSS, "loss = loss_function(torch.sigmoid(model(images)), labels)")]
    ),
    "a new net inside train_model, seen in the mean loss": fault(
        LOSSES,
        "new GlitchNet",
        r"`model = GlitchNet\(\)\.to\(DEVICE\)`",
        train=[(MODEL, "    model = GlitchNet().to(DEVICE)\n" + MODEL)],
    ),
    "a mean over everything": fault(
        SHAPE,
        "average",
        r"`return .*\.mean\(\)`",
        "^(?!.*squeeze)",
        glitchnet=[(RETURN, "return self.classifier(self.features(images)).mean()")],
    ),
    "two outputs, put in one row": fault(
        LEARNS,
        "2 numbers per image",
        r"`self\.classifier = nn\.Linear\(32, 2\)`",
        "^(?!.*write .reshape)",
        glitchnet=[("nn.Linear(32, 1)", "nn.Linear(32, 2)"), (".squeeze(1)", "")],
        train=[(LOSS, "loss = loss_function(model(images).reshape(-1), labels)")],
    ),
    "logits in the place of scores": fault(
        "mistakes-figure",
        "is its logit",
        "sigmoid",
        mistakes=[("score {torch.sigmoid(test_logits[i]):.2f}", "score {test_logits[i]:.2f}")],
    ),
    "logits in the place of confident scores": fault(
        "confidence-figure",
        "is its logit",
        "sigmoid",
        confidence=[("score {scores[i]:.3g}", "score {test_logits[i]:.3g}")],
    ),
    "no score at all": fault(
        "mistakes-figure",
        "Tell the score of each image",
        "^(?!.*logit)",
        mistakes=[(", score {torch.sigmoid(test_logits[i]):.2f}", "")],
    ),
    "the predicted class in the place of the true one": fault(
        "mistakes-figure",
        "predicted class",
        mistakes=[("simulators.CLASS_NAMES[y_test[i]]", "simulators.CLASS_NAMES[int(called_chirp[i])]")],
    ),
    "a list of mistakes is not complete": fault(
        "mistakes-figure",
        "`missed_chirps` lacks",
        r"`missed_chirps = missed_chirps\[1:\]`",
        mistakes="\nmissed_chirps = missed_chirps[1:]",
    ),
    "all mistakes in one list": fault(
        "mistakes-positions",
        "of both classes",
        "^(?!.*swapped)",
        mistakes="\nmissed_chirps, false_chirps = np.flatnonzero(called_chirp != y_test), np.arange(0)",
    ),
    "no figure in spite of mistakes": fault(
        "mistakes-figure",
        "is None",
        "^(?!.*Look at your line)",  # the line that says None is given by the task
        mistakes=[("if len(shown) > 0:", "if len(shown) > 99:")],
    ),
    "the optimiser in another spelling": fault(
        LEARNS, "`optimiser` exists", train=[("optimiser.zero_grad()", "optimizer.zero_grad()")]
    ),
    "a layer without nn": fault(SHAPE, r"write `nn\.Linear`", glitchnet=[("nn.Linear(32, 1)", "Linear(32, 1)")]),
    "an optimiser without torch.optim": fault(
        LEARNS, r"write `torch\.optim\.Adam`", train=[("torch.optim.Adam(", "Adam(")]
    ),
    "a loss of probabilities is given logits": fault(
        LEARNS,
        "BCEWithLogitsLoss",
        r"`loss = loss_function",
        train=[("nn.BCEWithLogitsLoss()", "nn.BCELoss()")],
    ),
}

FLOW, ALONE, LOOKS = "glitchnet-gradient-flow", "glitchnet-one-image-at-a-time", "glitchnet-looks-at-the-image"
MADE_IN_FORWARD = [
    ("        self.classifier = nn.Linear(32, 1)\n", ""),
    (RETURN, "classifier = nn.Linear(32, 1)\n        return classifier(self.features(images)).squeeze(1)"),
]
ALL_IN_FORWARD = (
    "\n\nclass GlitchNet(nn.Module):\n"
    + FORWARD
    + "        layer = nn.Linear(2048, 20)\n"
    + "        return F.relu(layer(images.flatten(1))).mean(1)\n"
)
ANEW = ("new layers in each call", "in `__init__`")
LAST_RELU = [(RETURN, "return F.relu(self.classifier(self.features(images))).squeeze(1)")]
ALWAYS_DROPOUT = [(RETURN, "return self.classifier(F.dropout(self.features(images), 0.5)).squeeze(1)")]


def step(source: str) -> list[tuple[str, str]]:
    """Put the features through another step, before the last layer."""
    return [(RETURN, f"features = self.features(images)\n        return self.classifier({source}).squeeze(1)")]


# What a net does in forward that keeps it from learning.
FORWARDS = {
    "a layer made in forward": fault(
        FLOW, r"Linear\.weight", *ANEW, r"`classifier = nn\.Linear\(32, 1\)`", glitchnet=MADE_IN_FORWARD
    ),
    "a layer made in forward, beside other images": fault(
        ALONE, *ANEW, r"`classifier = nn\.Linear\(32, 1\)`", "^(?!.*dimension 0)", glitchnet=MADE_IN_FORWARD
    ),
    "a layer made in forward, in the loss": fault(
        FALLS, *ANEW, r"`classifier = nn\.Linear\(32, 1\)`", glitchnet=MADE_IN_FORWARD, trained=True
    ),
    "all layers made in forward": fault(
        FLOW, *ANEW, r"`layer = nn\.Linear\(2048, 20\)`", "^(?!.*ModuleList)", glitchnet=ALL_IN_FORWARD
    ),
    "all layers made in forward, counted": fault("glitchnet-size", "0 parameters", *ANEW, glitchnet=ALL_IN_FORWARD),
    "an attribute made in forward": fault(
        FLOW,
        *ANEW,
        r"`self\.classifier = nn\.Linear\(32, 1\)`",
        "^(?!.*detach)",
        glitchnet=[
            ("        self.classifier = nn.Linear(32, 1)\n", ""),
            (RETURN, f"self.classifier = nn.Linear(32, 1)\n        {RETURN}"),
        ],
    ),
    "dropout that is always on": fault(
        ALONE,
        "another output in each call",
        "training=self.training",
        r"`return .*F\.dropout",
        glitchnet=ALWAYS_DROPOUT,
    ),
    "dropout that is always on, in the accuracy": fault(
        "evaluate-test-accuracy",
        "another output in each call",
        r"`return .*F\.dropout",
        glitchnet=ALWAYS_DROPOUT,
        evaluate="\ntest_accuracy = 0.5",
    ),
    "a last ReLU, in the logits": fault(LOOKS, "ends in a ReLU", "no logit is negative", glitchnet=LAST_RELU),
    "a last ReLU, in the loss": fault(
        FALLS, "ends in a ReLU", r"`return F\.relu", "^(?!.*untrained)", glitchnet=LAST_RELU, trained=True
    ),
    "a ReLU before the loss": fault(
        FALLS,
        "through a ReLU before the loss",
        r"`loss = loss_function\(F\.relu",
        "^(?!.*twice)",
        train=[(LOSS, "loss = loss_function(F.relu(model(images)), labels)")],
        trained=True,
    ),
    "a comparison": fault(
        FLOW,
        "comparison",
        r"`return .*\(features > 0\)\.float\(\)",
        "^(?!.*detach)",
        glitchnet=step("(features > 0).float()"),
    ),
    "a comparison at the end": fault(
        FLOW,
        "any parameter",
        "comparison",
        "return the logit itself",
        r"`return \(self\.classifier",
        "^(?!.*ReLU)",
        glitchnet=[(RETURN, "return (self.classifier(self.features(images)) > 0).float().squeeze(1)")],
    ),
    "a comparison, in the loss": fault(
        FALLS, "comparison", r"\(features > 0\)", "^(?!.*0.693)", glitchnet=step("(features > 0).float()"), trained=True
    ),
    "rounding": fault(FLOW, "[Rr]ounding", r"torch\.round", glitchnet=step("torch.round(features)")),
    "whole numbers in the net": fault(FLOW, "whole numbers", r"\.long\(\)", glitchnet=step("features.long().float()")),
    "positions in the net": fault(
        FLOW, "argmax", r"`return", glitchnet=step("features.argmax(1, keepdim=True).expand(-1, 32) / 32")
    ),
    "no_grad in forward": fault(
        FLOW,
        r"torch\.no_grad\(\)",
        r"`with torch\.no_grad\(\):`",
        "^(?!.*requires_grad)",
        glitchnet=[
            (
                RETURN,
                (
                    "with torch.no_grad():\n            features = self.features(images)\n"
                    "        return self.classifier(features).squeeze(1)"
                ),
            )
        ],
    ),
    "frozen layers": fault(
        FLOW,
        "frozen",
        r"`self\.features\.requires_grad_\(False\)`",
        "^(?!.*detach)",
        glitchnet=[("nn.Linear(32, 1)", "nn.Linear(32, 1)\n        self.features.requires_grad_(False)")],
    ),
    "a new tensor": fault(FLOW, r"torch\.tensor\(\)", r"`return", glitchnet=step("torch.tensor(features)")),
}

# Slips of which the message said something general, or something else.
BY_ITS_NAME = {
    "flattened from the first axis": fault(
        SHAPE, "mixes the images", r"`nn\.Flatten\(0\),`", glitchnet=[("nn.Flatten(),", "nn.Flatten(0),")]
    ),
    "a sum over the batch of images": fault(
        SHAPE, "average or sum", r"`return .*sum\(0\)`", glitchnet=[(RETURN, RETURN.replace("squeeze(1)", "sum(0)"))]
    ),
    "classes in the place of logits": fault(
        SHAPE,
        "not the class",
        r"`return .*argmax",
        glitchnet=[("nn.Linear(32, 1)", "nn.Linear(32, 2)"), ("squeeze(1)", "argmax(1)")],
    ),
    "three outputs": fault(
        SHAPE,
        "3 outputs per image",
        r"`self\.classifier = nn\.Linear\(32, 3\)`",
        glitchnet=[("nn.Linear(32, 1)", "nn.Linear(32, 3)"), (".squeeze(1)", "")],
    ),
    "a layer without self": fault(
        SHAPE, r"`self\.classifier` exists", glitchnet=[("return self.classifier", "return classifier")]
    ),
    "one axis too many": fault(
        SHAPE, "leave out what adds", "`return", glitchnet=[("features(images)", "features(images.unsqueeze(1))")]
    ),
    "a class in the place of a layer": fault(
        SHAPE,
        r"parentheses: nn\.ReLU\(\)",
        glitchnet=[("nn.ReLU(),\n            nn.Max", "nn.ReLU,\n            nn.Max")],
    ),
    "a function in the place of a layer": fault(
        SHAPE, "use layers", "`F", glitchnet=[("nn.ReLU(),\n            nn.Max", "F.relu(),\n            nn.Max")]
    ),
    "too many poolings": fault(SHAPE, "leave one out", "`return", glitchnet=[("nn.MaxPool2d(2),", "nn.MaxPool2d(8),")]),
    "the images of the notebook in the net": fault(
        LOOKS,
        "answers about `X`",
        r"`return .*X\[:len\(images\)\]",
        glitchnet=[("features(images)", "features(torch.from_numpy(X[:len(images)]))")],
    ),
    "a step without parentheses": fault(
        LEARNS, "parentheses", "`optimiser.step`", train=[("optimiser.step()", "optimiser.step")]
    ),
    "zero_grad without parentheses": fault(
        CLEARS, "parentheses", "`optimiser.zero_grad`", train=[("optimiser.zero_grad()", "optimiser.zero_grad")]
    ),
    "parameters without parentheses": fault(
        LEARNS, r"model\.parameters\(\)\.", train=[("model.parameters(), lr", "model.parameters, lr")]
    ),
    "a loss class": fault(
        LEARNS, r"`loss_function = nn\.BCEWithLogitsLoss`", train=[("nn.BCEWithLogitsLoss()", "nn.BCEWithLogitsLoss")]
    ),
    "labels before logits": fault(
        LOSSES,
        "logits first",
        r"`loss = loss_function\(labels, model\(images\)\)`",
        train=[(LOSS, "loss = loss_function(labels, model(images))")],
    ),
    "a new tensor of the loss": fault(
        LEARNS,
        "no gradient",
        r"`loss = torch\.tensor\(loss\.item\(\), requires_grad=True\)`",
        train=[(LOSS, LOSS + "\n            loss = torch.tensor(loss.item(), requires_grad=True)")],
    ),
    "a minus before the loss": fault(
        LEARNS, "minus before the loss", "`loss = -loss", train=[(LOSS, LOSS.replace("= loss", "= -loss"))]
    ),
    "epochs in no use": fault(
        LOSSES, "does not use its parameter `epochs`", r"range\(3\)", train=[("range(epochs)", "range(3)")]
    ),
    "only the first batch": fault(
        LOSSES,
        "all of the images",
        "`break`",
        train=[("total += loss.item() * len(batch)", "total += loss.item() * len(batch)\n            break")],
    ),
    "the notebook's positions": fault(
        LEARNS,
        "the training part already",
        "train_indices",
        train=[("torch.randperm(len(X), generator=generator)", "torch.from_numpy(train_indices)")],
    ),
    "tensors taken for arrays": fault(
        LEARNS, "tensors already", "`images, labels", train=[("= X[batch]", "= torch.from_numpy(X[batch])")]
    ),
    "parts swapped": fault(
        "train-split", "been swapped", train=[("test_indices, train_indices =", "train_indices, test_indices =")]
    ),
    "parts drawn by chance": fault(
        "train-split", "permutation", train="\ntrain_indices = np.random.default_rng(1).integers(0, 1000, 800)"
    ),
    "images in the place of positions": fault("train-split", "themselves", train="\ntest_indices = X[test_indices]"),
    "positions from 1": fault("train-split", "Counted from 1", train="\ntest_indices = np.arange(1000) + 1"),
    "the number of mistakes": fault(
        "mistakes-exact", "number of mistakes", "`missed_chirps", mistakes="\nmissed_chirps = len(missed_chirps)"
    ),
    "a figure of other images": fault(
        "mistakes-figure",
        "other images of the dataset",
        mistakes=[("spectrogram_grid(X_test[shown]", "spectrogram_grid(X[shown]")],
    ),
}

CONVOLUTIONS = """

class GlitchNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 16, 3, padding=1)
        self.conv2 = nn.Conv2d({}, 32, 3, padding=1)
        self.fc1 = nn.Linear(32, 8)
        self.fc2 = nn.Linear(8, 1)

    def forward(self, images):
        images = F.max_pool2d(F.relu(self.conv1(images)), 2)
        images = F.relu(self.{}(images)).mean((2, 3))
        return self.fc2(F.relu(self.fc1(images))).squeeze(1)
"""
WITHOUT_SUPER = """

class GlitchNet(nn.Module):
    def __init__(self):
        self.scale = 2.0

    def forward(self, images):
        return self.scale * images.mean((1, 2, 3))
"""
IN_ROW = """

class GlitchNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(
            nn.Conv2d(1, 4, 3, stride=2),
            nn.ReLU(),
            nn.AdaptiveAvgPool2d(1),
            nn.Flatten(),
            nn.Linear(4, 1),
            nn.ReLU(),
        )

    def forward(self, images):
        return self.net(images).squeeze(1)
"""
# Each position is taken for a batch.
ONE_BY_ONE = [("torch.randperm(len(X), generator=generator).split(32)", "torch.randperm(len(X), generator=generator)")]

# What a second newcomer met: of one fault each check says what it knows, and nothing that is false.
SECOND_NEWCOMER = {
    "no pooling": fault(
        SHAPE,
        "given 4,096",
        r"nn\.AdaptiveAvgPool2d\(1\), or its first argument should be 4096",
        r"`self\.classifier = nn\.Linear\(32, 1\)`",
        "^(?!.*mixes)",
        glitchnet=[("            nn.AdaptiveAvgPool2d(1),\n", "")],
    ),
    "a bare flatten": fault(
        SHAPE,
        "mixes the images",
        r"`return .*torch\.flatten\(self\.features\(images\)\)\)",
        glitchnet=[
            ("            nn.AdaptiveAvgPool2d(1),\n            nn.Flatten(),\n", ""),
            ("self.features(images)", "torch.flatten(self.features(images))"),
        ],
    ),
    "a layer that is called twice": fault(
        SHAPE,
        r"`self\.conv1` is called twice",
        r"`self\.conv2` is never used",
        "^(?!.*first argument)",
        glitchnet=CONVOLUTIONS.format(16, "conv1"),
    ),
    "one layer for two": fault(
        SHAPE,
        r"`self\.conv1` is called twice",
        "made for 1 channel",
        "^(?!.*first argument)",
        "^(?!.*never used)",
        glitchnet=CONVOLUTIONS.format(16, "conv1").replace(
            "        self.conv2 = nn.Conv2d(16, 32, 3, padding=1)\n", ""
        ),
    ),
    "the channels of an attribute": fault(
        SHAPE,
        "first argument should be 16",
        r"`self\.conv2 = nn\.Conv2d\(1, 32, 3, padding=1\)`",
        glitchnet=CONVOLUTIONS.format(1, "conv2"),
    ),
    "stopped in the first epoch": fault(
        FALLS,
        "did not come to its end",
        "^(?!.*returned no losses)",
        train=[
            ("            optimiser.step()\n", "            optimiser.step()\n            raise KeyboardInterrupt\n")
        ],
        trained=True,
    ),
    "positions without batches, in the task": fault(
        LEARNS,
        "batch",
        r"`for batch in torch\.randperm\(len\(X\), generator=generator\):`",
        "^(?!.*behind the logits)",
        train=ONE_BY_ONE,
    ),
    "positions without batches, in the losses": fault(
        LOSSES,
        "a single image",
        r"`for batch in torch\.randperm\(len\(X\), generator=generator\):`",
        train=ONE_BY_ONE,
    ),
    "another net before the scores": fault(
        "confidence-scores",
        "untrained|not the net that was trained",
        r"`model = GlitchNet\(\)`",
        "^(?!.*training mode)",
        trained=True,
        confidence=[(SCORES, SCORES + "\nmodel = GlitchNet()")],
    ),
    "a sign in the sigmoid, in the table": fault(
        "confidence-confusion",
        "^The table counts `scores`, which are not right",
        r"`scores = 1 / \(1 \+ np\.exp\(test_logits\.numpy\(\)\)\)`",
        "^(?!.*other order)",
        "^(?!.*`confusion = )",
        confidence=[(SCORES, "scores = 1 / (1 + np.exp(test_logits.numpy()))")],
    ),
    "scores in another order, in the table": fault(
        "confidence-confusion",
        "rows add up",
        "^(?!.*`confusion = )",
        confidence=[("said_chirp = scores > 0.5", "said_chirp = np.roll(scores, 1) > 0.5")],
    ),
    "no super, and no layers": fault(SHAPE, r"super\(\)\.__init__\(\)", "^(?!.*_parameters`)", glitchnet=WITHOUT_SUPER),
    "one image for a batch": fault(
        "evaluate-test-accuracy",
        "a single image",
        r"`test_logits = model\(torch\.from_numpy\(X_test\[0\]\)",
        "^(?!.*classifier)",
        evaluate=[("torch.from_numpy(X_test)", "torch.from_numpy(X_test[0])")],
    ),
    "another threshold": fault(
        "confidence-confusion",
        "another threshold",
        "^(?!.*`confusion = )",
        confidence=[("said_chirp = scores > 0.5", "said_chirp = scores > 0.97")],
    ),
    "the net is returned": fault(
        LOSSES, "returns the net", "`return model`", "^(?!.*append)", train=[("return losses", "return model")]
    ),
    "the last loss is returned": fault(
        LOSSES,
        "a single number",
        r"`return losses\[-1\]`",
        "^(?!.*append)",
        train=[("return losses", "return losses[-1]")],
    ),
    "a last ReLU in a row of layers": fault(
        FALLS, "ends in a ReLU", "^(?!.*Look at your line)", glitchnet=IN_ROW, trained=True
    ),
    "the list is made anew in each epoch": fault(
        FALLS,
        "made anew in each epoch",
        r"`losses = \[\]`",
        "^(?!.*inside the loop over the epochs)",
        "^(?!.*`return losses`)",
        train=[("    losses = []\n", ""), ("        total = 0.0\n", "        losses = []\n        total = 0.0\n")],
        trained=True,
    ),
    "a view across the images": fault(
        SHAPE,
        "128 logits for 1 image",
        r"`features = features\.view\(-1, 32\)`",
        "^(?!.*Linear layer with one output)",
        glitchnet=[
            ("            nn.AdaptiveAvgPool2d(1),\n            nn.Flatten(),\n", ""),
            (
                RETURN,
                "features = self.features(images)\n        features = features.view(-1, 32)\n"
                "        return self.classifier(features)",
            ),
        ],
    ),
    "no zero_grad, seen in the loss": fault(
        FALLS,
        r"Call optimiser\.zero_grad\(\)",
        "^(?!.*dead)",
        train=[("            optimiser.zero_grad()\n", "")],
        glitchnet="\n\n" + DEAD,
        trained=True,
    ),
    "no nn.Module": fault(
        SHAPE,
        r"write `class GlitchNet\(nn\.Module\):`",
        glitchnet=[("GlitchNet(nn.Module)", "GlitchNet"), ("        super().__init__()\n", "")],
    ),
    "a figure without its name": fault(
        "mistakes-figure",
        r"is None.*`mistakes_figure, axes = plots\.spectrogram_grid\(\.\.\.\)`",
        mistakes=[("mistakes_figure, axes = plots", "plots")],
    ),
    "batches that overlap": fault(
        PREVIEW,
        r"\d+ of 64 images",
        "never",
        train=[
            (
                "torch.randperm(len(X), generator=generator).split(32)",
                "[torch.arange(i, i + 32) for i in range(len(X) // 32)]",
            )
        ],
        trained=True,
    ),
    "a step after the loop": fault(
        FALLS,
        "thrown away",
        r"`optimiser\.step\(\)`",
        train=[
            ("            optimiser.step()\n", ""),
            ("        losses.append", "        optimiser.step()\n        losses.append"),
        ],
        trained=True,
    ),
    "a step and zero_grad after the loop": fault(
        PREVIEW,
        "one step",
        r"`optimiser\.step\(\)`",
        train=[
            (STEPS, "            loss.backward()\n"),
            ("        losses.append", "        optimiser.step()\n        optimiser.zero_grad()\n        losses.append"),
        ],
        trained=True,
    ),
    "parts that overlap by the validation part": fault(
        "train-split",
        "`validation_indices` holds 50 images",
        r"`validation_indices = test_indices\[:50\]`",
        "^(?!.*left over)",
        train="\nvalidation_indices = test_indices[:50]",
    ),
}

THIRD_TRIAL = {
    "images scaled in the training": fault(
        FALLS,
        "the images are scaled on the way",
        "inside GlitchNet",
        "^(?!.*leaves out)",
        train=[("images, labels = X[batch].to(device)", "images, labels = X[batch].to(device) / 255")],
        trained=True,
    ),
    "images shifted and scaled in the training": fault(
        LEARNS,
        "the images are scaled on the way",
        train=[("images, labels = X[batch].to(device)", "images, labels = (X[batch].to(device) - 100) / 50")],
    ),
    "one batch in each epoch": fault(
        PREVIEW,
        "leaves out many images",
        "`break`",
        train=[
            (
                "            total += loss.item() * len(batch)\n",
                "            total += loss.item() * len(batch)\n            break\n",
            )
        ],
        trained=True,
    ),
    "the loss grows": fault(
        FALLS,
        "makes the loss larger",
        train=[(LOSS, f"{LOSS.replace('loss_function', '-loss_function')}")],
        trained=True,
    ),
    "the return stands in the loop over the epochs": fault(
        PREVIEW,
        "`return` stands inside the loop",
        "^(?!.*train longer)",
        train=[("    return losses\n", "        return losses\n")],
        trained=True,
    ),
    "labels the other way round": fault(
        FALLS,
        "learns the opposite",
        "^(?!.*chance gives)",
        train=[("y[batch].to(device)", "1 - y[batch].to(device)")],
        trained=True,
    ),
    "a comparison the other way round": fault(
        "evaluate-test-accuracy",
        "the wrong way round",
        "at what makes `called_chirp`",
        evaluate=[("called_chirp = (test_logits > 0)", "called_chirp = (test_logits < 0)")],
    ),
    "the net that is asked is a new one": fault(
        "evaluate-test-accuracy",
        r"GlitchNet\(\), in the place of `model`",
        evaluate=[("test_logits = model(", "torch.manual_seed(0)\n    test_logits = GlitchNet()(")],
    ),
    "no flattening": fault(
        SHAPE,
        r"nn\.Flatten\(\) is missing",
        "^(?!.*should be)",
        glitchnet=[("            nn.Flatten(),\n", "")],
    ),
    "images in the place of the labels": fault(
        LEARNS, "Images stand in the place of the labels", train=[("y[batch].to(device)", "X[batch].to(device)")]
    ),
    "the two lists of the surest are swapped": fault(
        "confidence-top-preview",
        "been swapped",
        confidence="\ntop_chirps, top_blips = top_blips, top_chirps",
    ),
    "an empty figure made by hand": fault(
        "mistakes-figure",
        "makes a figure of its own",
        mistakes="\nmistakes_figure = plt.figure(figsize=(8, 4))",
    ),
    "a figure that is what show returns": fault(
        "mistakes-figure",
        "is None",
        "^(?!.*= None`)",
        mistakes=[
            ("    mistakes_figure, axes = plots", "    plots"),
            ("columns=4)", "columns=4)\n    mistakes_figure = plt.show()"),
        ],
    ),
    "the net is turned to float64": fault(
        "evaluate-preview",
        "float32",
        r"of your cell with `forward`",
        evaluate="\nmodel = model.double()",
    ),
    "labels in the place of positions": fault(
        "train-split", "Are these labels", train=[("shuffled[200:]", "y[shuffled[200:]]")]
    ),
}

FOURTH_TRIAL = {
    "a layer outside the class": fault(
        "glitchnet-gradient-flow",
        "`conv1` is made outside GlitchNet",
        r"as `self\.conv1`",
        "^(?!.*nn.ModuleList)",
        glitchnet=[
            ("class GlitchNet", "conv1 = nn.Conv2d(1, 1, 3, padding=1)\n\n\nclass GlitchNet"),
            ("self.features(images)", "self.features(conv1(images))"),
        ],
    ),
    "a plain tensor for a parameter": fault(
        "glitchnet-gradient-flow",
        r"put nn\.Parameter\(\.\.\.\) around it",
        r"`self\.scale = torch\.ones\(1, requires_grad=True\)`",
        "^(?!.*nn.ModuleList)",
        glitchnet=[
            (INIT, f"{INIT}        self.scale = torch.ones(1, requires_grad=True)\n"),
            (RETURN, f"{RETURN} * self.scale"),
        ],
    ),
    "an attribute with the name of a method": fault(
        SHAPE,
        "`modules` is the name of a method",
        "another name",
        "^(?!.*Parentheses)",
        glitchnet=[
            (INIT, f"{INIT}        self.modules = nn.ModuleList([nn.Identity()])\n"),
            (FORWARD, f"{FORWARD}        for layer in self.modules:\n            images = layer(images)\n"),
        ],
    ),
    "the axis for the channel is taken away": fault(
        SHAPE,
        r"come as \(N, 1, 32, 64\)",
        r"`images = images\.squeeze\(1\)`",
        "^(?!.*(?:should be|Flatten))",
        glitchnet=[(FORWARD, f"{FORWARD}        images = images.squeeze(1)\n")],
    ),
    "axes in another order": fault(
        SHAPE,
        r"come as \(N, 1, 32, 64\)",
        r"`images = images\.permute\(0, 2, 3, 1\)`",
        "^(?!.*should be)",
        glitchnet=[(FORWARD, f"{FORWARD}        images = images.permute(0, 2, 3, 1)\n")],
    ),
    "a ReLU behind the last layer that is dead": fault(
        "glitchnet-gradient-flow",
        "ends in a ReLU",
        "^(?!.*detach)",
        glitchnet=[
            (RETURN, "return torch.relu(self.classifier(self.features(images)).squeeze(1) - 2)"),
        ],
    ),
    "a mean over the batch and the pixels": fault(
        SHAPE,
        "do not average or sum over the batch",
        r"mean\(dim=\(0, 2, 3\)\)",
        glitchnet=[
            (RETURN, "return self.classifier(self.features[:6](images).mean(dim=(0, 2, 3)))"),
        ],
    ),
    "a normalisation of one number": fault(
        "glitchnet-no-sigmoid",
        "a normalisation of a single number leaves 0",
        r"LayerNorm\(1\)",
        "^(?!.*probabilities)",
        glitchnet=[("nn.Linear(32, 1)", "nn.Sequential(nn.Linear(32, 1), nn.LayerNorm(1))")],
    ),
    "images without the axis for the channel in the training": fault(
        LEARNS,
        r"train_model gives the net images of shape \(\d+, 32, 64\)",
        r"squeeze\(1\)",
        "^(?!.*should be)",
        train=[("X[batch].to(device)", "X[batch].squeeze(1).to(device)")],
    ),
    "images of another number type in the training": fault(
        LEARNS,
        "numbers of the type float64",
        r"double\(\)",
        train=[("X[batch].to(device)", "X[batch].double().to(device)")],
    ),
    "a template outside the class that was never used": fault(
        "glitchnet-gradient-flow",
        "layers in a plain list|nn.ModuleList|no part of it",
        glitchnet=[
            ("class GlitchNet", "import copy\nstem = nn.LazyConv2d(1, 1)\n\n\nclass GlitchNet"),
            (INIT, f"{INIT}        self.stems = [copy.deepcopy(stem)]\n"),
            ("self.features(images)", "self.features(self.stems[0](images))"),
        ],
    ),
    "a size that is tried out with the wrong channels": fault(
        SHAPE,
        "first argument should be 16",
        "^(?!.*The net is given)",
        glitchnet=[
            ("nn.Conv2d(16, 32", "nn.Conv2d(8, 32"),
            (
                "        self.classifier =",
                "        self.features(torch.zeros(1, 1, 32, 64))\n        self.classifier =",
            ),
        ],
    ),
    "the axis is taken away where nothing flattens": fault(
        SHAPE,
        r"nn\.Flatten\(\) is missing",
        "^(?!.*as a convolution wants)",
        glitchnet=[
            (
                "self.classifier = nn.Linear(32, 1)",
                "self.classifier = nn.Linear(2048, 1)\n        self.features = None",
            ),
            (RETURN, "return self.classifier(images.squeeze(1))"),
        ],
    ),
    "one epoch too many": fault(
        LOSSES, "one too many", r"range\(epochs \+ 1\)", train=[("range(epochs)", "range(epochs + 1)")]
    ),
    "labels of another shape": fault(
        "evaluate-test-accuracy",
        r"`y` is no longer",
        "reshape",
        evaluate=[("X_test, y_test", "y = y.reshape(-1, 1)\nX_test, y_test")],
    ),
    "images as a tensor": fault(
        "evaluate-test-accuracy",
        "`X` is no longer the NumPy array",
        "^(?!.*training function)",
        evaluate=[("X_test, y_test", "X = torch.from_numpy(X)\nX_test, y_test")],
    ),
    "images that are shuffled in place": fault(
        "evaluate-test-accuracy",
        "`X` is no longer in the order",
        r"`np\.random\.default_rng\(3\)\.shuffle\(X\)`",
        evaluate=[("X_test, y_test", "np.random.default_rng(3).shuffle(X)\nX_test, y_test")],
    ),
    "the accuracy on the blips": fault(
        "evaluate-test-accuracy",
        "on some of the images only",
        evaluate="\ntest_accuracy = np.mean(~called_chirp[y_test == 0])",
    ),
    "an accuracy of one": fault(
        "evaluate-test-accuracy",
        "the last batch",
        "^(?!.*rounded)",
        evaluate="\ntest_accuracy = 1.0",
    ),
    "a table in which one stands for many": fault(
        "confidence-confusion",
        r"count each image of X\[test_indices\] once",
        confidence="\nconfusion = np.array([[1, 1], [0, 1]])",
    ),
    "all the chirps for the missed ones": fault(
        "mistakes-exact-preview",
        "They are all the chirps",
        "^(?!.*comparison round)",
        mistakes=[(MISSED, "missed_chirps = np.flatnonzero(y_test == 1)")],
    ),
    "labels behind two sigmoids": fault(
        "evaluate-test-accuracy",
        "nearly all images called the same class",
        evaluate="\ntest_accuracy = 0.49",
    ),
    "a function with the name of the accuracy": fault(
        "evaluate-test-accuracy",
        r"`def test_accuracy\(\): \.\.\.`|`def test_accuracy\(\):`",
        evaluate="\ndef test_accuracy():\n    return 1",
    ),
    "a part of the dataset under another name": fault(
        "train-split",
        "must be called `validation_indices`",
        train=[("shuffled[:200], shuffled[200:]", "shuffled[:200], shuffled[250:]\nvalid_indices = shuffled[200:250]")],
    ),
}
FAULTS = BUILD | TRAIN | LATER | NEWCOMERS | FORWARDS | BY_ITS_NAME | SECOND_NEWCOMER | THIRD_TRIAL | FOURTH_TRIAL
