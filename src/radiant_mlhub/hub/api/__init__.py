"""The MLHub API and a STAC API in one tree under ``/mlhub/v1/``.

- ``routes``        every operation: its path, who may call it, what it answers
- ``mlhub``         datasets, catalogs, archives, models: what the hosted service of 2022 had
- ``stac``          landing page, collections, items, search
- ``requests``      a query string or a body, read into the store's questions
- ``moments``, ``geometry``, ``filters``, ``fields``   the values in them
- ``item_pages``    pages of items, spliced from stored text
- ``large_pages``   few pages of thousands at once
- ``links``         where an object stands: self, root, parent, collection, items
- ``answers``       bytes with their media type, compressed where asked for
- ``errors``        every refusal in one form
- ``openapi``       the document about all of it
"""
