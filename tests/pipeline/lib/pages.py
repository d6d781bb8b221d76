# SPDX-License-Identifier: MIT
"""Looks at pages in a browser and says what is wrong with them."""
import csv
import os
import sys

import browser

WIDTHS = (380, 800, 1600)
MOST_S = 2  # of the browser's work

# what reaches beyond the window, but for what scrolls in a box of its own
OVERFLOWING = """
[...document.querySelectorAll('body *')].filter(e => {
  const box = e.getBoundingClientRect();
  return box.width > 0 && box.right > innerWidth + 1 && !e.closest('.wide, svg svg');
}).slice(0, 3).map(e => e.tagName + '.' + e.getAttribute('class') + ' ' + e.textContent.slice(0, 60))
"""
# text that is told too little from what is behind it (WCAG 2, 4.5 to 1)
PALE = """
(() => {
  const numbers = c => c.match(/[\\d.]+/g).map(Number);
  const light = c => numbers(c).slice(0, 3).map(v => (v /= 255) <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [.2126, .7152, .0722][i], 0);
  const behind = e => { for (; e; e = e.parentElement) { const c = getComputedStyle(e).backgroundColor;
    if ((numbers(c)[3] ?? 1) > 0) return c; } };
  return [...document.querySelectorAll('main *:not(svg *)')].filter(e => [...e.childNodes].some(n => n.nodeType == 3 &&
    n.data.trim())).slice(0, 1500).filter(e => { const a = light(getComputedStyle(e).color), b = light(behind(e));
    return (Math.max(a, b) + .05) / (Math.min(a, b) + .05) < 4.5; }).slice(0, 3).map(e => e.className + ' ' + e.textContent.slice(0, 40));
})()
"""
# every hot or nearly hot bar stands in a cell that says so
UNSAID = """
[...document.querySelectorAll('td')].filter(cell => cell.querySelector('svg.bar .hot') && !/▲/.test(cell.textContent) ||
  cell.querySelector('svg.bar .near') && !/◆/.test(cell.textContent) ||
  cell.querySelector('svg') && !/\\d/.test(cell.textContent) && !cell.dataset.title.includes('Share')).length
"""

wrong = []


def expect(what, value, expected):
    if value != expected:
        wrong.append("%s: found %r: expected %r" % (what, value, expected))


def look(page, name):
    """In all widths, light and dark."""
    for width in WIDTHS:
        for dark in (False, True):
            where = "%s, %d px, %s" % (name, width, "dark" if dark else "light")
            page.open(name, width, dark=dark)
            expect(where + ", complaints", page.complaints, [])
            expect(where + ", requests", page.requests, ["file://" + os.path.abspath(name)])
            expect(where + ", width", page.evaluate("document.documentElement.scrollWidth <= innerWidth"), True)
            expect(where + ", overflowing", page.evaluate(OVERFLOWING), [])
            expect(where + ", pale text", page.evaluate(PALE), [])
    expect(name + ", not in words", page.evaluate(UNSAID), 0)
    expect(name + ", elements that are no page's", page.evaluate(
        "document.querySelectorAll('img, iframe, a, form, link, object, script + script, [onload], [onerror]').length"), 0)


def look_printed(page, name):
    """Printed from the dark all is on white, and the first sheet is not all."""
    page.open(name, dark=True)
    page.call("Emulation.setEmulatedMedia", media="print", features=[{"name": "prefers-color-scheme", "value": "dark"}])
    expect(name + ", printed", page.evaluate("getComputedStyle(document.body).backgroundColor"), "rgb(255, 255, 255)")
    expect(name + ", printed controls", page.evaluate(
        "[...document.querySelectorAll('.controls')].filter(e => e.offsetHeight).length"), 0)
    expect(name + ", printed bodies", page.evaluate(
        "getComputedStyle(document.querySelector('tbody')).contentVisibility"), "visible")
    page.pdf("printed.pdf")
    page.call("Emulation.setEmulatedMedia", media="")
    with open("printed.pdf", "rb") as file:
        printed = file.read()
    expect(name + ", PDF", (printed[:5], printed.count(b"/Type /Page\n") + printed.count(b"/Type /Page ") > 1),
           (b"%PDF-", True))


