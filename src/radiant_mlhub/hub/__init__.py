"""A small MLHub API server for one machine: the demo, the guides and the tests talk to it.

``python -m radiant_mlhub.hub`` starts one on loopback with a dataset made on the spot
(``pip install 'radiant-mlhub[demo]'`` brings what it needs).

- ``holdings``    what a hub can answer about
- ``app``         the API's endpoints over holdings
- ``files``       one file as an answer: ranges, validators, digests
- ``server``      an app on a loopback port, in a thread
- ``demo_*``      a dataset made of a seed: chips, labels, a PDF, a model, their STAC objects
"""
