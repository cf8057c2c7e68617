"""Modules and optimizers: a statement happens whole or not at all, and kept loops stay right."""

from __future__ import annotations

from random import Random

import pytest
from transcripts import run_lines

import gradcli
from gradcli.capabilities.behaviours import behaviours
from gradcli.language.parser import parse
from gradcli.session.makers import OF_TENSORS
from gradcli.session.objects import tensors
from gradcli.session.runner import run
from gradcli.session.state import Session
from gradcli.text.source import Source

IMPORTS = ["import torch", "import torch.nn as nn"]


def program(session: Session, text: str) -> list[object]:
    shown: list[object] = []
    run(session, parse(Source(text)), shown.append, lambda notice: None, behaviours)
    return shown


def last(*lines: str) -> str:
    return run_lines([*IMPORTS, *lines])[-1]


def test_undo_takes_a_step_back() -> None:
    begun = ("torch.manual_seed(1)", "net = nn.Linear(2, 1)", "opt = torch.optim.Adam(net.parameters())")
    trained = (*begun, "net(torch.ones(3, 2)).sum().backward()", "opt.step()")
    before = last(*begun, "net.weight")
    assert last(*trained, "net.weight") != before
    assert last(*trained, "undo", "net.weight") == before
    assert last(*trained, "undo", "opt.step()", "net.weight") == last(*trained, "net.weight")


def test_a_layer_that_is_taken_back_draws_nothing() -> None:
    assert last("torch.manual_seed(1)", "nn.Linear(2, 1)(3)", "torch.rand(2)") == last(
        "torch.manual_seed(1)", "torch.rand(2)"
    )


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (["torch.optim.SGD([], lr=0.1)"], "optimizer got an empty parameter list"),
        (
            ["w = torch.ones(2, requires_grad=True)", "torch.optim.SGD([w*2], lr=0.1)"],
            "can't optimize a non-leaf Tensor",
        ),
        (
            ["w = torch.ones(2, requires_grad=True)", "torch.optim.SGD(w, lr=0.1)"],
            "params argument given to the optimizer should be an iterable of Tensors",
        ),
        (
            ["w = torch.ones(2, requires_grad=True)", "torch.optim.SGD([w], lr=-1)"],
            "Invalid learning rate: -1",
        ),
        (
            ["w = torch.ones(2, requires_grad=True)", "torch.optim.SGD([w], lr=1, nesterov=True)"],
            "Nesterov momentum requires a momentum and zero dampening",
        ),
        (
            ["w = torch.ones(2, requires_grad=True)", "torch.optim.Adam([w], rate=1)"],
            "Adam has no setting rate",
        ),
        (["nn.Linear(2)"], "Linear needs out_features"),
        (["nn.Linear(2, 3, biased=True)"], "Linear has no setting biased"),
        (["nn.Linear(2.5, 3)"], "this must be a whole number"),
        (["nn.Dropout(2)"], "dropout probability has to be between 0 and 1, but got 2"),
        (
            ["net = nn.Linear(2, 3)", "net(torch.ones(4, 5))"],
            "shapes [4, 5] and [2, 3] cannot be multiplied",
        ),
        (["net = nn.Linear(2, 3)", "net.wieght"], "a module has no wieght"),
        (["net = nn.Linear(2, 3)", "net + 1"], "a module is not a value"),
        (["net = nn.ReLU()", "net(1, 2)"], "ReLU is called with one value, and not with 2"),
        (["nn.Sequential(3)"], "this is no module"),
        (["nn.init.xavier_normal_(torch.zeros(3))"], "Fan in and fan out can not be computed"),
        (["torch.rand(3, generator=4)"], "this is no generator"),
        (["g = torch.Generator()", "g.manual_seed(2**64)"], "Overflow when unpacking long long"),
        (["nn.RNN(2, 3, nonlinearity='LSTM')"], "there is no nonlinearity LSTM here"),
        (["nn.LSTM(2, 3, dropout=2)"], "dropout should be a number in range [0, 1]"),
        (["nn.GRU(2, 3)(torch.zeros(0, 1, 2))"], "Expected sequence length to be larger than 0"),
        (["torch.zeros(2, 3).unique(dim=2)"], "there is no dimension 2 in shape [2, 3]"),
        (["torch.zeros(2, 3).stride(5)"], "there is no dimension 5 in shape [2, 3]"),
        (["torch.bincount(torch.tensor([1, 2]), minlength=-1)"], "minlength cannot be negative"),
        (["torch.bincount(torch.tensor([1, 2]), torch.ones(1))"], "the same length as input"),
        (["torch.bincount(torch.tensor([1, torch.inf]))"], "1-d non-negative integral inputs"),
        (["torch.bincount(torch.tensor([2**50]))"], "an array may have"),
        (["torch.logspace(0, 2, 10**12)"], "an array may have"),
        (["torch.Tensor(-1)"], "a size cannot be negative"),
        (["net = nn.Sequential()", "net.add_module('z', 3)"], "this is no module"),
        (["net = nn.Sequential()", "net.add_module('a.b', nn.ReLU())"], "not empty, and has no dot"),
        (["net = nn.ReLU()", "net.register_parameter('w', torch.ones(2))"], "this is no parameter"),
        (["net = nn.ReLU()", "net.register_parameter('w')"], "register_parameter needs param"),
        (["net = nn.ReLU()", "net.register_buffer('b', 3)"], "a buffer is a tensor"),
        (["torch.save(3)"], "save needs f"),
        (["import random", "random.choice([1, 2], 5)"], "choice takes 1 setting"),
        (["import random", "random.choices([1, 2], k=2, foo=3)"], "choices has no setting foo"),
        (["import random", "random.choices([1, 2], weights=[1])"], "weights has a finite number"),
        (["import random", "random.choices([1, 2], [1, 1], cum_weights=[1, 2])"], "and not both"),
        (["import random", "random.sample([1, 2], 3)"], "there are 2 items to take"),
    ],
    ids=lambda each: each if isinstance(each, str) else "",
)
def test_mistakes(lines: list[str], message: str) -> None:
    shown = last(*lines)
    assert shown.startswith("error: "), shown
    assert message in shown
    assert "mistake in gradcli" not in shown


