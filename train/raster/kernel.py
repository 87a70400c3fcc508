"""How the passes are compiled.

Kernels own no memory: every array comes from the caller. So the counting of references, which would cost as much as
the arithmetic in the inner loops, is left out (``_nrt``), and a picture allocates nothing but its result.

numba's cache on disk looks only at the file of the outermost function. After a change to a function or a constant
that other files of this package use, remove the package's __pycache__.
"""

from functools import partial

from numba import njit

kernel = partial(njit, cache=True, nogil=True, error_model="numpy", _nrt=False)
inlined = partial(kernel, forceinline=True)  # a function of the innermost loop
