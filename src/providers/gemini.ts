// Gemini CLI. Flags as in `gemini --help` of 0.61.0; the rest was seen in it at work.
import { AIProvider } from './aiProvider.ts';
import { geminiPolicyFile } from './geminiGate.ts';
import { geminiHooks } from './hooks/hookSettings.ts';
import { conversationPlaces, geminiHome } from './keptHomes.ts';
import type { Provider } from './provider.ts';

const RULES = 'gemini-policy.toml';

export const gemini: Provider = {
  id: AIProvider.GEMINI,
  label: 'Gemini CLI',
  description: "Google's coding agent",
  icon: 'star',
  executables: ['gemini'],
  variables: ['GEMINI_*', 'GOOGLE_API_KEY', 'GOOGLE_CLOUD_*', 'GOOGLE_GENAI_*', 'GOOGLE_GEMINI_*', 'GOOGLE_APPLICATION_CREDENTIALS'],
  npmPackage: '@google/gemini-cli',
  installHint: 'Install it with "npm install -g @google/gemini-cli", then run "gemini" once to sign in.',
  hosts: ['generativelanguage.googleapis.com', 'cloudcode-pa.googleapis.com', 'oauth2.googleapis.com', 'www.googleapis.com'],
  argv: ['gemini'],
  version: ['--version'],
  // One word, so that a task that begins with a dash is no option.
  task: ['--prompt-interactive={task}'],
  model: ['--model={model}'],
  permission: ['--approval-mode={mode}'],
  autopilot: ['--approval-mode=yolo'],
  ask: ['--approval-mode=default'],
  conversation: ['--session-id={session}'],
  resume: ['--resume={session}'],
  farewell: /^│?\s*To resume this session: gemini --resume ([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\s*│?$/,
  home: geminiHome,
  conversationPlace: conversationPlaces.gemini,
  interruptKeys: ['Escape'],
  exit: { prompt: '/quit' },
  // Its title says "Ready" while it asks whether the folder is trusted, or for a login.
  signals: { sources: ['hooks', 'title'], blind: { title: ['idle'] } },
  gate: 'gemini',
  /**
   * Settings for one run it takes from files of root alone, whose folders nobody else may write to, and it goes on without them
   * elsewhere: so it reports through hooks only from a home of its own; elsewhere its title tells. Under a session's rules it gets its
   * own policy engine's everywhere: a home in a container may be one that was there before, or a mounted one, without our hooks.
   */
  prepare({ trusted, isolated, environment, report, agentFolder, gate }) {
    const hooks = geminiHooks(report, gate?.command);
    return {
      argv: [...(trusted ? ['--skip-trust'] : []), ...(gate !== undefined ? [`--policy=${agentFolder}/${RULES}`] : [])],
      ...(gate !== undefined ? { files: [{ name: RULES, content: geminiPolicyFile(gate.policy) }] } : {}),
      ...(isolated
        ? {
            homeFiles: [
              {
                name: '.gemini/settings.json',
                content: `${JSON.stringify({
                  general: { enableAutoUpdate: false },
                  ...(environment['GEMINI_API_KEY'] === undefined ? {} : { security: { auth: { selectedType: 'gemini-api-key' } } }),
                  hooks,
                })}\n`,
              },
            ],
          }
        : {}),
    };
  },
};
