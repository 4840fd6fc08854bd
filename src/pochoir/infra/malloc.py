"""Keep the C library from handing big buffers back to the kernel after each request.

An image in base64 is 2 to 3 MB. With glibc's defaults each such buffer is mapped, faulted in page by page and unmapped
again; kept, the same path takes about half the time for some 20 MB of memory.
"""

from __future__ import annotations

import ctypes
import sys

_TRIM_THRESHOLD, _TOP_PAD, _MMAP_THRESHOLD = -1, -2, -3
_GIB, _MIB = 1 << 30, 1 << 20


def tune() -> bool:
    """Set the thresholds once, when a server starts. False where the C library is not glibc; nothing changes then."""
    if not sys.platform.startswith("linux"):
        return False
    try:
        library = ctypes.CDLL("libc.so.6")
        mallopt = library.mallopt
    except (OSError, AttributeError):
        return False
    mallopt.argtypes, mallopt.restype = (ctypes.c_int, ctypes.c_int), ctypes.c_int
    settings = ((_MMAP_THRESHOLD, _GIB), (_TRIM_THRESHOLD, _GIB), (_TOP_PAD, 64 * _MIB))
    accepted = [mallopt(name, value) == 1 for name, value in settings]
    return all(accepted)
