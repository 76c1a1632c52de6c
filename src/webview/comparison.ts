// The page that compares attempts at one task, side by side: state, time, cost, size of the change, tests; and picks one.
import type { AttemptView, FromComparison, ToComparison } from '../protocol/panelMessages.ts';
import { byId, clockText, element, hear, keepState, say } from './page.ts';
import { icon } from './icons.ts';

const table = byId('attempts', HTMLDivElement);
const said = byId('said', HTMLParagraphElement);
const testAll = byId('test', HTMLButtonElement);
const send = (message: FromComparison): void => say(message);

type Fact = readonly [label: string, value: string | Node];

function facts(attempt: AttemptView, group: ToComparison): readonly Fact[] {
  const { seconds, costUsd, tokens, files, added, removed, branch } = attempt;
  const lines = element('span', {}, element('span', { class: 'added' }, `+${added ?? 0}`), ' ', element('span', { class: 'removed' }, `−${removed ?? 0}`));
  return [
    ['Time', seconds === undefined ? '–' : clockText(seconds)],
    ['Cost', costUsd === undefined ? (tokens === undefined ? 'not reported' : `${tokens} tokens`) : `$${costUsd.toFixed(costUsd < 1 ? 3 : 2)}`],
    ['Files', files === undefined ? '–' : String(files)],
    ['Lines', files === undefined ? '–' : lines],
    ['Tests', tests(attempt, group)],
    ...(branch === undefined ? [] : [['Branch', element('code', {}, branch)] as const]),
  ];
}

function tests({ tests: ran }: AttemptView, { testCommand }: ToComparison): string | Node {
  if (testCommand === undefined) return 'no command';
  if (ran === undefined) return 'not run';
  if (ran.running) return element('span', { class: 'running' }, 'running…');
  const passed = ran.exitCode === 0;
  return element('span', { class: passed ? 'added' : 'removed', title: ran.tail }, icon(passed ? 'check' : 'cross'), passed ? `passed in ${ran.seconds < 0.1 ? 'no time' : ran.seconds < 60 ? `${ran.seconds} s` : clockText(ran.seconds)}` : ran.exitCode === null ? 'timed out' : `exit ${ran.exitCode}`);
}

function button(text: string, label: string, onClick: () => void, { primary = false, disabled = false } = {}): HTMLButtonElement {
  const made = element('button', { type: 'button', class: primary ? 'primary' : 'secondary', 'aria-label': label, ...(disabled ? { disabled: '' } : {}) }, text);
  made.addEventListener('click', onClick);
  return made;
}

function draw(attempt: AttemptView, group: ToComparison): HTMLElement {
  const { agentId, label, state, tone, outcome, note, live } = attempt;
  const title = element('h2', { id: `title-${agentId}` }, label);
  const badge = element('span', { class: 'badge', 'data-tone': outcome === 'picked' ? 'good' : outcome === 'archived' ? 'none' : tone }, outcome === 'picked' ? 'picked' : outcome === 'archived' ? 'archived' : state);
  const rows = facts(attempt, group).flatMap(([name, value]) => [element('dt', {}, name), element('dd', {}, value)]);
  const busy = group.busy !== undefined;
  const actions = element('div', { class: 'actions' },
    button('Changes', `Show the changes of ${label}`, () => send({ type: 'changes', agentId })),
    button('Attach', `Attach a terminal to ${label}`, () => send({ type: 'attach', agentId }), { disabled: !live }),
    button('Timeline', `Show the timeline of ${label}`, () => send({ type: 'timeline', agentId })),
    button('Run Tests', `Run the tests of ${label}`, () => send({ type: 'test', agentId }), { disabled: busy || group.testCommand === undefined || attempt.tests?.running === true || outcome === 'archived' }),
    ...(group.picked ? [] : [button('Pick This One', `Pick ${label} and archive the others`, () => send({ type: 'pick', agentId }), { primary: true, disabled: busy })]),
  );
  return element('section', { class: 'attempt', 'aria-labelledby': `title-${agentId}`, 'data-agent': agentId, ...(outcome === undefined ? {} : { 'data-outcome': outcome }) }, element('header', {}, title, badge), element('dl', {}, ...rows), ...(note === undefined ? [] : [element('p', { class: 'note' }, note)]), actions);
}

hear<ToComparison>((group) => {
  byId('task', HTMLParagraphElement).textContent = group.task;
  testAll.disabled = group.testCommand === undefined || group.busy !== undefined;
  testAll.title = group.testCommand === undefined ? 'No test command: put "test" into .tmux-agents.json' : `Run ${group.testCommand} in each workspace`;
  said.textContent = group.busy ?? (group.testCommand === undefined ? 'To compare tests, put {"test": "npm test"} into .tmux-agents.json.' : '');
  const focused = document.activeElement instanceof HTMLButtonElement ? document.activeElement.getAttribute('aria-label') : null;
  table.replaceChildren(...group.attempts.map((attempt) => draw(attempt, group)));
  if (focused !== null) table.querySelector<HTMLButtonElement>(`button[aria-label="${CSS.escape(focused)}"]`)?.focus();
});

testAll.addEventListener('click', () => send({ type: 'test' }));
byId('refresh', HTMLButtonElement).addEventListener('click', () => send({ type: 'refresh' }));
keepState();
send({ type: 'ready' });
