// Functions that run inside the hub's page: what is seen, and what a screen reader is told, as plain values.

/** Controls that are shown and have no name. */
export function unnamedControls() {
  const nameOf = (element) => {
    const labelled = element.getAttribute('aria-labelledby');
    const words = [element.getAttribute('aria-label'), ...(labelled === null ? [] : labelled.split(' ').map((id) => document.getElementById(id)?.textContent)), ...[...(element.labels ?? [])].map((label) => label.textContent), element.textContent, element.title];
    return words.find((word) => typeof word === 'string' && word.trim() !== '') ?? '';
  };
  return [...document.querySelectorAll('button, a[href], input, select, textarea, summary, [role=tab], [role=img], dialog, table')]
    .filter((element) => element.checkVisibility({ checkVisibilityCSS: true }) && nameOf(element) === '')
    .map((element) => element.outerHTML.slice(0, 200));
}

/** Ids that stand twice, and those that are pointed at and do not exist. */
export function brokenIds() {
  const ids = [...document.querySelectorAll('[id]')].map(({ id }) => id);
  const twice = ids.filter((id, index) => ids.indexOf(id) !== index).map((id) => `twice: ${id}`);
  const pointers = ['aria-labelledby', 'aria-describedby', 'aria-controls', 'for', 'list'];
  const missing = pointers.flatMap((name) => [...document.querySelectorAll(`[${name}]`)].flatMap((element) => (element.getAttribute(name) ?? '').split(' ')).filter((id) => id !== '' && document.getElementById(id) === null).map((id) => `${name}: ${id}`));
  return [...twice, ...missing];
}

/** Landmarks and headings, in the order of the document. */
export function outline() {
  const named = (element) => element.getAttribute('aria-label') ?? document.getElementById(element.getAttribute('aria-labelledby') ?? '')?.textContent ?? '';
  return {
    mains: document.querySelectorAll('main').length,
    navigations: [...document.querySelectorAll('nav')].map(named),
    unnamedRegions: [...document.querySelectorAll('section, aside, [role=group]')].filter((element) => element.checkVisibility() && named(element).trim() === '' && !element.matches('.door')).map((element) => element.className),
    headings: [...document.querySelectorAll('h1, h2, h3')].filter((heading) => heading.checkVisibility()).map(({ tagName }) => Number(tagName.slice(1))),
    language: document.documentElement.lang,
  };
}

/** Text whose colour stands out too little from what is behind it: less than 4.5 to 1, for large text 3 to 1. */
export function paleTexts() {
  const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
  const read = (color) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = '#000';
    canvas.fillStyle = color;
    canvas.fillRect(0, 0, 1, 1);
    const [red, green, blue, alpha] = canvas.getImageData(0, 0, 1, 1).data;
    return { red, green, blue, alpha: alpha / 255 };
  };
  const over = (above, below) => ({ red: above.red * above.alpha + below.red * (1 - above.alpha), green: above.green * above.alpha + below.green * (1 - above.alpha), blue: above.blue * above.alpha + below.blue * (1 - above.alpha), alpha: 1 });
  const light = ({ red, green, blue }) => {
    const [r, g, b] = [red, green, blue].map((value) => (value / 255 <= 0.03928 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (element) => {
    const layers = [];
    for (let one = element; one !== null; one = one.parentElement) layers.push(read(getComputedStyle(one).backgroundColor));
    return layers.reverse().reduce((below, above) => over(above, below), { red: 255, green: 255, blue: 255, alpha: 1 });
  };
  const pale = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    if (element === null || walker.currentNode.textContent.trim() === '' || !element.checkVisibility({ checkVisibilityCSS: true })) continue;
    // The terminal's colours are the agent's; what is disabled may be pale; what only screen readers get has no looks.
    if (element.closest('.xterm, :disabled, .said, .skip, noscript, option, datalist') !== null) continue;
    const style = getComputedStyle(element);
    const ground = behind(element);
    const [one, other] = [light(over(read(style.color), ground)), light(ground)].sort((a, b) => b - a);
    const ratio = (one + 0.05) / (other + 0.05);
    const size = parseFloat(style.fontSize);
    const needed = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700) ? 3 : 4.5;
    if (ratio < needed) pale.push(`${ratio.toFixed(2)}: ${walker.currentNode.textContent.trim().slice(0, 60)} (${element.className || element.tagName})`);
  }
  return pale;
}

/** Pixels by which the page is wider than its window, and what sticks out. */
export function sticksOut() {
  const wide = document.documentElement.scrollWidth - window.innerWidth;
  if (wide <= 0) return [];
  return [...document.querySelectorAll('main *, header *')].filter((element) => element.getBoundingClientRect().right > window.innerWidth + 1).slice(0, 5).map((element) => element.outerHTML.slice(0, 120));
}

/** What has the focus, as it is named. */
export function focused() {
  const { activeElement } = document;
  return activeElement === null || activeElement === document.body ? '' : (activeElement.getAttribute('aria-label') ?? activeElement.textContent ?? '').trim();
}
