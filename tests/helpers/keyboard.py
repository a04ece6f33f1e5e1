"""A page by the Tab key alone: what it reaches, what it misses, and where its focus cannot be seen.

A page of hundreds of controls (a long list of skills) is walked from both ends only: LIMIT controls
from the top, TAIL from the bottom. What stands between is then not tried.
"""

from playwright.sync_api import Page


LIMIT = 110
TAIL = 20
#: More presses than controls: the browser's own frame has one, and each day or hour its stops.
SLACK = 8
PARTS = """() => 3 * [...document.querySelectorAll('input[type=date], input[type=time]')]
  .filter((element) => element.checkVisibility()).length"""

#: Numbers the controls that a person sees and may use, and notes which of them get the focus, and
#: whether they look different then. A group of radios is one stop; so is a widget that the arrow
#: keys move in, or Wagtail's folded table of contents. `look` also reads the label and the parent
#: of a control that is itself hidden.
WATCH = """() => {
  window.watching?.abort();
  document.body.tabIndex = -1;
  document.body.focus();
  document.body.removeAttribute('tabindex');
  const still = new CSSStyleSheet();
  still.replaceSync('*, ::before, ::after { transition: none !important; }');
  document.adoptedStyleSheets = [...document.adoptedStyleSheets, still];
  const small = (element) => {
    const box = element.getBoundingClientRect();
    return box.width < 4 || box.height < 4 || getComputedStyle(element).opacity === '0';
  };
  const dress = (element) => {
    const style = getComputedStyle(element);
    return [style.outlineStyle === 'none' ? '' : style.outline, style.boxShadow,
      style.borderColor, style.backgroundColor, style.textDecorationLine].join();
  };
  const look = (element) => [element].concat(
    small(element) ? [...(element.labels || []), element.parentElement] : []
  ).map(dress).join();
  const usable = (element) =>
    element.checkVisibility({visibilityProperty: true}) && !element.matches(':disabled')
    && !element.closest('[inert], [aria-hidden="true"]')
    && !(element.tabIndex < 0 && element.closest(
      '[role=tablist], [role=menu], [role=listbox], [role=toolbar], [role=grid], .w-minimap'));
  const groups = new Set();
  const first = (element) => {
    if (element.type !== 'radio' || !element.name) return true;
    const key = `${element.form && [...document.forms].indexOf(element.form)}/${element.name}`;
    return groups.has(key) ? false : groups.add(key);
  };
  const native = 'a[href], button, input:not([type=hidden]), select, textarea, summary';
  const controls = [...document.querySelectorAll(
    `${native}, [tabindex]:not([tabindex^="-"]), [contenteditable=true]`
  )].filter(usable).filter(first);
  const before = new Map(controls.map((element) => [element, look(element)]));
  const name = (element) => element.outerHTML.replace(/\\s+/g, ' ').slice(0, 160);
  const numberOf = (element) => controls.findIndex((control) => control === element
    || (control.type === 'radio' && element.type === 'radio'
        && control.name === element.name && control.form === element.form));
  window.watching = new AbortController();
  window.tabbed = {names: controls.map(name), reached: [], unseen: []};
  document.addEventListener('focusin', ({target}) => {
    tabbed.reached.push(numberOf(target));
    if (before.has(target) && before.get(target) === look(target)) tabbed.unseen.push(name(target));
  }, {signal: watching.signal});
  return controls.length;
}"""
TO_THE_TOP = """() => {
  document.body.tabIndex = -1; document.body.focus(); document.body.removeAttribute('tabindex');
}"""


def keyboard_faults(page: Page) -> list[str]:
    """What is wrong for somebody who has no mouse: one line per control, empty when all is well.

    Once the last control is passed the first must come again: a trap never lets go.
    """
    count = page.evaluate(WATCH)
    slack = SLACK + page.evaluate(PARTS)
    for _ in range(min(count, LIMIT) + slack):
        page.keyboard.press("Tab")
    forward = page.evaluate("tabbed.reached")
    wanted = set(range(min(count, LIMIT)))
    if count > LIMIT:
        page.evaluate(TO_THE_TOP)
        for _ in range(TAIL + slack):
            page.keyboard.press("Shift+Tab")
        wanted |= set(range(count - TAIL, count))
    seen = page.evaluate("tabbed")
    faults = [
        f"not reached: {seen['names'][number]}" for number in sorted(wanted - set(seen["reached"]))
    ]
    if count <= LIMIT and (not forward or forward.count(forward[0]) < 2):
        faults.append(f"the focus never comes back to the top: {forward[-3:]} of {count}")
    return faults + [f"focus does not show: {name}" for name in dict.fromkeys(seen["unseen"])]