@pytest.mark.parametrize(
    ("text", "constraint"),
    [
        ("Bernoulli(1.5)", "Interval(lower_bound=0.0, upper_bound=1.0)"),
        ("Uniform(2, 1)", "GreaterThan(lower_bound=low)"),
        ("Normal(torch.nan, 1)", "Real()"),
        ("Normal(0, torch.tensor([1, -1]))", "GreaterThan(lower_bound=0.0)"),
        ("Categorical(torch.tensor([-1, 2]))", "Simplex()"),
        ("Categorical(torch.tensor([0, 0]))", "Simplex()"),
        ("Categorical(torch.zeros(0))", "Simplex()"),
        ("Categorical(logits=torch.tensor([torch.nan, 1]))", "IndependentConstraint(Real(), 1)"),
        ("Exponential(1).log_prob(-1)", "GreaterThanEq(lower_bound=0.0)"),
        ("Uniform(0, 1).log_prob(torch.tensor([0.5, 2]))", "Interval(lower_bound=low, upper_bound=high)"),
        ("Bernoulli(0.5).log_prob(0.5)", "Boolean()"),
        ("Categorical(torch.ones(3)).log_prob(3)", "IntegerInterval(lower_bound=0, upper_bound=count-1)"),
    ],
)
def test_limits_of_distributions(text: str, constraint: str) -> None:
    found = last(f"torch.distributions.{text}")
    assert found.startswith("error: Expected ")
    assert constraint in found
    law, method, value = text.removesuffix(")").partition(").log_prob")
    assert "Expected" not in last(f"torch.distributions.{law}, validate_args=False{method}{value})")


@pytest.mark.parametrize(
    "text",
    [
        "random.choices([1, 2, 3], weights=[0, 0, 1], k=2)",
        "random.choices([1, 2, 3], [1, 2, 3], k=5)",
        "random.choices([1, 2, 3], cum_weights=[1, 2, 9], k=4)",
        "random.sample([1, 2], counts=[3, 4], k=3)",
        "random.sample([], 0)",
        "random.choice(range(5))",
    ],
)
def test_what_python_chooses(text: str) -> None:
    assert last("import random", "random.seed(1)", text) == str(eval(text, {"random": Random(1)}))


