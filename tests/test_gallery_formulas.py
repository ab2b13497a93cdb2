"""Results of the gallery against formulas of the literature, evaluated here by themselves.

The formulas stand as textbooks print them, with the numbers of the defaults in them: nothing of
the library takes part in the right-hand side.
"""

from __future__ import annotations

import mpmath
import pytest
from mpmath import cosh, exp, log, mpf, pi, quad, sinh, sqrt, tanh

import nesssym as ns


def gas():
    return mpf("8.31446261815324")


def stefan_boltzmann():
    k, h, c = mpf("1.380649e-23"), mpf("6.62607015e-34"), mpf(299792458)
    return 2 * pi**5 * k**4 / (15 * h**3 * c**2)


def steel():
    """Kirchhoff's transform between two films: the flux, by bisection of the balance."""
    k, b, T0, L, hot, cold = (mpf(x) for x in ("14.9", "1.1e-3", "300", "0.3", "250", "40"))

    def Theta(T):
        return k * ((T - T0) + b * (T - T0) ** 2 / 2)

    J = mpmath.findroot(lambda J: Theta(800 - J / hot) - Theta(290 + J / cold) - J * L, 11000)
    return J, 290 + J / cold


def fin():
    d, h, k, L, Tb, Ti = (mpf(x) for x in ("0.005", "35", "167", "0.08", "400", "293.15"))
    P, A = pi * d, pi * d**2 / 4
    m = sqrt(h * P / (k * A))
    r = h / (m * k)
    Q = sqrt(h * P * k * A) * (Tb - Ti) * (sinh(m * L) + r * cosh(m * L))
    Q /= cosh(m * L) + r * sinh(m * L)
    b, a = (Tb - Ti) / cosh(m * L), Ti
    inner = 2 * mpmath.atanh(sqrt((a - b) / (a + b)) * tanh(m * L / 2)) / (m * sqrt(a**2 - b**2))
    sides = h * P * ((Tb - Ti) * tanh(m * L) / (m * Ti) - L + Ti * inner)
    return {"Q": Q, "eta": Q / (h * (P * L + A) * (Tb - Ti)), "sides": sides,
            "sigma": Q * (1 / Ti - 1 / Tb)}  # fmt: skip


def magnus(T):
    return mpf("610.94") * exp(mpf("17.625") * (T - mpf("273.15")) / (T - mpf("30.11")))


def beaker():
    T, P, L = mpf("298.15"), mpf(101325), mpf("0.05")
    D = mpf("2.178e-5") * (T / mpf("273.15")) ** mpf("1.81")
    c, x_s = P / (gas() * T), magnus(T) / P
    x_i = mpf("0.4") * x_s
    drive = log((1 - x_i) / (1 - x_s))
    M, rho, A = mpf("18.01528e-3"), mpf("997.05"), pi * mpf("0.035") ** 2
    N = c * D / L * drive
    a = mpf("0.1") * P / sqrt(2 * pi * M * gas() * T)
    # W(A C exp(A B))/A - B, as for a Stefan tube above a surface that resists.
    A_, B, C = L / (c * D), a * (1 - x_s), a * (1 - x_i)
    return {
        "N": N,
        "sigma": A * N * gas() * log(1 / mpf("0.4")),
        "middle": 1 - (1 - x_s) * sqrt((1 - x_i) / (1 - x_s)),
        "day": sqrt(L**2 + 2 * M * c * D / rho * drive * 86400),
        "kinetic": mpmath.lambertw(A_ * C * exp(A_ * B)).real / A_ - B,
    }


def boiling():
    dH, Tb, Tp, T = (mpf(x) for x in ("40657", "373.15", "430", "298.15"))
    heat = dH * (1 / Tb - 1 / Tp)
    cooling = mpf("33.6") * ((Tb - T) / T - log(Tb / T))
    spread = gas() * log(mpf(101325) / (magnus(T) / 2))
    return {"heat": heat, "cooling": cooling, "all": (heat + cooling + spread) * 1000 / dH}


def triangle():
    k, m = (mpf(3), mpf(2), mpf("1.5")), (mpf("0.5"), mpf("0.4"), mpf("0.2"))
    ahead, back = mpmath.fprod(k), mpmath.fprod(m)
    total = mpmath.fsum(k + m)
    Z = k[1] * k[2] + m[0] * k[2] + m[0] * m[1]
    Z += k[2] * k[0] + m[1] * k[0] + m[1] * m[2]
    Z += k[0] * k[1] + m[2] * k[1] + m[2] * m[0]
    J = (ahead - back) / Z
    chi = mpf("0.5")
    source = ahead * mpmath.expm1(chi) + back * mpmath.expm1(-chi)
    return {
        "J": J, "A": log(ahead / back), "var": (ahead + back - 2 * total * J**2) / Z,
        "scgf": mpmath.findroot(lambda x: x**3 + total * x**2 + Z * x - source, mpf("0.3")),
        "square": Z - total**2 / 4,
    }  # fmt: skip


