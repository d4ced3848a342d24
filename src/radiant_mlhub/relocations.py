"""Where files of the retired service may lie today: not one of these could be verified.

Taken from public material of 2022 to 2026 by people without a network: asset hrefs of catalogs and their
documentation links (folders), torchgeo's downloads, Source Cooperative's products, AWS's registry of
open data. A copy may be laid out otherwise than the catalog has it: what is not found there is
looked for at its own address.
"""

from typing import NamedTuple

_AZURE = "https://radiantearth.blob.core.windows.net/mlhub/"
_AWS = "https://radiant-mlhub.s3.us-west-2.amazonaws.com/"
_SOURCE_COOPERATIVE = "https://data.source.coop/"

# Folder of the blob container, and what came of it on Source Cooperative; of some, more than one product.
_PRODUCTS = (
    ("african-crops-01", "radiantearth/african-crops-kenya-01"),
    ("african-crops-01", "radiantearth/african-crops-tanzania-01"),
    ("kenya-crop-challenge", "radiantearth/african-crops-kenya-02"),
    ("landcovernet", "radiantearth/landcovernet"),
    ("nasa-marine-debris", "nasa/marine-debris"),
    ("nasa-tropical-storm-challenge", "nasa/tropical-storm-competition"),
    ("nasa_rwanda_field_boundary_competition", "nasa/rwanda-field-boundary-competition"),
    ("ref-south-africa-crops-competition-v1", "radiantearth/south-africa-crops-competition"),
    ("ref_agrifieldnet_competition_v1", "radiantearth/agrifieldnet-competition"),
    ("ref_cloud_cover_detection_challenge_v1/final", "radiantearth/cloud-cover-detection-challenge"),
    ("su-african-crops-ghana", "stanford/africa-crops-ghana"),
    ("su-sar-moisture-content", "stanford/sar-moisture-conent"),  # spelled like this there
    ("technoserve-cashew-benin", "technoserve/cashews-benin"),
)


class Relocation(NamedTuple):
    """One place whose files are said to lie at another one, too. Unverified.

    Attributes:
        name: What it is asked for by.
        old: Beginning of the addresses in catalogs.
        new: What to put in its place.
    """

    name: str
    old: str
    new: str


RELOCATIONS = (
    *(
        Relocation("source.coop", f"{_AZURE}{folder}/", f"{_SOURCE_COOPERATIVE}{product}/")
        for folder, product in _PRODUCTS
    ),
    Relocation("aws", _AZURE, _AWS),
    Relocation("azure", "s3://radiant-mlhub/", _AZURE),
    Relocation("azure", _AWS, _AZURE),
    Relocation("azure", "https://radiant-mlhub.s3-us-west-2.amazonaws.com/", _AZURE),
    Relocation("azure", "https://radiant-mlhub.s3.amazonaws.com/", _AZURE),
)


def relocations_of(href: str) -> list[str]:
    """Names of the relocations that speak of ``href``."""
    return list(dict.fromkeys(each.name for each in RELOCATIONS if href.startswith(each.old)))
