"""The version, once: packaging, the User-Agent and ``mlhub --version`` read it here."""

__version__ = "1.0.0.dev0"
