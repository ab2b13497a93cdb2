"""SBML that is malformed, hostile or beyond a network: clear errors, never a wrong number."""

import gzip

import pytest

import nesssym as ns

LEVELS = {
    (2, 4): "http://www.sbml.org/sbml/level2/version4",
    (3, 1): "http://www.sbml.org/sbml/level3/version1/core",
}
MATHML = 'xmlns="http://www.w3.org/1998/Math/MathML"'
SPECIES = (
    '<species id="A" compartment="c" initialConcentration="3"/><species id="B" compartment="c"/>'
)
SIDES = (
    '<listOfReactants><speciesReference species="A"/></listOfReactants>'
    '<listOfProducts><speciesReference species="B"/></listOfProducts>'
)


def math(content: str) -> str:
    return f"<math {MATHML}>{content}</math>"


def document(
    law: str = "<ci>A</ci>",
    *,
    level: tuple[int, int] = (2, 4),
    before: str = "",
    compartments: str = '<compartment id="c" size="1"/>',
    species: str = SPECIES,
    parameters: str = "",
    rules: str = "",
    sides: str = SIDES,
    local: str = "",
    head: str = "",
) -> str:
    """A model of one reaction R from A to B, with whatever is to be tried."""
    listed = f"<listOfParameters>{parameters}</listOfParameters>" if parameters else ""
    return (
        f'<sbml xmlns="{LEVELS[level]}" level="{level[0]}" version="{level[1]}"{head}>'
        f'<model id="m">{before}<listOfCompartments>{compartments}</listOfCompartments>'
        f"<listOfSpecies>{species}</listOfSpecies>{listed}{rules}<listOfReactions>"
        f'<reaction id="R" reversible="false">{sides}<kineticLaw>{math(law)}{local}</kineticLaw>'
        "</reaction></listOfReactions></model></sbml>"
    )


def apply(name: str, *args: str) -> str:
    return f"<apply><{name}/>{''.join(args)}</apply>"


def ci(name: str) -> str:
    return f"<ci>{name}</ci>"


def cn(number: object, kind: str = "real") -> str:
    return f'<cn type="{kind}">{number}</cn>'


def rule(name: str, content: str) -> str:
    return f'<assignmentRule variable="{name}">{math(content)}</assignmentRule>'


def start(name: str, content: str) -> str:
    return f'<initialAssignment symbol="{name}">{math(content)}</initialAssignment>'


def refused(text: str, error: type = ns.ModelError) -> str:
    with pytest.raises(error) as found:
        ns.parse_sbml(text)
    return str(found.value)


# ------------------------------------------------------------------ files and text


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (gzip.compress(b"<sbml/>"), "model.xml is packed (gzip); unpack it first"),
        (b"PK\x03\x04", "packed (zip)"),
        ("<sbml/>".encode("utf-16"), "model.xml is not UTF-8 text"),
        (b"", "is not SBML"),
    ],
)
def test_files_that_are_no_text(tmp_path, data, message):
    path = tmp_path / "model.xml"
    path.write_bytes(data)
    with pytest.raises(ns.ParseError) as error:
        ns.read_sbml(path)
    assert message in str(error.value)


def test_a_file_is_read(tmp_path):
    path = tmp_path / "model.xml"
    path.write_text("\ufeff" + document(), encoding="utf-8")
    assert ns.read_sbml(path).initial == {"A": 3}


@pytest.mark.parametrize("path", ["no_such.xml", ".", document()])
def test_paths_that_are_no_files(path):
    with pytest.raises(ns.ParseError, match="no SBML file"):
        ns.read_sbml(path)


def test_large_files_are_not_opened(tmp_path):
    path = tmp_path / "huge.xml"
    with path.open("wb") as file:
        file.truncate(10**12)  # takes no room on the disk
    with pytest.raises(ns.ParseError, match="1000000000000 bytes, more than"):
        ns.read_sbml(path)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b"<sbml/>", "is a str, got bytes"),
        (None, "is a str, got NoneType"),
        ("model.xml", "a file is read by read_sbml"),
        ("<" + " " * 20_000_000, "more than 20000000"),
        ("<sbml", "not SBML, line 1: unclosed token"),
        ("<html/>", "not SBML"),
        (document() + "<", "not SBML, line 1"),
        ("\ud800" + document(), "surrogates not allowed"),
        (document("A\0"), "not SBML, line 1: not well-formed"),
        (document(cn("1<sep/>1e400", "e-notation")), "'1/1e400' is no number of type e-notation"),
        (document(cn("1<sep/>400", "e-notation")), "Failed to read a valid exponential"),
        (document(cn("99999999999999999999", "integer")), "Failed to read a valid integer"),
        (document(cn("1.5", "integer")), "'1.5' is no number of type integer"),
        (document(cn("1,5")), "'1,5' is no number of type real"),
        (document(cn("")), "'' is no number of type real"),
        (document('<cn base="16">10</cn>'), "a number to the base 16 is not read"),
        (document(cn("1.5<sep/>2", "rational")), "'1.5/2' is no number of type rational"),
    ],
)
def test_texts_that_are_not_sbml(text, message):
    assert message in refused(text, ns.ParseError)


