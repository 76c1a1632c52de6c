// What a project says about its workspaces in `.tmux-agents.json`: scripts, ports, and the ignored files that are carried along.
import * as z from 'zod';

export const PROJECT_FILE = '.tmux-agents.json';

export const ProjectScript = z
  .union([z.string().min(1), z.array(z.string()).min(1)])
  .describe('A line for "sh -c", or a program and its arguments. It runs in the workspace, with TMUX_AGENTS_WORKSPACE, TMUX_AGENTS_SOURCE, TMUX_AGENTS_PORT and TMUX_AGENTS_PORT_LAST in its environment.');
export type ProjectScript = z.infer<typeof ProjectScript>;

const Seconds = z.int().min(1).max(7_200);

export const ProjectFile = z
  .strictObject({
    $schema: z.string().optional(),
    setup: ProjectScript.optional().describe('Runs once when a workspace was made, before the agent starts. When it fails, the workspace is not made.'),
    run: ProjectScript.optional().describe('Starts the project in a workspace, for whoever wants to see it.'),
    teardown: ProjectScript.optional().describe('Runs before a workspace is removed. When it fails, that is noted and the removal goes on.'),
    timeouts: z
      .strictObject({
        setup: Seconds.default(600).describe('Seconds; default 600.'),
        run: Seconds.optional().describe('Seconds; no limit when absent.'),
        teardown: Seconds.default(60).describe('Seconds; default 60.'),
      })
      .prefault({})
      .describe('After so many seconds a script and all that it started are ended.'),
    ports: z
      .strictObject({ count: z.int().min(0).max(100).default(10).describe('How many ports in a row each workspace gets; default 10.') })
      .prefault({})
      .describe('The range of ports that each workspace has for itself.'),
    include: z.array(z.string().min(1)).default([]).describe('Files that git ignores and that are copied into each workspace, in the syntax of .gitignore; as in .worktreeinclude.'),
  })
  .meta({ title: '.tmux-agents.json', description: 'How tmux-agents prepares the workspaces of this project.' });
export type ProjectFile = z.infer<typeof ProjectFile>;

/** The JSON schema that editors check the file with: `media/tmux-agents.schema.json` is this, and a test says so. */
export function projectFileSchema(): unknown {
  return z.toJSONSchema(ProjectFile, { io: 'input', target: 'draft-7' });
}
