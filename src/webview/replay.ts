// The page that plays a recorded terminal: play and pause, speed, a time line to seek on, silences made short, and marks of what happened.
import { Terminal } from '@xterm/xterm';
import { parseCast, PlayClock, sizeOf, type Cast } from '../base/castPlayback.ts';
import type { FromReplay, ReplayMark, ToReplay } from '../protocol/panelMessages.ts';
import { byId, clockText, element, hear, keepState, say, spokenTime } from './page.ts';
import { icon } from './icons.ts';

/** Seconds of silence that are kept while idle time is skipped. */
const IDLE_LIMIT = 1;
const STEP_SECONDS = 5;

const LARGEST = Number.parseInt(getComputedStyle(document.documentElement).getPropertyValue('--vscode-editor-font-size'), 10) || 13;
const SMALLEST = 5;
const READABLE = 9;
/** Pixels beside the terminal: the page's and the frame's own. */
const STAGE_FRAME = 2 * (20 + 8 + 1);

const [play, restart] = [byId('play', HTMLButtonElement), byId('restart', HTMLButtonElement)];
const seek = byId('seek', HTMLInputElement);
const speed = byId('speed', HTMLSelectElement);
const skip = byId('skip', HTMLInputElement);
const stage = byId('stage', HTMLDivElement);
const marksBar = byId('marks', HTMLDivElement);
const said = byId('said', HTMLParagraphElement);

let cast: Cast | undefined;
let clock = new PlayClock([], IDLE_LIMIT);
let terminal: Terminal | undefined;
let marks: readonly ReplayMark[] = [];
/** Frames that are on the terminal, and where on the clock playing is. */
let drawn = 0;
let position = 0;
let running: { readonly since: number; readonly from: number } | undefined;
let pieces: string[] = [];
/** Where to go once the recording is here: seconds of the recording. */
let wanted: number | undefined;

function colours(): Record<string, string> {
  const style = getComputedStyle(document.documentElement);
  const theme: Record<string, string> = {};
  for (const name of ['black', 'red', 'green', 'yellow', 'blue', 'magenta', 'cyan', 'white', 'brightBlack', 'brightRed', 'brightGreen', 'brightYellow', 'brightBlue', 'brightMagenta', 'brightCyan', 'brightWhite']) {
    const value = style.getPropertyValue(`--vscode-terminal-ansi${name.charAt(0).toUpperCase()}${name.slice(1)}`).trim();
    if (value !== '') theme[name] = value;
  }
  const first = (...names: readonly string[]): string => names.map((name) => style.getPropertyValue(name).trim()).find((value) => value !== '') ?? '';
  return { ...theme, background: first('--vscode-terminal-background', '--vscode-panel-background', '--vscode-editor-background'), foreground: first('--vscode-terminal-foreground', '--vscode-editor-foreground'), cursor: first('--vscode-terminalCursor-foreground', '--vscode-editor-foreground') };
}

function load(text: string): void {
  cast = parseCast(text);
  if (cast === undefined || cast.frames.length === 0) {
    said.textContent = 'Nothing was recorded of this terminal.';
    return;
  }
  said.textContent = '';
  const style = getComputedStyle(document.documentElement);
  terminal = new Terminal({ cols: cast.width, rows: cast.height, disableStdin: true, cursorBlink: false, cursorInactiveStyle: 'none', scrollback: 0, minimumContrastRatio: 4.5, allowProposedApi: false, theme: colours(), fontFamily: style.getPropertyValue('--vscode-editor-font-family') || 'monospace', fontSize: LARGEST, screenReaderMode: false });
  terminal.open(stage);
  terminal.onResize(() => requestAnimationFrame(fit));
  fit();
  for (const control of [play, restart, seek, speed, skip]) control.disabled = false;
  remakeClock();
  goTo(wanted === undefined ? 0 : clock.playedAt(wanted));
  if (wanted === undefined) toggle();
}

/** Letters as large as the editor's, or as small as it takes to see the terminal's whole width, and its height where they stay readable. */
function fit(): void {
  const [screen, around] = [stage.querySelector('.xterm-screen'), stage.parentElement];
  if (terminal === undefined || screen === null || around === null) return;
  const { width, height } = screen.getBoundingClientRect();
  const [room, high] = [around.clientWidth - STAGE_FRAME, around.clientHeight - STAGE_FRAME];
  const size = terminal.options.fontSize ?? LARGEST;
  if (width === 0 || height === 0 || room <= 0) return;
  const best = Math.min((size * room) / width, Math.max((size * high) / height, READABLE));
  const wanted = Math.max(SMALLEST, Math.min(LARGEST, Math.floor(best * 4) / 4));
  if (wanted !== size) terminal.options.fontSize = wanted;
}

/** VS Code's colours have changed. */
function recolour(): void {
  if (terminal !== undefined) terminal.options.theme = colours();
}

function remakeClock(): void {
  clock = new PlayClock(cast?.frames ?? [], skip.checked ? IDLE_LIMIT : Infinity);
  seek.max = String(Math.max(0.1, clock.duration));
  drawMarks();
}

