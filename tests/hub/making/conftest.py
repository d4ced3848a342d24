import pytest

pytest.importorskip("rasterio", reason="chips are read with rasterio: pip install 'radiant-mlhub[demo]'")
