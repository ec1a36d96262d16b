"""What axe and its like look for, as far as a script can see it: names, labels, headings, landmarks, contrast, width."""

CHECKS = r"""() => {
  const mistakes = [];
  const say = (what, element) => mistakes.push(`${what}: <${element.tagName.toLowerCase()}${element.id ? ` id=${element.id}` : ''}> ${(element.textContent ?? '').trim().slice(0, 40)}`);
  const modal = document.querySelector('dialog[open]');
  const scope = modal ?? document.body;
  const seen = (element) => element.checkVisibility({ checkOpacity: true, checkVisibilityCSS: true }) && !element.closest('[aria-hidden=true]');
  // Names and labels.
  for (const element of scope.querySelectorAll('a[href], button, input, select, textarea, summary, [tabindex="0"]')) {
    if (!seen(element)) continue;
    if (!nameOf(element)) say('no name', element);
    if (/^(input|select|textarea)$/i.test(element.tagName) && !element.labels?.length && !element.hasAttribute('aria-label')) say('no label', element);
  }
  for (const image of scope.querySelectorAll('svg, img')) {
    if (seen(image) && !image.hasAttribute('aria-hidden') && !nameOf(image)) say('no alternative', image);
  }
  for (const element of document.querySelectorAll('[tabindex]')) if (Number(element.getAttribute('tabindex')) > 0) say('tabindex', element);
  // Ids and what refers to them.
  const ids = [...document.querySelectorAll('[id]')].map((element) => element.id);
  for (const id of new Set(ids.filter((id, index) => ids.indexOf(id) !== index))) mistakes.push(`id ${id} is there twice`);
  for (const attribute of ['aria-labelledby', 'aria-describedby', 'for']) {
    for (const element of document.querySelectorAll(`[${attribute}]`)) {
      for (const id of element.getAttribute(attribute).split(' ')) if (!document.getElementById(id)) say(`${attribute}=${id} leads nowhere`, element);
    }
  }
  // Headings and landmarks.
  const headings = [...document.querySelectorAll('main h1, main h2, main h3, main h4')].filter(seen).map((element) => Number(element.tagName[1]));
  if (!modal && headings.filter((level) => level === 1).length !== 1) mistakes.push(`headings of the first level: ${headings.filter((level) => level === 1).length}`);
  headings.forEach((level, index) => { if (index && level > headings[index - 1] + 1) mistakes.push(`a heading of level ${level} after ${headings[index - 1]}`); });
  for (const [name, count] of [['main', 1], ['header', 1], ['footer', 1]]) if (document.querySelectorAll(`body > ${name}, body > .frame > ${name}`).length !== count) mistakes.push(`landmark ${name}`);
  if (!document.documentElement.lang) mistakes.push('no language');
  if (!document.title || document.title === 'Tollgate') mistakes.push(`the title is ${document.title}`);
  for (const table of scope.querySelectorAll('table')) {
    if (!table.caption) say('no caption', table);
    if ([...table.querySelectorAll('th')].some((cell) => !cell.hasAttribute('scope'))) say('th without scope', table);
  }
  // Contrast (WCAG 2.2, 1.4.3).
  const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
  const rgba = (color) => { canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = color; canvas.fillRect(0, 0, 1, 1); const [r, g, b, a] = canvas.getImageData(0, 0, 1, 1).data; return [r, g, b, a / 255]; };
  const over = (front, back) => front.slice(0, 3).map((value, index) => value * front[3] + back[index] * (1 - front[3]));
  const luminance = (rgb) => { const [r, g, b] = rgb.map((value) => { const share = value / 255; return share <= 0.03928 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4; }); return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
  const ratio = (a, b) => { const [x, y] = [luminance(a), luminance(b)].sort((m, n) => n - m); return (x + 0.05) / (y + 0.05); };
  const ground = (element) => {
    const layers = [];
    for (let at = element; at; at = at.parentElement) { const color = rgba(getComputedStyle(at).backgroundColor); if (color[3] > 0) layers.push(color); if (color[3] === 1) break; }
    return layers.reverse().reduce((back, front) => over(front, back), [255, 255, 255]);
  };
  const walker = document.createTreeWalker(scope, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    if (!walker.currentNode.textContent.trim() || !seen(element) || element.closest('.out, [disabled], [aria-disabled=true], option')) continue;
    const style = getComputedStyle(element);
    const back = ground(element);
    const color = over(rgba(element.namespaceURI.endsWith('svg') ? style.fill : style.color), back);
    const size = parseFloat(style.fontSize);
    const large = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
    const found = ratio(color, back);
    if (found < (large ? 3 : 4.5)) say(`contrast ${found.toFixed(2)}`, element);
  }
  for (const element of scope.querySelectorAll('input:not([disabled]), select, textarea, button:not(.quiet):not(.link)')) {
    if (!seen(element) || ['checkbox', 'radio'].includes(element.type)) continue;
    const around = ground(element.parentElement);
    const border = over(rgba(getComputedStyle(element).borderTopColor), around);
    if (ratio(border, around) < 3) say(`the edge of a control has a contrast of ${ratio(border, around).toFixed(2)}`, element);
  }
  // Nothing sticks out.
  if (document.documentElement.scrollWidth > innerWidth) {
    const wide = [...document.querySelectorAll('body *')].filter((element) => element.getBoundingClientRect().right > innerWidth + 1 && !element.parentElement.closest('.table, nav, pre')).slice(0, 3);
    mistakes.push(`wider than the window by ${document.documentElement.scrollWidth - innerWidth}: ${wide.map((element) => `<${element.tagName.toLowerCase()} class=${element.className.baseVal ?? element.className}>`).join(' ')}`);
  }
  return mistakes;
}"""


def accessibility(page):
    """What is wrong with what the page shows now."""
    return page.evaluate(CHECKS)
