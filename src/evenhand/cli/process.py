"""What the program asks of its own process before torch is loaded; an import asks nothing."""

from __future__ import annotations

from collections.abc import MutableMapping

WAITING = "OMP_WAIT_POLICY"
CACHED = "ONEDNN_PRIMITIVE_CACHE_CAPACITY"
OURS = {
    # Threads that wait for each other spin, and beside other work on the same cores they spin
    # away the time of the one waited for: two threads then train several times slower than one.
    WAITING: ("PASSIVE", ("GOMP_SPINCOUNT", "KMP_BLOCKTIME")),
    # A plan for every shape of batch is kept, half a megabyte each; 512 are those of 36 lengths.
    CACHED: ("512", ("DNNL_PRIMITIVE_CACHE_CAPACITY",)),
}
"""Variable -> value, and others of the same purpose."""


def settle(environment: MutableMapping[str, str]) -> None:
    """Set what the libraries read when they are loaded, unless the user said something.

    A variable stays as it is where it, or another of the same purpose, is set. None of them
    changes a number that is computed.
    """
    for name, (value, others) in OURS.items():
        if not {name, *others} & environment.keys():
            environment[name] = value
