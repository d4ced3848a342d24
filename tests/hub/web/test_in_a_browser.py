"""The pages in a real browser: by mouse, by keyboard alone, without scripts, for a screen reader."""

import pytest

from radiant_mlhub.hub.settings import HubSettings
from support.browser import chromium
from support.web_hub import KEY, web_hub

DATASET = "/datasets/crops_2026"
PHONE = {"width": 360, "height": 740}
DESKTOP = {"width": 1280, "height": 900}


@pytest.fixture(scope="module")
def browser():
    with chromium() as browser:
        yield browser


@pytest.fixture
def open_page(browser, pages):
    """Open a page of the hub in a fresh window; what it complains of fails the test."""
    windows, complaints, asked = [], [], []

    def open_page(path: str = "/", **options: object):
        window = browser.new_context(
            base_url=pages.origin,
            permissions=["clipboard-read", "clipboard-write"],
            **{"viewport": DESKTOP, **options},
        )
        windows.append(window)
        page = window.new_page()
        page.set_default_timeout(10_000)
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda request: asked.append(request.url))
        page.goto(path)
        return page

    yield open_page
    for window in windows:
        window.close()
    assert complaints == []
    assert [url for url in asked if not url.startswith(pages.origin)] == []


def map_of(page):
    """Scale (pixels a degree) and centre of the map once it is drawn."""
    page.wait_for_selector("canvas[data-scale]")
    page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    canvas = page.locator("canvas")
    centre = canvas.get_attribute("data-centre").split(",")
    return float(canvas.get_attribute("data-scale")), *map(float, centre)


def copied(page) -> str:
    page.wait_for_selector("#copied:text('Copied.')", state="attached")
    return page.evaluate("navigator.clipboard.readText()")


def serious_violations(page) -> list[str]:
    axe = pytest.importorskip(
        "axe_playwright_python.sync_playwright", reason="pip install --group servers brings axe-core"
    )
    violations = axe.Axe().run(page).response["violations"]
    return [one["id"] for one in violations if one["impact"] in ("serious", "critical")]


def tab_to(page, selector: str) -> None:
    """Press Tab until the element has the focus."""
    for _ in range(40):
        page.keyboard.press("Tab")
        if page.evaluate("(selector) => document.activeElement.matches(selector)", selector):
            return
    raise AssertionError(f"Tab never comes to {selector}")


def test_search_open_zoom_and_copy_by_mouse(open_page, pages):
    page = open_page()
    page.get_by_label("Words in title").fill("kenya")
    page.get_by_role("button", name="Search").click()
    assert page.get_by_role("heading", level=2).all_inner_texts() == ["Crops of three places"]
    page.get_by_role("link", name="Crops of three places").click()
    page.wait_for_url(f"**{DATASET}")

    before = map_of(page)
    canvas = page.locator("canvas")
    canvas.click(position={"x": 300, "y": 200})
    page.mouse.wheel(0, -300)
    page.wait_for_function(
        "(before) => document.querySelector('canvas').dataset.scale > before", arg=before[0]
    )
    box = canvas.bounding_box()
    page.mouse.move(box["x"] + 300, box["y"] + 200)
    page.mouse.down()
    page.mouse.move(box["x"] + 200, box["y"] + 200)
    page.mouse.up()
    scale, longitude, _ = zoomed = map_of(page)
    page.get_by_role("button", name="Show all footprints").click()

    assert scale == pytest.approx(2 * before[0], rel=0.01)
    assert map_of(page) == before != zoomed
    assert longitude != before[1]
    page.get_by_role("button", name="Copy the Shell lines").click()
    assert copied(page) == (
        f"export MLHUB_ROOT_URL={pages.origin}/mlhub/v1/\n"
        "export MLHUB_API_KEY=YOUR_KEY\n"
        "mlhub download crops_2026"
    )


def test_search_open_zoom_and_copy_by_keyboard_alone(open_page):
    page = open_page()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
    assert page.evaluate("document.activeElement.getBoundingClientRect().left") >= 0
    page.keyboard.press("Enter")
    tab_to(page, "input[type=search]")
    page.keyboard.type("kenya")
    page.keyboard.press("Enter")
    page.wait_for_url("**/?text=kenya")
    tab_to(page, "h2 a")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**{DATASET}")

    page.wait_for_selector("canvas[data-scale]")
    tab_to(page, "button[data-copy=code-python]")
    page.keyboard.press("Enter")
    assert copied(page).splitlines()[1] == "from radiant_mlhub import Dataset"
    tab_to(page, "canvas")
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    before = map_of(page)
    page.keyboard.press("+")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowDown")
    scale, longitude, latitude = map_of(page)
    page.keyboard.press("0")

    assert scale == pytest.approx(1.5 * before[0])
    assert longitude > before[1]
    assert latitude < before[2]
    assert map_of(page) == before
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.dataset.map") == "in"


