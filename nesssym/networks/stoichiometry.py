"""What follows from the sides of reactions alone: complexes, deficiency, laws and cycles."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import networkx as nx
from flint import fmpq, fmpq_mat, fmpz_mat

from nesssym.exact import incidence
from nesssym.networks.labelled import Combination, LabelledMatrix
from nesssym.networks.reactions import Complex, Reaction

__all__ = ["Stoichiometry"]


@dataclass(frozen=True, eq=False)
class Stoichiometry:
    """Reactions, with some species held fixed: all that does not depend on rates.

    Parameters
    ----------
    reactions : tuple of Reaction
        The reactions.
    chemostats : tuple of str, optional
        Species that reservoirs hold fixed.
    """

    reactions: tuple[Reaction, ...]
    chemostats: tuple[str, ...] = ()

    @cached_property
    def species(self) -> tuple[str, ...]:
        """All species, in order of appearance."""
        return tuple(dict.fromkeys(s for r in self.reactions for s in r.species))

    @cached_property
    def internal(self) -> tuple[str, ...]:
        """The species that no reservoir holds."""
        return tuple(s for s in self.species if s not in self.chemostats)

    @cached_property
    def stoichiometry(self) -> LabelledMatrix:
        """The stoichiometric matrix of all species (rows) by reactions (columns)."""
        return self._stoichiometry(self.species)

    @cached_property
    def internal_stoichiometry(self) -> LabelledMatrix:
        """The rows of the stoichiometric matrix that belong to internal species."""
        return self._stoichiometry(self.internal)

    def _stoichiometry(self, species: tuple[str, ...]) -> LabelledMatrix:
        changes = [r.change for r in self.reactions]
        return LabelledMatrix(
            species,
            tuple(r.name for r in self.reactions),
            tuple(tuple(change.get(s, 0) for change in changes) for s in species),
        )

    @cached_property
    def complexes(self) -> tuple[Complex, ...]:
        """What stands on the sides of the reactions, seen by the internal species."""
        return tuple(dict.fromkeys(c for pair in self.sides for c in pair))

    @cached_property
    def sides(self) -> tuple[tuple[Complex, Complex], ...]:
        """The complexes of reactants and of products of every reaction."""
        return tuple(
            (r.reactants.only(self.internal), r.products.only(self.internal))
            for r in self.reactions
        )

    @cached_property
    def _joined(self) -> nx.DiGraph:
        """The complexes as numbers, joined by the directions of the reactions."""
        place = {c: i for i, c in enumerate(self.complexes)}
        joined = nx.DiGraph()
        joined.add_nodes_from(place.values())
        for r, (a, b) in zip(self.reactions, self.sides, strict=True):
            joined.add_edge(place[a], place[b])
            if r.reversible:
                joined.add_edge(place[b], place[a])
        return joined

    @cached_property
    def linkage_classes(self) -> tuple[tuple[Complex, ...], ...]:
        """The complexes that reactions join, in order."""
        parts = sorted(map(sorted, nx.weakly_connected_components(self._joined)))
        return tuple(tuple(self.complexes[i] for i in part) for part in parts)

    @cached_property
    def weakly_reversible(self) -> bool:
        """Whether from every reaction's product a way leads back to its reactant."""
        strong = nx.number_strongly_connected_components(self._joined)
        return bool(strong == len(self.linkage_classes))

    @cached_property
    def rank(self) -> int:
        """The rank of the stoichiometric matrix of internal species."""
        return incidence.rank(self.internal_stoichiometry.entries)

    @cached_property
    def reduced_basis(self) -> tuple[tuple[int, ...], tuple[tuple[fmpq, ...], ...]]:
        """The internal species whose rows are independent, and the link matrix L.

        With R the independent rows, the matrix of all internal species is L R.
        """
        columns = list(zip(*self.internal_stoichiometry.entries, strict=True))
        reduced, rank = fmpq_mat(fmpz_mat([list(row) for row in columns])).rref()
        rows = reduced.tolist()
        kept = tuple(next(j for j, x in enumerate(rows[i]) if x) for i in range(rank))
        link = tuple(tuple(rows[k][i] for k in range(rank)) for i in range(len(self.internal)))
        return kept, link

    @cached_property
    def deficiency(self) -> int:
        """Complexes less linkage classes less rank, with chemostats taken out of the complexes."""
        return len(self.complexes) - len(self.linkage_classes) - self.rank

    @cached_property
    def linkage_deficiencies(self) -> tuple[int, ...]:
        """The deficiency of each linkage class by itself."""
        found = []
        for part in self.linkage_classes:
            inside = set(part)
            changes = [[b[s] - a[s] for s in self.internal] for a, b in self.sides if a in inside]
            found.append(len(part) - 1 - (incidence.rank(changes) if changes else 0))
        return tuple(found)

    def conservation_laws(self) -> tuple[Combination, ...]:
        r"""Return a basis of what the reactions conserve among the internal species.

        Smallest whole numbers, without negative ones where that is possible. Those of `closed`
        that are missing here are broken by the chemostats; see `broken_laws`.

        Examples
        --------
        >>> import nesssym as ns
        >>> r = ns.ReactionNetwork.from_text("E + S <-> ES \n ES -> E + P")
        >>> r.conservation_laws()
        (E + ES, S + ES + P)
        """
        return self._laws

    @cached_property
    def _laws(self) -> tuple[Combination, ...]:
        found = incidence.conservation_laws(self.internal_stoichiometry.entries)
        return tuple(Combination.of(self.internal, law) for law in found)

    def broken_laws(self) -> tuple[Combination, ...]:
        r"""Return the laws of the closed network that the chemostats break.

        Together with `conservation_laws` they are a basis of the laws of `closed`.

        References
        ----------
        M. Polettini, M. Esposito, J. Chem. Phys. 141, 024117 (2014), doi:10.1063/1.4886396.

        Examples
        --------
        >>> import nesssym as ns
        >>> r = ns.ReactionNetwork.from_text("E + S <-> ES \n ES <-> E + P", ["S", "P"])
        >>> r.broken_laws()
        (S + ES + P,)
        """
        kept = [[law.get(s, 0) for s in self.species] for law in self._laws]
        return tuple(
            law for law in self._closed_laws if _grows(kept, [law.get(s, 0) for s in self.species])
        )

    @cached_property
    def _closed_laws(self) -> tuple[Combination, ...]:
        found = incidence.conservation_laws(self.stoichiometry.entries)
        return tuple(Combination.of(self.species, law) for law in found)

    def internal_cycles(self) -> tuple[Combination, ...]:
        """Return a basis of the sequences of reactions that change no species at all."""
        found = incidence.null_space(self.stoichiometry.entries)
        return tuple(Combination.of(self.stoichiometry.columns, v) for v in found)

    def emergent_cycles(self) -> tuple[Combination, ...]:
        r"""Return a basis of the cycles that change only chemostats: what reservoirs can drive.

        Their number is that of the chemostats less that of the broken laws.

        References
        ----------
        M. Polettini, M. Esposito, J. Chem. Phys. 141, 024117 (2014), doi:10.1063/1.4886396.

        Examples
        --------
        >>> import nesssym as ns
        >>> r = ns.ReactionNetwork.from_text("E + S <-> ES \n ES <-> E + P", ["S", "P"])
        >>> r.emergent_cycles()
        (R1 + R2,)
        """
        columns = self.stoichiometry.columns
        inner = [[c.get(name, 0) for name in columns] for c in self.internal_cycles()]
        found = incidence.null_space(self.internal_stoichiometry.entries)
        return tuple(Combination.of(columns, v) for v in found if _grows(inner, v))


def _grows(rows: list[list[int]], vector: list[int]) -> bool:
    """Tell whether a vector is independent of the rows, and add it to them if it is."""
    if incidence.rank([*rows, vector]) == len(rows):
        return False
    rows.append(vector)
    return True