def test_level_one_is_refused():
    text = '<sbml xmlns="http://www.sbml.org/sbml/level1" level="1" version="2"><model name="m">'
    text += (
        '<listOfCompartments><compartment name="c"/></listOfCompartments>'
        '<listOfSpecies><species name="A" compartment="c" initialAmount="1"/></listOfSpecies>'
        '<listOfReactions><reaction name="R"><listOfReactants><speciesReference species="A"/>'
        '</listOfReactants><kineticLaw formula="A"/></reaction></listOfReactions></model></sbml>'
    )
    assert "level 1 is not read; convert it" in refused(text, ns.ParseError)


def test_entities_are_not_expanded():
    bomb = "".join(f'<!ENTITY l{i} "{f"&l{i - 1};" * 10}">' for i in range(1, 10))
    for entity in (f'<!ENTITY l0 "A">{bomb}', '<!ENTITY l9 SYSTEM "file:///etc/hostname">'):
        text = f"<!DOCTYPE sbml [{entity}]>{document(ci('&l9;'))}"
        assert "a document type" in refused(text, ns.ParseError)


@pytest.mark.parametrize(
    "text",
    [
        document("<apply><sin/>" * 100_000 + ci("A") + "</apply>" * 100_000),
        document(before="<notes>" + "<p>" * 100_000 + "</p>" * 100_000 + "</notes>"),
    ],
)
def test_deep_elements_do_not_reach_libsbml(text):
    assert "elements are nested more than 200 deep" in refused(text, ns.ParseError)


@pytest.mark.parametrize(
    ("package", "uri"),
    [
        ("comp", "http://www.sbml.org/sbml/level3/version1/comp/version1"),
        ("fbc", "http://www.sbml.org/sbml/level3/version1/fbc/version2"),
        ("arrays", "http://www.sbml.org/sbml/level3/version1/arrays/version1"),
    ],
)
def test_packages_that_the_model_needs(package, uri):
    head = f' xmlns:{package}="{uri}" {package}:required="true"'
    assert f"package '{package}'" in refused(document(level=(3, 1), head=head))


def test_drawings_of_level_three_in_level_two():
    uri = "http://www.sbml.org/sbml/level3/version1/{0}/version1"
    for package, good in (("layout", True), ("render", True), ("qual", False)):
        head = f' xmlns:{package}="{uri.format(package)}" {package}:required="false"'
        if good:
            assert ns.parse_sbml(document(head=head)).initial == {"A": 3}
        else:
            assert "The L3 package 'qual' cannot be used" in refused(
                document(head=head), ns.ParseError
            )


# ------------------------------------------------------------------ formulas


@pytest.mark.parametrize(
    ("law", "message"),
    [
        (apply("divide", ci("A")), "it holds 'divide' with 1 arguments"),
        (apply("minus", ci("A"), ci("A"), ci("A")), "it holds 'minus' with 3 arguments"),
        (apply("exp"), "it holds 'exp' with 0 arguments"),
        (apply("divide", ci("A"), cn(0)), "it divides by zero"),
        (cn("1<sep/>0", "rational"), "it divides by zero"),
        (apply("power", cn(0), cn(-1)), "it divides by zero"),
        (apply("ln", cn(0)), "it divides by zero"),
        (apply("tan", apply("divide", "<pi/>", cn(2))), "it divides by zero"),
        (apply("root", cn(-1)), "root or a logarithm of a negative number"),
        (apply("ln", cn(-1)), "root or a logarithm of a negative number"),
        ("<infinity/>", "the number inf is not finite"),
        (apply("power", cn(10), cn(10**10)), "its exponent 10000000000 is beyond 1000"),
        (apply("power", apply("power", cn("1e300"), cn(20)), cn(20)), "numbers are too long"),
        (apply("exp", apply("times", cn(10**9), apply("ln", cn(2)))), "is too large"),
        (apply("abs", ci("A")), "it holds 'abs', which is not read"),
        (apply("ci", ci("A")), "not SBML"),
        ("<true/>", "it holds 'true', which is not read"),
        (apply("ci>f</ci><ci", ci("A")), "not SBML"),
        (ci("Z"), "it uses 'Z', which is no species, parameter or compartment"),
        (ci("R"), "it uses 'R', which is no species, parameter or compartment"),
        ("<apply><ci>f</ci><ci>A</ci></apply>", "it calls 'f', which is no function"),
        ("<apply><sin/>" * 160 + ci("A") + "</apply>" * 160, "nested too deeply"),
    ],
)
def test_formulas_that_are_not_read(law, message):
    with pytest.raises(ns.NessError) as error:
        ns.parse_sbml(document(law))
    assert message in str(error.value)
    assert str(error.value).startswith(("reaction 'R': ", "not SBML"))