@pytest.mark.parametrize(
    ("lines", "wanted"),
    [
        (["torch.set_grad_enabled(False)"], "False"),
        (["torch.set_grad_enabled(False)", "undo"], "True"),
        (["for i in range(2): torch.set_grad_enabled(False); [1][i]"], "True"),
        (["with torch.no_grad(): torch.set_grad_enabled(False)"], "True"),
        (["with torch.no_grad(): torch.set_grad_enabled(False)", "x.no"], "True"),
        (["with torch.no_grad(): torch.set_grad_enabled(True); [1][3]"], "True"),
        (
            ["torch.set_grad_enabled(False)", "with torch.enable_grad(): torch.set_grad_enabled(True)"],
            "False",
        ),
        (["torch.set_grad_enabled(False)", "x.no"], "False"),
        (["with torch.no_grad(): torch.set_grad_enabled(True); y = x**2", "undo"], "True"),
    ],
    ids=lambda each: each if isinstance(each, str) else "",
)
def test_recording_is_taken_back_and_ends_with_its_block(lines: list[str], wanted: str) -> None:
    asked = ["x = torch.ones(2, requires_grad=True)", *lines, "(x**2).requires_grad"]
    assert last(*asked) == wanted


def test_a_step_that_fails_changes_nothing() -> None:
    session = Session()
    program(
        session, "import torch\nw = torch.ones(2, requires_grad=True)\nopt = torch.optim.SGD([w], lr=0.5)"
    )
    program(session, "(w**2).sum().backward()")
    with pytest.raises(gradcli.GradcliError):
        program(session, "for i in range(2):\n    opt.step()\n    w[3*i]")
    assert session.data("w").tolist() == [1, 1]
    program(session, "opt.step()")
    assert session.data("w").tolist() == [0, 0]


def test_a_changed_mode_is_seen_in_a_loop() -> None:
    session = Session()
    program(
        session,
        "import torch\ntorch.manual_seed(1)\nnet = torch.nn.Sequential(torch.nn.Dropout(0.9))\n"
        "x = torch.ones(50)\nkept = []\n"
        "for i in range(8):\n"
        "    if i == 5: net.eval()\n"
        "    kept.append(net(x).mean().item())",
    )
    program(session, "const late = kept[5] + kept[6] + kept[7]\nconst early = kept[4]")
    assert session.data("late") == 3
    assert session.data("early") != 1


def test_training_plans_once(plans_made: object) -> None:
    text = (
        "import torch\ntorch.manual_seed(1)\n"
        "net = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.Tanh(), torch.nn.Linear(4, 1))\n"
        "opt = torch.optim.SGD(net.parameters(), lr=0.01, momentum=0.9)\nx = torch.randn(5, 3)\n"
        "for i in range({}):\n    opt.zero_grad()\n    loss = (net(x)**2).mean()\n"
        "    loss.backward()\n    opt.step()"
    )
    assert callable(plans_made)
    program(Session(), text.format(4))
    before = plans_made()
    program(Session(), text.format(40))
    assert plans_made() == before + 1  # that of a whole pass


def test_undo_takes_back_a_grad_that_a_computed_value_keeps() -> None:
    lines = ("w = torch.ones(2, requires_grad=True)", "y = 3*w", "y.retain_grad()")
    passes = ("y.sum().backward()", "(2*y).sum().backward()")
    assert last(*lines, "y.grad") == "none"
    assert last(*lines, *passes, "y.grad") == "[3, 3]"
    assert last(*lines, *passes, "undo", "y.grad") == "[1, 1]"
    assert "requires no grad" in last("c = torch.ones(2)", "c.retain_grad()")


def test_a_seed_of_a_backward_pass_counts_for_what_is_kept() -> None:
    lines = ("w = torch.ones(2, requires_grad=True)", "y = 3*w", "y.retain_grad()")
    assert last(*lines, "(y*2).backward(torch.tensor([1., 10.]))", "y.grad") == "[2, 20]"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("opt.param_groups[0]['rate']", "a group of parameters has no such entry"),
        ("net.state_dict()['wieght']", "did you mean 'weight'?"),
        ("net.state_dict()[3]", "a state_dict has no such entry"),
        ("torch.optim.LBFGS(net.parameters()).step()", "a step of LBFGS takes a function"),
        (
            "torch.optim.LBFGS(net.parameters(), line_search_fn='wolfe')",
            "only 'strong_wolfe' is supported",
        ),
    ],
)
def test_mistakes_with_entries(text: str, message: str) -> None:
    shown = last("net = nn.Linear(2, 1)", "opt = torch.optim.SGD(net.parameters(), lr=1)", text)
    assert message in shown
    assert "mistake in gradcli" not in shown


def test_what_is_looked_for_among_tensors_is_there() -> None:
    listed = [f"{module}.{name}" for module, names in OF_TENSORS.items() for name in names.split()]
    assert sorted(tensors.MAKERS) == sorted(listed)
