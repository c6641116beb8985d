"""The report in a real browser: headless Chromium, driven through its own driver."""

from __future__ import annotations

import csv
import io
import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import albench
from albench.disk.files import read_sealed, sealed_text
from albench.render.colors import color_of
from albench.report import write
from albench.results.results import Results

pytest.importorskip("selenium", reason="needs selenium")

from selenium import webdriver
from selenium.common.exceptions import NoAlertPresentException
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.select import Select
from selenium.webdriver.support.wait import WebDriverWait

TOY = Path(__file__).parents[2] / "plugin_files" / "toy.py"
WIDTHS = (360, 768, 1088, 1920)
HOSTILE = "<img src=x onerror=alert(1)>"
BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
DRIVER = shutil.which("chromedriver")

pytestmark = pytest.mark.skipif(not (BROWSER and DRIVER), reason="needs chromium and chromedriver")


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A report of two data sets, two methods, three strategies (one with a hostile name) and a failed trial."""
    folder = tmp_path_factory.mktemp("report")
    albench.run(
        dataset=["blobs", "blobs[size=120]"],
        strategy=["random", "entropy", "first", "wrong"],
        method=["supervised", "boostmis"],
        seeds=2,
        out=folder / "results",
        executor="local",
        plugins=[str(TOY)],
        batch_size=16,
        initial=12,
        query_size=8,
        rounds=3,
        steps=20,
        evaluations=2,
        on_failure="keep",
    )
    for trial in (folder / "results").rglob("trial.json"):
        facts = read_sealed(trial)
        facts["class_names"] = [HOSTILE, "</script><script>alert(2)</script>", "high"]
        if facts["strategy"] == "first":
            facts["strategy"] = HOSTILE
        trial.write_text(sealed_text(facts), encoding="utf-8")
    path = folder / "report.html"
    write(path, albench.load(folder / "results"), target="0.5")
    return path


@pytest.fixture(scope="module")
def grid(tmp_path_factory: pytest.TempPathFactory, results: Callable[..., Results]) -> Path:
    """A report of 33 rows with long names, whose intervals go beyond what the metric can reach."""
    strategies = [
        "random",
        "stochastic[strategy=expected-gradient-length,beta=2.5]",
        *(f"a-strategy-{at}" for at in range(9)),
    ]
    path = tmp_path_factory.mktemp("grid") / "report.html"
    gains = [0.05 * at for at in range(11)]
    write(path, results(strategies, ("supervised", "fixmatch", "boostmis"), gains, seeds=3, rounds=9, noise=0.1))
    return path


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[webdriver.Chrome]:
    options = webdriver.ChromeOptions()
    options.binary_location = str(BROWSER)
    profile = tmp_path_factory.mktemp("profile")
    for word in ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", f"--user-data-dir={profile}"):
        options.add_argument(word)
    files = tmp_path_factory.mktemp("files")
    options.add_experimental_option("prefs", {"download.default_directory": str(files)})
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = webdriver.Chrome(options=options, service=Service(str(DRIVER)))
    driver.files = files
    yield driver
    driver.quit()


Open = Callable[..., webdriver.Chrome]


@pytest.fixture
def opened(browser: webdriver.Chrome, page: Path, grid: Path) -> Open:
    """A page as it is first seen, at a width, in a colour scheme or on paper; with all that is folded, where wanted."""

    def at(
        width: int = 1200, scheme: str = "light", media: str = "", many: bool = False, unfolded: bool = False
    ) -> webdriver.Chrome:
        size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False}
        browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": media, "features": features})
        browser.get((grid if many else page).as_uri())
        if unfolded:
            browser.execute_script("for (const fold of document.querySelectorAll('details.fold')) fold.open = true")
            figures = "[...document.querySelectorAll('figure > .chart')].every((chart) => chart.firstElementChild)"
            WebDriverWait(browser, 20).until(lambda driver: driver.execute_script(f"return {figures}"))
        return browser

    return at


def all_of(driver: Any, selector: str) -> list[Any]:
    return list(driver.find_elements(By.CSS_SELECTOR, selector))


def one_of(driver: Any, selector: str) -> Any:
    return driver.find_element(By.CSS_SELECTOR, selector)


def curves_of(driver: Any, which: str = "") -> list[str]:
    """Rows of the curves that the first chart, the learning curves, draws."""
    drawn = all_of(
        one_of(group(driver), "figure"), f".chart path.series{which}, .chart g.series{which}:not(.band, .dots)"
    )
    return [str(row) for row in dict.fromkeys(group.get_attribute("data-row") for group in drawn)]


def cells(driver: Any, column: int) -> list[str]:
    """A column of the first ranking table."""
    return [row.find_elements(By.XPATH, "./*")[column].text for row in all_of(ranking(driver), "tbody tr")]


def strategies(driver: Any) -> list[str]:
    return [name.text for name in all_of(ranking(driver), "tbody th b")]


def group(driver: Any) -> Any:
    """The first data set's part of the page."""
    return one_of(driver, "section[aria-label='blobs'], section[aria-label='digits']")