def test_numbers_of_mathml():
    law = apply("times", cn("1<sep/>3", "rational"), cn("2<sep/>-3", "e-notation"), ci("A"))
    assert str(ns.parse_sbml(document(law)).model.reactions[0].rate) == "1/1500"
    law = apply("times", apply("root", cn(4)), apply("log", cn(100)), "<exponentiale/>", ci("A"))
    assert str(ns.parse_sbml(document(law)).model.reactions[0].rate) == "2*E*log(100)/log(10)"


def chain(n: int, body, last: str) -> str:
    """Rules p0, p1, ... each made from the next."""
    parameters = "".join(f'<parameter id="p{i}" constant="false"/>' for i in range(n))
    rules = "".join(rule(f"p{i}", body(ci(f"p{i + 1}")) if i < n - 1 else last) for i in range(n))
    return document(
        apply("times", ci("p0"), ci("A")),
        parameters=parameters + '<parameter id="q" value="2"/>',
        rules=f"<listOfRules>{rules}</listOfRules>",
    )


def test_definitions_that_explode():
    def doubled(p: str) -> str:
        return apply("times", apply("plus", p, cn(1)), apply("plus", p, ci("q")))

    assert "too large" in refused(chain(60, doubled, ci("q")))
    assert "too long" in refused(chain(60, lambda p: apply("times", p, p), cn(3)))
    assert "nested too deeply" in refused(chain(900, lambda p: apply("plus", p, cn(1)), ci("q")))
    m = ns.parse_sbml(chain(30, lambda p: apply("plus", p, cn(1)), ci("q")))
    assert str(m.model.reactions[0].rate) == "q + 29"


def functions(n: int, body) -> str:
    made = "".join(
        f'<functionDefinition id="f{i}">'
        + math(f"<lambda><bvar>{ci('x')}</bvar>{body(i)}</lambda>")
        + "</functionDefinition>"
        for i in range(n)
    )
    return document(
        f"<apply>{ci('f0')}{ci('A')}</apply>",
        before=f"<listOfFunctionDefinitions>{made}</listOfFunctionDefinitions>",
    )


def test_functions_that_explode():
    def twice(i: int) -> str:
        inner = f"<apply>{ci(f'f{i + 1}')}{ci('x')}</apply>"
        return apply("minus", inner, inner)

    assert "too long" in refused(functions(70, lambda i: twice(i) if i < 69 else ci("x")))
    assert "nested too deeply" in refused(
        functions(1, lambda i: f"<apply>{ci('f0')}{ci('x')}</apply>")
    )
    assert "uses 'A', which is no argument" in refused(functions(1, lambda i: ci("A")))
    two = functions(1, lambda i: ci("x")).replace(f"{ci('f0')}{ci('A')}", ci("f0") + ci("A") * 2)
    assert "it calls 'f0' with 2 arguments, not 1" in refused(two)