function drawMarks(): void {
  marksBar.replaceChildren(...marks.map(({ at, title, kind }) => {
    const place = clock.duration === 0 ? 0 : (clock.playedAt(at) / clock.duration) * 100;
    const mark = element('button', { type: 'button', class: `tick ${kind}`, title: `${clockText(clock.playedAt(at))} ${title}`, 'aria-label': `Go to: ${title}`, 'data-at': String(at) });
    mark.style.left = `${place}%`;
    mark.addEventListener('click', () => goTo(clock.playedAt(at)));
    return mark;
  }));
}

/** Draws up to a moment of the clock; backwards from the beginning anew. */
function goTo(played: number): void {
  position = Math.min(Math.max(0, played), clock.duration);
  if (running !== undefined) running = { since: performance.now(), from: position };
  drawUntil(clock.framesUntil(position));
  showPosition();
}

function drawUntil(count: number): void {
  if (terminal === undefined || cast === undefined) return;
  if (count < drawn) {
    // In its turn, behind what is still being drawn.
    const [now, { width, height }] = [terminal, cast];
    now.write('\u001bc', () => now.resize(width, height));
    drawn = 0;
  }
  let text = '';
  for (const frame of cast.frames.slice(drawn, count)) {
    if (frame.type === 'o') {
      text += frame.data;
      continue;
    }
    const size = sizeOf(frame.data);
    if (size === undefined || size.columns === 0 || size.rows === 0) continue;
    if (text !== '') terminal.write(text);
    text = '';
    // In its turn: what was written before is drawn at the size of before.
    const now = terminal;
    now.write('', () => now.resize(size.columns, size.rows));
  }
  if (text !== '') terminal.write(text);
  drawn = count;
}

function showPosition(): void {
  seek.value = String(position);
  seek.setAttribute('aria-valuetext', `${spokenTime(position)} of ${spokenTime(clock.duration)}`);
  byId('time', HTMLSpanElement).textContent = `${clockText(position)} / ${clockText(clock.duration)}`;
  document.body.dataset['position'] = position.toFixed(2);
  document.body.dataset['playing'] = String(running !== undefined);
}

function toggle(): void {
  if (running !== undefined) {
    running = undefined;
  } else {
    if (position >= clock.duration) goTo(0);
    running = { since: performance.now(), from: position };
    requestAnimationFrame(onFrame);
  }
  showPlay();
  showPosition();
}

function showPlay(): void {
  play.replaceChildren(icon(running === undefined ? 'play' : 'pause'));
  play.setAttribute('aria-label', running === undefined ? 'Play' : 'Pause');
  play.title = running === undefined ? 'Play (Space)' : 'Pause (Space)';
}

function onFrame(now: number): void {
  if (running === undefined) return;
  position = Math.min(running.from + (Math.max(0, now - running.since) / 1000) * Number(speed.value), clock.duration);
  drawUntil(clock.framesUntil(position));
  if (position >= clock.duration) running = undefined;
  showPosition();
  if (running === undefined) showPlay();
  else requestAnimationFrame(onFrame);
}

/** The same moment of the recording on another clock. */
function changeClock(): void {
  const frame = clock.framesUntil(position) - 1;
  remakeClock();
  goTo(frame < 0 ? 0 : clock.timeOf(frame));
}

function onKey(event: KeyboardEvent): void {
  const inControl = event.target instanceof HTMLButtonElement || event.target instanceof HTMLSelectElement || event.target instanceof HTMLInputElement;
  if (event.key === ' ' && !inControl) toggle();
  else if (event.key === 'ArrowRight' && !inControl) goTo(position + STEP_SECONDS);
  else if (event.key === 'ArrowLeft' && !inControl) goTo(position - STEP_SECONDS);
  else return;
  event.preventDefault();
}

hear<ToReplay>((message) => {
  switch (message.type) {
    case 'head':
      byId('name', HTMLHeadingElement).textContent = message.name;
      byId('cut', HTMLParagraphElement).hidden = !message.cut;
      marks = message.marks;
      pieces = [];
      break;
    case 'piece':
      pieces.push(message.text);
      if (message.last) load(pieces.join(''));
      break;
    case 'seek':
      wanted = message.at;
      if (cast !== undefined) {
        if (running !== undefined) toggle();
        goTo(clock.playedAt(message.at));
      }
      break;
  }
});

play.addEventListener('click', toggle);
restart.addEventListener('click', () => goTo(0));
restart.append(icon('restart'));
seek.addEventListener('input', () => goTo(Number(seek.value)));
speed.addEventListener('change', () => goTo(position));
skip.addEventListener('change', changeClock);
document.addEventListener('keydown', onKey);
window.addEventListener('resize', fit);
new MutationObserver(recolour).observe(document.documentElement, { attributes: true, attributeFilter: ['style', 'class'] });
showPlay();
keepState();
say<FromReplay>({ type: 'ready' });
