"""The command line, as a user calls it."""

from __future__ import annotations

from pathlib import Path

import pytest

from nesssym.cli import main
from tests import katex


def test_derive_prints_everything_and_checks_kinesin(capsys):
    assert main(["derive", "kinesin", "--check"]) == 0
    out = capsys.readouterr().out
    for text in ("S. Liepelt", "States (6)", "Spanning trees: 90", "6->1->2->5->6", "= dmu",
                 "47.580264830", "ok   affinities 4->5->2->3->4 = dmu", "ok   kernel"):  # fmt: skip
        assert text in out


def test_the_readme_shows_what_is_printed(capsys):
    main(["derive", "two_level"])
    readme = Path(__file__).parent.parent / "README.md"
    assert capsys.readouterr().out in readme.read_text(encoding="utf-8")


def test_derive_with_values_and_latex(tmp_path, capsys):
    target = tmp_path / "out.tex"
    assert (
        main(["derive", "two_level", "--values", "E=2", "beta_c=1/2", "--latex", str(target)]) == 0
    )
    assert "sigma" in capsys.readouterr().out
    document = target.read_text()
    blocks = document.split(r"\begin{align*}")[1:]
    assert len(blocks) == 4
    for block in blocks:
        body = block.split(r"\end{align*}")[0]
        katex.check(rf"\begin{{aligned}}{body}\end{{aligned}}")


def test_derive_says_why_there_is_no_entropy_production(tmp_path, capsys):
    file = tmp_path / "one_way.toml"
    file.write_text(
        'schema = 1\ntitle = "one way"\ntransitions = """\nA -> B ; a\nB -> A ; b\n'
        "hot: A <-> B ; c, d\n"
        'cold: B -> A ; e"""\n[reference]\nauthors = "N"\nyear = 1\ntitle = "T"\n'
    )
    assert main(["derive", str(file)]) == 0
    assert "goes one way only" in capsys.readouterr().out


def test_a_failed_check_is_an_exit_status(tmp_path, capsys):
    file = tmp_path / "wrong.toml"
    file.write_text(
        'schema = 1\ntitle = "x"\ntransitions = "A <-> B ; 1, 2"\n[checks.state]\nA = "1/3"\n'
        '[reference]\nauthors = "N"\nyear = 1\ntitle = "T"\n'
    )
    assert main(["derive", str(file), "--check"]) == 1
    assert "FAIL state A = 1/3" in capsys.readouterr().out


def test_verify_judges_a_function_in_a_file(tmp_path, capsys):
    code = tmp_path / "mine.py"
    code.write_text(
        "def right(E, beta_h, beta_c, gh, gc):\n"
        "    from math import exp\n"
        "    up = gh + gc\n"
        "    down = gh*exp(beta_h*E) + gc*exp(beta_c*E)\n"
        "    return {'g': down/(up + down), 'e': up/(up + down)}\n"
        "def wrong(**k):\n"
        "    return {'g': 0.5, 'e': 0.5}\n"
    )
    moderate = ["--samples", "20", "--range", "beta_h=0.1:10", "beta_c=0.1:10"]
    assert main(["verify", "two_level", f"{code}:right", *moderate]) == 0
    assert main(["verify", "two_level", f"{code}:wrong", "--samples", "20"]) == 1
    assert "fail" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["derive", "nowhere.toml"], "no model file 'nowhere.toml'"),
        (["derive", "kinesin", "--values", "k12"], "NAME=VALUE"),
        (["derive", "kinesin", "--values", "q=1"], "unknown parameter 'q'"),
        (["verify", "kinesin", "nowhere.py:f"], "FILE.py:FUNCTION"),
    ],
)
def test_mistakes_are_told_in_one_line(arguments, message, capsys):
    assert main(arguments) == 2
    error = capsys.readouterr().err
    assert message in error
    assert error.count("\n") == 1
