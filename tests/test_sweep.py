"""Sweeps over labelled axes: threads, stores, reductions, and what can go wrong on the way."""

from __future__ import annotations

import errno
import re
from importlib.util import find_spec

import numpy as np
import pytest
import xarray as xr
import zarr
from zarr.storage import _local as local

import nesssym as ns
from nesssym.sweep import labelled, limits, progress, run
from nesssym.sweep.execution import Work

TEXT = "A <-> B ; k1, k1r \n B <-> C ; k2, k2r \n hot: C <-> A ; k3, k3r"
GRAPH = ns.StateGraph.from_text(TEXT)
STEADY = ns.steady_state(GRAPH)
KERNEL = ns.compile(STEADY.state)
FIXED = {"k1r": 0.5, "k2r": 2, "k3": 3.0, "k3r": 0.25}
K1 = np.geomspace(0.1, 10, 7)
K2 = np.geomspace(1, 100, 5)
AXES = FIXED | {"k1": K1, "k2": K2}


def outer():
    return KERNEL(**FIXED, k1=K1[:, None], k2=K2[None, :])


class Watched(Work):
    """The work of a sweep, with something to do before each block; that may be to fail."""

    def __call__(self, block):
        self.before()
        return super().__call__(block)


@pytest.fixture
def watch(monkeypatch):
    """Count the blocks that run; raise an error at one of them."""

    def start(error=None, at=0):
        calls = []

        def before():
            calls.append(len(calls) + 1)
            if len(calls) == at:
                raise error

        monkeypatch.setattr(Watched, "before", staticmethod(before), raising=False)
        monkeypatch.setattr(run, "Work", Watched)
        return calls

    return start


@pytest.mark.parametrize("threads", [1, 2, None])
@pytest.mark.parametrize("block", [1, 4, 12, 1000])
def test_outer_product(threads, block):
    found = ns.sweep(KERNEL, AXES, threads=threads, block=block)
    assert found["B"].dims == ("k1", "k2")
    for label, values in outer().items():
        np.testing.assert_array_equal(found[label].values, values)
    np.testing.assert_array_equal(found["k1"].values, K1)
    assert found["k3"].dims == ()
    assert float(found["k3"]) == 3
    assert float(found["C"].sel(k1=0.1, k2=100)) == outer()["C"][0, -1]


def test_units_and_attributes_are_kept():
    axis = xr.DataArray(K1, dims="k1", attrs={"units": "1/s", "long_name": "binding"})
    found = ns.sweep(STEADY.currents, AXES | {"k1": axis}, reduce="max", over="k2")
    assert found["k1"].attrs == {"units": "1/s", "long_name": "binding"}
    assert found["C->A/hot"].attrs["units"] == STEADY.currents.unit


def test_symbols_name_parameters_and_exact_numbers_are_values():
    kinesin = ns.gallery.load("kinesin")
    kernel = ns.compile(ns.steady_state(kinesin.model).currents)
    dmu = next(s for s in kinesin.values if s.name == "dmu")
    found = ns.sweep(kernel, kinesin.values | {dmu: [1.0, 2.0]})
    values = {s.name: float(v) for s, v in kinesin.values.items()}
    assert float(found["2->5"][1]) == kernel(**values | {"dmu": 2.0})["2->5"]


def test_parameters_vary_together_along_one_dimension():
    pairs = {"k1": ("sample", K2), "k2": ("sample", K2[::-1]), "k3": [1.0, 2.0]}
    found = ns.sweep(KERNEL, FIXED | pairs, block=3)
    assert found["A"].dims == ("k3", "sample")
    by_hand = KERNEL(**FIXED | {"k1": K2, "k2": K2[::-1], "k3": 2.0})
    np.testing.assert_array_equal(found["A"].sel(k3=2.0).values, by_hand["A"])
    assert found["k2"].dims == ("sample",)


