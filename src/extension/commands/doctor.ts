// Doctor: checks what agents need on this machine, shows the findings, and offers what can be mended at once.
import * as vscode from 'vscode';
import { runDoctor, type DoctorCheck } from '../../runner/doctor.ts';
import { doctorReport, doctorSummary } from '../documents/doctorReport.ts';
import { Commands, EXTENSION_ID } from '../ids.ts';
import type { CommandHandler } from '../services.ts';
import { readConfig } from '../settings.ts';
import { showError } from '../showError.ts';

/** Returns the findings. */
export const doctor: CommandHandler = async ({ reports, log }) => {
  const checks = await vscode.window.withProgress({ location: vscode.ProgressLocation.Notification, title: 'Checking what agents need', cancellable: true }, (_progress, token) => {
    const controller = new AbortController();
    token.onCancellationRequested(() => controller.abort());
    return runDoctor(readConfig(), { signal: controller.signal });
  });
  for (const { status, title, message } of checks) log.info(`doctor: ${status}: ${title}: ${message}`);
  await reports.show('Doctor', doctorReport(checks, { version: version(), platform: `${process.platform} ${process.arch}, VS Code ${vscode.version}` }));
  void offerRepairs(checks).then(undefined, (error: unknown) => showError(error, log));
  return checks;
};

async function offerRepairs(checks: readonly DoctorCheck[]): Promise<void> {
  const bad = checks.filter(({ status }) => status !== 'ok').map(({ id }) => id);
  const repairs = [
    ...(bad.includes('tmux') ? [{ title: 'Install tmux', command: Commands.installTmux }] : []),
    ...(bad.some((id) => id.startsWith('docker:')) ? [{ title: 'Start Docker', command: Commands.startDocker }] : bad.some((id) => id.startsWith('image:')) ? [{ title: 'Build Image', command: Commands.buildImage }] : []),
  ];
  if (repairs.length === 0) return;
  const chosen = await vscode.window.showInformationMessage(doctorSummary(checks), ...repairs.map(({ title }) => title));
  const repair = repairs.find(({ title }) => title === chosen);
  if (repair !== undefined) await vscode.commands.executeCommand(repair.command);
}

function version(): string {
  const manifest: unknown = vscode.extensions.getExtension(EXTENSION_ID)?.packageJSON;
  return typeof manifest === 'object' && manifest !== null && 'version' in manifest ? String(manifest.version) : '';
}
