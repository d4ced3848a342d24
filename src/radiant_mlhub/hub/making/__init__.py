"""A STAC catalog for a folder of chips and a folder of labels: what most publishers lack.

``make_catalog`` reads footprints from the GeoTIFFs, times from file names, pairs labels with
chips by name, and writes a catalog that ``mlhub publish`` takes as it is.

- ``catalog``    the whole, from folders to ``catalog.json``
- ``items``      its items and collections, as they are written
- ``files``      which files belong together
- ``names``      what a file name tells: its date, and which chip a label belongs to
- ``chips``      what a GeoTIFF tells: place, time, shape
- ``labels``     what a label file tells: properties, classes
- ``splits``     which chips are for training, validation and test
- ``stac``       the STAC objects
- ``placing``    where the files of the catalog lie

Needs ``pip install 'radiant-mlhub[demo]'``: rasterio reads the chips.
"""

from .catalog import MadeCatalog, make_catalog

__all__ = ["MadeCatalog", "make_catalog"]
