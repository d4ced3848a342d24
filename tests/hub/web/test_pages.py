"""The pages say what is there, to people and to nobody's scripts."""

import html
import os
import re
import subprocess
import sys
from pathlib import Path
from urllib.parse import urljoin

import pytest
import requests

from radiant_mlhub.hub.settings import HubSettings
from support.demo import hub, hub_folder
from support.web_hub import web_hub

__all__ = ["hub", "hub_folder"]


@pytest.fixture
def page(pages):
    """The text of a page."""

    def page(path: str, **query: object) -> str:
        answer = requests.get(pages.origin + path, params=query, timeout=10)
        assert answer.status_code == 200, path
        return answer.text

    return page


def titles(text: str) -> list[str]:
    return [html.unescape(one) for one in re.findall(r"<h2><a [^>]*>(.*?)</a></h2>", text)]


def test_all_datasets_are_listed(page):
    text = page("/")

    assert "Crops of three places" in titles(text)
    assert "3 datasets" in text
    assert 'href="/datasets/crops_2026"' in text


def test_models_are_listed_below_the_datasets(hub):
    text = requests.get(f"{hub.origin}/", timeout=10).text

    assert "Demo Floods: a Generated River in Mozambique" in titles(text)
    assert '<a href="/mlhub/v1/models/demo_crop_classifier_v1">Demo Crop Classifier</a>' in text
    assert "Demo Crop Classifier" not in requests.get(f"{hub.origin}/?text=crops", timeout=10).text


def test_every_word_must_be_found_and_a_quoted_phrase_whole(page):
    assert titles(page("/", text="Kenya crops")) == ["Crops of three places"]
    assert titles(page("/", text="Kenya boxes")) == []
    assert titles(page("/", text='"three places"')) == ["Crops of three places"]
    assert titles(page("/", text='"places three"')) == []


def test_tags_narrow_the_list_and_can_be_let_go(page):
    text = page("/", tags=["crops", "kenya"])

    assert titles(text) == ["Crops of three places"]
    assert 'href="/?tags=kenya" aria-current="true"' in text


@pytest.mark.parametrize(
    "query",
    [{"text": '" OR * NEAR('}, {"text": "\0"}, {"text": "x" * 5000}, {"page": "-1"}, {"page": "9" * 30}],
)
def test_whatever_is_searched_for_is_answered(page, query):
    assert "<h1>Training datasets</h1>" in page("/", **query)


def test_a_dataset_page_tells_what_it_is_and_how_to_have_it(page, pages):
    text = page("/datasets/crops_2026")

    for told in (
        "<h1>Crops of three places</h1>",
        "<strong>Kenya</strong>",
        'href="https://doi.org/10.5072/crops"',
        "CC0-1.0",
        "Somebody (2026)",
        "in 6 items",
        "2019-06-06 to 2019-10-04",
        f"export MLHUB_ROOT_URL={pages.origin}/mlhub/v1/",
        "mlhub download crops_2026",
        "Dataset.fetch(&#34;crops_2026&#34;",
    ):
        assert told in text
    assert text.count("<figure>") == 3


def test_a_command_on_a_page_can_be_typed_where_an_id_looks_like_an_option(tmp_path):
    with web_hub(tmp_path / "hub") as hub:
        with hub.publish("-crops"):
            pass
        text = requests.get(f"{hub.origin}/datasets/-crops", timeout=10).text

    assert "mlhub download -- -crops" in text


def test_nothing_that_a_publisher_writes_becomes_a_tag_or_a_script(page):
    for path in ("/", "/datasets/hostile"):
        text = page(path)

        assert "alert(1)" in text
        assert "<script>alert" not in text
        assert "<img src=x" not in text
        assert 'href="javascript:' not in text
        assert "49" not in re.sub(r"\d{3,}", "", text)


def test_a_page_may_load_nothing_but_the_hubs_own_files(pages):
    for path in ("/", "/datasets/crops_2026", "/datasets/nothing"):
        answer = requests.get(pages.origin + path, timeout=10)
        policy = answer.headers["Content-Security-Policy"]

        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert not re.findall(r'(?:src|action)="(?!/)', answer.text)
        assert " style=" not in answer.text


