// What VS Code runs in its extension host: mocha with every test/host/*.test.ts, reporting each result as one line on the console.
import Mocha from 'mocha';

/** Marks our lines among whatever else the extension host prints. */
const MARK = '@@tmux-agents-test ';

type Line =
  | { readonly type: 'pass' | 'skip'; readonly title: string; readonly ms?: number }
  | { readonly type: 'fail'; readonly title: string; readonly error: string }
  | { readonly type: 'end'; readonly passed: number; readonly failed: number; readonly skipped: number };

/** Results are told below, one line each. */
class Silent extends Mocha.reporters.Base {}

/** Called by VS Code. Rejects when a test failed, so that VS Code ends with an exit code. */
export async function run(): Promise<void> {
  const mocha = new Mocha({ ui: 'bdd', timeout: 30_000, forbidOnly: true, reporter: Silent });
  const grep = process.env['TMUX_AGENTS_TEST_GREP'];
  if (grep !== undefined && grep !== '') mocha.grep(new RegExp(grep));
  mocha.suite.emit('pre-require', globalThis, 'host', mocha);
  await import('virtual:host-tests');
  const counts = { passed: 0, failed: 0, skipped: 0 };
  await new Promise<void>((resolve) => {
    const runner = mocha.run(() => resolve());
    runner.on('pass', (test) => {
      counts.passed++;
      say({ type: 'pass', title: test.fullTitle(), ms: test.duration ?? 0 });
    });
    runner.on('pending', (test) => {
      counts.skipped++;
      say({ type: 'skip', title: test.fullTitle() });
    });
    runner.on('fail', (test, error: unknown) => {
      counts.failed++;
      say({ type: 'fail', title: test.fullTitle(), error: error instanceof Error ? (error.stack ?? error.message) : String(error) });
    });
  });
  say({ type: 'end', ...counts });
  if (counts.failed > 0) throw new Error(`${counts.failed} tests failed in the extension host`);
}

function say(line: Line): void {
  console.log(MARK + JSON.stringify(line));
}
