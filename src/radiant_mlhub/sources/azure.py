"""Containers of Azure's blob storage."""

import hmac
from base64 import b64decode, b64encode
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from ..exceptions import TransferFailed
from .buckets import Place
from .clouds import is_true
from .obstore_signing import signed

_ACCOUNTS = ("AZURE_STORAGE_ACCOUNT_NAME", "AZURE_STORAGE_ACCOUNT")
_KEYS = ("AZURE_STORAGE_ACCOUNT_KEY", "AZURE_STORAGE_KEY", "AZURE_STORAGE_ACCESS_KEY")
_SHARED_SIGNATURES = ("AZURE_STORAGE_SAS_TOKEN", "AZURE_STORAGE_SAS_KEY")
_ENDPOINTS = ("AZURE_STORAGE_ENDPOINT", "AZURE_ENDPOINT")
_SIGNED_VERSION = "2023-11-03"
_CONNECTION = "AZURE_STORAGE_CONNECTION_STRING"
# What the emulator is known by, everywhere: these are no secrets.
_EMULATED_ACCOUNT = "devstoreaccount1"
_EMULATED_KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
_SERVICE_PRINCIPALS = (
    ("AZURE_CLIENT_ID", "AZURE_CLIENT_SECRET", "AZURE_TENANT_ID"),
    ("AZURE_STORAGE_CLIENT_ID", "AZURE_STORAGE_CLIENT_SECRET", "AZURE_STORAGE_TENANT_ID"),
    ("AZURE_CLIENT_ID", "AZURE_TENANT_ID", "AZURE_FEDERATED_TOKEN_FILE"),
)


class Azure:
    """Blob storage as the environment's variables ``AZURE_*`` say it is to be asked.

    Keys, shared signatures and endpoints are of the environment's own account alone; another account's
    containers are asked for as a service principal, or anonymously.
    """

    def __init__(self, variables: Mapping[str, str], *, unsigned: bool = False) -> None:
        named = _of_connection(variables.get(_CONNECTION, ""))
        is_emulated = is_true(variables.get("AZURE_STORAGE_USE_EMULATOR"))
        self._account = _first(variables, _ACCOUNTS) or named.get("AccountName")
        self._key = _first(variables, _KEYS) or named.get("AccountKey")
        self._endpoint = _first(variables, _ENDPOINTS) or named.get("BlobEndpoint")
        signature = _first(variables, _SHARED_SIGNATURES) or named.get("SharedAccessSignature")
        self._signature = (signature or "").lstrip("?")
        self._is_skipped = unsigned or is_true(variables.get("AZURE_SKIP_SIGNATURE"))
        self._is_principal = any(all(name in variables for name in names) for names in _SERVICE_PRINCIPALS)
        self._stores: dict[tuple[str, str], Any] = {}
        if is_emulated:
            host = variables.get("AZURITE_BLOB_STORAGE_URL", "http://127.0.0.1:10000")
            self._account = self._account or _EMULATED_ACCOUNT
            self._key = self._key or (_EMULATED_KEY if self._account == _EMULATED_ACCOUNT else None)
            self._endpoint = self._endpoint or f"{host.rstrip('/')}/{self._account}"

    def plain_address(self, place: Place) -> str:
        """The public address of an object, with the shared signature that the environment holds."""
        account = self._account_of(place)
        is_own = account == self._account
        endpoint = self._endpoint if is_own and self._endpoint else f"https://{account}.blob.core.windows.net"
        address = f"{endpoint.rstrip('/')}/{place.bucket}/{place.path}"
        return f"{address}?{self._signature}" if is_own and self.is_shared(place) else address

    def is_shared(self, place: Place) -> bool:
        """Whether the environment holds a signature for all of this account."""
        return bool(self._signature) and not self._is_skipped and self._account_of(place) == self._account

    def has_credentials(self, place: Place) -> bool:
        """Whether the environment holds what to sign with."""
        is_own = place.account in (None, self._account)
        return not self._is_skipped and (self._is_principal or (is_own and self._key is not None))

    def sign(self, place: Place, lifetime: timedelta) -> str:
        """A signed address of an object: by the account's key, else as a service principal."""
        account = self._account_of(place)
        if account == self._account and self._key is not None:
            return f"{self.plain_address(place)}?{_signature_for(account, self._key, place, lifetime)}"
        if (account, place.bucket) not in self._stores:
            from obstore.store import AzureStore  # noqa: PLC0415 - the extra "cloud"

            self._stores[account, place.bucket] = AzureStore(place.bucket, account_name=account)
        return signed(self._stores[account, place.bucket], place, lifetime)

    def store(self, place: Place) -> Any:
        """The container as obstore knows it, to be written to."""
        from obstore.store import AzureStore  # noqa: PLC0415 - the extra "cloud"

        account = self._account_of(place)
        told: dict[str, Any] = {"account_name": account}
        if account == self._account:
            told |= {"account_key": self._key} if self._key else {}
            if self._endpoint:
                told["endpoint"] = self._endpoint
                told["client_options"] = {"allow_http": self._endpoint.startswith("http:")}
        return AzureStore(place.bucket, **told)

    def learn(self, place: Place, headers: Mapping[str, str]) -> bool:
        """Nothing: an account is in one place."""
        return False

    def wanted(self) -> str:
        """The variables that credentials would be in."""
        return "AZURE_STORAGE_ACCOUNT_NAME with AZURE_STORAGE_ACCOUNT_KEY or AZURE_STORAGE_SAS_TOKEN"

    def _account_of(self, place: Place) -> str:
        account = place.account or self._account
        if account is None:
            href = f"az://{place.bucket}/{place.key}"
            raise TransferFailed(
                "its address names no storage account, and neither does the environment: set "
                "AZURE_STORAGE_ACCOUNT_NAME",
                href=href,
            )
        return account


def _signature_for(account: str, key: str, place: Place, lifetime: timedelta) -> str:
    """A service shared access signature for reading one blob.

    Not by obstore 0.12, which signs the name as an address has it, percent-encoded: Azure refuses
    that for every name with a blank or an umlaut in it.

    Raises:
        ValueError: The key is none.

    Source: "Create a service SAS", version 2020-12-06 and later.
    """
    began = datetime.now(UTC)
    begins, ends = (f"{time:%Y-%m-%dT%H:%M:%SZ}" for time in (began - timedelta(minutes=5), began + lifetime))
    resource = f"/blob/{account}/{place.bucket}/{place.key}"
    fields = ["r", begins, ends, resource, "", "", "", _SIGNED_VERSION, "b", *[""] * 7]
    digest = hmac.digest(b64decode(key, validate=True), "\n".join(fields).encode(), "sha256")
    told = {"sv": _SIGNED_VERSION, "sr": "b", "sp": "r", "st": begins, "se": ends}
    return urlencode({**told, "sig": b64encode(digest).decode()})


def _first(variables: Mapping[str, str], names: tuple[str, ...]) -> str | None:
    return next((variables[name] for name in names if name in variables), None)


def _of_connection(text: str) -> dict[str, str]:
    """The fields of a connection string: ``AccountName=...;AccountKey=...;BlobEndpoint=...``."""
    fields = (field.partition("=") for field in text.split(";") if field)
    return {name.strip(): value.strip() for name, _, value in fields}
