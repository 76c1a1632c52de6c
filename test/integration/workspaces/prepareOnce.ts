// A process of its own that makes one workspace: `node prepareOnce.ts DIRECTORY REQUEST`; prints each step and, at the end, the record.
import { join } from 'node:path';
import type { WorkspaceRequest } from '../../../src/workspaces/types.ts';
import { WorkspaceManager } from '../../../src/workspaces/workspaceManager.ts';
import { WorkspaceStore } from '../../../src/workspaces/workspaceStore.ts';

const [directory = '', request = '{}'] = process.argv.slice(2);
const manager = new WorkspaceManager({ base: join(directory, 'workspaces'), cache: join(directory, 'cache'), store: new WorkspaceStore(join(directory, 'records')) });
const { record } = await manager.prepare(JSON.parse(request) as WorkspaceRequest, { onProgress: (step) => process.stdout.write(`step ${step}\n`) });
process.stdout.write(`record ${JSON.stringify(record)}\n`);
