"""The chaos proxy, for the tests of this folder."""

import pathlib
import sys

_SUPPORT = pathlib.Path(__file__).resolve().parent.parent / "support"
sys.path.append(str(_SUPPORT))

from chaos_proxy import ChaosProxy  # noqa: E402, F401