def enzyme():
    k1, m1, k2, m2, S, P, E = map(mpf, ("1e6", "1e3", "500", "2e4", "1e-3", "2e-4", "1e-6"))
    v = E * (k1 * k2 * S - m1 * m2 * P) / (k1 * S + m1 + k2 + m2 * P)
    return v, gas() * v * log(k1 * k2 * S / (m1 * m2 * P))


def ring():
    f, u, D = mpf("2.3"), mpf("1.7"), mpf("0.8")
    J = D * sinh(pi * f) / (2 * pi**2 * abs(mpmath.besseli(1j * f, u)) ** 2)
    return J, 2 * pi * J * f


def reset():
    D, r, L, v = (mpf(x) for x in ("0.8", "0.5", "1.7", "0.4"))
    x, t = mpf("0.9"), mpf("1.5")
    al, mu = sqrt(r / D), sqrt(v**2 + 4 * D * r)
    q, w = x / sqrt(4 * D * t), sqrt(r * t)
    G = exp(-(x**2) / (4 * D * t)) / sqrt(4 * pi * D * t)
    p = exp(-al * x) * mpmath.erfc(q - w) - exp(al * x) * mpmath.erfc(q + w)
    tau = mpf("1.2")
    alive = quad(
        lambda s: mpmath.erf(L / sqrt(4 * D * s)) if s else mpf(1), [0, 0.02, 0.1, 0.3, 0.6, tau]
    )
    return {
        "steady": al / 2 * exp(-al * x), "J": r / 2 * exp(-al * x), "in time":
        exp(-r * t) * G + al / 4 * p, "drift": r / mu * exp((v * x - mu * x) / (2 * D)),
        "3 d": al**2 / (4 * pi * D * mpf("1.1")) * D * exp(-al * mpf("1.1")),
        "T": mpmath.expm1(al * L) / r, "T drift": mpmath.expm1(L * (mu - v) / (2 * D)) / r,
        "T sink": (exp(al * L) * (1 + 2 * sqrt(r * D) / mpf("0.7")) - 1) / r,
        "T overhead": mpmath.expm1(al * L) * (1 + r * mpf("0.2")) / r,
        "T ball": (mpf("1.5") / mpf("0.4") * exp(al * mpf("1.1")) - 1) / r,
        "T ends": (cosh(al * mpf("1.2")) / cosh(al * mpf("0.6")) - 1) / r,
        "T sharp": alive / mpmath.erfc(L / sqrt(4 * D * tau)),
        "z": 2 + mpmath.lambertw(-2 * exp(-2)).real,
    }  # fmt: skip


def earth():
    F = mpf(1361) * mpf("0.706") / 4
    T_e = (F / stefan_boltzmann()) ** mpf("0.25")
    T_s = T_e * (2 / (2 - mpf("0.78"))) ** mpf("0.25")
    B, S1, S2 = mpf("2.09"), mpf(300), mpf(175)
    # Two boxes by hand: T_1 - T_2 = (S_1 - S_2)/(B + 2 k), their sum does not depend on k.
    mean = mpf("273.15") + ((S1 + S2) / 2 - mpf("203.3")) / B
    k = sqrt(B**2 - (S1 - S2) ** 2 / (4 * mean**2)) / 2
    apart = (S1 - S2) / (B + 2 * k)
    H2 = mpf("340.25") * (mpf("-0.482") * mpf("0.681") - mpf("0.202"))
    a2 = mpf("340.25") * mpf("0.202") * mpf("0.482")
    # P_2^2 = 1/5 + 2/7 P_2 + 18/35 P_4
    H = {0: mpf("340.25") * mpf("0.681") - mpf("203.3") + a2 / 5, 2: H2 + a2 * 2 / 7,
         4: a2 * 18 / 35}  # fmt: skip
    pole = sum(h / (B + n * (n + 1) * mpf("0.649")) for n, h in H.items())
    delta = mpf("0.3")

    def spread(x, e):
        n = e / mpmath.expm1(x)
        return x**2 * ((1 + n) * log(1 + n) - n * log(n)) if x else mpf(0)

    chi = quad(lambda x: spread(x, delta), [0, 1, 5, 15, 60]) / (delta * 4 * pi**4 / 45)
    return {
        "sensitivity": 1 / (4 * stefan_boltzmann() * T_e**3), "one layer": T_s,
        "planet": 4 * F * (1 / T_e - 1 / mpf(5772)) / 3,
        "eddington": T_e * (1 + mpf("0.63")) ** mpf("0.25"),
        "best": k, "most": k * apart * (1 / (mean - apart / 2) - 1 / (mean + apart / 2)) ,
        "pole": pole, "chi": chi,
    }  # fmt: skip