def ranking(driver: Any) -> Any:
    """The first data set's table."""
    return one_of(group(driver), "table.ranking")


def wide(driver: Any) -> tuple[int, int]:
    width, shown = driver.execute_script("return [document.documentElement.scrollWidth, window.innerWidth]")
    return int(width), int(shown)


def saved(driver: Any, suffix: str) -> bytes:
    """The newest file of a suffix that the page saved, which is then taken away."""
    WebDriverWait(driver, 20).until(lambda _: list(driver.files.glob(f"*{suffix}")))
    path = next(iter(driver.files.glob(f"*{suffix}")))
    WebDriverWait(driver, 20).until(lambda _: path.stat().st_size)
    content: bytes = path.read_bytes()
    path.unlink()
    return content


def labelled(driver: Any, words: str) -> Any:
    return one_of(driver, f"[aria-label='{words}']")


def test_it_opens_from_disk_alone_and_complains_of_nothing(opened: Open) -> None:
    driver = opened()
    driver.get_log("performance")
    driver.get_log("browser")
    driver.refresh()
    assert driver.title.startswith("albench: ")
    driver.execute_script("for (const fold of document.querySelectorAll('details.fold')) fold.open = true")
    WebDriverWait(driver, 20).until(lambda _: len(all_of(driver, "main section figure .chart svg")) > 6)
    events = [json.loads(entry["message"])["message"] for entry in driver.get_log("performance")]
    asked = [e["params"]["request"]["url"] for e in events if e["method"] == "Network.requestWillBeSent"]
    assert asked
    assert all(url.startswith("file:") for url in asked)
    assert len(asked) == 1
    assert driver.get_log("browser") == []


def test_the_answer_comes_first_and_follows_the_metric(opened: Open) -> None:
    driver = opened(many=True)
    said = one_of(driver, "h1").text
    assert said.startswith("With 3 seeds, ")
    assert "macro F1" in said
    assert one_of(driver, "h1").rect["y"] < 100 < ranking(driver).rect["y"] < 600
    Select(one_of(driver, "#metric")).select_by_value("accuracy")
    assert "accuracy" in one_of(driver, "h1").text


def test_the_best_few_and_the_baseline_are_in_colour_and_the_rest_is_grey(opened: Open) -> None:
    driver = opened(many=True)
    assert len(curves_of(driver)) == 33
    lit = curves_of(driver, ".lit")
    assert 4 <= len(lit) <= 6
    names = [
        name.text for name in all_of(driver, "main section figure .chart text") if name.get_attribute("font-weight")
    ]
    strokes = {
        group.get_attribute("data-row"): group.get_attribute("stroke")
        for group in all_of(driver, "main section figure .chart .series:not(.band, .dots)")
    }
    assert {row for row, stroke in strokes.items() if stroke != "var(--faint)"} == set(lit)
    assert len(all_of(driver, "main section figure .chart g.end, main section figure .chart text.end")) == len(lit), (
        names
    )
    pressed = all_of(ranking(driver), ".pick[aria-pressed='true']")
    assert {button.get_attribute("data-row") for button in pressed} == set(lit)


