// Functions that run inside the page: they get elements and give back plain values.

/** Rows of a tree. */
export function readRows(rows) {
  return rows.map((row) => ({
    label: row.querySelector('.label-name')?.textContent ?? '',
    description: row.querySelector('.label-description')?.textContent ?? '',
    spoken: row.getAttribute('aria-label') ?? '',
    level: Number(row.getAttribute('aria-level')),
    expanded: row.hasAttribute('aria-expanded') ? row.getAttribute('aria-expanded') === 'true' : undefined,
    selected: row.getAttribute('aria-selected') === 'true',
  }));
}

/** Labels of quick pick rows, without descriptions and details. */
export function readLabels(rows) {
  return rows.map((row) => row.querySelector('.quick-input-list-label .label-name')?.textContent ?? '');
}

/** Lines of an editor or a terminal, in the order in which they are seen. */
export function readLines(lines) {
  return lines
    .map((line) => ({ top: line.getBoundingClientRect().top, text: (line.textContent ?? '').replaceAll('\u00a0', ' ').trimEnd() }))
    .sort((one, other) => one.top - other.top)
    .map(({ text }) => text);
}

/** Resolves when the page has painted. */
export function painted() {
  return new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done())));
}

/** The placeholders of text fields. */
export function readPlaceholders(fields) {
  return fields.map((field) => field.getAttribute('placeholder') ?? '');
}
