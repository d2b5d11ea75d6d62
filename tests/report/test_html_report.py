"""The page as text, and in a real browser where Chromium and Selenium are (chromium, chromium-driver)."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from codemods.syntax.edits import Edit
from migrator.catalogue import RULES
from migrator.model import Change, Framework, Status
from migrator.report import View, render
from migrator.report.wording import rule_page
from tests.plans import WHOLE, job, plan, recipe

VIEW = View(prefix="recipes/", rules=RULES)
_FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


class Page(HTMLParser):
    """Collects addresses, and fails on tags that do not close."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.addresses: list[str] = []
        self.open: list[str] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.addresses += [value or "" for name, value in attrs if name in ("href", "src", "action")]
        if tag not in ("meta", "input", "img", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def test_the_page_is_one_file_that_asks_for_nothing() -> None:
    page = Page(render("html", WHOLE, VIEW))
    assert not page.open
    assert page.addresses
    assert all(address.startswith("#rule-") for address in page.addresses)
    assert "default-src 'none'" in render("html", WHOLE, VIEW)


def test_the_help_of_a_rule_is_the_page_that_explain_shows() -> None:
    text = Page(render("html", WHOLE, VIEW)).text
    for rule in ("cntk-distributed", "python-unknown", "ngc-image"):
        assert rule_page(RULES[rule]) in text


def test_what_a_file_says_is_no_markup() -> None:
    hostile = '</script><img src=x onerror="a()">{{root}}'
    found = job("a/x.py", Status.MANUAL, image=hostile, message=hostile, rule=hostile, trace=(hostile,))
    change = Change(path=f"a/{hostile}.py", before=b"", edits=(Edit(0, 0, f"'{hostile}'\n".encode()),))
    page = render("html", plan(recipe("a", found), changes=(change,)), View())
    assert "<img" not in page
    assert page.count("</script>") == 1
    assert Page(page).text.count(hostile) >= 4


def test_a_notebook_shows_its_cells_and_every_line_stands_alone() -> None:
    before = b'{"cells": [{"cell_type": "code", "source": ["a = 1\\n", "s = \\"\\"\\"x\\n", "y\\"\\"\\""]}]}'
    change = Change(
        path="a/n.ipynb", before=before, edits=(Edit(before.index(b"1"), before.index(b"1") + 1, b"2"),)
    )
    page = render(
        "html", plan(recipe("a", job("a/n.ipynb", Status.MIGRATE, cell=0)), changes=(change,)), VIEW
    )
    assert '<div class="cell">cell 0</div>' in page
    assert not Page(page).open
    assert '<div class="removed">-' in page


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    webdriver = pytest.importorskip("selenium.webdriver", reason="there is no Selenium")
    chromium, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if chromium is None or driver is None:
        pytest.skip("there is no Chromium with its driver")
    options = webdriver.ChromeOptions()
    options.binary_location = chromium
    for flag in _FLAGS:
        options.add_argument(flag)
    opened = webdriver.Chrome(options=options, service=webdriver.ChromeService(driver))
    yield opened
    opened.quit()


@pytest.fixture
def page(browser: Any, tmp_path: Path) -> Any:
    kinds = ((Status.BLOCKED, Framework.CNTK), (Status.MIGRATE, Framework.CAFFE), (Status.MANUAL, None))
    many = [
        recipe(
            f"r{n:03}",
            job(f"r{n:03}/job.json", kinds[n % 3][0], framework=kinds[n % 3][1], rule=f"rule-{n % 5}"),
        )
        for n in range(500)
    ]
    file = tmp_path / "report.html"
    file.write_text(render("html", plan(*WHOLE.recipes, *many, changes=WHOLE.changes), VIEW))
    browser.get(file.as_uri())
    return browser


def shown(page: Any) -> int:
    found = re.match(r"(\d+) of 503 recipes shown", page.find_element("id", "shown").text)
    count = page.execute_script("return document.querySelectorAll('.recipe:not([hidden])').length")
    assert found
    assert int(found[1]) == count
    return int(count)


def test_recipes_are_filtered_and_searched(page: Any) -> None:
    assert shown(page) == 503
    page.find_element("css selector", "#status option:nth-child(2)").click()
    assert page.find_element("id", "status").get_attribute("value") == "blocked"
    assert shown(page) == 168
    page.find_element("id", "search").send_keys("two-nodes")
    assert shown(page) == 1
    page.find_element("css selector", "button[type=reset]").click()
    page.find_element("xpath", "//select[@id='framework']/option[.='caffe']").click()
    page.find_element("xpath", "//select[@id='rule']/option[.='rule-1']").click()
    assert shown(page) == 34


def test_the_keyboard_reaches_the_search_and_opens_a_recipe(page: Any) -> None:
    page.find_element("tag name", "body").send_keys("/")
    assert page.switch_to.active_element.get_attribute("id") == "search"
    summary = page.find_element("css selector", ".recipe summary")
    summary.send_keys("\ue007")
    assert page.find_element("css selector", ".recipe").get_attribute("open") is not None


def test_a_rule_opens_where_it_is_named(page: Any) -> None:
    page.execute_script("document.querySelectorAll('.recipe').forEach(each => each.open = true)")
    page.find_element("link text", "cntk-distributed").click()
    assert page.find_element("id", "rule-cntk-distributed").get_attribute("open") is not None


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1400])
def test_the_page_fits_any_width_and_can_be_read_in_any_light(page: Any, width: int, scheme: str) -> None:
    features = [{"name": "prefers-color-scheme", "value": scheme}]
    page.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
    size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False}
    page.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    page.execute_script("document.querySelectorAll('details').forEach(each => each.open = true)")
    assert page.execute_script("return document.documentElement.scrollWidth <= innerWidth")
    low = page.execute_script(_CONTRAST)
    assert low == []


# Every text against the nearest background behind it: at least 4.5 to 1 (WCAG 2.1, 1.4.3).
_CONTRAST = """
const light = color => {
  const parts = color.match(/[\\d.]+/g).slice(0, 3).map(part => part / 255);
  const [r, g, b] = parts.map(part => part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
const behind = node => {
  for (; node; node = node.parentElement) {
    const color = getComputedStyle(node).backgroundColor;
    if (!color.endsWith(", 0)")) return color;
  }
  return "rgb(255, 255, 255)";
};
const low = new Set();
for (const node of document.querySelectorAll("body *:not(script)")) {
  if (![...node.childNodes].some(child => child.nodeType === 3 && child.textContent.trim())) continue;
  const [a, b] = [light(getComputedStyle(node).color), light(behind(node))].sort((x, y) => y - x);
  if ((a + 0.05) / (b + 0.05) < 4.5) low.add(`${node.tagName}.${node.className}: ${node.textContent}`);
}
return [...low];
"""
