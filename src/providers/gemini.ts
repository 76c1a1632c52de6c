// Gemini CLI. Flags as in `gemini --help` of 0.61.0; the rest was seen in it at work.
import { AIProvider } from './aiProvider.ts';
import { geminiHooks } from './hooks/hookSettings.ts';
import { conversationPlaces, geminiHome } from './keptHomes.ts';
import type { Provider } from './provider.ts';

export const gemini: Provider = {
  id: AIProvider.GEMINI,
  label: 'Gemini CLI',
  description: "Google's coding agent",
  icon: 'star',
  executables: ['gemini'],
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
  /**
   * Settings for one run it takes from files of root alone, so it reports through hooks only from a home of its own; elsewhere its
   * title tells.
   */
  prepare: ({ trusted, isolated, environment, report }) => ({
    argv: trusted ? ['--skip-trust'] : [],
    ...(isolated
      ? {
          homeFiles: [
            {
              name: '.gemini/settings.json',
              content: `${JSON.stringify({
                general: { enableAutoUpdate: false },
                ...(environment['GEMINI_API_KEY'] === undefined ? {} : { security: { auth: { selectedType: 'gemini-api-key' } } }),
                hooks: geminiHooks(report),
              })}\n`,
            },
          ],
        }
      : {}),
  }),
};