def winters():
    G2 = 2 * sum(n * log(mpf(n) / (n - 2)) for n in (13, 12, 6))
    G2 += 2 * sum(n * log(mpf(n) / (n + 2)) for n in (2, 8, 9))
    return mpf(4) / 75, 4 * log(mpf(13) / 2) / 75, mpmath.erfc(sqrt(G2 / 2))


def sink():
    h = mpf("1e-4") ** 2 / (2 * mpf("9.80665") * mpf("0.62") ** 2 * mpf("2e-4") ** 2)
    tau, u = 2 * mpf("0.15") * h / mpf("1e-4"), sqrt(mpf("0.15") / h)
    later = h * (1 + mpmath.lambertw((u - 1) * exp(u - 1 - 120 / tau)).real) ** 2
    return tau, later


def chain():
    trace = mpf(8) / 23 + mpf(6) / 27 + mpf(11) / 25 - 1
    rows = mpmath.matrix([[8, 13, 2], [9, 6, 12], [6, 8, 11]])
    determinant = mpmath.det(rows) / (23 * 27 * 25)
    return trace / 2 - sqrt(trace**2 / 4 - determinant)


def closed():
    e = mpf("1.02") / 7
    a = e + (1 - e) * exp(mpf("-1.75"))
    b = mpf("1.02") - a
    return gas() * (mpf("0.3") * a - mpf("0.05") * b) * log(mpf("0.3") * a / (mpf("0.05") * b))


def leg():
    S, K, R_e, i, hot, cold = (mpf(x) for x in ("2e-4", "7.5e-4", "0.02", "1.2", "400", "300"))
    into = S * hot * i + K * (hot - cold) - i**2 * R_e / 2
    out = S * cold * i + K * (hot - cold) + i**2 * R_e / 2
    return into, out / cold - into / hot


def layers():
    J = 300 / (mpf("0.1") / 401 + mpf("1e-4") + mpf("0.05") / mpf("0.9") + mpf("2e-4")
               + mpf("0.2") / 237)  # fmt: skip
    return J, 600 - J * (mpf("0.1") / 401 + mpf("1e-4"))


def glowing():
    T = mpf("809.1856677031472910039624")
    J = (1000 - T) * 100
    return J, J * (mpf(1) / 300 - mpf(1) / 1000)