def test_a_dataarray_brings_its_dimensions_and_coordinates():
    k1 = xr.DataArray(
        np.arange(1.0, 7).reshape(2, 3), dims=("site", "day"), coords={"day": [10, 20, 30]}
    )
    k2 = xr.DataArray([[1.0, 2.0]], dims=("run", "site"))
    found = ns.sweep(KERNEL, FIXED | {"k1": k1, "k2": k2})
    assert dict(found.sizes) == {"site": 2, "day": 3, "run": 1}
    assert found["day"].values.tolist() == [10, 20, 30]
    point = found["A"].isel(site=1, run=0).sel(day=20)
    assert float(point) == KERNEL(**FIXED | {"k1": 5.0, "k2": 2.0})["A"]


def test_a_parameter_that_does_not_occur_still_has_its_dimension():
    k = ns.compile(ns.Formulas(("x",), (GRAPH.symbols[0],), parameters=GRAPH.symbols))
    values = dict.fromkeys((s.name for s in GRAPH.symbols), 1.0)
    found = ns.sweep(k, values | {"k1": [1.0, 2.0], "k3": [1.0, 2.0, 3.0]})
    assert found["x"].values.tolist() == [[1, 1, 1], [2, 2, 2]]


@pytest.mark.parametrize("block", [3, 1000])
@pytest.mark.parametrize(
    ("reduce", "function"),
    [("max", np.max), ("min", np.min), ("mean", np.mean), ("sum", np.sum), (np.median, np.median)],
)
def test_reductions(reduce, function, block):
    for over, axis in ((None, (0, 1)), ("k1", 0), (["k2"], 1)):
        found = ns.sweep(KERNEL, AXES, reduce=reduce, over=over, block=block)
        expected = function(outer()["A"], axis=axis)
        np.testing.assert_allclose(found["A"].values, expected, rtol=1e-15)


def test_reduced_dimensions_go_others_stay():
    found = ns.sweep(KERNEL, AXES, reduce="max", over="k1")
    assert found["A"].dims == ("k2",)
    assert "k1" not in found.coords
    np.testing.assert_array_equal(found["k2"].values, K2)


@pytest.mark.parametrize("block", [2, 1000])
def test_histogram(block):
    edges = np.linspace(0.05, 0.5, 8)
    whole = ns.sweep(KERNEL, AXES, reduce=ns.Histogram(edges), block=block)["B"]
    values = outer()["B"]
    assert whole.values.tolist() == np.histogram(values, edges)[0].tolist()
    assert whole.attrs["below"] == (values < 0.05).sum()
    assert whole.attrs["above"] == (values > 0.5).sum()
    kept = ns.sweep(KERNEL, AXES, reduce=ns.Histogram(edges), over="k1", block=block)["B"]
    assert kept.dims == ("bin", "k2")
    assert kept[:, 2].values.tolist() == np.histogram(values[:, 2], edges)[0].tolist()


def test_the_last_edge_belongs_to_the_last_bin():
    k = ns.compile({"x": "a"})
    found = ns.sweep(k, {"a": [0.5, 1.0, 2.0, 3.0]}, reduce=ns.Histogram([1, 2, 3]))["x"]
    assert (found.values.tolist(), found.attrs["below"], found.attrs["above"]) == ([1, 2], 1, 0)


@pytest.mark.parametrize("threads", [1, 2])
def test_store(tmp_path, threads):
    path = tmp_path / "a.zarr"
    found = ns.sweep(STEADY.currents, AXES, store=path, block=6, threads=threads)
    assert found["A->B"].chunks is not None
    kernel = ns.compile(STEADY.currents)
    expected = kernel(**FIXED, k1=K1[:, None], k2=K2[None, :])
    np.testing.assert_array_equal(found["C->A/hot"].values, expected["C->A/hot"])
    plain = xr.open_zarr(path, consolidated=False)
    assert set(plain) == {"A_to_B", "B_to_C", "C_to_A_hot"}
    assert plain["C_to_A_hot"].attrs["label"] == "C->A/hot"
    assert plain["C_to_A_hot"].attrs["units"] == STEADY.currents.unit
    assert plain["k3"].values == 3
    assert set(ns.open_sweep(path)) == {"A->B", "B->C", "C->A/hot"}


