// Mocha's spec reporter that also leaves its counts and failures in a file (TEST_SUMMARY), and says what keeps the process from ending.
const { writeFileSync } = require('node:fs');
const Mocha = require('mocha');

/** How long a finished run may take to let go of everything it opened. */
const LINGER_MS = 15_000;
const { EVENT_RUN_END, EVENT_TEST_FAIL, EVENT_TEST_PASS, EVENT_TEST_PENDING } = Mocha.Runner.constants;

module.exports = class CountingReporter extends Mocha.reporters.Spec {
  constructor(runner, options) {
    super(runner, options);
    /** By the file of a test: how many of it passed, failed, and were skipped. */
    const files = {};
    const failures = [];
    const count = (kind) => ({ file = 'unknown' }) => {
      files[file] ??= { passed: 0, failed: 0, skipped: 0 };
      files[file][kind]++;
    };
    runner.on(EVENT_TEST_PASS, count('passed'));
    runner.on(EVENT_TEST_PENDING, count('skipped'));
    runner.on(EVENT_TEST_FAIL, count('failed'));
    runner.on(EVENT_TEST_FAIL, (test, error) => failures.push({ file: test.file ?? 'unknown', title: test.fullTitle(), message: String(error?.stack ?? error).slice(0, 1500) }));
    runner.once(EVENT_RUN_END, () => {
      const { passes, failures: failed, pending } = this.stats;
      if (process.env.TEST_SUMMARY) writeFileSync(process.env.TEST_SUMMARY, JSON.stringify({ passed: passes, failed, skipped: pending, files, failures }));
      setTimeout(() => {
        console.error(`The tests ended, and after ${LINGER_MS / 1000} s these are still open: ${process.getActiveResourcesInfo().join(', ')}. Something is not disposed.`);
        process.exit(70);
      }, LINGER_MS).unref();
    });
  }
};
