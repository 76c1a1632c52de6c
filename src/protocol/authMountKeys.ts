// The keys of the login folders and files that agents in containers may be given.

export const AUTH_MOUNT_KEYS = ['claude-config', 'gcloud', 'gitconfig', 'ssh', 'aider', 'claude', 'claude-json', 'codex', 'gemini', 'opencode'] as const;

export type AuthMountKey = (typeof AUTH_MOUNT_KEYS)[number];