CASES = {
    ("metal_rod", "steel between gases, heat flux", "J"): lambda: steel()[0],
    ("metal_rod", "steel between gases, ends", "T_2"): lambda: steel()[1],
    ("metal_rod", "steel between gases, entropy production", "sigma"):
        lambda: mpf("5e-4") * steel()[0] * (mpf(1) / 290 - mpf(1) / 800),
    ("metal_rod", "layers, heat flux", "J"): lambda: layers()[0],
    ("metal_rod", "layers, interfaces", "T_2"): lambda: layers()[1],
    ("metal_rod", "lagged pipe, heat current", "Q"):
        lambda: 2 * pi * mpf("0.04") * 600 / log(mpf(2)),
    ("metal_rod", "lagged ball, heat current", "Q"): lambda: 4 * pi * mpf("0.04") * 600 / 5,
    ("metal_rod", "least entropy production", "sigma"):
        lambda: mpf("401e-4") * log(mpf(3)) ** 2 / mpf("0.5"),
    ("metal_rod", "glowing end, heat flux", "J"): lambda: glowing()[0],
    ("metal_rod", "glowing end, entropy production an area", "sigma"): lambda: glowing()[1],
    ("metal_rod", "fin, heat current", "Q"): lambda: fin()["Q"],
    ("metal_rod", "fin, efficiency", "eta"): lambda: fin()["eta"],
    ("metal_rod", "fin, entropy production", "sigma"): lambda: fin()["sigma"],
    ("metal_rod", "fin with an insulated tip, entropy production", "sides"):
        lambda: fin()["sides"],
    ("metal_rod", "thermoelectric leg, heat and power", "Q_h"): lambda: leg()[0],
    ("metal_rod", "thermoelectric leg, entropy production", "sigma"): lambda: leg()[1],
    ("evaporating_beaker", "molar flux", "J"): lambda: beaker()["N"],
    ("evaporating_beaker", "entropy production", "sigma"): lambda: beaker()["sigma"],
    ("evaporating_beaker", "mole fraction", "y"): lambda: beaker()["middle"],
    ("evaporating_beaker", "depth in time", "L"): lambda: beaker()["day"],
    ("evaporating_beaker", "resisting surface, molar flux", "N"): lambda: beaker()["kinetic"],
    ("evaporating_beaker", "boiling, entropy a mole", "conduction"): lambda: boiling()["heat"],
    ("evaporating_beaker", "boiling, entropy a mole", "cooling"): lambda: boiling()["cooling"],
    ("evaporating_beaker", "boiling, entropy production", "sigma"): lambda: boiling()["all"],
    ("closed_reaction", "entropy production", "sigma"): closed,
    ("closed_reaction", "equilibrium constant", "K"): lambda: mpf(6),
    ("closed_reaction", "standard free energy", "dG"): lambda: -gas() * mpf("298.15") * log(mpf(6)),
    ("triangular_cycle", "current", "J"): lambda: triangle()["J"],
    ("triangular_cycle", "affinity", "A"): lambda: triangle()["A"],
    ("triangular_cycle", "cumulants", "c2"): lambda: triangle()["var"],
    ("triangular_cycle", "generating function", "lambda"): lambda: triangle()["scgf"],
    ("triangular_cycle", "frequency", "square"): lambda: triangle()["square"],
    ("stoichiometric_ness", "enzyme, rate", "v"): lambda: enzyme()[0],
    ("stoichiometric_ness", "enzyme, entropy production", "sigma"): lambda: enzyme()[1],
    ("stoichiometric_ness", "Schloegl, affinities", "A"):
        lambda: log(mpf("1.5e-2") * mpf("3.5") / (mpf("1e-4") / 6 * 200)),
    ("probability_currents", "ring current", "J"): lambda: ring()[0],
    ("probability_currents", "ring entropy production", "sigma"): lambda: ring()[1],
    ("stochastic_resetting", "density", "p"): lambda: reset()["steady"],
    ("stochastic_resetting", "current", "J"): lambda: reset()["J"],
    ("stochastic_resetting", "density in time", "p"): lambda: reset()["in time"],
    ("stochastic_resetting", "density with drift", "p"): lambda: reset()["drift"],
    ("stochastic_resetting", "density in 3 dimensions", "p"): lambda: reset()["3 d"],
    ("stochastic_resetting", "mean time", "T"): lambda: reset()["T"],
    ("stochastic_resetting", "mean time with drift", "T"): lambda: reset()["T drift"],
    ("stochastic_resetting", "mean time, point sink", "T"): lambda: reset()["T sink"],
    ("stochastic_resetting", "mean time with overhead", "T"): lambda: reset()["T overhead"],
    ("stochastic_resetting", "mean time, ball", "T"): lambda: reset()["T ball"],
    ("stochastic_resetting", "mean time, interval", "T"): lambda: reset()["T ends"],
    ("stochastic_resetting", "sharp restart", "T"): lambda: reset()["T sharp"],
    ("stochastic_resetting", "optimum in natural units", "z"): lambda: reset()["z"],
    ("earth_climate", "sensitivity", "lambda"): lambda: earth()["sensitivity"],
    ("earth_climate", "one layer", "T_s"): lambda: earth()["one layer"],
    ("earth_climate", "planetary entropy production", "sigma"): lambda: earth()["planet"],
    ("earth_climate", "grey atmosphere", "T_s"): lambda: earth()["eddington"],
    ("earth_climate", "two boxes, best transport", "k"): lambda: earth()["best"],
    ("earth_climate", "two boxes, most entropy", "sigma"): lambda: earth()["most"],
    ("earth_climate", "one-dimensional climate, above 0 degrees", "pole"):
        lambda: earth()["pole"],
    ("earth_climate", "diluted light", "chi"): lambda: earth()["chi"],
    ("el_nino", "current", "J"): lambda: winters()[0],
    ("el_nino", "irreversibility", "sigma"): lambda: winters()[1],
    ("el_nino", "test of detailed balance", "p"): lambda: winters()[2],
    ("el_nino", "eigenvalues of the chain", "alternating"): chain,
    ("kitchen_sink", "relaxation time", "tau"): lambda: sink()[0],
    ("kitchen_sink", "level in time", "h"): lambda: sink()[1],
    ("kitchen_sink", "molecular current", "J"): lambda: mpf("2.8"),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=" ".join)
def test_formula(case):
    name, quantity, label = case
    got = ns.gallery.load(name).at(quantity, digits=30)[label]
    with mpmath.workdps(30):
        assert abs(got / CASES[case]() - 1) < mpf(10) ** -20


def test_a_slow_ramp_has_an_excess_that_falls_as_its_duration_grows():
    ring = ns.gallery.load("crooks_hatano_sasa")
    slow, slower = (
        float(ring.at("Hatano-Sasa of a ramp", {"tau_r": t})["mean"]) * t for t in (20, 40)
    )
    assert slower == pytest.approx(slow, rel=3e-3)


def test_the_time_until_a_depth_is_when_the_depth_is_reached():
    beaker = ns.gallery.load("evaporating_beaker")
    time = beaker.at("time until a depth", digits=30)["t"]
    reached = beaker.at("depth in time", {"t": mpmath.nstr(time, 30)})["L"]
    assert reached == pytest.approx(0.06, rel=1e-15)
