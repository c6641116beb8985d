"""The report in a real browser: headless Chromium, driven through its own driver."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import albench
from albench.files import read_sealed, sealed_text
from albench.report import write

pytest.importorskip("selenium", reason="needs selenium")

from selenium import webdriver
from selenium.common.exceptions import NoAlertPresentException
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.select import Select

TOY = Path(__file__).parents[2] / "plugin_files" / "toy.py"
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
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[webdriver.Chrome]:
    options = webdriver.ChromeOptions()
    options.binary_location = str(BROWSER)
    profile = tmp_path_factory.mktemp("profile")
    for word in ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", f"--user-data-dir={profile}"):
        options.add_argument(word)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = webdriver.Chrome(options=options, service=Service(str(DRIVER)))
    yield driver
    driver.quit()


Open = Callable[..., webdriver.Chrome]


@pytest.fixture
def opened(browser: webdriver.Chrome, page: Path) -> Open:
    """The page as it is first seen, at a width, in a colour scheme or on paper."""

    def at(width: int = 1200, scheme: str = "light", media: str = "") -> webdriver.Chrome:
        size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False}
        browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": media, "features": features})
        browser.get(page.as_uri())
        return browser

    return at


def all_of(driver: Any, selector: str) -> list[Any]:
    return list(driver.find_elements(By.CSS_SELECTOR, selector))


def one_of(driver: Any, selector: str) -> Any:
    return driver.find_element(By.CSS_SELECTOR, selector)


def curves(driver: Any) -> list[str]:
    """The rows that the first chart, the learning curves, draws."""
    drawn = all_of(one_of(driver, "main section figure"), ".chart g.series")
    return [str(group.get_attribute("data-row")) for group in drawn]


def cells(driver: Any, column: int) -> list[str]:
    """A column of the first ranking table."""
    return [row.find_elements(By.XPATH, "./*")[column].text for row in all_of(ranking(driver), "tbody tr")]


def ranking(driver: Any) -> Any:
    return one_of(driver, "table.ranking")


def wide(driver: Any) -> tuple[int, int]:
    width, shown = driver.execute_script("return [document.documentElement.scrollWidth, window.innerWidth]")
    return int(width), int(shown)


def test_it_opens_from_disk_alone_and_complains_of_nothing(opened: Open) -> None:
    driver = opened()
    driver.get_log("performance")
    driver.get_log("browser")
    driver.refresh()
    assert driver.title.startswith("albench: ")
    assert len(all_of(driver, "main section figure .chart svg")) > 6
    events = [json.loads(entry["message"])["message"] for entry in driver.get_log("performance")]
    asked = [e["params"]["request"]["url"] for e in events if e["method"] == "Network.requestWillBeSent"]
    assert asked
    assert all(url.startswith("file:") for url in asked)
    assert len(asked) == 1
    assert driver.get_log("browser") == []


def test_a_row_switched_off_leaves_the_charts_and_comes_back(opened: Open) -> None:
    driver = opened()
    before = curves(driver)
    assert len(before) == 6
    button = one_of(driver, f".legend button[data-row='{before[2]}']")
    button.click()
    assert button.get_attribute("aria-pressed") == "false"
    assert curves(driver) == [row for row in before if row != before[2]]
    assert not all_of(driver, f"main section .chart g.series[data-row='{before[2]}']")
    button.send_keys(Keys.SPACE)  # the keyboard alone is enough
    assert curves(driver) == before
    none, every = (
        one_of(driver, ".sticky").find_element(By.XPATH, f".//button[.='{word}']") for word in ("None", "All")
    )
    none.click()
    assert curves(driver) == []
    every.click()
    assert curves(driver) == before


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
    one_of(heads[1], "button").click()
    assert cells(driver, 1) == sorted(cells(driver, 1), key=str.lower)
    one_of(driver, "input[type=search]").send_keys("entropy")
    assert cells(driver, 1) == ["entropy", "entropy"]


def test_hostile_names_are_shown_and_do_nothing(opened: Open) -> None:
    driver = opened()
    with pytest.raises(NoAlertPresentException):
        _ = driver.switch_to.alert.text
    assert all_of(driver, "img") == []
    assert len(all_of(driver, "script")) == 2  # the data and the page's own
    assert HOSTILE in one_of(driver, ".legend").text
    assert HOSTILE in ranking(driver).text
    assert "</script><script>alert(2)</script>" in one_of(driver, "main").text


def test_charts_are_read_and_zoomed_by_mouse_and_by_keyboard(opened: Open) -> None:
    driver = opened()
    chart = one_of(driver, "main section figure .chart")
    tip = one_of(driver, "#tip")
    driver.execute_script("arguments[0].scrollIntoView({block: 'center'})", chart)
    ActionChains(driver).move_to_element(one_of(chart, "svg")).perform()
    assert "labels\n" in tip.text
    assert "random: 0." in tip.text
    ticks = [tick.text for tick in all_of(chart, ".tick")]
    svg = one_of(chart, "svg")
    driver.execute_script("arguments[0].focus()", svg)
    ActionChains(driver).send_keys("+").perform()
    assert [tick.text for tick in all_of(chart, ".tick")] != ticks
    ActionChains(driver).send_keys(Keys.ESCAPE).perform()
    assert [tick.text for tick in all_of(chart, ".tick")] == ticks
    ActionChains(driver).send_keys(Keys.ARROW_RIGHT).perform()
    assert tip.text.startswith("12 labels")
    box = one_of(chart, "svg").rect
    drag = ActionChains(driver).move_to_element_with_offset(one_of(chart, "svg"), -round(box["width"] / 4), 0)
    drag.click_and_hold().move_by_offset(round(box["width"] / 4), 0).release().perform()
    assert [tick.text for tick in all_of(chart, ".tick")] != ticks


def test_every_chart_has_a_name_and_its_data_as_a_table(opened: Open) -> None:
    driver = opened()
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
    first = cells(driver, 2)
    Select(one_of(driver, "#metric")).select_by_value("accuracy")
    assert one_of(ranking(driver), "caption").text.endswith("accuracy")
    assert cells(driver, 2) != first


def test_what_made_the_results_stands_below(opened: Open) -> None:
    text = one_of(opened(), "main").text
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


@pytest.mark.parametrize("width", [360, 768, 1200])
def test_nothing_scrolls_sideways(opened: Open, width: int) -> None:
    scrolled, shown = wide(opened(width))
    assert scrolled <= shown == width


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


def test_on_paper_there_are_no_buttons_and_nothing_is_cut(opened: Open) -> None:
    driver = opened(width=760, media="print")
    assert not any(button.is_displayed() for button in all_of(driver, ".bar button"))
    assert wide(driver)[0] <= 760
    table = ranking(driver)
    assert table.size["width"] <= 760
