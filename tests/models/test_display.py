"""What notebooks show: what is known, escaped, in the colours of the page, and asked of nobody."""

import re
from html.parser import HTMLParser

import pytest

from radiant_mlhub import Collection, Dataset, MLModel
from radiant_mlhub.download.report import DownloadReport, ErrorReport, Failure
from radiant_mlhub.models import _collection_list
from support.browser import chromium
from support.scripted_hub import ScriptedHub, collection, item

EVIL = "<script>document.title='run'</script><img src=http://127.0.0.1:9/x onerror=\"document.title='run'\">"
ALLOWED = {"div", "span", "strong", "table", "thead", "tbody", "tr", "th", "td", "a"}


class Elements(HTMLParser):
    """The elements and links of a piece of HTML, and whether it is balanced."""

    def __init__(self, html):
        super().__init__()
        self.names, self.hrefs, self.texts, self._open = set(), [], [], []
        self.feed(html)
        assert self._open == []

    def handle_starttag(self, tag, attrs):
        self.names.add(tag)
        self.hrefs += [value for name, value in attrs if name == "href"]
        self._open.append(tag)

    def handle_endtag(self, tag):
        assert self._open.pop() == tag

    def handle_data(self, data):
        self.texts.append(data)


@pytest.fixture
def hub(monkeypatch):
    with ScriptedHub() as hub:
        monkeypatch.setenv("MLHUB_ROOT_URL", hub.root_url)
        monkeypatch.setenv("MLHUB_API_KEY", "a-key-of-the-tests")
        yield hub


def evil_objects(tmp_path):
    """One object of each kind, every text of which a stranger wrote."""
    dataset = Dataset(
        EVIL,
        [{"id": EVIL, "types": [EVIL, 5]}, "no object"],
        EVIL,
        "javascript:document.title='run'",
        EVIL,
        EVIL,
        description=EVIL,
        tags=[EVIL, None],
        documentation_link='https://h/"><script>document.title=1</script>',
    )
    scenes = Collection.from_dict(
        collection(EVIL, {EVIL: "javascript:document.title='run'"}, title=EVIL, license=EVIL, keywords=[EVIL])
    )
    listed = _collection_list._CollectionList(
        [_collection_list._CollectionWithType(scenes, [_collection_list.CollectionType.LABELS])],
        {EVIL: ValueError(EVIL)},
    )
    properties = {
        "datetime": "2020-01-01T00:00:00Z",
        "title": EVIL,
        "description": EVIL,
        EVIL: [EVIL, {EVIL: EVIL}],
    }
    model = MLModel.from_dict(item(EVIL, {EVIL: f"https://h/{EVIL}"}, properties=properties))
    errors = ErrorReport(tmp_path / "err_report.csv")
    errors.add(Failure(EVIL, EVIL, EVIL, EVIL, EVIL, EVIL))
    errors.close()
    report = DownloadReport(
        EVIL, tmp_path / EVIL, tmp_path / "m.db", errors.path, failed=1, removed_by_filter={EVIL: 3}
    )
    return [dataset, scenes, listed, model, report]


def test_every_text_is_escaped(tmp_path):
    """No element but those of the cards, no link but to the web."""
    for shown in evil_objects(tmp_path):
        elements = Elements(shown._repr_html_())

        assert elements.names <= ALLOWED
        assert all(re.match("https?://", href) for href in elements.hrefs)
        assert EVIL in "".join(elements.texts)


def test_a_browser_asks_nobody_and_runs_nothing(tmp_path):
    """In a light and in a dark page, whose colours the text takes."""
    body = "".join(shown._repr_html_() for shown in evil_objects(tmp_path))
    with chromium() as browser:
        for background, colour in (("#fff", "rgb(10, 20, 30)"), ("#111", "rgb(230, 220, 210)")):
            page, asked = browser.new_page(), []
            page.on("request", lambda request, asked=asked: asked.append(request.url))
            page.set_content(
                f"<title>quiet</title><body style='background:{background};color:{colour}'>{body}"
            )

            assert page.title() == "quiet"
            assert asked == []
            colours = "els => [...new Set(els.map(el => getComputedStyle(el).color))]"
            backgrounds = "els => [...new Set(els.map(el => getComputedStyle(el).backgroundColor))]"
            assert page.eval_on_selector_all("body td, body th, body strong, body div", colours) == [colour]
            assert page.eval_on_selector_all("body div, body table, body td", backgrounds) == [
                "rgba(0, 0, 0, 0)"
            ]


def test_showing_a_dataset_asks_the_hub_nothing(hub):
    """What was asked for before is shown."""
    hub.publish("ds", [item("a", {"image": hub.file("a.tif").href})])
    dataset = Dataset.fetch("ds")
    before = len(hub.api.requests)

    first = dataset._repr_html_()
    asked = len(hub.api.requests) - before
    collections = dataset.collections
    dataset.stac_catalog_size  # noqa: B018 - asks for it

    assert asked == 0
    assert "About scenes" not in first
    assert "source imagery" in dataset._repr_html_()
    assert "catalog" in dataset._repr_html_()
    assert "scenes" in collections._repr_html_()
    assert "CC-BY-4.0" in collections[0]._repr_html_()


def test_a_report_shows_its_counts_and_its_first_failures(hub, tmp_path):
    missing = [hub.blobs.url + f"/gone/{n}.tif" for n in range(7)]
    hub.publish("ds", [item(f"i{n}", {"image": href}) for n, href in enumerate(missing)])
    with pytest.raises(OSError, match="logged to") as failed:
        Dataset.fetch("ds").download(tmp_path, progress=False)

    html = failed.value.report._repr_html_()

    assert html.count("404") == 5
    assert "and 2 more" in html
    assert str(tmp_path / "ds") in html


def test_a_verification_shows_what_is_not_right(hub, tmp_path):
    hub.publish("ds", [item(n, {"image": hub.file(f"{n}.tif").href}) for n in "ab"])
    report = Dataset.fetch("ds").download(tmp_path, progress=False)
    next(report.paths).unlink()

    html = Dataset.fetch("ds").verify(tmp_path, progress=False)._repr_html_()

    assert "not all files are right" in html
    assert "it is not there" in html


def test_long_lists_and_texts_are_cut():
    """A dataset of a thousand collections is no wall of rows."""
    described = [{"id": f"c{n}", "types": []} for n in range(1000)]

    html = Dataset("ds", described, description="long " * 1000)._repr_html_()

    assert html.count("<tr>") == 2 + 50
    assert "and 950 more" in html
    assert len(html) < 30_000
