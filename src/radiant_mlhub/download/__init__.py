"""A dataset to disk, the files in the order data meets them.

1. ``options``        what was asked, checked before any request
2. ``catalog``        the catalog archive, whole and on disk
3. ``item_records``, ``plain_items``   each STAC object reduced to an ``ItemRecord`` (``records``)
4. ``filters``, ``intervals``, ``place_filter``, ``shapes``   why an item is left out
5. ``index``, ``catalog_rows``, ``manifest``   every item and asset written down, judged;
   ``known_catalog``: or not again
6. ``save_paths``     who gets which path, in the whole catalog; ``path_claims``: whose is certain before
7. ``transfer_plan``  rows to transfers: kept, continued, fetched; ``disk_space``: if they fit
8. ``work``           3 to 7 step by step, while files arrive; ``pipeline``: around it, and nothing else
9. ``into_bucket``, ``uploads``   on to a bucket, where that is asked for
10. ``report``        ``DownloadReport``, ``err_report.csv``
"""