def test_a_dataset_that_is_not_there_is_a_page_that_says_so(pages):
    for name in ("nothing", "%3Cscript%3E", "a" * 5000, "%00"):
        answer = requests.get(f"{pages.origin}/datasets/{name}", timeout=10)

        assert answer.status_code == 404
        assert "There is no such dataset" in answer.text


def test_links_hold_the_prefix_under_which_a_proxy_serves_the_hub(tmp_path):
    settings = HubSettings(base_url="https://example.org/hub")
    with web_hub(tmp_path / "hub", settings) as hub:
        with hub.publish("one", tags=["tag"]) as shelf:
            chip = shelf.file("a.png", b"png", "image/png")
            shelf.item("source", "a", [0, 0, 1, 1], {"image": chip})
        texts = [requests.get(hub.origin + path, timeout=10).text for path in ("/?text=o", "/datasets/one")]

    for text in texts:
        links = re.findall(r'(?:href|src|action|data-footprints)="([^"]*)"', text)
        assert [one for one in links if not one.startswith(("/hub/", "https://example.org/hub/", "#"))] == []
    assert "export MLHUB_ROOT_URL=https://example.org/hub/mlhub/v1/" in texts[1]


def test_nobody_signs_in_where_that_opens_nothing(pages):
    assert requests.get(f"{pages.origin}/sign-in", timeout=10).url == f"{pages.origin}/"


def test_static_files_are_the_packages_own_and_no_others(pages):
    for name in ("style.css", "map.js", "copy.js", "icon.svg"):
        assert requests.get(f"{pages.origin}/static/{name}", timeout=10).ok
    for name in ("../routes.py", "%2e%2e/routes.py", "..%2froutes.py", "", "nothing"):
        assert requests.get(f"{pages.origin}/static/{name}", timeout=10).status_code == 404, name


def test_a_hub_without_datasets_says_how_to_bring_one_in(tmp_path):
    with web_hub(tmp_path / "hub") as hub:
        text = requests.get(hub.origin, timeout=10).text

    assert "Nothing is published here yet" in text
    assert "<code>mlhub publish FOLDER --id ID</code>" in text


def test_a_dataset_whose_files_lie_elsewhere_has_no_pictures_and_says_so(page):
    text = page("/datasets/many")

    assert "There is nothing to show" in text
    assert "6,000 items; files lie elsewhere" in text


@pytest.mark.parametrize("language", ["python", "shell"])
def test_the_lines_that_a_page_offers_download_the_dataset(hub, tmp_path, language):
    text = requests.get(f"{hub.origin}/datasets/demo_floods", timeout=10).text
    [lines] = re.findall(f'<code id="code-{language}">(.*?)</code>', text, re.DOTALL)
    code = html.unescape(lines).replace("YOUR_KEY", hub.key)
    tools = Path(sys.executable).parent
    command = ["bash", "-euc", code] if language == "shell" else [sys.executable, "-c", code]
    environment = {**os.environ, "PATH": f"{tools}{os.pathsep}{os.environ['PATH']}"}

    done = subprocess.run(
        command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False, timeout=60
    )

    assert done.returncode == 0, done.stderr
    assert len(list(tmp_path.rglob("image.tif"))) == 6
    assert len(code.splitlines()) == 3


def test_every_link_on_the_pages_leads_somewhere(hub):
    """All that the hub itself answers for, from the first page on; whoever follows them has no key."""
    waiting, seen = [f"{hub.origin}/"], set()
    while waiting:
        url = waiting.pop()
        answer = requests.get(url, timeout=30)
        seen.add(url)

        assert answer.status_code == 200, url
        if answer.headers["Content-Type"].startswith("text/html"):
            found = re.findall(r'(?:href|src|data-footprints)="([^"#]+)"', answer.text)
            urls = {urljoin(url, html.unescape(one)) for one in found}
            waiting += [one for one in urls - seen - set(waiting) if one.startswith(hub.origin)]

    assert f"{hub.origin}/datasets/demo_floods/footprints.json" in seen
    assert f"{hub.origin}/mlhub/v1/collections/demo_crops_source" in seen
    assert len([url for url in seen if "/previews/" in url]) == 2 * (4 + 6)