def look_without_script(page, name):
    with_script = page.open(name) and page.evaluate("document.querySelectorAll('tbody tr').length")
    page.open(name, script=False)
    expect(name + " without script", page.evaluate("document.querySelectorAll('tbody tr').length"), with_script)
    expect(name + " without script, controls", page.evaluate("document.querySelectorAll('input, button').length"), 0)


def look_at_sorting(page):
    hosts = "document.querySelector('table.measured')"
    shown = hosts + ".tBodies[0].rows[0].cells[0].textContent.split('.')[0]"
    page.open("report.html")
    click = hosts + ".tHead.rows[0].cells[%d].querySelector('button').click(); " + shown
    expect("the host with most CPU", page.evaluate(click % 1), "esx-a01")
    expect("the host with least CPU", page.evaluate(click % 1), "esx-a07")
    expect("the first by name", page.evaluate(click % 0), "esx-a01")
    expect("rows with two words", page.evaluate(
        "(() => { const i = document.querySelector('input[aria-label=\"Filter: All VMs\"]'); i.value = 'SHORT esx-a0';"
        "i.dispatchEvent(new Event('input')); return i.nextSibling.textContent; })()").split(" of ")[1], "206 rows")
    expect("rows hidden", page.evaluate(
        "[...document.querySelectorAll('table.vms tbody tr')].every(r => r.hidden != (r.textContent.includes('short') &&"
        "r.textContent.includes('esx-a0')))"), True)


def text_of(page, name):
    page.open(name)
    return page.evaluate("document.querySelector('main').textContent")


def look_at_figures(page):
    """What the plan says stands there as text."""
    text = text_of(page, "shown.html")
    for row in csv.reader(open("p.csv", newline="")):
        cells = dict(cell.split("=", 1) for cell in row if "=" in cell) if row[0] == "#cluster" else {}
        if cells:
            hot = cells["hot_hosts"].split("/")
            expect("hot hosts of " + row[2], ("Hot hosts" + (hot[0] if hot[0] == hot[1] else " → ".join(hot))) in text, True)
        for reason in row[18:19] if row[0] in ("step", "advice", "unsolved") else ():
            expect("a reason", reason.removeprefix("'") in text, True)
    review = text_of(page, "review.html")
    for words in ("No step runs in the blackout, Mon-Fri 08:00-18:00; the longest time between is 62 h",
                  "of the window's 60 s (max_duration_s)", "changed step", "no longer: advice", "If the largest host fails afterwards",
                  "Instead:", "Unsolved (", "before this page was opened"):
        expect("review.html says " + words, words in review, True)
    checked = text_of(page, "checked.html")
    for words in ("1 of 10 steps is not approved.", "NOT APPROVED", "was approved"):
        expect("checked.html says " + words, words in checked, True)


def look_at_names(page, name):
    text = text_of(page, name)
    for words in ("<script>alert(1)</script>", "<img src=x onerror=alert(2)>"):
        expect("%s has %s as text" % (name, words), words in text, True)


def work_of(page):
    """Seconds of processor time that the page's process has used."""
    return {m["name"]: m["value"] for m in page.call("Performance.getMetrics")["metrics"]}["ProcessTime"]


def look_at_time(page, name):
    page.call("Performance.enable")
    page.open("report.html")
    before = work_of(page)
    page.open(name)
    took = work_of(page) - before
    print("%s: %.2f s of work" % (name, took))
    expect(name + " opens in time", took < MOST_S, True)
    expect(name + ", VMs", page.evaluate("document.querySelectorAll('table.vms tbody tr').length"), 10000)


def main():
    page = browser.Browser(os.path.abspath("profile"))
    try:
        look_at_time(page, "large.html")
        for name in ("report.html", "review.html", "shown.html", "checked.html", "hostile-report.html", "hostile-review.html"):
            look(page, name)
        for name in ("report.html", "review.html"):
            look_printed(page, name)
            look_without_script(page, name)
        look_at_sorting(page)
        look_at_figures(page)
        for name in ("hostile-report.html", "hostile-review.html"):
            look_at_names(page, name)
    finally:
        page.close()
    sys.exit("\n".join(wrong) if wrong else 0)


main()
