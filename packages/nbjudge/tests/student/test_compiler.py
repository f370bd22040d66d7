"""Torch's compiler is not loaded for a training loop, and is all there for whoever wants it."""

import subprocess
import sys

import pytest
from nbjudge.run.plan import PlannedCell
from nbjudge.run.session import Session

pytest.importorskip("torch")

BEGIN = """
import sys
import torch
from torch import nn

def is_loaded():
    return "torch._dynamo.eval_frame" in sys.modules
"""

TRAIN = """
def trained(optimiser=torch.optim.Adam):
    torch.manual_seed(0)
    net = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 1))
    steps = optimiser(net.parameters(), lr=0.1)
    schedule = torch.optim.lr_scheduler.OneCycleLR(steps, 0.1, total_steps=10)
    for _ in range(10):
        steps.zero_grad()
        net(torch.ones(3, 4)).square().sum().backward()
        steps.step()
        schedule.step()
    steps.load_state_dict(steps.state_dict())
    steps.add_param_group({"params": [torch.zeros(1)]})
    return torch.cat([parameter.detach().flatten() for parameter in net.parameters()])
"""


def run(*sources):
    """What the last of some cells prints, in a runner of their own."""
    cells = [PlannedCell(source, on_student_side=True) for source in sources]
    *before, last = Session(cells=cells, sandboxed=False).run()
    assert before == [{"outputs": []}] * len(before)
    (output,) = last["outputs"]
    assert output["type"] == "stream", output
    return output["text"].strip()


@pytest.mark.parametrize("optimiser", ["SGD", "Adam", "AdamW", "RMSprop"])
def test_to_train_needs_no_compiler(optimiser):
    assert run(BEGIN, TRAIN, f"weights = trained(torch.optim.{optimiser}); print(is_loaded())") == "False"


def test_training_is_the_same_with_it():
    compare = "print(is_loaded(), torch.equal(before, trained()))"
    assert run(BEGIN, TRAIN, "before = trained()", "torch._dynamo.reset()", compare) == "True True"


WANTED = {
    "to compile": "assert torch.compile(lambda x: x + 1, backend='eager')(torch.ones(2)).tolist() == [2, 2]",
    "a setting": "torch._dynamo.config.suppress_errors = True",
    # Loaded once, not again after the compiler has: others have the same.
    "a part": "import torch._dynamo.utils as u; assert u.counters is torch._dynamo.output_graph.counters",
    "a name of a part": "from torch._dynamo.utils import counters; assert counters is torch._dynamo.utils.counters",
    "a part's origin": "import torch._dynamo.utils as u; assert u.__spec__.loader is u.__loader__",
    "a part as a name": "from torch._dynamo import config; assert config is sys.modules['torch._dynamo.config']",
    "a decorator": "assert torch.compiler.disable()(lambda x: x + 1)(1) == 2",
}


# Each in a process forked off one in which torch is imported: only what is wanted is still to be loaded.
EACH = """
import os, traceback
for name, want in {wanted}.items():
    ours, theirs = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            exec(want)
            after = trained()
            said = str(is_loaded())
        except BaseException:
            said = traceback.format_exc()
        os.write(theirs, said.encode())
        os._exit(0)
    os.close(theirs)
    print(name, open(ours).read(), sep=": ")
    os.waitpid(child, 0)
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    "before",
    [
        pytest.param("pass", id="at once", marks=pytest.mark.slow),
        pytest.param("before = trained()", id="after training"),
    ],
)
def test_whoever_wants_more_has_it(before):
    said = run(BEGIN, TRAIN, before, EACH.format(wanted=WANTED)).splitlines()
    assert said == [f"{name}: True" for name in WANTED]


@pytest.mark.slow
def test_who_was_interrupted_can_try_again():
    interrupted = """
sys.modules["torch._dynamo.aot_compile"] = None
try:
    torch._dynamo.reset()
except ImportError:
    del sys.modules["torch._dynamo.aot_compile"]
else:
    raise AssertionError("it was not loaded")
"""
    assert run(BEGIN, TRAIN, "before = trained()", interrupted, WANTED["to compile"], "print(is_loaded())") == "True"


@pytest.mark.slow
def test_loaded_late_it_is_the_same_module():
    look = """
module = sys.modules["torch._dynamo"]
print(type(module).__name__, type(module.__loader__).__name__, module.__spec__.loader is module.__loader__)
print(module.__spec__, module.__file__, module.__path__, module.__package__, *sorted(vars(module)))
"""
    plain = subprocess.run(
        [sys.executable, "-c", f"{BEGIN}\nimport torch._dynamo\n{look}"],
        capture_output=True,
        text=True,
        check=True,
        timeout=300,
    )
    names = run(BEGIN, "import torch._dynamo", "torch._dynamo.reset()", look).split()
    expected = plain.stdout.split()
    assert [name for name in names if not name.startswith("0x")] == [n for n in expected if not n.startswith("0x")]


@pytest.mark.slow
def test_what_was_to_be_left_alone_still_is():
    before = """
@torch.compiler.disable
def cosine(x):
    return x.cos()

met = []

def backend(graph, inputs):
    met.extend(node.name for node in graph.graph.nodes)
    return graph
"""
    compiled = "assert torch.compile(lambda x: cosine(x.sin()), backend=backend)(torch.ones(2)).shape == (2,)"
    names = run(BEGIN, before, "assert cosine(torch.zeros(1)) == 1 and not is_loaded()", compiled, "print(met)")
    assert "sin" in names and "cos" not in names