def test_text_coordinates_are_stored(tmp_path):
    k1 = xr.DataArray([1.0, 2.0], dims="name", coords={"name": ["wild", "mutant"]})
    found = ns.sweep(KERNEL, AXES | {"k1": k1}, store=tmp_path / "a.zarr")
    assert found["A"].sel(name="mutant").dims == ("k2",)


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("extra", [{}, {"reduce": "mean", "over": "k1"}])
def test_an_interrupted_sweep_goes_on(tmp_path, watch, threads, extra):
    path = tmp_path / "a.zarr"
    watch(KeyboardInterrupt(), at=9)
    with pytest.raises(KeyboardInterrupt, match=r"of 14 blocks are whole in .*a\.zarr") as caught:
        ns.sweep(KERNEL, AXES, store=path, block=3, threads=threads, **extra)
    whole = int(re.search(r"(\d+) of", str(caught.value))[1])
    assert 8 - 2 * threads <= whole <= 14
    assert "the same call goes on from there" in str(caught.value)
    assert np.count_nonzero(zarr.open_group(path)["nesssym/finished"][:]) == whole
    calls = watch()
    found = ns.sweep(KERNEL, AXES, store=path, block=5, threads=threads, **extra)
    assert len(calls) == 14 - whole
    expected = outer()["A"].mean(axis=0) if extra else outer()["A"]
    np.testing.assert_allclose(found["A"].values, expected, rtol=1e-15)
    calls = watch()
    again = ns.sweep(KERNEL, AXES, store=path, threads=threads, **extra)
    assert not calls
    xr.testing.assert_equal(again.load(), found.load())
    np.testing.assert_array_equal(ns.open_sweep(path)["A"].values, found["A"].values)


def test_an_interrupted_sweep_without_a_store_says_so(watch):
    watch(KeyboardInterrupt(), at=2)
    with pytest.raises(KeyboardInterrupt, match=r"1 of 14 blocks were done, none is kept; give st"):
        ns.sweep(KERNEL, AXES, block=3, threads=1)


def test_the_missing_part_of_an_unfinished_sweep_is_nan(tmp_path, watch):
    watch(KeyboardInterrupt(), at=3)
    with pytest.raises(KeyboardInterrupt):
        ns.sweep(KERNEL, AXES, store=tmp_path / "a.zarr", block=5, threads=1)
    values = ns.open_sweep(tmp_path / "a.zarr")["A"].values
    assert np.isfinite(values[:2]).all()
    assert np.isnan(values[2:]).all()


def test_a_full_disk(tmp_path, monkeypatch):
    path = tmp_path / "a.zarr"
    put, calls = local._put, []

    def full(target, value, *args, **kwargs):
        if {path / "A", path / "B", path / "C"} & {*target.parents} and "c" in target.parts:
            calls.append(target)
            if len(calls) > 9:
                raise OSError(errno.ENOSPC, "No space left on device", str(target))
        return put(target, value, *args, **kwargs)

    with monkeypatch.context() as patch:
        patch.setattr(local, "_put", full)
        with pytest.raises(OSError, match="no space left for the sweep: 3 of 14 blocks") as caught:
            ns.sweep(KERNEL, AXES, store=path, block=3, threads=1)
    assert caught.value.errno == errno.ENOSPC
    assert "make room and call sweep again" in str(caught.value)
    found = ns.sweep(KERNEL, AXES, store=path, block=3)
    np.testing.assert_array_equal(found["B"].values, outer()["B"])


def test_other_errors_of_the_disk_pass(tmp_path, monkeypatch):
    def refused(*args, **kwargs):
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(local, "_put", refused)
    with pytest.raises(PermissionError):
        ns.sweep(KERNEL, AXES, store=tmp_path / "a.zarr")