def test_a_row_is_coloured_and_made_grey_in_all_charts_by_its_name(opened: Open) -> None:
    driver = opened()
    before = curves_of(driver, ".lit")
    assert len(curves_of(driver)) == 6
    row = before[0]

    def pick() -> Any:
        return one_of(ranking(driver), f".pick[data-row='{row}']")

    pick().click()
    assert pick().get_attribute("aria-pressed") == "false"
    assert sorted(curves_of(driver, ".lit")) == sorted(other for other in before if other != row)
    pick().send_keys(Keys.SPACE)  # the keyboard alone is enough
    assert sorted(curves_of(driver, ".lit")) == sorted(before)
    none, every, few = (
        one_of(driver, ".bar").find_element(By.XPATH, f".//button[.='{word}']") for word in ("None", "All", "Best few")
    )
    none.click()
    assert curves_of(driver, ".lit") == []
    assert len(curves_of(driver)) == 6
    one_of(driver, ".bar input[type=checkbox]").click()
    assert curves_of(driver) == []
    every.click()
    assert len(curves_of(driver, ".lit")) == 6
    few.click()
    assert sorted(curves_of(driver, ".lit")) == sorted(before)


def test_columns_sort_both_ways_and_names_filter(opened: Open) -> None:
    driver = opened()
    heads = all_of(ranking(driver), "thead th")
    at = next(at for at, head in enumerate(heads) if head.text == "AUBC")
    areas = cells(driver, at)
    button = one_of(heads[at], "button")
    button.click()
    assert heads[at].get_attribute("aria-sort") == "descending"
    assert cells(driver, at) == sorted(areas, reverse=True)
    button.click()
    assert heads[at].get_attribute("aria-sort") == "ascending"
    assert cells(driver, at) == sorted(areas)
    one_of(heads[0], "button").click()
    labels = [" + ".join(reversed(name.split("\n"))) for name in cells(driver, 0)]
    assert [label.split("+")[0] for label in labels] == sorted(label.split("+")[0] for label in labels)
    one_of(group(driver), "input[type=search]").send_keys("entropy")
    assert strategies(driver) == ["entropy", "entropy"]


def test_hostile_names_are_shown_and_do_nothing(opened: Open) -> None:
    driver = opened(unfolded=True)
    one_of(driver, ".bar").find_element(By.XPATH, ".//button[.='All']").click()
    with pytest.raises(NoAlertPresentException):
        _ = driver.switch_to.alert.text
    assert all_of(driver, "img") == []
    assert len(all_of(driver, "script")) == 4  # the data, two libraries and the page's own
    assert HOSTILE in one_of(group(driver), "figure .chart").text
    assert HOSTILE in ranking(driver).text
    assert "</script><script>alert(2)</script>" in one_of(driver, "main").text


def test_charts_are_read_and_zoomed_by_mouse_and_by_keyboard(opened: Open) -> None:
    driver = opened()
    chart = one_of(group(driver), "figure .chart")

    def ticks() -> list[str]:
        return [tick.text for tick in all_of(chart, ".x text")]

    def tip() -> str:
        return "\n".join(text.text for text in all_of(chart, ".pointed text"))

    driver.execute_script("arguments[0].scrollIntoView({block: 'center'})", chart)
    ActionChains(driver).move_to_element(one_of(chart, "svg")).perform()
    assert "labels: 0." in tip()
    assert "2 seeds" in tip()
    assert len(all_of(chart, ".series.lifted:not(.band, .dots)")) == 1
    ActionChains(driver).move_to_element(one_of(driver, ".title")).perform()
    assert tip() == ""
    whole = ticks()
    assert whole[0] == "12"
    driver.execute_script("arguments[0].focus()", one_of(chart, "svg"))
    ActionChains(driver).send_keys("+").perform()
    assert ticks() != whole
    ActionChains(driver).send_keys(Keys.ESCAPE).perform()
    assert ticks() == whole
    ActionChains(driver).send_keys(Keys.ARROW_RIGHT).perform()
    assert "12 labels: 0." in tip()
    assert "12 labels: 0." in one_of(driver, "#live").get_attribute("textContent")
    ActionChains(driver).send_keys(Keys.ARROW_RIGHT).perform()
    assert "20 labels: 0." in tip()
    lifted = {one_of(chart, ".series.lifted").get_attribute("data-row")}
    for key in (Keys.ARROW_DOWN, Keys.ARROW_UP, Keys.ARROW_UP):  # the lowest curve has none below it
        ActionChains(driver).send_keys(key).perform()
        lifted.add(one_of(chart, ".series.lifted").get_attribute("data-row"))
    assert len(lifted) > 1
    box = one_of(chart, "svg").rect
    drag = ActionChains(driver).move_to_element_with_offset(one_of(chart, "svg"), -round(box["width"] / 4), 0)
    drag.click_and_hold().move_by_offset(round(box["width"] / 4), 0).release().perform()
    assert ticks() != whole


