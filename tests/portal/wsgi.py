"""CKAN as gunicorn's workers load it, with the Python of CKAN and the portal's folder as working folder.

It is read as text and copied there; nothing of the project imports it.
"""

import ctypes
import logging.config
import os
import signal
from pathlib import Path

from ckan.cli import CKANConfigLoader  # pyright: ignore
from ckan.config.middleware import make_app  # pyright: ignore

ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG: a worker does not outlive its master
ini = str(Path("ckan.ini").resolve())
logging.config.fileConfig(ini)
ckan = make_app(CKANConfigLoader(ini).get_config())  # pyright: ignore


def application(environ, start_response):  # pyright: ignore
    """CKAN, which says besides in a header which worker answers: `portal` waits for every one after a reset."""

    def start(status, headers, *more):  # pyright: ignore
        return start_response(status, [*headers, ("X-Worker", str(os.getpid()))], *more)  # pyright: ignore

    return ckan(environ, start)  # pyright: ignore


Path(f"run/worker-{os.getpid()}").touch()  # loaded: `servers` waits for that