# ------------------------------------------------------------------ declarations


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"species": SPECIES + '<species id="B" compartment="c"/>'}, "species 'B': the id is that"),
        ({"parameters": '<parameter id="A" value="1"/>'}, "parameter 'A': the id is that of ano"),
        ({"species": SPECIES.replace('"c"', '"d"')}, "its compartment 'd' is not declared"),
        ({"compartments": '<compartment id="c" size="-1"/>'}, "compartment 'c': its size is -1"),
        (
            {
                "rules": f"<listOfRules>{rule('c', cn(2))}</listOfRules>",
                "compartments": '<compartment id="c" size="1" constant="false"/>',
            },
            "compartment 'c': its volume follows a rule",
        ),
        ({"rules": f"<listOfRules>{rule('z', cn(2))}</listOfRules>"}, "assignment rule 'z'"),
        (
            {"rules": f"<listOfInitialAssignments>{start('z', cn(2))}</listOfInitialAssignments>"},
            "initial assignment 'z': there is nothing of this name",
        ),
        (
            {
                "rules": "<listOfInitialAssignments>"
                + start("A", ci("B"))
                + start("B", ci("A"))
                + "</listOfInitialAssignments>"
            },
            "is defined by itself",
        ),
        (
            {"rules": f"<listOfRules><algebraicRule>{math(ci('A'))}</algebraicRule></listOfRules>"},
            "algebraic rule '1': algebraic rules are not modelled",
        ),
        ({"sides": SIDES.replace('"B"', '"Z"')}, "reaction 'R': it uses the species 'Z'"),
        (
            {"sides": SIDES.replace('"B"', '"B" stoichiometry="-1"')},
            "reaction 'R': the stoichiometry of 'B' is -1.0",
        ),
        (
            {
                "sides": SIDES.replace(
                    '<speciesReference species="B"/>',
                    '<speciesReference species="B"><stoichiometryMath>'
                    + math(apply("plus", cn(1), cn(1)))
                    + "</stoichiometryMath></speciesReference>",
                )
            },
            "reaction 'R': the stoichiometry of 'B' is a formula",
        ),
    ],
)
def test_declarations_that_no_network_holds(changes, message):
    assert message in refused(document(**changes))


def test_a_parameter_that_is_infinite_is_named():
    text = document(apply("times", ci("k"), ci("A")), parameters='<parameter id="k" value="INF"/>')
    assert refused(text) == "reaction 'R': parameter 'k': the number inf is not finite"


def test_a_local_parameter_does_not_take_the_name_of_another():
    text = document(
        apply("times", ci("k"), ci("R_k"), ci("A")),
        parameters='<parameter id="k" value="3"/><parameter id="R_k" value="5"/>',
        local='<listOfParameters><parameter id="k" value="2"/></listOfParameters>',
    )
    m = ns.parse_sbml(text)
    assert sorted(map(int, m.values.values())) == [2, 5]
    assert m.model.reactions[0].rate.xreplace(m.values) == 10
    assert m.ids == {"R_k_1": "R.k"}


def test_an_initial_assignment_for_a_volume():
    rules = f"<listOfInitialAssignments>{start('c', cn(4))}</listOfInitialAssignments>"
    assert str(ns.parse_sbml(document(rules=rules)).model.reactions[0].rate) == "1/4"


def test_initial_assignments_see_the_start():
    rules = (
        "<listOfInitialAssignments>"
        + start("B", apply("times", cn(2), ci("A")))
        + start("k", apply("plus", ci("B"), ci("q")))
        + "</listOfInitialAssignments>"
    )
    m = ns.parse_sbml(
        document(
            apply("times", ci("k"), ci("A")),
            parameters='<parameter id="k"/><parameter id="q" value="0.5"/>',
            rules=rules,
        )
    )
    assert m.initial == {"A": 3, "B": 6}
    assert str(m.model.reactions[0].rate) == "q + 6"


def test_only_substance_units_are_amounts():
    species = SPECIES.replace("<species ", '<species hasOnlySubstanceUnits="true" ')
    five = '<compartment id="c" size="5"/>'
    m = ns.parse_sbml(document(compartments=five, species=species))
    assert (str(m.model.reactions[0].rate), m.initial["A"], m.amounts) == ("1", 15, False)
    mixed = SPECIES.replace('<species id="B"', '<species hasOnlySubstanceUnits="true" id="B"')
    m = ns.parse_sbml(document(compartments=five, species=mixed))
    assert (str(m.model.reactions[0].rate), m.initial["A"], m.amounts) == ("1/c", 15, True)


def test_units_that_disagree():
    units = (
        "<listOfUnitDefinitions>"
        '<unitDefinition id="per_second"><listOfUnits><unit kind="second" exponent="-1"/>'
        "</listOfUnits></unitDefinition></listOfUnitDefinitions>"
    )
    rate = apply("times", ci("c"), ci("k"), ci("A"))
    right = document(
        rate, before=units, parameters='<parameter id="k" value="2" units="per_second"/>'
    )
    wrong = right.replace('units="per_second"', 'units="metre"')
    assert ns.parse_sbml(right, check_units=True).values == ns.parse_sbml(wrong).values
    with pytest.raises(
        ns.ModelError, match=r"line 2: Expected units are mole .*reaction.* 'R'"
    ) as error:
        ns.parse_sbml(wrong, check_units=True)
    assert "metre" in str(error.value)


