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
application = make_app(CKANConfigLoader(ini).get_config())  # pyright: ignore
Path(f"run/worker-{os.getpid()}").touch()  # loaded: `servers` waits for that
