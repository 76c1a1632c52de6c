// Tests that drive real programs fail now and then by the machine's mood: their files are run once more, and what then passes is counted, and named as unsteady.

/** More files than this are no mood: nothing is run again. */
export const MAX_UNSTEADY_FILES = 4;

/** Files of a first run to run again: those with a failure, when they are few; otherwise none. */
export function filesToRunAgain({ failures = [] }) {
  const files = [...new Set(failures.map(({ file }) => file))];
  return files.length > MAX_UNSTEADY_FILES || files.includes('unknown') ? [] : files;
}

/** The counts of both runs together: a file that was run again counts as it did then. What failed first and not again is `unsteady`. */
export function joined(first, second, again) {
  const total = { passed: first.passed, failed: first.failed, skipped: first.skipped };
  for (const file of again) {
    for (const kind of Object.keys(total)) total[kind] += (second.files[file]?.[kind] ?? 0) - (first.files[file]?.[kind] ?? 0);
    // A file that did not run again proves nothing.
    if (second.files[file] === undefined) total.failed += first.files[file]?.failed ?? 1;
  }
  // Failures of no test: the process did not end, say.
  total.failed += Math.max(0, second.failed - second.failures.length);
  const failedAgain = new Set(second.failures.map(({ title }) => title));
  return { ...total, failures: [...first.failures.filter(({ file }) => !again.includes(file)), ...second.failures], unsteady: first.failures.filter(({ file, title }) => again.includes(file) && !failedAgain.has(title)) };
}
