"""Datasets, collections and models of a hub as objects."""

from .collection import Collection
from .dataset import Dataset
from .ml_model import MLModel

__all__ = ["Collection", "Dataset", "MLModel"]
