"""How the passes are compiled.

Kernels own no memory: every array comes from the caller. So the counting of references, which would cost as much as
the arithmetic in the inner loops, is left out (``_nrt``), and a picture allocates nothing but its result.
"""

import hashlib
from functools import partial
from pathlib import Path

from numba import njit

kernel = partial(njit, cache=True, nogil=True, error_model="numpy", _nrt=False)
inlined = partial(kernel, forceinline=True)  # a function of the innermost loop


def forget_stale(package: Path) -> None:
    """Remove the compiled kernels below ``package`` if the source of any of them has changed since.

    numba's own cache looks only at the file of the outermost function, and would miss a change to a function or a
    constant that other files use.
    """
    sources = [path.read_bytes() for path in sorted(package.rglob("*.py"))]
    digest = hashlib.sha256(b"".join(source for source in sources if b"njit" in source or b"kernel" in source))
    note = package / "__pycache__" / "kernels.sha256"
    try:
        if note.exists() and note.read_text() == digest.hexdigest():
            return
        for compiled in (*package.rglob("__pycache__/*.nbi"), *package.rglob("__pycache__/*.nbc")):
            compiled.unlink(missing_ok=True)
        note.parent.mkdir(exist_ok=True)
        note.write_text(digest.hexdigest())
    except OSError:
        return  # a read-only installation has no cache beside it either


forget_stale(Path(__file__).parents[1])
