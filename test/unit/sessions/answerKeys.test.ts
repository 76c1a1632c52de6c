// Answers by keys: only to the dialog that was asked about, by the options that it shows, and once more only where the dialog has lost it.
import assert from 'node:assert/strict';
import { isAgentsError, type ErrorReason } from '../../../src/base/errors.ts';
import type { ApprovalRequest, WaitingKind } from '../../../src/protocol/agentStatus.ts';
import { answerByKeys } from '../../../src/sessions/approvals/answerKeys.ts';
import type { Answer, PendingApproval } from '../../../src/sessions/approvals/pendingApproval.ts';
import { exampleAgent } from '../../support/exampleAgent.ts';
import { ScriptedScreen } from '../../support/scriptedScreen.ts';

const rule = '─'.repeat(80);
const dashes = '╌'.repeat(80);
const bash = (command: string, marked = 1): string =>
  ['● Stub', rule, ' Bash command', ' stub command', dashes, ` ${command}`, dashes, ' Do you want to proceed?', ...['Yes', 'Yes, and always allow access to /work from this project', 'No'].map((label, at) => ` ${at + 1 === marked ? '❯' : ' '} ${at + 1}. ${label}`), '', ' Esc to cancel · Tab to amend'].join('\n');
const trust = ['', ' Accessing workspace:', ' /work', ' Quick safety check: Is this a project you created or one you trust?', '', ' ❯ No, exit', '   Yes, I trust this folder', '', ' Enter to confirm · Esc to cancel'].join('\n');
const idle = [`● done`, '', rule, '❯ ', rule, '  ? for shortcuts'].join('\n');
const quoted = ['● Here is what it said:', ' Do you want to proceed?', ' ❯ 1. Yes', '   2. No', ' Esc to cancel', '', rule, '❯ ', rule, '  ? for shortcuts'].join('\n');

function pending(request: Partial<ApprovalRequest>, kind: WaitingKind = 'permission', fingerprint?: string): PendingApproval {
  return {
    id: 'x',
    agent: exampleAgent({ aiProvider: 'claude' }),
    kind,
    text: 'Bash',
    request: { id: 'toolu_1', ...request },
    since: 1,
    source: 'hooks',
    risk: { level: 'low', reasons: ['none'] },
    category: 'shell',
    answers: { approve: true, deny: true, always: true, options: [], note: true, text: false },
    ...(fingerprint === undefined ? {} : { fingerprint }),
  };
}

async function fingerprintOf(text: string): Promise<string> {
  const match = await new ScriptedScreen(text).look();
  assert.ok(match?.dialog, 'the rules know this dialog');
  return match.dialog.fingerprint;
}

/** A scripted screen needs no time. */
const waits = { quietMs: 1, settleMs: 10, lostMs: 50, goneMs: 100, openMs: 100 };

async function refusedWith(reason: ErrorReason, screen: ScriptedScreen, approval: PendingApproval, answer: Answer = { type: 'approve' }): Promise<void> {
  await assert.rejects(answerByKeys(screen, approval, answer, waits), (error: unknown) => isAgentsError(error, reason));
}

