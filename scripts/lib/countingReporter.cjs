// Mocha's spec reporter that also leaves its counts in a file (TEST_SUMMARY), and says what keeps the process from ending.
const { writeFileSync } = require('node:fs');
const Mocha = require('mocha');

/** How long a finished run may take to let go of everything it opened. */
const LINGER_MS = 15_000;

module.exports = class CountingReporter extends Mocha.reporters.Spec {
  constructor(runner, options) {
    super(runner, options);
    runner.once(Mocha.Runner.constants.EVENT_RUN_END, () => {
      const { passes, failures, pending } = this.stats;
      if (process.env.TEST_SUMMARY) writeFileSync(process.env.TEST_SUMMARY, JSON.stringify({ passed: passes, failed: failures, skipped: pending }));
      setTimeout(() => {
        console.error(`The tests ended, and after ${LINGER_MS / 1000} s these are still open: ${process.getActiveResourcesInfo().join(', ')}. Something is not disposed.`);
        process.exit(70);
      }, LINGER_MS).unref();
    });
  }
};
