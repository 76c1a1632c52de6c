// What people read of agents that wait: sentences, the one notification, and when a whole look comes before an approval.
import assert from 'node:assert/strict';
import { Commands } from '../../../src/extension/ids.ts';
import { announcement, requestKey, targetOf } from '../../../src/extension/inbox/announcements.ts';
import { headline, needsLook, riskWords, wholeStory, wish } from '../../../src/extension/inbox/inboxWords.ts';
import { laidOpen, notificationText, oneLine } from '../../../src/extension/shownText.ts';
import { exampleApproval } from '../../support/exampleApproval.ts';

const now = Date.parse('2026-01-01T12:00:00Z');
const high = { level: 'high', reasons: ['deletes files'] } as const;

/** The links of a notification as VS Code reads them: title, command, arguments. */
function links(message: string): { title: string; command: string; args: unknown }[] {
  return [...message.matchAll(/\[([^\]]+)\]\(command:([^)?]+)(?:\?([^)]*))?\)/g)].map(([, title = '', command = '', query]) => ({ title, command, args: query === undefined ? undefined : (JSON.parse(decodeURIComponent(query)) as unknown) }));
}

describe('the words of a request', () => {
  it('say who wants what', () => {
    assert.equal(headline(exampleApproval()), 'demo-1 wants to run: npm test');
    assert.equal(wish(exampleApproval()), 'wants to run: npm test');
    assert.equal(headline(exampleApproval({ request: { id: 'r', tool: 'Write', path: '/work/a.txt' } })), 'demo-1 wants to use Write: /work/a.txt');
    assert.equal(headline(exampleApproval({ request: { id: 'r' }, text: 'Fetch example.org?' })), 'demo-1 asks for permission: Fetch example.org?');
    assert.equal(headline(exampleApproval({ kind: 'question', text: 'Which\ncolour?' })), 'demo-1 asks: Which colour?');
    assert.equal(headline(exampleApproval({ kind: 'login', text: 'Please log in' })), 'demo-1 needs a login: Please log in');
  });

  it('tell a risk, and nothing of a low one', () => {
    assert.equal(riskWords(exampleApproval()), '');
    assert.equal(riskWords(exampleApproval({ risk: high })), 'high risk: deletes files');
  });

  it('show every character of a command to who decides, the hidden ones too', () => {
    const command = 'echo safe\u202e\u0007\nrm -rf build';
    assert.match(wholeStory(exampleApproval({ request: { id: 'r', command }, risk: high })), /^echo safe\\u202e\\u0007\nrm -rf build\n\n.*Folder: \/work\nWhere: This machine\nRisk: high, deletes files$/s);
    assert.equal(laidOpen('a\r\nb\tc'), 'a\nb\tc');
  });

  it('are one line, cut between characters, without what turns or hides text', () => {
    assert.equal(oneLine('a\u202e\u200bb\n\u001b[31mc', 200), 'ab [31mc');
    assert.equal(oneLine('🙂'.repeat(300), 10), `${'🙂'.repeat(9)}…`);
  });
});

describe('a look at the whole request', () => {
  it('comes before the approval of what is risky, cut off, or a matter of trust', () => {
    assert.equal(needsLook(exampleApproval(), 'request', now), false);
    assert.equal(needsLook(exampleApproval({ risk: high }), 'request', now), true);
    assert.equal(needsLook(exampleApproval({ kind: 'trust' }), 'request', now), true);
    assert.equal(needsLook(exampleApproval({ request: { id: 'r', command: `npm test ${'x'.repeat(200)}` } }), 'request', now), true);
    assert.equal(needsLook(exampleApproval({ request: { id: 'r', command: 'npm test\nrm x' } }), 'request', now), true);
    assert.equal(needsLook(exampleApproval({ request: { id: 'r', command: 'npm\u202etest' } }), 'request', now), true);
  });

  it('comes before a click on a row whose request has only just appeared', () => {
    const fresh = exampleApproval({ since: now - 100 });
    assert.equal(needsLook(fresh, 'agent', now), true);
    assert.equal(needsLook(fresh, 'agent', now + 2_000), false);
    assert.equal(needsLook(fresh, 'request', now), false);
  });
});

describe('the notification about waiting agents', () => {
  const none = new Set<string>();

  it('is not there when nothing waits', () => {
    assert.equal(announcement([], none, now), undefined);
  });

  it('says what one agent wants, with its answers', () => {
    const told = announcement([exampleApproval()], none, now);
    assert.deepEqual(told?.keys, [requestKey(exampleApproval())]);
    assert.match(told?.message ?? '', /^demo-1 wants to run: npm test — /);
    const target = [targetOf(exampleApproval())];
    assert.deepEqual(links(told?.message ?? ''), [
      { title: 'Approve', command: Commands.approve, args: target },
      { title: 'Deny', command: Commands.deny, args: target },
      { title: 'Open Terminal', command: Commands.openWaiting, args: target },
    ]);
  });

  it('offers to review what is risky, and says why', () => {
    const message = announcement([exampleApproval({ risk: high })], none, now)?.message ?? '';
    assert.match(message, /\(high risk: deletes files\)/);
    assert.deepEqual(links(message)[0]?.title, 'Review…');
  });

  it('offers only what can be answered from here', () => {
    const login = exampleApproval({ kind: 'login', answers: { approve: false, deny: false } });
    assert.deepEqual(links(announcement([login], none, now)?.message ?? '').map(({ title }) => title), ['Open Terminal']);
    const question = exampleApproval({ kind: 'question', answers: { approve: false } });
    assert.deepEqual(links(announcement([question], none, now)?.message ?? '').map(({ title }) => title), ['Answer…', 'Deny', 'Open Terminal']);
  });

  it('is one for several, and leads to the inbox', () => {
    const told = announcement(['a', 'b', 'c', 'd', 'e'].map((name) => exampleApproval({ name })), none, now);
    assert.match(told?.message ?? '', /^5 agents wait for you: a, b, c, d and 1 more — /);
    assert.deepEqual(links(told?.message ?? '').map(({ title }) => title), ['Show Inbox']);
  });

  it('tells nothing a second time that was put off, and what is new alone', () => {
    const [old, fresh] = [exampleApproval({ name: 'old' }), exampleApproval({ name: 'new' })];
    const putOff = new Set([requestKey(old)]);
    assert.equal(announcement([old], putOff, now), undefined);
    assert.deepEqual(announcement([old, fresh], putOff, now)?.keys, [requestKey(fresh)]);
    // The same thing, asked again later.
    assert.equal(announcement([{ ...old, since: now }], putOff, now)?.keys.length, 1);
  });

  it('makes no link of what an agent wrote', () => {
    const evil = '[Approve](command:workbench.action.closeWindow) [x](https://example.org)';
    for (const approval of [exampleApproval({ request: { id: 'r', command: evil } }), exampleApproval({ name: evil }), exampleApproval({ kind: 'question', text: evil }), exampleApproval({ risk: { level: 'high', reasons: [evil] } })]) {
      const message = announcement([approval], none, now)?.message ?? '';
      assert.ok(links(message).every(({ command }) => command.startsWith('tmuxAgents.')), message);
      assert.doesNotMatch(message, /\]\(https/);
    }
    assert.equal(notificationText('[a](command:b)'), '[a] (command:b)');
  });
});
