"""Chromium, and somebody who uses it by keyboard alone."""
import os

from playwright.sync_api import sync_playwright

PATIENCE = 60_000  # Milliseconds: machines are busy.

# What a screen reader would call the element that has the focus, as far as this page needs it.
NAMES = """
window.nameOf = (element) => {
  const labelled = element.getAttribute('aria-labelledby');
  if (element.hasAttribute('aria-label')) return element.getAttribute('aria-label');
  if (labelled) return labelled.split(' ').map((id) => document.getElementById(id)?.textContent ?? '').join(' ').trim();
  if (element.labels?.length) return [...element.labels].map((label) => label.textContent).join(' ').trim();
  return element.textContent.trim();
};
window.violations = [];
document.addEventListener('securitypolicyviolation', (event) => window.violations.push(`${event.violatedDirective} ${event.blockedURI}`));
"""

# A focus that nobody sees is none: the outline, or a border or shadow of the element's own.
FOCUS = """() => {
  const element = document.activeElement;
  if (!element || element === document.body) return null;
  const style = getComputedStyle(element);
  const visible = (style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) > 0) || style.boxShadow !== 'none';
  return { name: nameOf(element).replace(/\\s+/g, ' '), tag: element.tagName.toLowerCase(), type: element.type ?? '', visible,
    text: element.tagName === 'SELECT' ? element.selectedOptions[0]?.textContent ?? '' : '' };
}"""


class Browser:
    def __enter__(self):
        self.playwright = sync_playwright().start()
        path = os.environ.get("CHROMIUM", "/usr/bin/chromium")
        self.chromium = self.playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        return self

    def __exit__(self, *_):
        self.chromium.close()
        self.playwright.stop()

    def user(self, url, **options):
        """Somebody at a browser of their own."""
        options = {"viewport": {"width": 1280, "height": 860}, "color_scheme": "light", "accept_downloads": True, **options}
        context = self.chromium.new_context(**options)
        context.set_default_timeout(PATIENCE)
        context.add_init_script(NAMES)
        return User(context.new_page(), url)


class User:
    """Presses keys; looks at what there is to see."""

    def __init__(self, page, url):
        self.page, self.url = page, url
        self.complaints = []
        page.on("console", self.heard)
        page.on("pageerror", lambda error: self.complaints.append(f"error: {error}"))

    def heard(self, message):
        # Chromium says so of each refused request; the page shows the refusal.
        refused = message.text.startswith("Failed to load resource") and "/api/v1/" in (message.location or {}).get("url", "")
        if message.type in ("error", "warning") and not refused:
            self.complaints.append(f"{message.type}: {message.text}")

    def open(self, fragment=""):
        self.page.goto(f"{self.url}/{fragment}")
        self.page.wait_for_selector("html[data-ready]")

    def wait(self, text, selector="body"):
        self.page.locator(selector).filter(has_text=text).first.wait_for()

    def heading(self, text):
        self.wait(text, "h1")

    def focused(self):
        return self.page.evaluate(FOCUS)

    def focus(self, name, tag=None, occurrence=1, begins=False):
        """Tabs to the element of this name, or whose name begins so, from wherever the focus is."""
        seen = []
        for _ in range(160):
            self.page.keyboard.press("Tab")
            now = self.focused()
            if now is None:
                continue
            seen.append(now["name"])
            matches = now["name"] == name or now["name"].startswith(f"{name} " if begins else f"{name} (")
            if matches and (tag is None or now["tag"] == tag):
                assert now["visible"], f"the focus on {name!r} cannot be seen"
                occurrence -= 1
                if occurrence == 0:
                    return now
        raise AssertionError(f"no {name!r} can be reached by Tab; there were {sorted(set(seen))}")

    def type(self, label, text):
        self.focus(label)
        self.page.keyboard.press("Control+A")
        self.page.keyboard.type(text)

    def press(self, name, tag="button", occurrence=1):
        self.focus(name, tag, occurrence)
        self.page.keyboard.press("Enter")

    def follow(self, name, begins=False):
        self.focus(name, "a", begins=begins)
        self.page.keyboard.press("Enter")

    def tick(self, name):
        self.focus(name, "input")
        self.page.keyboard.press("Space")

    def choose(self, label, option):
        """Of a list: by the arrow keys."""
        self.focus(label, "select")
        self.page.keyboard.press("Home")
        for _ in range(40):
            if option in self.focused()["text"]:
                return
            self.page.keyboard.press("ArrowDown")
        raise AssertionError(f"{label!r} has no {option!r}")

    def pick(self, name, first):
        """Of radio buttons: `first` is the chosen one, to which Tab leads."""
        self.focus(first, "input")
        for _ in range(10):
            self.page.keyboard.press("ArrowDown")
            if self.focused()["name"] == name:
                return
        raise AssertionError(f"no choice {name!r}")

    def sign_up(self, name, email, password):
        self.open("#/signup")
        self.heading("Hold money")
        self.type("Name", name)
        self.type("E-mail", email)
        self.type("Password", password)
        self.press("Sign up")
        self.heading(f"Hello, {name}")

    def log_in(self, email, password):
        self.open("#/login")
        self.type("E-mail", email)
        self.type("Password", password)
        self.page.keyboard.press("Enter")

    def complain(self):
        """What the browser complained of so far, and forgets it."""
        found, self.complaints = self.complaints + self.page.evaluate("violations"), []
        return found
