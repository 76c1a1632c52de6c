// A terminal program with an input line, as the agent CLIs have one, with their bad habits on demand. Writes what happens to it as JSON lines to a file.
// usage: node lineProgram.mjs LOG HABITS; habits: { draft, swallow, deaf, hidden, dialog, asksAfterPaste, work }
import { appendFileSync } from 'node:fs';

const [log = '', habits = '{}'] = process.argv.slice(2);
const { draft = '', swallow = 0, deaf = false, hidden = false, dialog = false, asksAfterPaste = false, work = false } = JSON.parse(habits);
const F5 = '\u001b[15~';
const F6 = '\u001b[17~';
const note = (event) => appendFileSync(log, `${JSON.stringify(event)}\n`);

const state = { draft, swallow, dialog, working: false, said: ['hello'] };

function draw() {
  const shown = state.draft.split('\n').map((line, index) => `${index === 0 ? '> ' : '  '}${line}`);
  const tail = state.dialog ? ['Allow rm -rf build?', '[y/n]'] : state.working ? [...shown, '* working'] : shown;
  process.stdout.write(`\u001b[2J\u001b[H${[...state.said.slice(-10), '---', ...tail].join('\r\n')}`);
}

function submit() {
  if (deaf) return note({ enter: true });
  if (state.swallow > 0) {
    state.swallow -= 1;
    return note({ swallowed: true });
  }
  note({ submitted: state.draft });
  state.said.push(...state.draft.split('\n'));
  state.draft = '';
  state.working = work;
}

function key(text) {
  if (text === F5) state.working = false;
  else if (text === F6) state.draft = '';
  else if (state.dialog) {
    note({ answered: text });
    if (text === 'y') state.dialog = false;
  } else if (text === '\r') submit();
  else state.draft += text;
}

function pasted(text) {
  note({ pasted: text });
  if (!hidden) state.draft += text;
  if (asksAfterPaste) state.dialog = true;
}

let held = '';
process.stdin.setRawMode(true);
process.stdin.setEncoding('utf8');
process.stdin.on('data', (text) => {
  held += text;
  while (held !== '') {
    const start = held.indexOf('\u001b[200~');
    if (start === 0) {
      const end = held.indexOf('\u001b[201~');
      if (end === -1) return;
      pasted(held.slice(6, end));
      held = held.slice(end + 6);
      continue;
    }
    const keys = start === -1 ? held : held.slice(0, start);
    held = start === -1 ? '' : held.slice(start);
    for (const one of keys.match(/\u001b\[[0-9]+~|[^]/gu) ?? []) key(one);
  }
  draw();
});
process.stdout.write('\u001b[?2004h');
draw();