def test_nothing_is_drawn_beyond_what_the_metric_can_reach(opened: Open) -> None:
    driver = opened(many=True)
    chart = one_of(group(driver), "figure .chart")
    shown = [float(tick.text) for tick in all_of(chart, ".y text")]
    assert 0.0 <= min(shown) < max(shown) <= 1.0
    assert all_of(chart, ".band")  # intervals are there by default
    labelled(driver, "digits: learning curves: save as CSV").click()
    lines = list(csv.DictReader(io.StringIO(saved(driver, ".csv").decode())))
    assert len(lines) == 33 * 9
    ends = [float(line[end]) for line in lines for end in ("low", "high")]
    assert max(ends) == 1.0
    assert min(ends) >= 0.0


def test_ticks_stand_where_data_is(opened: Open) -> None:
    driver = opened(width=360, many=True)
    shown = [
        int(tick.text) for tick in all_of(one_of(group(driver), "figure .chart"), ".x text") if tick.text.isdigit()
    ]
    assert shown[-1] == 140
    assert set(shown) <= {20 + 15 * at for at in range(9)}


def test_every_chart_has_a_name_and_its_data_as_a_table(opened: Open) -> None:
    driver = opened(unfolded=True)
    figures = all_of(driver, "main figure")
    assert len(figures) > 8
    for figure in figures:
        assert one_of(figure, "figcaption").text
        assert all_of(figure, "table tbody tr")
        assert all(svg.get_attribute("aria-label") for svg in all_of(figure, ".chart svg"))
    captions = " ".join(one_of(figure, "figcaption").text for figure in figures)
    for chart in ("learning curves", "labels saved", "quality against time", "classes of the picks", "threshold"):
        assert chart in captions
    assert "Critical-difference diagram" in captions
    assert "Pairwise wins" in captions


def test_another_metric_brings_its_own_ranking(opened: Open) -> None:
    driver = opened()
    first = cells(driver, 1)
    Select(one_of(driver, "#metric")).select_by_value("accuracy")
    assert ranking(driver).find_element(By.XPATH, "./caption").get_attribute("textContent").endswith("accuracy")
    assert cells(driver, 1) != first


def test_a_verdict_is_a_word_that_says_why(opened: Open) -> None:
    driver = opened(many=True)
    words = {badge.text for badge in all_of(ranking(driver), ".badge")}
    assert words <= {"better", "worse", "not told apart", "baseline"}
    badge = next(badge for badge in all_of(ranking(driver), ".badge") if badge.text != "baseline")
    driver.execute_script("arguments[0].focus()", badge)
    assert "paired over 3 seeds" in one_of(driver, "#tip").text


def test_what_made_the_results_stands_below(opened: Open) -> None:
    text = one_of(opened(unfolded=True), "main").text
    for words in (
        "Not complete",
        "wrong",
        "How to read this",
        "How this was made",
        "torch",
        "How to cite",
        "et al. 20",
    ):
        assert words in text


