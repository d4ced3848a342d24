"""The hub beside its peers, in one run: publishing, searching, serving an archive by ranges.

``python -m benchmarks.hub --help`` tells what can be chosen. Needs Linux with PostgreSQL and PostGIS for the
search, nginx for the archive; stac-fastapi.pgstac and pypgstac in an environment of their own.
"""
