"""Sweeps of kernels over labelled axes: in threads, on a cluster, larger than memory."""

from nesssym.sweep.labelled import open_sweep
from nesssym.sweep.reductions import Histogram
from nesssym.sweep.run import sweep

__all__ = ["Histogram", "open_sweep", "sweep"]
