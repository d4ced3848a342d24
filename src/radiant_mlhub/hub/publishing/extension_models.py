"""The fields of STAC extensions, written from their texts, as pydantic models.

Every field that a text requires is required here; ``validation`` lets a missing one pass with a
note, since MLHub's own label items carry none of them.

Sources: https://github.com/stac-extensions/label (1.0), .../ml-model (1.0), .../file (2.1),
.../scientific (1.0).
"""

from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StrictInt, model_validator

Number = int | float


class _Fields(BaseModel):
    model_config = ConfigDict(extra="allow", strict=True)


class LabelClass(_Fields):
    """The class names of one property; the name is null for rasters."""

    name: str | None
    classes: list[str] | list[Number]


class _Count(_Fields):
    name: str
    count: int


class _Statistic(_Fields):
    name: str
    value: Number


class LabelOverview(_Fields):
    """How often each class occurs, or statistics of a number."""

    property_key: str | None = None
    counts: list[_Count] | None = None
    statistics: list[_Statistic] | None = None


class LabelProperties(_Fields):
    """``label:*`` of an item."""

    type: Literal["vector", "raster"] = Field(alias="label:type")
    properties: list[str] | None = Field(alias="label:properties")
    description: str = Field(alias="label:description")
    classes: list[LabelClass] | None = Field(None, alias="label:classes")
    tasks: list[str] | None = Field(None, alias="label:tasks")
    methods: list[str] | None = Field(None, alias="label:methods")
    overviews: list[LabelOverview] | None = Field(None, alias="label:overviews")


class MLModelProperties(_Fields):
    """``ml-model:*`` of an item."""

    type: Literal["ml-model"] = Field(alias="ml-model:type")
    learning_approach: str = Field(alias="ml-model:learning_approach")
    prediction_type: str = Field(alias="ml-model:prediction_type")
    architecture: str = Field(alias="ml-model:architecture")
    training_processor_type: Literal["cpu", "gpu"] | None = Field(
        None, alias="ml-model:training-processor-type"
    )
    training_os: str | None = Field(None, alias="ml-model:training-os")


def _relative(path: str) -> str:
    if path.startswith("/") or "\\" in path or ".." in path.split("/"):
        raise ValueError("is no relative path with / between its parts")
    return path


class FileFields(_Fields):
    """``file:*`` of an asset."""

    size: Annotated[StrictInt, Field(ge=0)] | None = Field(None, alias="file:size")
    header_size: Annotated[StrictInt, Field(ge=0)] | None = Field(None, alias="file:header_size")
    checksum: Annotated[str, Field(pattern=r"^[0-9a-f]+$")] | None = Field(None, alias="file:checksum")
    byte_order: Literal["big-endian", "little-endian"] | None = Field(None, alias="file:byte_order")
    local_path: Annotated[str, AfterValidator(_relative)] | None = Field(None, alias="file:local_path")


# The text says that a DOI is no link; a DOI is "10.", a registrant and a suffix (ANSI/NISO Z39.84).
Doi = Annotated[str, Field(pattern=r"^10\.[^\s/]+/\S+$")]


class _Publication(_Fields):
    doi: Doi | None = None
    citation: str | None = None


class ScientificFields(_Fields):
    """``sci:*`` of an item's properties or a collection."""

    doi: Doi | None = Field(None, alias="sci:doi")
    citation: str | None = Field(None, alias="sci:citation")
    acknowledgement: str | None = Field(None, alias="sci:acknowledgement")
    publications: list[_Publication] | None = Field(None, alias="sci:publications")

    @model_validator(mode="after")
    def _says_something(self) -> "ScientificFields":
        if not (self.doi or self.citation or self.acknowledgement or self.publications):
            raise ValueError("lists the scientific extension and has none of its fields")
        return self