def test_reservoirs_elsewhere_do_not_make_amounts():
    two = '<compartment id="c" size="5"/><compartment id="d" size="7"/>'
    held = '<species id="A" compartment="d" boundaryCondition="true"/>'
    species = f'{held}<species id="B" compartment="c"/>'
    m = ns.parse_sbml(document(compartments=two, species=species))
    assert (str(m.model.reactions[0].rate), m.amounts) == ("1/c", False)


def test_initial_amounts_are_divided_by_the_volume():
    species = SPECIES.replace("initialConcentration", "initialAmount")
    m = ns.parse_sbml(document(compartments='<compartment id="c" size="4"/>', species=species))
    assert str(m.initial["A"]) == "3/4"


def test_species_that_do_not_react_are_constants():
    more = SPECIES + '<species id="V" compartment="c" initialConcentration="-2"/>'
    law = apply("times", apply("exp", ci("V")), ci("A"))
    m = ns.parse_sbml(document(law, species=more))
    ((symbol, value),) = m.values.items()
    assert (str(symbol), value, symbol.is_positive) == ("V", -2, None)
    assert str(m.model.reactions[0].rate) == "exp(V)"


# ------------------------------------------------------------------ level 3


def third(**changes: str) -> str:
    """The same reaction in level 3, where attributes have no defaults."""
    parts = {
        "law": apply("times", ci("k"), ci("A")),
        "model": "",
        "species": 'boundaryCondition="false"',
        "left": 'stoichiometry="1" constant="true"',
        "reaction": 'fast="false"',
        "parameters": "",
        "rules": "",
        "local": '<listOfLocalParameters><localParameter id="k" value="0.3"/>'
        "</listOfLocalParameters>",
    } | changes
    species = "".join(
        f'<species id="{s}" compartment="c" hasOnlySubstanceUnits="false" constant="false" '
        f"{parts['species']}/>"
        for s in "AB"
    )
    return (
        f'<sbml xmlns="{LEVELS[3, 1]}" level="3" version="1"><model id="m"{parts["model"]}>'
        '<listOfCompartments><compartment id="c" size="1" spatialDimensions="3" constant="true"/>'
        f"</listOfCompartments><listOfSpecies>{species}</listOfSpecies>"
        f"<listOfParameters><parameter id='f' value='2' constant='true'/>{parts['parameters']}"
        f"</listOfParameters>{parts['rules']}"
        f'<listOfReactions><reaction id="R" reversible="false" {parts["reaction"]}>'
        f'<listOfReactants><speciesReference species="A" {parts["left"]}/></listOfReactants>'
        '<listOfProducts><speciesReference species="B" stoichiometry="1" constant="true"/>'
        f"</listOfProducts><kineticLaw>{math(parts['law'])}{parts['local']}</kineticLaw>"
        "</reaction></listOfReactions></model></sbml>"
    )


def test_local_parameters_of_level_three():
    m = ns.parse_sbml(third())
    assert {str(s): str(x) for s, x in m.values.items()} == {"k": "3/10"}
    clash = '<parameter id="k" value="7" constant="true"/>'
    m = ns.parse_sbml(third(parameters=clash))
    assert {str(s): str(x) for s, x in m.values.items()} == {"R_k": "3/10"}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"left": 'constant="true"'}, "the stoichiometry of 'A' is nan, not a positive number"),
        ({"reaction": 'fast="true"'}, "reaction 'R': fast reactions are not modelled"),
        ({"model": ' conversionFactor="f"'}, "model 'm': conversion factors are not read"),
        (
            {"species": 'boundaryCondition="false" conversionFactor="f"'},
            "species 'A': conversion factors are not read",
        ),
        (
            {
                "left": 'id="n" stoichiometry="1" constant="false"',
                "rules": f"<listOfRules>{rule('n', ci('f'))}</listOfRules>",
            },
            "reaction 'R': the stoichiometry of 'A' is a formula",
        ),
        (
            {
                "left": 'id="n" stoichiometry="1" constant="false"',
                "rules": "<listOfInitialAssignments>"
                + start("n", ci("f"))
                + "</listOfInitialAssignments>",
            },
            "reaction 'R': the stoichiometry of 'A' is a formula",
        ),
        (
            {
                "rules": "<listOfRules>"
                f'<rateRule variable="f">{math(cn(1))}</rateRule></listOfRules>'
            },
            "rate rule 'f': rate rules are not modelled",
        ),
    ],
)
def test_what_level_three_has_beyond_a_network(changes, message):
    assert message in refused(third(**changes))


def test_an_ion_is_not_read_as_its_atom():
    with pytest.raises(ns.ParseError, match="not antimony"):
        ns.from_antimony("R: Na+ => B; k*Na; k = 1")