@pytest.mark.parametrize(
    ("kernel", "axes", "extra", "what"),
    [
        (ns.compile(STEADY.currents), AXES, {}, "another kernel"),
        (KERNEL, AXES | {"k3": 3.1}, {}, "another axes"),
        (KERNEL, AXES | {"k1": K1 + 1}, {}, "another axes"),
        (KERNEL, AXES | {"k1": ("k2", K2)}, {}, "another axes"),
        (KERNEL, AXES, {"reduce": "max"}, "another reduction"),
    ],
)
def test_the_store_of_another_sweep_is_refused(tmp_path, kernel, axes, extra, what):
    ns.sweep(KERNEL, AXES, store=tmp_path / "a.zarr")
    with pytest.raises(ns.ParameterError, match=f"holds a sweep with {what}.*give a new path"):
        ns.sweep(kernel, axes, store=tmp_path / "a.zarr", **extra)


def test_a_store_with_other_data_is_refused(tmp_path):
    xr.Dataset({"x": ("t", [1.0])}).to_zarr(tmp_path / "a.zarr", consolidated=False)
    with pytest.raises(ns.ParameterError, match="holds other data, no sweep"):
        ns.sweep(KERNEL, AXES, store=tmp_path / "a.zarr")
    with pytest.raises(ns.ParameterError, match="there is no sweep at"):
        ns.open_sweep(tmp_path / "b.zarr")


def test_too_large_for_memory():
    many = {"k1": np.linspace(1, 2, 10**6), "k2": np.linspace(1, 2, 10**6)}
    with pytest.raises(ns.TooLargeError, match=r"1e\+12 points x 3 results takes 24 TB.*store="):
        ns.sweep(KERNEL, FIXED | many)
    with pytest.raises(ns.TooLargeError, match=r"one block has 1e\+06 points.*name fewer"):
        ns.sweep(KERNEL, FIXED | many, reduce=np.median, over="k1", memory=1e7)
    with pytest.raises(ns.TooLargeError, match="give a smaller block="):
        ns.sweep(KERNEL, FIXED | many, reduce="max", block=10**7, memory=1e7)
    with pytest.raises(ns.TooLargeError, match="takes 840 B, more than the 700 B"):
        ns.sweep(KERNEL, AXES, memory=700, block=10)
    assert ns.sweep(KERNEL, AXES, memory=700, block=10, reduce="max")["A"].size == 1


def test_free_memory_is_within_the_limit_of_a_container(tmp_path, monkeypatch):
    (tmp_path / "memory.max").write_text("1000\n")
    (tmp_path / "memory.current").write_text("400\n")
    monkeypatch.setattr(limits, "CGROUP", tmp_path)
    with pytest.raises(ns.TooLargeError, match="more than the 300 B"):
        ns.sweep(KERNEL, AXES, block=10)
    (tmp_path / "memory.max").write_text("max\n")
    assert ns.sweep(KERNEL, AXES)["A"].shape == (7, 5)