@pytest.mark.parametrize("many", [False, True], ids=["6 rows", "33 rows"])
@pytest.mark.parametrize("width", WIDTHS)
def test_nothing_scrolls_sideways_or_is_cut(opened: Open, width: int, many: bool) -> None:
    driver = opened(width, many=many, unfolded=True)
    scrolled, shown = wide(driver)
    assert scrolled <= shown == width
    beyond = driver.execute_script(
        "return [...document.querySelectorAll('body *')].filter((e) => { const box = e.getBoundingClientRect();"
        "return !e.closest('.unseen, .skip, .scroll') && box.width && (box.right > innerWidth + 1 || box.left < -1);"
        "}).map((e) => e.outerHTML.slice(0, 100))"
    )
    assert beyond == []
    tables = "[...document.querySelectorAll('.ranked-rows .scroll')]"
    assert driver.execute_script(f"return {tables}.every((one) => one.scrollWidth <= one.clientWidth)")
    heads = [head.text for head in all_of(ranking(driver), "thead th") if head.is_displayed()]
    assert heads[1:3] == ["AUBC", "verdict"]
    assert all(badge.is_displayed() for badge in all_of(ranking(driver), ".badge"))
    hyphened = [name for name in all_of(ranking(driver), "tbody th b") if name.text.startswith("a-strategy")]
    assert all(name.rect["height"] < 30 for name in hyphened)  # on one line


@pytest.mark.parametrize("width", WIDTHS)
def test_the_critical_difference_stands_clear_of_its_ticks_and_ranks_are_whole(opened: Open, width: int) -> None:
    driver = opened(width)
    chart = driver.find_element(By.XPATH, "//figcaption[.='Critical-difference diagram']/ancestor::figure")
    texts = [text for text in all_of(chart, "svg text") if text.text]
    said = next(text.rect for text in texts if text.text.startswith("critical difference"))
    ticks = [text.rect for text in texts if text.text.isdigit()]
    assert len(ticks) > 1
    for tick in ticks:
        beside = tick["x"] >= said["x"] + said["width"] or said["x"] >= tick["x"] + tick["width"]
        assert beside or tick["y"] >= said["y"] + said["height"] or said["y"] >= tick["y"] + tick["height"]
    names = [text.text for text in texts if not text.text.isdigit()][1:]
    assert len(names) == 6
    assert all(name.rpartition(" ")[2].count(".") == 1 for name in names)


def test_curves_of_one_colour_and_method_have_markers_of_their_own(
    browser: webdriver.Chrome, results: Callable[..., Results], tmp_path: Path
) -> None:
    alike = [name for name in map("s{}".format, range(60)) if color_of(name) == 3][:3]
    assert len(alike) == 3
    path = tmp_path / "report.html"
    write(path, results(["random", *alike], ("boostmis", "supervised"), (0.0, 0.1, 0.2, 0.3)))
    browser.get(path.as_uri())
    one_of(browser, ".bar").find_element(By.XPATH, ".//button[.='All']").click()
    rows = browser.execute_script("return data.rows.map((row) => [row.method, row.strategy, row.color, row.dash])")
    shapes = browser.execute_script(
        "return data.rows.map((_, row) => document.querySelector(`g.dots.r${row} path`)?.getAttribute('d') ?? 'circle')"
    )
    drawn = {(method, color, dash, shape) for (method, _, color, dash), shape in zip(rows, shapes, strict=True)}
    assert len(drawn) == len(rows) == 8


@pytest.mark.parametrize("width", WIDTHS)
def test_names_at_line_ends_and_ticks_do_not_overlap(opened: Open, width: int) -> None:
    driver = opened(width, many=True)
    one_of(driver, ".bar").find_element(By.XPATH, ".//button[.='All']").click()
    chart = one_of(group(driver), "figure .chart")
    for texts in (all_of(chart, ".end"), all_of(chart, ".x text"), all_of(chart, ".y text")):
        boxes = [text.rect for text in texts if text.text != "labels"]
        assert len(boxes) > 1
        for at, a in enumerate(boxes):
            for b in boxes[:at]:
                apart = abs(a["x"] - b["x"]) >= min(a["width"], b["width"]) - 1 or abs(a["y"] - b["y"]) >= 11
                assert apart, (a, b)


def test_all_columns_scroll_beside_names_that_stay(opened: Open) -> None:
    driver = opened(width=360)
    scroll = one_of(group(driver), ".ranked-rows .scroll")
    group(driver).find_element(By.XPATH, ".//button[.='All columns']").click()
    assert driver.execute_script("return arguments[0].scrollWidth > arguments[0].clientWidth", scroll)
    driver.execute_script("arguments[0].scrollLeft = 200", scroll)
    name, number = (all_of(ranking(driver), "tbody tr")[0].find_elements(By.XPATH, "./*")[at] for at in (0, 1))
    assert name.rect["x"] >= 0
    assert number.rect["x"] < name.rect["x"] + name.rect["width"]


