"""From a folder or an archive to a dataset of the hub, whole or not at all.

A publication is made in a folder of its own, ``publications/{version}``, that nobody looks into;
one transaction of the store then lets it appear. What a kill leaves behind is that folder, and
the next publication deletes it.

- ``publication``          ``publish``: the steps, in order
- ``sources``              a folder, an archive or a download, as a folder of STAC objects
- ``reading``              its catalogs, collections and items, one after the other
- ``hrefs``                what an href means, and that nothing leads out of the source
- ``validation``           what is wrong with an object; ``extension_models`` for the extensions
- ``asset_files``          files copied, linked or left, and their digests
- ``rewriting``            objects as the store wants them
- ``staged``               what was made until now, on disk
- ``staging``              the folder of a publication, its lock, and what kills left
- ``intake``               everything of a source, object by object
- ``wishes``               how a dataset is to be published, and ``report`` what came of it
- ``dataset_record``       what ``/datasets/{id}`` says
- ``collection_archives``  one archive a collection
- ``catalog_archives``     the archive of all STAC objects, for one address of the hub
- ``models``               ``publish_model``
- ``failures``             what the system says, in our words
- ``checking``             ``check_hub``: whether files and database agree
"""

from .models import publish_model
from .publication import check, publish
from .report import PublicationReport

__all__ = ["PublicationReport", "check", "publish", "publish_model"]
