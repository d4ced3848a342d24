"""The hub: MLHub's API, a STAC API, files and web pages over a folder of published datasets.

::

    store           what a hub holds; ``queries``: the questions it answers
    sqlite_store    the answers, from one SQLite file
    folder          where everything lies; ``locks``
    dataset_ids     what a dataset may be called
    settings        whom a hub lets in and where it is reached
    publishing      from a folder or an archive to a dataset of the hub
    making          a STAC catalog from chips and labels
    api             MLHub's API and the STAC API
    serving         the server, keys, files with ranges
    web, drawing    the pages, and the pictures on them
    app             all of it behind one door
    demo            a hub with generated datasets

``python -m radiant_mlhub.hub`` starts the demo's; ``pip install 'radiant-mlhub[demo]'`` brings what it needs.
"""
