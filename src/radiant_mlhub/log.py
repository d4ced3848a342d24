"""The one logger, under the name the documentation gives it, whichever module speaks."""

import logging

LOGGER_NAME = "radiant_mlhub.client.catalog_downloader"
"""People set its level in their scripts, so it is the same for the whole package."""

logger = logging.getLogger(LOGGER_NAME)