@pytest.mark.parametrize(
    ("axes", "error", "message"),
    [
        (AXES | {"k3rr": K1}, ns.UnknownNameError, "unknown parameter 'k3rr'. Did you mean 'k3r"),
        ({"k1": K1}, ns.UnknownNameError, "no value for .*k2, k2r.*give an array to sweep it"),
        (AXES | {"k1": [1, np.nan, 2]}, ns.ParameterError, "k1 must be positive; got nan at posi"),
        (
            AXES | {"k1": [1, 2, -3]},
            ns.ParameterError,
            "k1 must be positive; got -3.0 at position 2",
        ),
        (AXES | {"k3": np.inf}, ns.ParameterError, "k3 must be (finite|positive); got inf of its"),
        (AXES | {"k1": []}, ns.ParameterError, "the axis k1 has no values"),
        (AXES | {"k1": ["a", "b"]}, ns.ParameterError, "k1 must be real numbers; got"),
        (AXES | {"k1": 1j}, ns.ParameterError, "k1 must be real numbers; got 1j"),
        (AXES | {"k1": np.ones((2, 2))}, ns.ParameterError, r"shape \(2, 2\).*'dim0', 'dim1'"),
        (AXES | {"k1": ("s", np.ones((2, 2)))}, ns.ParameterError, "and the dimensions"),
        (
            AXES | {"k1": ("k2", K1)},
            ns.ParameterError,
            "dimension k2 has 7 values for k1 and 5 for",
        ),
        (AXES | {"k2": ("k3", K1)}, ns.NameClashError, "give the dimension another name"),
        (AXES | {GRAPH.symbols[0]: 1}, ns.NameClashError, "k1 is given twice"),
        (dict.fromkeys(KERNEL.arguments, 1), ns.ParameterError, "there is nothing to sweep"),
    ],
)
def test_bad_axes(axes, error, message):
    with pytest.raises(error, match=message):
        ns.sweep(KERNEL, axes)


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"reduce": "maximum"}, ns.UnknownNameError, "unknown reduction 'maximum'.*Known: max, me"),
        ({"reduce": 3}, ns.ParameterError, "reduce is 3; wanted one of max, mean, min, sum"),
        ({"over": "k1"}, ns.ParameterError, "give reduce= too"),
        ({"reduce": "max", "over": "k3"}, ns.UnknownNameError, "unknown dimension 'k3'.*k1, k2"),
        ({"reduce": lambda v, axis: v}, ns.ParameterError, "that removes the axes"),
        ({"block": 0}, ns.ParameterError, "block is 0; wanted a whole number"),
        ({"threads": 1.5}, ns.ParameterError, "threads is 1.5; wanted a whole number"),
        ({"client": "localhost:8786"}, ns.ParameterError, "wanted a distributed.Client"),
    ],
)
def test_bad_options(options, error, message):
    with pytest.raises(error, match=message):
        ns.sweep(KERNEL, AXES, **options)


def test_edges_of_a_histogram_increase():
    for edges in ([1], [1, 1], [2, 1], [[1, 2]], [0, np.nan]):
        with pytest.raises(ns.ParameterError, match="edges of a histogram must increase"):
            ns.Histogram(edges)


@pytest.mark.parametrize("threads", [1, 2])
def test_an_undefined_result_names_the_point(tmp_path, threads):
    k = ns.compile({"x": "1/(a - b)"})
    axes = {"a": np.arange(1.0, 30), "b": np.arange(40.0, 28, -1)}
    with pytest.raises(ns.ParameterError, match=r"undefined.*, at a = 29\.0, b = 29\.0; . of 4 b"):
        ns.sweep(k, axes, store=tmp_path / "a.zarr", block=100, threads=threads)


def test_a_result_named_like_a_parameter():
    with pytest.raises(ns.NameClashError, match="'a' is both a result and an axis"):
        ns.sweep(ns.compile({"a": "a*2"}), {"a": [1.0, 2.0]})


@pytest.mark.parametrize(
    ("missing", "options"),
    [("xarray", {}), ("zarr", {"store": "a"}), ("distributed", {"client": 1})],
)
def test_missing_packages(monkeypatch, missing, options):
    hidden = lambda name: None if name == missing else find_spec(name)  # noqa: E731
    monkeypatch.setattr(labelled, "find_spec", hidden)
    monkeypatch.setattr(run, "find_spec", hidden)
    with pytest.raises(ns.MissingExtraError, match=r"pip install 'nesssym\[sweep\]'"):
        ns.sweep(KERNEL, AXES, **options)


@pytest.mark.parametrize("bar", [True, False])
def test_progress(monkeypatch, capsys, bar):
    if not bar:
        monkeypatch.setattr(progress, "find_spec", lambda name: None)
    ns.sweep(KERNEL, AXES, block=5)
    assert capsys.readouterr().err == ""
    monkeypatch.setattr(progress, "QUIET", 0)
    monkeypatch.setattr(progress, "EVERY", 0)
    ns.sweep(KERNEL, AXES, block=5)
    shown = capsys.readouterr().err
    assert "sweep: " in shown
    assert ("7/7" if bar else "7 of 7 blocks") in shown
    ns.sweep(KERNEL, AXES, block=5, progress=False)
    assert capsys.readouterr().err == ""
