// The doctor's findings as a report in Markdown: what is wrong first, each with what to do.
import type { DoctorCheck, DoctorStatus } from '../../runner/doctor.ts';
import { escapeMarkdown as escape } from './markdownText.ts';

const sections: readonly (readonly [status: DoctorStatus, heading: string, mark: string])[] = [
  ['fail', 'To be repaired', '✖'],
  ['warn', 'Missing or not answering', '⚠'],
  ['ok', 'In order', '✔'],
];

export function doctorReport(checks: readonly DoctorCheck[], about: { readonly version: string; readonly platform: string }): string {
  const parts = sections.flatMap(([status, heading, mark]) => {
    const own = checks.filter((check) => check.status === status);
    if (own.length === 0) return [];
    const lines = own.map(({ title, message, fix }) => `- ${mark} **${escape(title)}**: ${escape(message)}${fix === undefined ? '' : `\n\n  *What to do:* ${escape(fix)}\n`}`);
    return [`## ${heading}\n\n${lines.join('\n')}`];
  });
  return [`# Doctor`, doctorSummary(checks), ...parts, `---\n\ntmux-agents ${escape(about.version)} on ${escape(about.platform)}`].join('\n\n') + '\n';
}

/** One sentence about all checks. */
export function doctorSummary(checks: readonly DoctorCheck[]): string {
  const count = (status: DoctorStatus): number => checks.filter((check) => check.status === status).length;
  if (count('fail') > 0) return `${count('fail')} of ${checks.length} checks failed.`;
  return count('warn') > 0 ? `Agents can run; ${count('warn')} of ${checks.length} checks have a remark.` : `All ${checks.length} checks are in order.`;
}
