"""Items of a source without a download: found by the filters of a download, or indexed in one file.

1. ``reading``         every object of a source, wherever it is
2. ``found``           the items that filters and phrases leave
3. ``index_writer``    a ``.db`` for searches and downloads of this package
4. ``parquet_writer``  a ``.parquet`` for other programs
"""
