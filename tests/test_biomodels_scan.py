"""The scan over BioModels: rows, time limits, crashes and the page, on models made here."""

import os
import signal
import time

import pytest

import nesssym as ns
from benchmarks import biomodels, biomodels_page

RING = ns.to_sbml(
    ns.ReactionNetwork.from_text("A <-> B ; a, b \n B <-> C ; c, d \n C <-> A ; e, f"),
    dict.fromkeys("abcdef", 2),
)


def made(monkeypatch, text: str) -> dict:
    monkeypatch.setattr(biomodels, "model_text", lambda name: text)
    return biomodels.row("BIOMD0000000001", seconds=30)


def test_a_row(monkeypatch):
    found = made(monkeypatch, RING)
    assert {k: v for k, v in found.items() if k not in ("right-hand sides", "laws agree")} == {
        "model": "BIOMD0000000001",
        "outcome": "read",
        "species": 3,
        "reactions": 3,
        "chemostats": 0,
        "mass action": True,
        "laws": 1,
        "deficiency": 0,
        "linear": True,
        "trees": 3,
        "steady state": "exact",
        "thermodynamics": "driven",
    }


def test_a_refusal_is_told(monkeypatch):
    found = made(monkeypatch, RING.replace("<times/>", "<max/>", 1))
    assert found["outcome"] == "refused: reaction 'R1': it holds 'max', which is not read"


def test_events_are_left_out(monkeypatch):
    event = (
        '<listOfEvents><event id="e" useValuesFromTriggerTime="true">'
        '<trigger initialValue="true" persistent="true">'
        '<math xmlns="http://www.w3.org/1998/Math/MathML"><true/></math></trigger>'
        "</event></listOfEvents>"
    )
    text = RING.replace("</listOfReactions>", f"</listOfReactions>{event}")
    assert made(monkeypatch, text)["outcome"] == "read without 1 events"


def test_a_step_that_takes_too_long_is_ended(monkeypatch):
    def slow(text):
        yield "outcome", "read"
        time.sleep(60)

    monkeypatch.setattr(biomodels, "model_text", lambda name: RING)
    monkeypatch.setattr(biomodels, "cells", slow)
    found = biomodels.row("BIOMD0000000001", seconds=0.5)
    assert found == {"model": "BIOMD0000000001", "outcome": "read", "ended": "over 0.5 s"}


def test_a_crash_is_told(monkeypatch):
    def crash(text):
        yield "outcome", "read"
        raise ZeroDivisionError("by zero")

    monkeypatch.setattr(biomodels, "model_text", lambda name: RING)
    monkeypatch.setattr(biomodels, "cells", crash)
    found = biomodels.row("BIOMD0000000001", seconds=30)
    assert found["ended"] == "ZeroDivisionError: by zero"
    assert biomodels_page.problems([found]) == ["BIOMD0000000001: ZeroDivisionError: by zero"]


def test_a_process_that_dies_is_told(monkeypatch):
    monkeypatch.setattr(biomodels, "model_text", lambda name: RING)
    monkeypatch.setattr(biomodels, "cells", lambda text: os.kill(os.getpid(), signal.SIGKILL))
    assert biomodels.row("BIOMD0000000001", seconds=30)["ended"].startswith("ended with")


def test_the_page():
    good = {"model": "BIOMD0000000001", "outcome": "read", "mass action": True, "laws": 1,
            "deficiency": 0, "linear": True, "trees": 2415, "steady state": "exact",
            "thermodynamics": "driven", "right-hand sides": 2e-16, "laws agree": True}  # fmt: skip
    rows = [
        good,
        good | {"model": "BIOMD0000000002", "outcome": "read without 2 events"},
        {"model": "BIOMD0000000003", "outcome": "refused: rate rule 'x': rate rules are not read"},
        {"model": "BIOMD0000000004", "outcome": "refused: rate rule 'y': rate rules are not read"},
        good | {"model": "BIOMD0000000005", "right-hand sides": 1e-3, "mass action": False},
        good | {"model": "BIOMD0000000006", "laws agree": False},
        good | {"model": "BIOMD0000000007", "right-hand sides": "not compared: no value for k"},
        {"model": "BIOMD0000000008", "outcome": "read", "ended": "over 90 s"},
    ]
    text = biomodels_page.page(rows, "Versions.", 90)
    for line in (
        "| in the collection | 8 |",
        "| read as they are | 5 |",
        "| read without their events, named in `omit` | 1 |",
        "| refused, by the id of an element | 2 |",
        "| stopped, since a step took too long | 1 |",
        "| compared | 3 | 4 |",
        "| largest difference | 2.0e-16 | 1.0e-03 |",
        "| rates differ by more than 1e-9 | 0 | 1 |",
        "| conservation laws differ | 1 | 1 |",
        "- BIOMD0000000007: not compared: no value for k",
        "| rate rules are not read | 2 | BIOMD0000000003 |",
        "| BIOMD0000000001 | acetylcholine receptor |  |  | 2,415 | exact | driven |",
    ):
        assert line in text.splitlines()
    assert [p.split(":")[0][-1] for p in biomodels_page.problems(rows)] == ["5", "6"]


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        (
            "reaction 'R': it holds 'delay', which is not read",
            "it holds 'delay', which is not read",
        ),
        ("reaction 'R': the species 'A' takes part", "the species ... takes part"),
        ("reaction 'R': the sign of a - b*c is not known, so that", "the sign of a term is not"),
        (
            "reaction 'R': the stoichiometry of 'B' is 0.5, not",
            "the stoichiometry of ... is N, not",
        ),
    ],
)
def test_reasons_are_alike(message, reason):
    row = {"model": "m", "outcome": f"refused: {message}"}
    assert f"| {reason}" in biomodels_page.page([row], "", 1)


def test_without_the_collection(monkeypatch):
    monkeypatch.setattr(biomodels, "archive", lambda: None)
    with pytest.raises(SystemExit, match="pip install"):
        biomodels.main([])
