"""How the passes are compiled.

Kernels own no memory: every array comes from the caller. So the counting of references, which would cost as much as
the arithmetic in the inner loops, is left out (``_nrt``), and a picture allocates nothing but its result.
"""

from functools import partial

from numba import njit

kernel = partial(njit, cache=True, nogil=True, error_model="numpy", _nrt=False)
inlined = partial(kernel, forceinline=True)  # a function of the innermost loop
