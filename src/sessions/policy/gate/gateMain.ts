// The program that judges for a gate: a payload on stdin, one word or one decision on stdout. A bundle of its own, run by the gate's script.
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import type { DecisionRecord } from '../../../protocol/decisionRecord.ts';
import { GATE_ASK, GATE_PASS, GATE_UNANSWERED, gateOutput, NOBODY } from '../../../providers/hooks/gate.ts';
import { readPayload, requestOf } from '../../../providers/hooks/hookPayload.ts';
import type { HookReport } from '../../../providers/status/hookReport.ts';
import { hereFiles } from '../placeFiles.ts';
import { SessionLog } from '../sessionLog.ts';
import { readShell } from '../shellReading.ts';
import { judgeTool, type Judgement } from '../spec/judgeTool.ts';
import { categoryOfUse } from '../spec/requestCategory.ts';
import { toolUseOf } from '../spec/toolUse.ts';
import { GATE_FILE, GateFile } from './gateFile.ts';

/** Nobody waits longer for a judgement: then the gate's script denies. */
const TIMEOUT_MS = 20_000;

async function main([folder = '', word]: readonly string[]): Promise<void> {
  const watchdog = setTimeout(() => process.exit(1), TIMEOUT_MS);
  const file = GateFile.parse(JSON.parse(await readFile(join(folder, GATE_FILE), 'utf8')));
  const payload = await standardInput();
  const place = { ...hereFiles(file.workspace), gateFolders: [folder, file.logFolder], controlsEgress: file.controlsEgress };
  const use = toolUseOf(payload);
  const judged = await judgeTool(file.policy, use, place, readShell);
  // What is asked about is about what the rules say; all else is told by the tables.
  const judgement = judged.verdict === 'ask' ? judged : { ...judged, category: categoryOfUse(use, file.workspace, readShell) };
  const unanswered = word === GATE_UNANSWERED;
  await new SessionLog(file.logFolder).append(recordOf(file, payload, judgement, unanswered)).catch(() => undefined);
  process.stdout.write(answerOf(file, judgement, unanswered));
  clearTimeout(watchdog);
}

function answerOf({ dialect }: GateFile, { verdict, reason }: Judgement, unanswered: boolean): string {
  if (verdict === 'allow') return GATE_PASS;
  if (verdict === 'ask' && !unanswered) return GATE_ASK;
  return gateOutput(dialect, { behavior: 'deny', reason: verdict === 'deny' ? reason : `${NOBODY} ${reason}` });
}

function recordOf({ agentId, who }: GateFile, payload: HookReport['payload'], { verdict, category, rule, reason }: Judgement, unanswered: boolean): DecisionRecord {
  const request = requestOf(`gate-${randomBytes(6).toString('hex')}`, readPayload(payload));
  return {
    v: 1,
    at: new Date().toISOString(),
    agentId,
    id: request.id,
    by: 'policy',
    who,
    face: 'gate',
    kind: 'permission',
    decision: verdict === 'allow' ? 'approve' : verdict === 'deny' || unanswered ? 'deny' : 'ask',
    rule,
    category,
    text: request.command ?? request.path ?? request.tool ?? '',
    request,
    risk: verdict === 'allow' ? 'low' : 'high',
    way: 'hook',
    ...(verdict === 'allow' ? {} : { words: unanswered ? `${NOBODY} ${reason}` : reason }),
    outcome: 'done',
  };
}

async function standardInput(): Promise<HookReport['payload']> {
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(Buffer.from(chunk as Uint8Array));
  return z.json().parse(JSON.parse(Buffer.concat(chunks).toString('utf8')));
}

main(process.argv.slice(2)).catch(() => process.exit(1));
