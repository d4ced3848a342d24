"""What a hub shows to people who look rather than read: plain HTML made on the server.

Everything a page needs comes from the hub itself (the templates, style sheet and scripts lie
here); without scripts all works but the map and the copy buttons. What publishers wrote is
escaped wherever it is shown, and every page forbids the browser anything but the hub's own files.

- ``routes``      the pages and files, and who may see them
- ``dataset_page``  what a dataset's page tells, from the store
- ``searching``   the words and tags somebody looks for
- ``footprints``  where a dataset's items lie, small enough to draw at once
- ``examples``    which items are shown, with which files
- ``previews``    their pictures, drawn once (``hub.drawing``) and kept
- ``words``       texts, sizes and times as a page shows them
- ``visitors``    the cookie that stands for a key on a private hub
"""

from .routes import web_routes

__all__ = ["web_routes"]
