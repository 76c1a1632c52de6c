// Spawn Agent: asks in a quick pick of several steps, or takes arguments; returns the agent's id.
import { waitFor } from '../../base/wait.ts';
import type { CommandHandler, Services } from '../services.ts';
import { showError } from '../showError.ts';
import { showSpawned, spawnAgent, tellEarlyFailure } from '../spawn/spawnAgent.ts';
import { askForSpawn } from '../spawn/spawnPicker.ts';
import { parseSpawnRequest, type SpawnRequest } from '../spawn/spawnRequest.ts';

/** Milliseconds that the picker waits for slow runtimes before it shows what is known. */
const PATIENCE_MS = 1_500;

export const spawn: CommandHandler = async (services, argument) => {
  await lookAround(services);
  // A click on a button of the view gives a row or nothing: then the person is asked.
  const asked = argument === undefined || argument === null || isRow(argument);
  const request = asked ? await askForSpawn(services, await services.fleet.providers(), rowsRuntime(argument)) : parseSpawnRequest(argument);
  return spawned(services, request);
};

/** A demo agent in the first folder, with nothing to choose: for somebody who tries the product. */
export const spawnDemo: CommandHandler = async (services) => {
  await lookAround(services);
  return spawned(services, { provider: 'demo', runtime: usableRuntime(services), task: 'Show me what you can do', autopilot: false });
};

/** This machine where it can run agents, else the first runtime that can. */
function usableRuntime({ fleet }: Services): string {
  const usable = fleet.snapshot.runtimes.filter(({ error }) => error === undefined).map(({ runtimeId }) => runtimeId);
  return usable.includes('local') ? 'local' : (usable[0] ?? 'local');
}

async function spawned(services: Services, request: SpawnRequest): Promise<string> {
  const agent = await spawnAgent(services, request);
  void tellEarlyFailure(services, agent).catch((error: unknown) => services.log.error(String(error)));
  // The agent runs, whatever becomes of its terminal.
  await showSpawned(services, agent, request.attach).catch((error: unknown) => void showError(error, services.log));
  return agent.agentId;
}

async function lookAround({ fleet }: Services): Promise<void> {
  await waitFor(fleet.somethingKnown(), { timeoutMs: PATIENCE_MS, what: 'the runtimes' }).catch(() => undefined);
}

function isRow(argument: unknown): boolean {
  return typeof argument === 'object' && argument !== null && 'kind' in argument && 'key' in argument;
}

/** Spawn on a runtime's row begins with that runtime. */
function rowsRuntime(argument: unknown): SpawnRequest {
  if (typeof argument !== 'object' || argument === null || !('key' in argument) || typeof argument.key !== 'string') return {};
  return argument.key.startsWith('runtime:') ? { runtime: argument.key.slice('runtime:'.length) } : {};
}