def test_thirty_three_rows_begin_with_the_first_ten(opened: Open) -> None:
    driver = opened(many=True)
    shown = len(all_of(ranking(driver), "tbody tr"))
    assert 10 <= shown <= 14
    one_of(driver, ".more").click()
    assert len(all_of(ranking(driver), "tbody tr")) == 33


def test_what_a_reader_takes_along(opened: Open) -> None:
    driver = opened()
    svg = (labelled(driver, "blobs: learning curves: save as SVG").click(), saved(driver, ".svg"))[1].decode()
    assert svg.startswith("<svg")
    assert "var(" not in svg
    assert "<title>blobs: learning curves</title>" in svg
    labelled(driver, "blobs: learning curves: save as PNG").click()
    assert saved(driver, ".png").startswith(b"\x89PNG")
    labelled(driver, "blobs: save the ranking as CSV").click()
    lines = list(csv.DictReader(io.StringIO(saved(driver, ".csv").decode())))
    assert [line["labels"] for line in lines].count("AUBC") == 6
    assert HOSTILE in {line["strategy"] for line in lines}
    copied = (
        "window.copied = []; navigator.clipboard.writeText = (text) => { copied.push(text); return Promise.resolve(); }"
    )
    driver.execute_script(copied)
    for words in ("Copy LaTeX", "Copy BibTeX"):
        driver.find_element(By.XPATH, f"//button[.='{words}']").click()
    latex, bibtex = driver.execute_script("return copied")
    assert latex.count(r"\begin{table}") == 1
    assert "@software{albench," in bibtex
    assert "BoostMIS: Boosting Medical Image" in bibtex


def test_light_dark_and_the_reader_s_own_choice(opened: Open) -> None:
    def paper() -> str:
        return str(driver.execute_script("return getComputedStyle(document.body).backgroundColor"))

    driver = opened(scheme="dark")
    dark = paper()
    driver = opened()
    light = paper()
    assert (light, dark) == ("rgb(255, 255, 255)", "rgb(20, 24, 29)")
    one_of(driver, "#theme").click()
    assert paper() == dark
    one_of(driver, "#theme").click()
    assert paper() == light


def test_the_baseline_is_black_on_white_and_white_on_black(opened: Open) -> None:
    def ink(driver: Any) -> str:
        row = next(at for at, name in enumerate(strategies(driver)) if name == "random")
        swatch = all_of(ranking(driver), "tbody .swatch")[row]
        return str(driver.execute_script("return getComputedStyle(arguments[0]).borderTopColor", swatch))

    every = "//button[.='All']"
    for scheme, expected in (("light", "rgb(0, 0, 0)"), ("dark", "rgb(255, 255, 255)")):
        driver = opened(scheme=scheme)
        driver.find_element(By.XPATH, every).click()
        assert ink(driver) == expected


def test_on_paper_there_are_no_buttons_and_nothing_is_cut(opened: Open) -> None:
    driver = opened(width=760, media="print", many=True)
    driver.execute_script("dispatchEvent(new Event('beforeprint'))")
    assert not any(button.is_displayed() for button in all_of(driver, ".bar button, .tools button, .more"))
    assert len(all_of(ranking(driver), "tbody tr")) == 33
    assert all(fold.get_attribute("open") for fold in all_of(driver, "details.fold"))
    drawn = "[...document.querySelectorAll('figure > .chart')].map((chart) => Boolean(chart.firstElementChild))"
    assert all(driver.execute_script(f"return {drawn}"))  # also what was folded until now
    assert wide(driver)[0] <= 760
    assert ranking(driver).size["width"] <= 760


def test_motion_stops_where_a_reader_asks_for_it(opened: Open) -> None:
    driver = opened()
    features = [{"name": "prefers-reduced-motion", "value": "reduce"}]
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "", "features": features})
    series = one_of(driver, "section[aria-label=blobs] figure .chart .series")
    assert driver.execute_script("return getComputedStyle(arguments[0]).transitionDuration", series) == "0s"