describe('answerByKeys', () => {
  it('presses the key of the option that it means', async () => {
    for (const [type, key] of [['approve', '1'], ['always', '2'], ['deny', '3']] as const) {
      const screen = new ScriptedScreen(bash('npm test'));
      await answerByKeys(screen, pending({ command: 'npm test' }), { type }, waits);
      assert.deepEqual(screen.typed, [key]);
    }
  });

  it('moves away from a preselected No before it confirms', async () => {
    const screen = new ScriptedScreen(trust, (key) => (key === 'Enter' ? idle : undefined));
    await answerByKeys(screen, pending({}, 'trust', await fingerprintOf(trust)), { type: 'approve' }, waits);
    assert.deepEqual(screen.typed, ['Down', 'Enter']);
  });

  it('types nothing when the dialog is gone', async () => {
    for (const shown of [idle, quoted, '', 'a shell$']) {
      const screen = new ScriptedScreen(shown);
      await refusedWith('answered-already', screen, pending({ command: 'npm test' }));
      assert.deepEqual(screen.typed, []);
    }
  });

  it('types nothing when another one is shown', async () => {
    const first = await fingerprintOf(bash('npm test'));
    for (const [shown, approval] of [
      [bash('rm -rf /'), pending({ command: 'npm test' })],
      [bash('rm -rf /'), pending({ command: 'npm test' }, 'permission', first)],
      [bash('npm test2'), pending({ command: 'npm test' })],
      [trust, pending({ command: 'npm test' })],
      [bash('npm test'), pending({}, 'question')],
      [bash('npm test'), pending({ path: '/work/a' })],
      // Neither says enough to be sure.
      [bash('npm test'), pending({})],
    ] as const) {
      const screen = new ScriptedScreen(shown);
      await refusedWith('stale', screen, approval);
      assert.deepEqual(screen.typed, []);
    }
  });

  it('knows the dialog again wherever its selection stands', async () => {
    const screen = new ScriptedScreen(bash('npm test', 3));
    await answerByKeys(screen, pending({}, 'permission', await fingerprintOf(bash('npm test', 1))), { type: 'approve' }, waits);
    assert.deepEqual(screen.typed, ['1']);
  });

  it('is done when the next dialog stands there, which it leaves alone', async () => {
    const screen = new ScriptedScreen(bash('npm test'), () => bash('rm -rf x'));
    await answerByKeys(screen, pending({ command: 'npm test' }), { type: 'approve' }, waits);
    assert.deepEqual(screen.typed, ['1']);
  });

  it('presses once more what a dialog that was just drawn has lost, and says so when it stays', async () => {
    let presses = 0;
    const lossy = new ScriptedScreen(bash('npm test'), () => (++presses === 2 ? idle : undefined));
    await answerByKeys(lossy, pending({ command: 'npm test' }), { type: 'approve' }, waits);
    assert.deepEqual(lossy.typed, ['1', '1']);
    const stuck = new ScriptedScreen(bash('npm test'), () => undefined);
    await refusedWith('timeout', stuck, pending({ command: 'npm test' }));
    assert.deepEqual(stuck.typed, ['1', '1']);
  });

  it('presses nothing more where nobody looks', async () => {
    const screen = new ScriptedScreen(bash('npm test'), () => undefined);
    const told = { id: 'toolu_1', tool: 'Bash', command: 'npm test' };
    await assert.rejects(answerByKeys(screen, { ...pending({ command: 'npm test' }), told }, { type: 'approve' }, waits, { unseen: true }), (error: unknown) => isAgentsError(error, 'timeout'));
    assert.deepEqual(screen.typed, ['1']);
  });

  describe('to a question', () => {
    const question = (third = 'Type something.', selected = 1): string =>
      ['● Stub', rule, ' ☐ Colour', '', 'Which colour?', '', ...['Red', 'Blue', third].flatMap((label, at) => [`${at + 1 === selected ? '❯' : ' '} ${at + 1}. ${label}`]), rule, '  4. Chat about this', '', 'Enter to select · ↑/↓ to navigate · Esc to cancel'].join('\n');

    it('chooses by number and by label', async () => {
      for (const option of [2, '2', 'Blue', 'blue ']) {
        const screen = new ScriptedScreen(question());
        await answerByKeys(screen, pending({}, 'question', await fingerprintOf(question())), { type: 'option', option }, waits);
        assert.deepEqual(screen.typed, ['2']);
      }
    });

    it('refuses what is no option, and names them', async () => {
      const screen = new ScriptedScreen(question());
      await assert.rejects(answerByKeys(screen, pending({}, 'question', await fingerprintOf(question())), { type: 'option', option: 'Green' }, waits), /"Green" is none of the options/);
      assert.deepEqual(screen.typed, []);
    });

    it('opens the line for a text, sees it, types, sees it, and ends it', async () => {
      const screen = new ScriptedScreen(question(), (key) => (key === '3' ? question('Type something.', 3) : key === 'Enter' ? idle : question(key, 3)));
      await answerByKeys(screen, pending({}, 'question', await fingerprintOf(question())), { type: 'text', text: 'Green,\nplease' }, waits);
      assert.deepEqual(screen.typed, ['3', 'Green, please', 'Enter']);
    });

    it('does not type where the line did not open', async () => {
      const screen = new ScriptedScreen(question(), () => undefined);
      await refusedWith('timeout', screen, pending({}, 'question', await fingerprintOf(question())), { type: 'text', text: 'Green' });
      assert.deepEqual(screen.typed, ['3']);
    });
  });
});
