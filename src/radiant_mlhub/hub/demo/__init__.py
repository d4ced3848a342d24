"""Two datasets and a model, made of a seed and published in a hub: for the demo, the guides and the tests.

They are made up and say so; their shape is that of MLHub's datasets: imagery and labels in a
collection each, one document that every item points at, tables of splits, archives.
``pip install 'radiant-mlhub[demo]'`` brings what draws them.

- ``hub``       a hub on loopback that serves them
- ``crops``     fields in Kenya and Mali on three days: polygons and rasters of crops
- ``floods``    a river before and in a flood, seen by radar over ranges of days
- ``model``     a classifier of the crops
- ``fields``, ``river``  the landscapes
- ``pictures``, ``pdf``  how they are written
"""

from .hub import DEMO_KEY, DemoHub, demo_hub

__all__ = ["DEMO_KEY", "DemoHub", "demo_hub"]