def test_the_wheel_scrolls_the_page_until_the_map_is_chosen(open_page):
    page = open_page(DATASET)
    before = map_of(page)
    page.locator("canvas").hover()

    page.mouse.wheel(0, 200)
    page.wait_for_function("() => scrollY > 0")

    assert map_of(page) == before


def test_the_map_tells_in_words_what_it_shows(open_page):
    page = open_page(DATASET)
    map_of(page)
    described_by = page.locator("canvas").get_attribute("aria-describedby").split()

    assert "6 footprints, from 6.00°W to 35.00°E" in page.locator(f"#{described_by[0]}").inner_text()
    assert "arrow keys" in page.locator(f"#{described_by[1]}").inner_text()


def test_labels_lie_over_their_image_and_can_be_taken_away(open_page):
    page = open_page(DATASET)
    page.get_by_role("heading", name="Examples").scroll_into_view_if_needed()
    page.wait_for_function(
        "() => [...document.querySelectorAll('.picture img')].every((one) => one.naturalWidth > 0)"
    )
    image, labels = page.locator(".picture").first.locator("img").all()

    assert image.bounding_box() == labels.bounding_box()
    assert labels.is_visible()
    page.get_by_label("Labels over the images").uncheck()
    assert not labels.is_visible()
    assert image.is_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", ["/", DATASET, "/datasets/hostile", "/datasets/many"])
def test_axe_finds_nothing_serious(open_page, path, scheme):
    page = open_page(path, color_scheme=scheme)

    assert serious_violations(page) == []


@pytest.mark.parametrize("path", ["/", DATASET, "/datasets/hostile"])
def test_nothing_is_wider_than_a_phone(open_page, path):
    page = open_page(path, viewport=PHONE)

    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


def test_light_and_dark_follow_the_system(open_page):
    colours = {
        scheme: open_page(color_scheme=scheme).evaluate("getComputedStyle(document.body).backgroundColor")
        for scheme in ("light", "dark")
    }

    assert colours == {"light": "rgb(255, 255, 255)", "dark": "rgb(20, 24, 22)"}


def test_all_but_the_map_works_without_scripts(open_page):
    page = open_page(java_script_enabled=False)
    page.get_by_label("Words in title").fill("kenya")
    page.get_by_role("button", name="Search").click()
    page.get_by_role("link", name="Crops of three places").click()

    assert "mlhub download crops_2026" in page.content()
    assert page.get_by_text("which has not run here").is_visible()
    assert page.get_by_role("img", name="Image of labels_0").is_visible()
    assert page.get_by_role("button").count() == 0


def test_footprints_on_their_way_are_told_and_so_are_those_that_do_not_come(browser, pages):
    asked = []
    with browser.new_context(base_url=pages.origin) as window:
        page = window.new_page()
        page.route("**/footprints.json", lambda route: asked.append(route))  # noqa: PLW0108 - it is marked
        page.goto("/datasets/crops_2026")
        page.get_by_text("The footprints are on their way.").wait_for()

        asked[0].abort()

        page.get_by_text("The footprints did not come: reload the page.").wait_for()


def test_hostile_words_run_nothing(open_page):
    page = open_page("/datasets/hostile")
    map_of(page)

    assert page.locator("main script, main img[src=x]").count() == 0
    assert "<script>alert(1)</script>" in page.locator("h1").inner_text()


def test_thousands_of_footprints_are_drawn_at_once(open_page):
    """A step of the map over 5,000 boxes takes less than a second, on a busy machine too."""
    page = open_page("/datasets/many")
    map_of(page)
    page.locator("canvas").focus()

    took_ms = page.evaluate(
        """new Promise((done) => {
            const canvas = document.querySelector("canvas"), before = canvas.dataset.centre;
            const started = performance.now();
            canvas.dispatchEvent(new KeyboardEvent("keydown", { key: "ArrowLeft" }));
            const look = () => canvas.dataset.centre === before
                ? requestAnimationFrame(look) : done(performance.now() - started);
            look();
        })"""
    )

    assert took_ms < 1000


def test_a_private_hub_opens_to_a_key_that_is_typed(open_page, pages, tmp_path, monkeypatch):
    with web_hub(tmp_path / "hub", HubSettings(access="private")) as private:
        private.add_key()
        with private.publish("secret", title="Only for friends"):
            pass
        monkeypatch.setattr(pages, "origin", private.origin)
        page = open_page("/datasets/secret", viewport=PHONE)
        assert serious_violations(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
        assert page.get_by_role("heading", level=1).inner_text() == "This hub is private"

        tab_to(page, "input[type=password]")
        page.keyboard.type(KEY)
        page.keyboard.press("Enter")
        page.get_by_role("heading", name="Only for friends").wait_for()

        assert page.url == f"{private.origin}/datasets/secret"
        page.context.close()
